// Queues that drivers have themselves, and the one entry to them.
// SPDX-License-Identifier: Apache-2.0

/// A compression driver whose requests complete later, through a queue of its own.
public protocol QueuedCompressionDriver: CompressionDriver {
  /// Makes a queue; Core has checked the options against the descriptor's properties.
  ///
  /// - Throws: ``ProviderError/Code/unavailable``, ``ProviderError/Code/resourceExhausted``.
  func makeQueue(_ options: CompressionOptions) throws(ProviderError) -> any RequestQueue
}

extension Registry {
  /// A queue of whole messages over the best driver of `name`: the driver's own where it has one, else threads over it.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name, driver name or alias.
  ///   - options: how each request is to be compressed or decompressed.
  ///   - depth: the most requests in flight at once, for a queue of threads; a driver's own has its own.
  ///   - threads: threads that work on it; nil for one for each processor.
  /// - Throws: as ``SoftwareQueue/init(_:_:depth:threads:in:)``, and what the driver reports.
  public func requestQueue(
    _ name: String, _ options: CompressionOptions = .init(), depth: Int = 64, threads: Int? = nil
  ) throws(ProviderError) -> any RequestQueue {
    let algorithm = try algorithm(name, .compression)
    guard let driver = algorithm.driver as? any QueuedCompressionDriver,
      case .compression(let properties) = algorithm.descriptor.properties
    else { return try SoftwareQueue(algorithm.driverName, options, depth: depth, threads: threads, in: self) }
    try properties.check(options, of: algorithm.driverName)
    return try driver.makeQueue(options)
  }
}
