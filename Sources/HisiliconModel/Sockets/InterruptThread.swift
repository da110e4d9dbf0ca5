// The thread on which the handlers of a function in this process run.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Calls handlers for interrupts on a thread of its own: whoever raises an interrupt may hold locks, or be an engine.
final class InterruptThread: Sendable {
  typealias Handler = @Sendable () -> Void

  private struct State {
    var handlers: [Int: Handler] = [:]
    var raised: [Int: Int] = [:]
    var isEnded = false
  }

  private let state = Guarded(State())
  private let work = TimedSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Throws: `EAGAIN` when a limit on threads is reached.
  init(name: String) throws(SystemError) {
    // The thread keeps this object until `end`.
    _ = try Thread(name: name) { [self] in run() }
  }

  /// Sets or takes away what is called for a vector; a call that has begun goes on.
  func setHandler(vector: Int, _ handler: Handler?) {
    state.withLock { state in
      state.handlers[vector] = handler
      if handler == nil { state.raised[vector] = nil }
    }
  }

  /// Has a vector's handler called once.
  func raise(_ vector: Int) {
    state.withLock { $0.raised[vector, default: 0] += 1 }
    work.signal()
  }

  /// Ends the thread after the handler that it may be in; no other is called.
  func end() {
    state.withLock { state in
      state.isEnded = true
      state.handlers = [:]
      state.raised = [:]
    }
    work.signal()
  }

  private func run() {
    while work.wait(nanoseconds: .max) {
      let (isEnded, calls) = state.withLock { state in
        let calls = state.raised.sorted { $0.key < $1.key }.flatMap { vector, count in
          state.handlers[vector].map { Array(repeating: $0, count: count) } ?? []
        }
        state.raised = [:]
        return (state.isEnded, calls)
      }
      if isEnded { return }
      for call in calls { call() }
    }
  }
}
