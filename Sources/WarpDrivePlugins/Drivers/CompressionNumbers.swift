// Options, flushes, strategies and ways of joining, as the ABI has them.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// `struct wdprov_compression_options` of ``CompressionOptions``.
enum OptionsTable {
  /// Runs `body` with the struct.
  static func withTable<Result>(
    _ direction: CompressionDirection, _ options: CompressionOptions, _ properties: CompressionProperties,
    _ body: (UnsafePointer<wdprov_compression_options>) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    let dictionary = options.dictionary ?? []
    return try unsafe dictionary.rawSpan.withUnsafeBytes { (bytes) throws(ProviderError) in
      try unsafe GzipHeaderTable.withTable(options.header) { (header) throws(ProviderError) in
        var table = unsafe wdprov_compression_options()
        unsafe table.abi_version = WDPROV_ABI_VERSION
        unsafe table.size = unsafe UInt32(MemoryLayout<wdprov_compression_options>.size)
        unsafe table.direction = Int32((direction == .compress ? WDPROV_COMPRESS : WDPROV_DECOMPRESS).rawValue)
        unsafe table.level = Int32(clamping: options.level ?? properties.defaultLevel)
        unsafe table.strategy = options.strategy.number
        unsafe table.window_bits = UInt32(clamping: options.windowBits ?? 0)
        unsafe table.dictionary = options.dictionary == nil ? nil : bytes.baseAddress
        unsafe table.dictionary_size = bytes.count
        unsafe table.header = header
        return try unsafe body(&table)
      }
    }
  }
}

extension CompressionFlush {
  /// The number of `enum wdprov_flush`.
  var number: Int32 {
    switch self {
    case .none: Int32(WDPROV_FLUSH_NONE.rawValue)
    case .sync: Int32(WDPROV_FLUSH_SYNC.rawValue)
    case .full: Int32(WDPROV_FLUSH_FULL.rawValue)
    case .finish: Int32(WDPROV_FLUSH_FINISH.rawValue)
    }
  }

  /// The flush of a number of `enum wdprov_flush`; nil for another.
  init?(number: Int32) {
    guard let flush = [CompressionFlush.none, .sync, .full, .finish].first(where: { $0.number == number }) else {
      return nil
    }
    self = flush
  }
}

extension CompressionStrategy {
  /// The number of `enum wdprov_strategy`.
  var number: Int32 {
    let number =
      switch self {
      case .automatic: WDPROV_STRATEGY_AUTOMATIC
      case .filtered: WDPROV_STRATEGY_FILTERED
      case .huffmanOnly: WDPROV_STRATEGY_HUFFMAN_ONLY
      case .runLength: WDPROV_STRATEGY_RUN_LENGTH
      case .fixed: WDPROV_STRATEGY_FIXED
      }
    return Int32(number.rawValue)
  }
}

extension CompressionJoining {
  /// The joining of a number of `enum wdprov_joining`; nil for another.
  init?(number: UInt32) {
    switch number {
    case WDPROV_JOINING_NONE.rawValue: self = .none
    case WDPROV_JOINING_MEMBERS.rawValue: self = .members
    case WDPROV_JOINING_BLOCKS.rawValue: self = .blocks
    default: return nil
    }
  }

  /// The number of `enum wdprov_joining`.
  var number: UInt32 {
    switch self {
    case .none: WDPROV_JOINING_NONE.rawValue
    case .members: WDPROV_JOINING_MEMBERS.rawValue
    case .blocks: WDPROV_JOINING_BLOCKS.rawValue
    }
  }
}
