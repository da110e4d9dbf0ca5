// The functions of a compression format that is lent to a plugin.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// The state of one member of a plugin's fallback.
final class ExportedCompression {
  private var stream: CompressionStream

  private init(_ exported: ExportedAlgorithm, _ shown: wdprov_compression_options) throws(ProviderError) {
    var options = CompressionOptions(level: unsafe Int(shown.level))
    options.strategy = CompressionStrategy.allCases.first { unsafe $0.number == shown.strategy } ?? .automatic
    if unsafe shown.window_bits > 0 { options.windowBits = unsafe Int(shown.window_bits) }
    if let dictionary = unsafe shown.dictionary, unsafe shown.dictionary_size >= 0 {
      options.dictionary = unsafe [UInt8](UnsafeRawBufferPointer(start: dictionary, count: shown.dictionary_size))
    }
    if let header = unsafe shown.header { options.header = unsafe GzipHeader(header.pointee) }
    // A member at a time: members are the plugin's host's business.
    options.allMembers = false
    let name = exported.algorithm.driverName
    stream =
      unsafe shown.direction == Int32(WDPROV_COMPRESS.rawValue)
      ? try exported.registry.compressor(name, options) : try exported.registry.decompressor(name, options)
  }

  /// The table of a format with these properties.
  static func table(_ properties: CompressionProperties) -> wdprov_compression {
    var table = unsafe wdprov_compression()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_compression>.size)
    unsafe table.minimum_level = Int32(clamping: properties.levels.lowerBound)
    unsafe table.maximum_level = Int32(clamping: properties.levels.upperBound)
    unsafe table.default_level = Int32(clamping: properties.defaultLevel)
    unsafe table.capabilities =
      (properties.streaming ? 1 : 0) | (properties.dictionaries ? 2 : 0) | (properties.headers ? 4 : 0)
      | (properties.isDelimited ? 0 : 8)
    unsafe table.strategies = properties.strategies.reduce(0) { $0 | 1 << UInt32($1.number) }
    unsafe table.joining = properties.joining.number
    unsafe table.minimum_window_bits = UInt32(properties.windowBits?.lowerBound ?? 0)
    unsafe table.maximum_window_bits = UInt32(properties.windowBits?.upperBound ?? 0)
    unsafe table.bound_shift = UInt32(clamping: properties.bound.shift)
    unsafe table.bound_constant = UInt32(clamping: properties.bound.constant)
    unsafe table.create = { context, options, state in
      ExportedAlgorithm.status { () throws(ProviderError) in
        guard let exported = unsafe ExportedAlgorithm.of(context), let state = unsafe state else {
          throw ExportedCompression.misuse
        }
        var shown = unsafe wdprov_compression_options()
        try unsafe ABIReader.read(options, into: &shown, "the options")
        unsafe state.pointee = Unmanaged.passRetained(try ExportedCompression(exported, shown)).toOpaque()
      }
    }
    unsafe table.destroy = { state in
      guard let state = unsafe state else { return }
      unsafe Unmanaged<ExportedCompression>.fromOpaque(state).release()
    }
    unsafe table.step = { state, step in
      ExportedAlgorithm.status { () throws(ProviderError) in
        guard let step = unsafe step else { throw ExportedCompression.misuse }
        try unsafe ExportedCompression.of(state).run(step)
      }
    }
    unsafe table.reset = { state in
      ExportedAlgorithm.status { () throws(ProviderError) in try unsafe ExportedCompression.of(state).stream.reset() }
    }
    return unsafe table
  }

  private func run(_ step: UnsafeMutablePointer<wdprov_step>) throws(ProviderError) {
    guard let flush = unsafe CompressionFlush(number: step.pointee.flush) else { throw Self.misuse }
    let input = try unsafe ExportedHash.span(step.pointee.input, step.pointee.input_size)
    var progress = CompressionProgress()
    try unsafe ExportedHash.write(step.pointee.output, step.pointee.output_size) { (output) throws(ProviderError) in
      do throws(ProviderError) {
        progress = try stream.step(input, into: &output, flush: flush)
      } catch {
        // To a plugin, input that ends early is no error: it is used up, without `finished`.
        guard error.code == .truncatedInput else { throw error }
        progress.consumed = input.byteCount
        progress.produced = output.byteCount
      }
    }
    unsafe step.pointee.consumed = progress.consumed
    unsafe step.pointee.produced = progress.produced
    unsafe step.pointee.finished = progress.finished ? 1 : 0
  }

  private static var misuse: ProviderError {
    ABIReader.refusal("a lent format's function was called without its state")
  }

  private static func of(_ state: UnsafeMutableRawPointer?) throws(ProviderError) -> ExportedCompression {
    guard let state = unsafe state else { throw misuse }
    return unsafe Unmanaged<ExportedCompression>.fromOpaque(state).takeUnretainedValue()
  }
}
