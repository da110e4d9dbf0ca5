// The thread on which the handlers of a device's interrupts run, which come as counters.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A counter for each interrupt vector of a device, and a thread that calls handlers.
final class InterruptCounters: Sendable {
  typealias Handler = @Sendable () -> Void

  /// How long the thread sleeps at most, in nanoseconds.
  private static let longestSleep: UInt64 = 60_000_000_000

  private struct State {
    var handlers: [Int: Handler] = [:]
    var isEnded = false
  }

  /// What the device signals, by vector.
  let counters: [EventCounter]
  private let state = Guarded(State())
  private let ending: EventCounter

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - count: how many vectors.
  ///   - name: the thread's.
  ///   - hangUp: a descriptor whose hang-up means that the device is lost; it stays open until `end`.
  ///   - onLoss: called once when that happens, after which no handler is.
  /// - Throws: `EMFILE`, or `EAGAIN` when a limit on threads is reached.
  init(
    count: Int, name: String, hangUp: PollEntry? = nil, onLoss: @escaping @Sendable () -> Void = {}
  ) throws(SystemError) {
    var counters: [EventCounter] = []
    for _ in 0..<count { counters.append(try EventCounter()) }
    self.counters = counters
    ending = try EventCounter()
    // The thread keeps this object until `end`.
    _ = try Thread(name: name) { [self] in run(hangUp, onLoss) }
  }

  /// Sets or takes away what is called for a vector; a call that has begun goes on.
  func setHandler(vector: Int, _ handler: Handler?) {
    state.withLock { $0.handlers[vector] = handler }
  }

  /// Ends the thread after the handler that it may be in; no other is called.
  func end() {
    state.withLock { state in
      state.isEnded = true
      state.handlers = [:]
    }
    ending.signal()
  }

  private func run(_ hangUp: PollEntry?, _ onLoss: @Sendable () -> Void) {
    var entries = ([ending] + counters).map { PollEntry($0.descriptor, for: .readable) }
    if let hangUp { entries.append(hangUp) }
    while !state.withLock({ $0.isEnded }) {
      guard (try? Polling.wait(for: &entries, nanoseconds: Self.longestSleep)) != nil else { return }
      for (vector, counter) in counters.enumerated() where !entries[vector + 1].ready.isEmpty {
        // Several interrupts of one vector are one: so are those of the hardware.
        guard counter.take() > 0 else { continue }
        if let handler = state.withLock({ $0.handlers[vector] }) { handler() }
      }
      if hangUp != nil, let last = entries.last, !last.ready.isEmpty {
        if !state.withLock({ $0.isEnded }) { onLoss() }
        return
      }
    }
  }
}
