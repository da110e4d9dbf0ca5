// What the debug counters had counted when they were last cleared by reading.
// SPDX-License-Identifier: Apache-2.0

/// Baselines of counters that never go back: a register shows the difference.
struct DebugBaselines: Sendable {
  /// A counter: its register, and what a selector chose for it.
  struct Counter: Hashable, Sendable {
    var register: UInt32
    var selector: UInt32
  }

  /// A guest chooses selectors: beyond this many, clearing has no effect.
  private static let mostCounters = 65_536

  private var baselines: [Counter: UInt64] = [:]

  /// What the register shows, and where reading clears, the start of a new count.
  mutating func read(_ counter: Counter, total: UInt64, clears: Bool) -> UInt64 {
    let shown = total &- (baselines[counter] ?? 0)
    if clears && (baselines[counter] != nil || baselines.count < Self.mostCounters) { baselines[counter] = total }
    return shown
  }
}
