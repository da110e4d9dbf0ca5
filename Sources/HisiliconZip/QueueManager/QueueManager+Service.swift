// The service thread: asynchronous events, errors, messages, broken queues, resets, and looking for what was lost.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  /// How often queues are looked at while there is something to wait for, nanoseconds.
  static let watchInterval: UInt64 = 50_000_000
  /// How long an interrupt may take before the ring itself is looked at, nanoseconds.
  static let interruptPatience: UInt64 = 100_000_000
  /// How long the thread goes on looking after the last time that there was something, nanoseconds.
  private static let watchTail: UInt64 = 500_000_000

  /// Works until it is told to end.
  func serve() {
    defer { service.ended.open() }
    var lastLook: UInt64 = 0
    var lastActivity = MonotonicClock.now()
    while true {
      let work = service.take()
      if work.isEnding {
        for ticket in work.tickets { ticket.finish(QueueError(.deviceLost, "the driver has ended")) }
        return
      }
      perform(work)
      let now = MonotonicClock.now()
      if now &- lastLook >= Self.watchInterval / 2 {
        lastLook = now
        if look(at: now) { lastActivity = now }
      }
      let isWatching = now &- lastActivity < Self.watchTail
      service.wait(nanoseconds: isWatching ? Self.watchInterval : .max, isWatching: isWatching)
      if !isWatching { lastActivity = MonotonicClock.now() }
    }
  }

  private func perform(_ work: ServiceQueue.Work) {
    if work.hasErrors { takeErrors() }
    if work.hasAsynchronousEvents { takeAsynchronousEvents() }
    if work.hasMessages { takeMessages() }
    if let kind = work.reset {
      let result = performReset(kind, isFault: work.isFault, reason: work.reason)
      for ticket in work.tickets { ticket.finish(result) }
    }
    for (number, error) in work.broken.sorted(by: { $0.key < $1.key }) { client(number)?.fail(error) }
  }

  /// Looks at every queue.
  ///
  /// - Returns: whether there is anything to wait for.
  private func look(at now: UInt64) -> Bool {
    var isActive = watchSuspension(at: now)
    for client in clients where client.watch(at: now) { isActive = true }
    let housekeeping = housekeeping.withLock { $0 }
    if let housekeeping, housekeeping(now) { isActive = true }
    if isActive && capabilities.asynchronousVector == nil { takeAsynchronousEvents() }
    return isActive
  }
}
