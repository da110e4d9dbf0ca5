// Waiting for the counters of many clients who are not trusted.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A set of event counters, any of whose signals ends a wait (`epoll(7)`, edge-triggered).
///
/// The counters are never read. Whoever shares a counter can make reading it block, by clearing `O_NONBLOCK` and taking
/// the count first; nothing that a client does to its own counter can keep this set's owner from the others' signals.
public final class EventSet: Sendable {
  private let descriptor: FileDescriptor

  /// Makes an empty set.
  ///
  /// - Throws: `EMFILE`, `ENFILE` or `ENOMEM`.
  public init() throws(SystemError) {
    descriptor = FileDescriptor(owning: try systemCall("epoll_create1") { clinux_event_set() })
  }

  /// Adds a counter; one that holds something already counts as signalled.
  ///
  /// - Parameter counter: a counter that is removed before it goes.
  /// - Throws: `EEXIST` if it is in the set, `ENOSPC` (a limit of the user's) or `ENOMEM`.
  public func add(_ counter: EventCounter) throws(SystemError) {
    let number = counter.descriptor.number
    _ = try systemCall("epoll_ctl") { clinux_event_set_add(descriptor.number, number) }
  }

  /// Removes a counter.
  ///
  /// - Throws: `ENOENT` if it is not in the set.
  public func remove(_ counter: EventCounter) throws(SystemError) {
    let number = counter.descriptor.number
    _ = try systemCall("epoll_ctl") { clinux_event_set_remove(descriptor.number, number) }
  }

  /// Waits until a counter is signalled that was not since the wait before, or until the time limit has passed.
  ///
  /// - Parameter nanoseconds: the time limit, kept to a millisecond; 0 only looks, `UInt64.max` waits for ever.
  /// - Returns: whether one was signalled; false is the time limit.
  public func wait(nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      let left = MonotonicClock.remaining(until: deadline)
      // Rounded up, so that the last wait does not become a busy loop.
      let milliseconds = Int32(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
      let count = clinux_event_set_wait(descriptor.number, milliseconds)
      if count > 0 { return true }
      // An interruption is the only failure of a set that is open.
      if count == 0 && left == 0 { return false }
    }
  }
}
