// pcrypt(X): a compression format X run by several threads, its parts joined into one valid stream.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `pcrypt`.
///
/// The kernel's `pcrypt` keeps its base's name; ours is `pcrypt(X)`, so that asking for X never yields it.
struct PCryptTemplate: Template {
  let name = "pcrypt"
  let argumentKinds = [AlgorithmKind.compression]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = parts[0].descriptor
    guard case .compression(let properties) = base.properties, properties.joining != .none else {
      throw ProviderError(
        .invalidArgument,
        "pcrypt cannot join parts of \(base.name), which has one checksum over the whole: use pcrypt(gzip) or pcrypt(deflate)"
      )
    }
    return PCryptDriver(base, properties, try parts[0].compressionDriver())
  }
}

/// `pcrypt(X)` over one driver of X.
private struct PCryptDriver: CompressionDriver {
  let descriptor: AlgorithmDescriptor
  private let base: any CompressionDriver
  private let joining: CompressionJoining
  private let takesDictionaries: Bool
  private let pool = WorkerPool()

  init(_ base: AlgorithmDescriptor, _ properties: CompressionProperties, _ driver: any CompressionDriver) {
    self.base = driver
    joining = properties.joining
    takesDictionaries = properties.dictionaries
    var properties = properties
    // Every part can have the base's constant overhead; a sync flush adds 5 bytes (RFC 1951 section 3.2.4).
    let perBlock = (properties.bound.constant + 5).leadingZeroBitCount
    let shift =
      min(properties.bound.shift, PCryptCompressor.blockSize.trailingZeroBitCount - (Int.bitWidth - perBlock)) - 1
    properties.bound = OutputBound(shift: max(shift, 0), constant: properties.bound.constant + 16)
    descriptor = AlgorithmDescriptor(
      name: "pcrypt(\(base.name))", driverName: "pcrypt(\(base.driverName))", priority: base.priority + 100,
      properties: .compression(properties), blockSize: base.blockSize, alignment: base.alignment)
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    guard direction == .compress else { return try base.makeTransform(direction, options) }
    return PCryptTransform(
      PCryptCompressor(base, joining, carriesWindow: takesDictionaries && joining == .blocks, options, pool))
  }
}

/// The transform is one reference: what the threads work on lives in the compressor.
private struct PCryptTransform: CompressionTransform, ~Copyable {
  private let compressor: PCryptCompressor
  init(_ compressor: PCryptCompressor) { self.compressor = compressor }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    try compressor.step(input, into: &output, flush)
  }

  mutating func reset() throws(ProviderError) { compressor.reset() }
}
