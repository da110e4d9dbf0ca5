// The random kind (the kernel's rng): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

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

/// A driver whose generator is a deterministic one of SP 800-90A, which can be made with known entropy to be tested.
public protocol DeterministicRandomDriver: RandomDriver {
  /// Makes a generator from known entropy, for known-answer tests and nothing else.
  ///
  /// - Parameters:
  ///   - entropy: the entropy input of SP 800-90A section 9.1.
  ///   - nonce: its nonce; empty for none.
  ///   - personalization: its personalization string; empty for none.
  func makeTestTransform(
    entropy: RawSpan, nonce: RawSpan, personalization: RawSpan
  ) throws(ProviderError) -> any DeterministicRandomTransform & ~Copyable
}

/// A generator whose entropy is given.
public protocol DeterministicRandomTransform: RandomTransform, ~Copyable {
  /// Gives the entropy that the next reseed takes, or the next request where each asks for entropy.
  mutating func feed(_ entropy: RawSpan) throws(ProviderError)
}

/// A random number generator in use, on one thread at a time.
///
/// A child made by `fork(2)` may use its parent's generator: one that seeds itself is reseeded first, so that the two
/// processes go on with different bytes. One that the caller has to seed (``seedSize`` is not 0) goes on as it was,
/// in both.
public struct RandomGenerator: ~Copyable, Sendable {
  private var transform: any RandomTransform & ~Copyable
  private var use: AlgorithmUse
  /// The process, counted in forks, for which the transform was seeded.
  private var generation: UInt32
  /// Bytes of seed that ``reseed(_:)`` wants; 0 where the generator seeds itself.
  public let seedSize: Int

  init(_ algorithm: Algorithm, in registry: Registry) throws(ProviderError) {
    guard case .random(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.random) }
    let generation = CurrentProcess.generation
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.randomDriver().makeTransform()
    } catch {
      transform = try use.fallback(after: error).randomDriver().makeTransform()
      use.substitute()
    }
    self.use = use
    self.generation = generation
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
      try reseedAfterFork()
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

  /// Makes a child's generator another than its parent's, before it gives anything.
  @inline(__always)
  private mutating func reseedAfterFork() throws(ProviderError) {
    let current = CurrentProcess.generation
    guard current != generation, seedSize == 0 else { return }
    try transform.reseed(RawSpan())
    generation = current
  }
}
