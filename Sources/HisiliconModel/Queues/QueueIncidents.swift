// Reports of what goes wrong in queues, at most one a second for each queue.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Something that a queue's owner did wrong or that befell the queue; counted always, reported once a second at most.
enum QueueIncident: Int, Hashable, Sendable, CaseIterable {
  /// A doorbell of a stopped queue.
  case stoppedDoorbell
  /// A word of a doorbell page that names another queue or an unknown command.
  case foreignDoorbell
  /// An index outside of the ring.
  case indexOutOfRange
  /// More entries claimed than there can be.
  case overcommitted
  /// A wrong random number.
  case randomInvalid
  /// A ring that the device could not read or write.
  case ringFault
  /// A full completion queue.
  case completionOverflow
  /// A drain that ran out of time.
  case stopExpired
}

/// Takes a report: the queue, what happened, and how many incidents of any kind there were since the last report.
typealias QueueIncidentReport = @Sendable (_ queue: UInt16, _ incident: QueueIncident, _ count: UInt64) -> Void

/// Lets one event a second through and counts the rest; not thread-safe, its owner has the lock.
struct RateLimit: Sendable {
  /// The least time between two reports, in nanoseconds.
  static let interval: UInt64 = 1_000_000_000

  private var next: UInt64 = 0
  private var suppressed: UInt64 = 0

  /// Counts an event.
  ///
  /// - Parameter now: the time, in nanoseconds of `MonotonicClock`.
  /// - Returns: how many events to report, this one included; nil while the last report is less than a second old.
  mutating func note(at now: UInt64) -> UInt64? {
    suppressed &+= 1
    guard now >= next else { return nil }
    next = now &+ RateLimit.interval
    defer { suppressed = 0 }
    return suppressed
  }
}
