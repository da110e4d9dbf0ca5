// A counter that wakes whoever waits for it, in this process or another.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// An eventfd: signals add to it, a wait takes what was added.
///
/// It never blocks a signaller of its own. It is closed once, when its last reference goes.
public final class EventCounter: Sendable {
  /// The descriptor, for passing it on; the counter keeps owning it.
  public let descriptor: FileDescriptor

  /// Makes a counter.
  ///
  /// - Parameter value: what it holds at first; a wait takes it at once unless it is 0.
  /// - Throws: `EMFILE`, `ENFILE` or `ENOMEM`.
  public init(value: UInt32 = 0) throws(SystemError) {
    descriptor = FileDescriptor(owning: try systemCall("eventfd") { clinux_event_counter(value) })
  }

  /// Takes over a counter that another process made, and makes it non-blocking.
  ///
  /// - Parameter descriptor: an eventfd; closed also when this throws.
  /// - Throws: `EINVAL` for a descriptor of another kind, whose writing might block or do something else altogether.
  public init(adopting descriptor: consuming FileDescriptor) throws(SystemError) {
    guard clinux_is_event_counter(descriptor.number) == 1 else {
      throw SystemError(errno: EINVAL, operation: "eventfd")
    }
    let number = descriptor.number
    _ = try systemCall("fcntl") { fcntl(number, F_SETFL, O_RDWR | O_NONBLOCK) }
    self.descriptor = descriptor
  }

  /// Adds to the counter and wakes who waits; one system call.
  ///
  /// A counter that is full (2^64 - 2) is left full: who waits is awake anyway.
  ///
  /// - Parameter count: what to add, at least 1.
  public func signal(_ count: UInt64 = 1) {
    var count = count
    // The only other failures are a full counter and an interruption before anything was added.
    while unsafe write(descriptor.number, &count, MemoryLayout<UInt64>.size) == -1 && errno == EINTR {}
  }

  /// Takes what was added, without waiting.
  ///
  /// - Returns: the sum of what was added since the last time; 0 if nothing was.
  public func take() -> UInt64 {
    var count: UInt64 = 0
    while true {
      let result = unsafe read(descriptor.number, &count, MemoryLayout<UInt64>.size)
      if result == MemoryLayout<UInt64>.size { return count }
      if result != -1 || errno != EINTR { return 0 }
    }
  }

  /// Waits until something was added, or until the time limit has passed, and takes it.
  ///
  /// - Parameter nanoseconds: the time limit, kept to a millisecond; 0 only looks, `UInt64.max` waits for ever.
  /// - Returns: the sum of what was added; 0 is the time limit.
  public func wait(nanoseconds: UInt64) -> UInt64 {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      let count = take()
      if count > 0 { return count }
      let now = MonotonicClock.now()
      // Who else waits may have taken it after the poll: then the rest of the time is waited for.
      guard now < deadline, (try? descriptor.poll(for: .readable, nanoseconds: deadline - now)) == .readable else {
        return take()
      }
    }
  }
}
