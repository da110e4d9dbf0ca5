// An event that happens once.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A gate that is opened once and never closed again; threads wait before it with a time limit.
///
/// What a thread wrote before `open()` is visible to every thread that saw the gate open.
public final class Gate: Sendable {
  private static let closed: UInt32 = 0
  private static let closedWithWaiters: UInt32 = 1
  private static let open: UInt32 = 2

  private let word = FutexWord(Gate.closed)

  /// Makes a closed gate.
  public init() {}

  /// Opens the gate and wakes everyone who waits; opening it again does nothing.
  public func open() {
    let previous = word.access { $0.exchange(Gate.open, ordering: .releasing) }
    if previous == Gate.closedWithWaiters {
      word.wakeAll()
    }
  }

  /// Whether the gate is open.
  public var isOpen: Bool {
    word.access { $0.load(ordering: .acquiring) } == Gate.open
  }

  /// Waits until the gate is open, or until the time limit has passed.
  ///
  /// - Parameter nanoseconds: the time limit; 0 only looks, `UInt64.max` waits for ever.
  /// - Returns: whether the gate is open; false is the time limit.
  public func wait(nanoseconds: UInt64) -> Bool {
    if isOpen { return true }
    if nanoseconds == 0 { return false }
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      // Only a thread that announced itself is woken, so that opening a gate nobody waits for costs no system call.
      let (_, seen) = word.access {
        $0.compareExchange(
          expected: Gate.closed, desired: Gate.closedWithWaiters, successOrdering: .relaxed,
          failureOrdering: .acquiring)
      }
      if seen == Gate.open { return true }
      if !word.sleep(while: Gate.closedWithWaiters, until: deadline) { return isOpen }
    }
  }
}
