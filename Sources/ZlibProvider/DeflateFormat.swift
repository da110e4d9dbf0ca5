// The three containers of deflate data, and what zlib can do with each.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// A container of deflate data.
enum DeflateFormat: Int, CaseIterable {
  /// None: RFC 1951.
  case deflate
  /// RFC 1950.
  case zlib
  /// RFC 1952.
  case gzip

  /// The algorithm's name.
  var name: String {
    switch self {
    case .deflate: "deflate"
    case .zlib: "zlib-deflate"
    case .gzip: "gzip"
    }
  }

  /// The sizes of window as powers of two; zlib says 8 too, but takes 9 for it, and cannot do it for raw deflate at all.
  static let windowBits = 9...15

  /// What deflateInit2 and inflateInit2 (zlib.h) take for a window of `bits` in this format.
  func parameter(windowBits bits: Int) -> Int32 {
    switch self {
    case .deflate: Int32(-bits)
    case .zlib: Int32(bits)
    case .gzip: Int32(bits + 16)
    }
  }

  /// The most output for `n` bytes at any level, window and strategy, with a plain header: `n + n / 16 + 192`.
  ///
  /// - With the default window a block that does not shrink is stored: 5 bytes for each 16,383 (deflateBound).
  /// - With fixed codes and a smaller window likewise, at worst for each 127 bytes: 4 % (deflateBound, "storelen").
  /// - With Huffman codes and a smaller window zlib may have lost the block's first bytes, and cannot store it. A block
  ///   has at most 16,383 symbols. Its codes take 9 bits a byte at most if fixed; if made for it, less than 8.2 bits,
  ///   and at most 277 bytes to describe (RFC 1951 section 3.2.7: 14 + 19 * 3 + 316 * 7 bits). The smaller counts:
  ///   2.5 % + 277 bytes, or 12.5 %. The difference to 1 / 16 is largest where both are equal, and below 150 bytes.
  /// - Containers add at most 18 bytes (RFC 1952), the last block and its end up to 7 (deflateBound).
  static let bound = OutputBound(shift: 4, constant: 192)

  /// What the driver of this format says of itself.
  var descriptor: AlgorithmDescriptor {
    AlgorithmDescriptor(
      name: name, driverName: "\(name)-zlib", priority: 100,
      properties: .compression(
        CompressionProperties(
          levels: 0...9, defaultLevel: ZlibPools.defaultLevel, windowBits: Self.windowBits,
          strategies: [.filtered, .huffmanOnly, .runLength, .fixed],
          // Only the container of RFC 1950 names a dictionary; raw deflate has nothing that could contradict one.
          dictionaries: self != .gzip, headers: self == .gzip, joining: joining,
          memberMagic: self == .gzip ? [0x1f, 0x8b] : [], bound: Self.bound)),
      flags: .reference, aliases: aliases)
  }

  private var aliases: [AlgorithmAlias] {
    switch self {
    case .deflate: []
    case .zlib: ["zlib"]
    case .gzip: ["gz"]
    }
  }

  private var joining: CompressionJoining {
    switch self {
    case .deflate: .blocks
    case .zlib: .none
    case .gzip: .members
    }
  }
}

/// What is fixed when zlib makes a context for compression.
struct DeflateClass {
  /// The format.
  let format: DeflateFormat
  /// The window as a power of two.
  let windowBits: Int
  /// Whether a block must be possible to store even though the window is small.
  private let isSmall: Bool

  /// The class for a format, window and strategy.
  init(_ format: DeflateFormat, windowBits: Int, _ strategy: CompressionStrategy) {
    self.format = format
    self.windowBits = windowBits
    isSmall = strategy == .fixed && windowBits < DeflateFormat.windowBits.upperBound
  }

  /// The memory for the symbols of a block: `1 << (memLevel + 6)` of them (zlib.h).
  ///
  /// 8 is zlib's default. Fixed codes take up to 9 bits for a byte, so that it must be possible to store a block of
  /// those instead. For this the window must hold the whole block: with `memLevel + 7 < windowBits` it does, and with 8
  /// and 15 too (deflateBound, deflate.c).
  var memoryLevel: Int32 { isSmall ? Int32(windowBits - 8) : 8 }

  /// How many classes there are.
  static let count = DeflateFormat.allCases.count * DeflateFormat.windowBits.count * 2

  /// The number of this class, less than ``count``.
  var index: Int {
    let window = windowBits - DeflateFormat.windowBits.lowerBound
    return (format.rawValue * DeflateFormat.windowBits.count + window) * 2 + (isSmall ? 1 : 0)
  }
}

extension CompressionStrategy {
  /// zlib's number of the strategy.
  var zlibNumber: Int32 {
    switch self {
    case .automatic: Z_DEFAULT_STRATEGY
    case .filtered: Z_FILTERED
    case .huffmanOnly: Z_HUFFMAN_ONLY
    case .runLength: Z_RLE
    case .fixed: Z_FIXED
    }
  }
}

extension CompressionFlush {
  /// zlib's number of the flush.
  var zlibNumber: Int32 {
    switch self {
    case .none: Z_NO_FLUSH
    case .sync: Z_SYNC_FLUSH
    case .full: Z_FULL_FLUSH
    case .finish: Z_FINISH
    }
  }
}
