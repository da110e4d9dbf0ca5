// A counting semaphore whose waits have a time limit.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A counting semaphore; a wait has a time limit.
///
/// What a thread wrote before `signal()` is visible to the thread whose wait that signal ended.
public final class TimedSemaphore: Sendable {
  private let permits: FutexWord
  private let sleepers = Atomic<Int>(0)

  /// Makes a semaphore.
  ///
  /// - Parameter value: the number of waits that succeed at once; from 0 to `Int32.max`.
  public init(value: Int) {
    precondition(value >= 0 && value <= Int32.max, "a semaphore's value is from 0 to 2^31 - 1")
    permits = FutexWord(UInt32(value))
  }

  /// Takes a permit if there is one.
  ///
  /// - Returns: whether one was taken.
  public func tryWait() -> Bool {
    permits.access { value in
      var seen = value.load(ordering: .relaxed)
      while seen > 0 {
        let (exchanged, original) = value.weakCompareExchange(
          expected: seen, desired: seen - 1, successOrdering: .acquiring, failureOrdering: .relaxed)
        if exchanged { return true }
        seen = original
      }
      return false
    }
  }

  /// Takes a permit, waiting for one until the time limit has passed.
  ///
  /// - Parameter nanoseconds: the time limit; 0 only tries, `UInt64.max` waits for ever.
  /// - Returns: whether a permit was taken; false is the time limit.
  public func wait(nanoseconds: UInt64) -> Bool {
    if tryWait() { return true }
    if nanoseconds == 0 { return false }
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    // Sequentially consistent here and in `signal()`: either the signaller sees this sleeper, or the kernel, which
    // reads the word after this, sees the permit and does not let the thread sleep.
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { sleepers.wrappingSubtract(1, ordering: .relaxed) }
    while true {
      if tryWait() { return true }
      if !permits.sleep(while: 0, until: deadline) { return tryWait() }
    }
  }

  /// Gives a permit and wakes one waiting thread, if there is one.
  public func signal() {
    permits.access { _ = $0.wrappingAdd(1, ordering: .sequentiallyConsistent) }
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      permits.wakeOne()
    }
  }
}
