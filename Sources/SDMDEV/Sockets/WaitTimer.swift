// Ends waits whose time is up, for waits that no thread sleeps in.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Calls actions at their times, on one thread, which the first one starts.
final class WaitTimer: Sendable {
  private struct State {
    var actions: [UInt64: (deadline: UInt64, action: @Sendable () -> Void)] = [:]
    var next: UInt64 = 0
    var isEnded = false
  }

  private let state = Guarded(State())
  private let thread = Guarded(Thread?.none)
  private let wakeUp = TimedSemaphore(value: 0)

  /// Has an action called at a time of `MonotonicClock`.
  ///
  /// - Parameter action: must not wait.
  /// - Returns: a number for `cancel`.
  /// - Throws: `EAGAIN` where there is no thread to be had.
  func add(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) throws(SystemError) -> UInt64 {
    try startThread()
    let number = state.withLock { state in
      state.next += 1
      state.actions[state.next] = (deadline, action)
      return state.next
    }
    wakeUp.signal()
    return number
  }

  /// Takes an action away; it may be under way.
  func cancel(_ number: UInt64) {
    state.withLock { _ = $0.actions.removeValue(forKey: number) }
  }

  /// Ends the thread; no action is called any more.
  func end() {
    state.withLock { state in
      state.isEnded = true
      state.actions = [:]
    }
    wakeUp.signal()
    thread.withLock { $0.take() }?.join()
  }

  private func startThread() throws(SystemError) {
    try thread.withLock { (thread) throws(SystemError) in
      if thread != nil || state.withLock({ $0.isEnded }) { return }
      thread = try Thread(name: "sdmdev-wait") { [self] in run() }
    }
  }

  private func run() {
    while true {
      let now = MonotonicClock.now()
      let (due, next) = state.withLock { state -> ([@Sendable () -> Void], UInt64?) in
        if state.isEnded { return ([], nil) }
        let due = state.actions.filter { $0.value.deadline <= now }
        for number in due.keys { state.actions[number] = nil }
        return (due.values.map(\.action), state.actions.values.map(\.deadline).min() ?? .max)
      }
      guard let next else { return }
      for action in due { action() }
      if due.isEmpty { _ = wakeUp.wait(nanoseconds: next == .max ? .max : next - now) }
    }
  }
}
