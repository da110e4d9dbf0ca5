// Waiting for answers, for room, and for the end.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

extension Queue {
  /// Takes the next answered message, waiting for it: `wd_recv_sync`.
  ///
  /// The thread spins for the poll limit, then sleeps until the device tells of a completion.
  ///
  /// - Parameters:
  ///   - message: receives `messageSize` bytes.
  ///   - timeout: the most time, in nanoseconds; 0 only looks.
  /// - Throws: `timedOut`; the rest as `receive`.
  public func receiveSync(into message: inout MutableRawSpan, timeout: UInt64) throws(QueueError) {
    if try receive(into: &message) { return }
    let start = MonotonicClock.now()
    let deadline = MonotonicClock.deadline(after: timeout, from: start)
    if try spin(into: &message, from: start, deadline) { return }
    try checkConnection()
    while true {
      if try sleep(into: &message, deadline) { return }
      if MonotonicClock.now() >= deadline { throw QueueError(.timedOut, "no answer within \(timeout / 1_000_000) ms") }
    }
  }

  /// Looks again and again until the poll limit or the deadline.
  private func spin(
    into message: inout MutableRawSpan, from start: UInt64, _ deadline: UInt64
  ) throws(QueueError) -> Bool {
    let end = min(MonotonicClock.deadline(after: spinNanoseconds, from: start), deadline)
    repeat {
      // The clock costs as much as a look.
      for _ in 0..<32 where try receive(into: &message) { return true }
    } while MonotonicClock.now() < end
    return false
  }

  /// Sleeps once until the device tells of a completion, the deadline, or for a moment.
  ///
  /// - Returns: whether a message was received.
  private func sleep(into message: inout MutableRawSpan, _ deadline: UInt64) throws(QueueError) -> Bool {
    try driver.requestNotification()
    defer { driver.withdrawNotification() }
    // What came before the request makes no event; what comes now does.
    if try receive(into: &message) { return true }
    let now = MonotonicClock.now()
    guard now < deadline else { return false }
    _ = try transport.wait(nanoseconds: min(deadline - now, Self.waitSlice))
    return try receive(into: &message)
  }

  /// Puts a message into the ring, waiting for room while it is full: `wd_send_sync`.
  ///
  /// Room comes only when somebody receives.
  ///
  /// - Parameters:
  ///   - message: `messageSize` bytes.
  ///   - timeout: the most time, in nanoseconds; 0 only tries.
  /// - Throws: `timedOut`; the rest as `send`, but never `busy`.
  public func sendSync(_ message: RawSpan, timeout: UInt64) throws(QueueError) {
    let deadline = MonotonicClock.deadline(after: timeout)
    let spinEnd = MonotonicClock.deadline(after: min(spinNanoseconds, timeout))
    while true {
      do throws(QueueError) {
        return try send(message)
      } catch {
        guard error.code == .busy else { throw error }
      }
      let now = MonotonicClock.now()
      guard now < deadline else {
        throw QueueError(.timedOut, "the ring was full for \(timeout / 1_000_000) ms: receive answers meanwhile")
      }
      if now >= spinEnd {
        try checkConnection()
        // Nobody tells of room, so that this looks now and then.
        Thread.sleep(nanoseconds: min(deadline - now, Self.pause))
      }
    }
  }

  /// Waits until every message that was sent is answered; the answers stay to be received: `wd_flush`.
  ///
  /// - Parameter timeout: the most time, in nanoseconds.
  /// - Throws: `timedOut`; the rest as `receive`.
  public func flush(timeout: UInt64 = 10_000_000_000) throws(QueueError) {
    try checkUse()
    let deadline = MonotonicClock.deadline(after: timeout)
    while true {
      let slice = min(MonotonicClock.remaining(until: deadline), Self.waitSlice)
      do throws(QueueError) {
        return try driver.flush(nanoseconds: slice)
      } catch {
        guard error.code == .timedOut, MonotonicClock.now() < deadline else { throw error }
        try checkConnection()
        try checkUse()
      }
    }
  }

  /// How long a sender that waits for room sleeps, in nanoseconds.
  private static let pause: UInt64 = 50_000
}
