// Waiting for several descriptors at once.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One descriptor that is waited for, and what came of it.
public struct PollEntry: Sendable {
  /// The descriptor's number; who owns it keeps it open meanwhile.
  ///
  /// A negative number is never ready.
  public var number: Int32
  /// What to wait for; errors and hang-ups end a wait as well.
  public var events: PollEvents
  /// What the descriptor is ready for, after a wait.
  public fileprivate(set) var ready: PollEvents = []

  /// Waits for a descriptor.
  public init(_ descriptor: borrowing FileDescriptor, for events: PollEvents) {
    number = descriptor.number
    self.events = events
  }
}

/// Waiting for several descriptors at once (`poll(2)`).
public enum Polling {
  /// Waits until a descriptor is ready, or until the time limit has passed.
  ///
  /// - Parameters:
  ///   - entries: the descriptors; each `ready` says what it is ready for.
  ///   - nanoseconds: the time limit, kept to a millisecond; 0 only looks, `UInt64.max` waits for ever.
  /// - Returns: how many descriptors are ready; 0 is the time limit.
  /// - Throws: `EBADF` if a descriptor is not open, `ENOMEM`.
  @discardableResult
  public static func wait(for entries: inout [PollEntry], nanoseconds: UInt64) throws(SystemError) -> Int {
    var polled = entries.map { pollfd(fd: $0.number, events: $0.events.rawValue, revents: 0) }
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      let left = MonotonicClock.remaining(until: deadline)
      // Rounded up, so that the last wait does not become a busy loop.
      let milliseconds = Int32(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
      let ready = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
      if ready == -1 && errno != EINTR { throw SystemError(errno: errno, operation: "poll") }
      if ready > 0 || (ready == 0 && left == 0) {
        for index in entries.indices {
          if Int32(polled[index].revents) & POLLNVAL != 0 { throw SystemError(errno: EBADF, operation: "poll") }
          entries[index].ready = PollEvents(rawValue: polled[index].revents)
        }
        return Int(ready)
      }
    }
  }
}
