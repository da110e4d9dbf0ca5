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
  private let work: PCryptWork
  /// For as many threads as anybody asks for: how many of them run is each stream's choice.
  private let pool = WorkerPool(threadCount: 256)

  init(_ base: AlgorithmDescriptor, _ properties: CompressionProperties, _ driver: any CompressionDriver) {
    self.base = driver
    let work = PCryptWork(driver, properties)
    self.work = work
    var properties = properties
    properties.streaming = true
    if work.writesHeader { properties.headers = true }
    // Every part can have the base's constant overhead and its own.
    let overhead = properties.bound.constant + PCryptWork.overhead
    let shift = min(
      properties.bound.shift, work.blockSize.trailingZeroBitCount - (Int.bitWidth - overhead.leadingZeroBitCount))
    properties.bound = OutputBound(shift: max(shift - 1, 0), constant: overhead)
    descriptor = AlgorithmDescriptor(
      name: "pcrypt(\(base.name))", driverName: "pcrypt(\(base.driverName))", priority: base.priority + 100,
      properties: .compression(properties), blockSize: base.blockSize, alignment: base.alignment)
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    guard direction == .compress else { return try base.makeTransform(direction, options) }
    return PCryptTransform(PCryptCompressor(work, options, pool))
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
