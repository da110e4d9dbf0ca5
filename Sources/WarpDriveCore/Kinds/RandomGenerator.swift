// The random kind (the kernel's rng): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of a random number generator.
public protocol RandomDriver: AlgorithmDriver {
  /// Makes a generator, seeded where it seeds itself.
  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable
}

/// A random number generator's state.
public protocol RandomTransform: ~Copyable, Sendable {
  /// Mixes `seed` in; an empty one asks the generator to reseed itself.
  mutating func reseed(_ seed: RawSpan) throws(ProviderError)
  /// Appends `count` random bytes, for which there is room; `additional` input may be empty.
  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError)
}

/// A random number generator in use, on one thread at a time.
public struct RandomGenerator: ~Copyable, Sendable {
  private var transform: any RandomTransform & ~Copyable
  private var use: AlgorithmUse
  /// Bytes of seed that ``reseed(_:)`` wants; 0 where the generator seeds itself.
  public let seedSize: Int

  init(_ algorithm: Algorithm, in registry: Registry) throws(ProviderError) {
    guard case .random(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.random) }
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.randomDriver().makeTransform()
    } catch {
      transform = try use.fallback(after: error).randomDriver().makeTransform()
      use.substitute()
    }
    self.use = use
    seedSize = properties.seedSize
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { use.lastUsedFallback }

  /// Appends `count` random bytes to `output`.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written; ``ProviderError/Code/invalidArgument`` for a negative count.
  public mutating func generate(
    _ count: Int, additional: RawSpan = RawSpan(), into output: inout OutputRawSpan
  ) throws(ProviderError) {
    guard count >= 0 else { throw ProviderError(.invalidArgument, "\(count) random bytes cannot be generated") }
    try output.requireCapacity(count)
    let start = use.begin(count)
    let before = output.byteCount
    do throws(ProviderError) {
      try transform.generate(count, additional: additional, into: &output)
      use.end(start, count)
    } catch {
      output.removeLast(output.byteCount - before)
      var other = try use.fallback(after: error).randomDriver().makeTransform()
      try other.generate(count, additional: additional, into: &output)
      use.endOnFallback(start, count, count)
    }
  }

  /// Returns `count` random bytes.
  public mutating func generate(_ count: Int) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: max(count, 0)) { (output) throws(ProviderError) in try generate(count, into: &output) }
  }

  /// Mixes `seed` in; an empty one asks the generator to reseed itself.
  public mutating func reseed(_ seed: [UInt8] = []) throws(ProviderError) {
    do throws(ProviderError) { try transform.reseed(seed.rawSpan) } catch { throw use.failed(error) }
  }
}
