// Counters of one driver: exact, live, and free of read-modify-write on the path of a request.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// A copy of a driver's counters at one moment.
public struct StatisticsSnapshot: Sendable, Equatable {
  /// Requests begun.
  public var requests: UInt64 = 0
  /// Bytes given to requests.
  public var bytesIn: UInt64 = 0
  /// Bytes that requests wrote.
  public var bytesOut: UInt64 = 0
  /// Requests that ended in an error.
  public var errors: UInt64 = 0
  /// Requests that another driver answered instead.
  public var fallbacks: UInt64 = 0
  /// Sampled latencies: `latency[i]` counts requests of 2^i to 2^(i+1) − 1 ns.
  public var latency = [UInt64](repeating: 0, count: Statistics.bucketCount)

  /// The sampled latency in nanoseconds below which `fraction` (0 to 1) of the samples lie; nil without samples.
  ///
  /// The upper end of the bucket: at most a factor of two above the truth.
  public func latency(percentile fraction: Double) -> UInt64? {
    let total = latency.reduce(0, +)
    guard total > 0 else { return nil }
    let wanted = UInt64((Double(total) * min(max(fraction, 0), 1)).rounded(.up))
    var seen: UInt64 = 0
    for (bucket, count) in latency.enumerated() {
      seen += count
      if seen >= max(wanted, 1) { return (2 << UInt64(bucket)) - 1 }
    }
    return nil
  }
}

/// The statistics of one driver: a shard for each live handle, and the sum of those that ended.
public final class Statistics: Sendable {
  /// Buckets of the latency histogram; the last takes everything from 2^39 ns (9 minutes) up.
  public static let bucketCount = 40

  private struct Shards: ~Copyable {
    var live: [ObjectIdentifier: StatisticsShard] = [:]
    var ended = StatisticsSnapshot()
  }
  private let shards = Guarded(Shards())

  init() {}

  /// The sum over all handles, those that ended included.
  public var snapshot: StatisticsSnapshot {
    shards.withLock { shards in
      var sum = shards.ended
      for shard in shards.live.values { shard.add(to: &sum) }
      return sum
    }
  }

  func makeShard() -> StatisticsShard {
    let shard = StatisticsShard()
    shards.withLock { $0.live[ObjectIdentifier(shard)] = shard }
    return shard
  }

  func fold(_ shard: StatisticsShard) {
    shards.withLock { shards in
      if let shard = shards.live.removeValue(forKey: ObjectIdentifier(shard)) { shard.add(to: &shards.ended) }
    }
  }
}

/// The counters of one handle, written by its one user with relaxed loads and stores and read by anyone.
final class StatisticsShard: Sendable {
  private let requests = Atomic<UInt64>(0)
  private let bytesIn = Atomic<UInt64>(0)
  private let bytesOut = Atomic<UInt64>(0)
  private let errors = Atomic<UInt64>(0)
  private let fallbacks = Atomic<UInt64>(0)
  private let latency = InlineArray<40, Atomic<UInt64>> { _ in Atomic(0) }

  /// Every 64th request is timed, and every request that is known to take long.
  private static let sampleMask: UInt64 = 63

  /// Counts a request of `bytes`; returns its start in nanoseconds, or 0 where it is not timed.
  ///
  /// - Parameter always: whether the request is known to take over 10 µs, where a clock pair (60 ns) does not show.
  @inline(__always)
  func begin(bytes: Int, always: Bool) -> UInt64 {
    let count = requests.load(ordering: .relaxed)
    requests.store(count &+ 1, ordering: .relaxed)
    bytesIn.store(bytesIn.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: bytes), ordering: .relaxed)
    return always || count & Self.sampleMask == 0 ? MonotonicClock.now() : 0
  }

  @inline(__always)
  func end(_ start: UInt64, bytes: Int) {
    bytesOut.store(bytesOut.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: bytes), ordering: .relaxed)
    if start != 0 { sample(MonotonicClock.now() &- start) }
  }

  private func sample(_ nanoseconds: UInt64) {
    let bucket = min(Statistics.bucketCount - 1, 63 - max(nanoseconds, 1).leadingZeroBitCount)
    latency[bucket].store(latency[bucket].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  func fail() { errors.store(errors.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }
  func fellBack() { fallbacks.store(fallbacks.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }

  func add(to sum: inout StatisticsSnapshot) {
    sum.requests &+= requests.load(ordering: .relaxed)
    sum.bytesIn &+= bytesIn.load(ordering: .relaxed)
    sum.bytesOut &+= bytesOut.load(ordering: .relaxed)
    sum.errors &+= errors.load(ordering: .relaxed)
    sum.fallbacks &+= fallbacks.load(ordering: .relaxed)
    for bucket in 0..<Statistics.bucketCount { sum.latency[bucket] &+= latency[bucket].load(ordering: .relaxed) }
  }
}
