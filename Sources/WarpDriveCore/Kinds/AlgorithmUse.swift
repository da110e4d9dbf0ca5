// A handle's share in its algorithm: the reference, the counters, and the way to a fallback.
// SPDX-License-Identifier: Apache-2.0

/// What every handle holds of its algorithm.
///
/// Ending it gives the reference back and folds the counters in.
struct AlgorithmUse: ~Copyable, Sendable {
  let algorithm: Algorithm
  let registry: Registry
  private let shard: StatisticsShard
  /// Requests of at least this many bytes take over 10 µs and are all timed.
  private let alwaysTimed: Int
  /// The driver that stood in last, if ever one did.
  private var standIn: Algorithm?
  /// The driver that the handle's transform went over to by itself.
  private var successor: String?
  /// Whether the handle's transform belongs to the stand-in, because the chosen driver failed when it was needed.
  private(set) var isSubstituted = false
  /// Whether the last request was answered by the stand-in.
  private(set) var lastUsedFallback = false

  init(_ algorithm: Algorithm, in registry: Registry) {
    self.algorithm = algorithm
    self.registry = registry
    shard = algorithm.statistics.makeShard()
    alwaysTimed = algorithm.kind == .compression ? 1 << 10 : 1 << 15
    algorithm.retainHandle()
  }

  deinit {
    algorithm.statistics.fold(shard)
    algorithm.releaseHandle()
  }

  @inline(__always)
  func begin(_ bytes: Int) -> UInt64 { shard.begin(bytes: bytes, always: bytes >= alwaysTimed) }

  /// Counts the end of a request that the handle's own transform answered.
  @inline(__always)
  mutating func end(_ start: UInt64, _ bytes: Int) {
    lastUsedFallback = isSubstituted || successor != nil
    shard.end(start, bytes: bytes)
  }

  /// The driver that answered last.
  var lastDriverName: String {
    lastUsedFallback ? successor ?? (standIn ?? algorithm).driverName : algorithm.driverName
  }

  /// Whether the transform went over to another driver by itself.
  var hasSuccessor: Bool { successor != nil }

  /// Takes note of the driver that the transform went over to by itself; nil: none.
  @inline(__always)
  mutating func note(successor name: String?) {
    if name == nil, successor == nil { return }
    if name != nil, successor == nil { shard.fellBack() }
    successor = name
  }

  /// Counts a failed request and completes its error with the driver's name.
  func failed(_ error: ProviderError) -> ProviderError {
    shard.fail()
    return error.from(driver: algorithm.driverName)
  }

  /// The algorithm that answers a request instead of this one, after `error`.
  ///
  /// - Throws: `error` itself where the caller is to blame, where the handle already runs on a stand-in, or where no
  ///   other driver of the name can serve: a request falls back exactly once.
  mutating func fallback(after error: ProviderError) throws(ProviderError) -> Algorithm {
    let error = failed(error)
    guard error.code.isDriverFault, !isSubstituted, let other = registry.fallback(for: algorithm) else { throw error }
    shard.fellBack()
    standIn = other
    return other
  }

  /// Counts the end of a request that the stand-in answered, with its own counters too.
  mutating func endOnFallback(_ start: UInt64, _ bytesIn: Int, _ bytesOut: Int) {
    shard.end(start, bytes: bytesOut)
    lastUsedFallback = true
    guard let standIn else { return }
    var use = AlgorithmUse(standIn, in: registry)
    let start = use.begin(bytesIn)
    use.end(start, bytesOut)
  }

  /// From now on the handle's transform is the stand-in's.
  mutating func substitute() { isSubstituted = true }
  /// The handle's transform is the chosen driver's again.
  mutating func restore() { isSubstituted = false }
}

/// How a request ended.
public struct RequestResult: Sendable, Equatable {
  /// Bytes of the input that were used.
  public let consumed: Int
  /// Bytes that were written.
  public let produced: Int
  /// Bytes behind the end of the data that belong to no member; they were not used.
  public let trailing: Int
  /// Whether another driver answered because the chosen one failed; its name is the handle's `lastDriverName`.
  public let usedFallback: Bool

  /// Makes a result, for queues of a provider's own; counts are in bytes.
  public init(consumed: Int, produced: Int, trailing: Int, usedFallback: Bool) {
    self.consumed = consumed
    self.produced = produced
    self.trailing = trailing
    self.usedFallback = usedFallback
  }
}

extension OutputRawSpan {
  /// Checks that `count` bytes fit.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with the count; nothing has been touched, so the call can be repeated.
  @inline(__always)
  func requireCapacity(_ count: Int) throws(ProviderError) {
    if freeCapacity < count { throw tooSmall(for: count) }
  }

  private func tooSmall(for count: Int) -> ProviderError {
    ProviderError(
      .outputTooSmall, "the output has room for \(freeCapacity) bytes and \(count) are needed: give a larger one",
      progress: .init(consumed: 0, produced: 0), required: count)
  }
}
