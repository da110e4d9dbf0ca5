// Latencies in buckets that are a hundredth wide, so that percentiles need no list of samples.
// SPDX-License-Identifier: Apache-2.0

/// A histogram of nanoseconds: 64 buckets for each power of two, an error of at most 1/64.
struct LatencyHistogram: Sendable {
  private static let subBits = 6
  private static let subCount = 1 << subBits

  private var counts = [UInt64](repeating: 0, count: (64 - subBits + 1) * subCount)
  private(set) var total: UInt64 = 0

  /// Counts `weight` requests that took `nanoseconds` each.
  mutating func add(_ nanoseconds: UInt64, weight: UInt64 = 1) {
    counts[Self.bucket(nanoseconds)] += weight
    total += weight
  }

  /// Adds another thread's counts.
  mutating func add(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    total += other.total
  }

  /// The nanoseconds below which `fraction` (0 to 1) of the requests lie; nil without requests.
  func percentile(_ fraction: Double) -> UInt64? {
    guard total > 0 else { return nil }
    let wanted = max(1, UInt64((Double(total) * fraction).rounded(.up)))
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if seen >= wanted { return Self.value(index) }
    }
    return nil
  }

  private static func bucket(_ value: UInt64) -> Int {
    // Small values have a bucket each; above, the six bits behind the leading one choose within its power of two.
    guard value >= UInt64(subCount) else { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - subBits
    return (shift + 1) << subBits + Int(value >> UInt64(shift)) & (subCount - 1)
  }

  /// The smallest value of a bucket.
  private static func value(_ bucket: Int) -> UInt64 {
    guard bucket >= subCount else { return UInt64(bucket) }
    let shift = bucket >> subBits - 1
    return UInt64(subCount + bucket & (subCount - 1)) << UInt64(shift)
  }
}
