// How many errors a device had within an hour, and whether that is too many.
// SPDX-License-Identifier: Apache-2.0

/// The rule by which a device is isolated (uacce's `isolate_strategy`).
struct ErrorWindow: Hashable, Sendable {
  /// An hour, nanoseconds.
  static let span: UInt64 = 3_600_000_000_000
  /// What a strategy can be, errors an hour; 0 never isolates.
  static let strategies = 0...65_535

  /// Whether the device is isolated.
  private(set) var isIsolated = false
  /// The errors within an hour that isolate; 0: none do.
  private(set) var strategy: Int
  /// The errors of the last hour, oldest first; never more than a strategy counts.
  private var moments: [UInt64] = []

  /// Makes a window without errors.
  init(strategy: Int) {
    self.strategy = strategy
  }

  /// How many errors there were in the hour before `now`.
  func count(at now: UInt64) -> Int {
    moments.count { now &- $0 < Self.span }
  }

  /// Notes an error; nanoseconds of a clock that does not go back.
  mutating func note(at now: UInt64) {
    moments.removeAll { now &- $0 >= Self.span }
    if moments.count == Self.strategies.upperBound { moments.removeFirst() }
    moments.append(now)
    if strategy > 0 && moments.count >= strategy { isIsolated = true }
  }

  /// Sets the rule, forgets the errors and ends an isolation.
  mutating func setStrategy(_ strategy: Int) {
    self.strategy = strategy
    moments = []
    isIsolated = false
  }
}
