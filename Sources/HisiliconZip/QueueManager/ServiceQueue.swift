// What the service thread is to do: everything of a queue manager that waits.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import WarpDriveQueue

/// How much of the device is reset.
enum ResetKind: Int, Hashable, Sendable, Comparable {
  /// The function's queues and event queues.
  case queues
  /// The whole device; of a virtual function, the function.
  case controller

  static func < (left: ResetKind, right: ResetKind) -> Bool { left.rawValue < right.rawValue }
}

/// Someone who waits for a reset's end.
final class ResetTicket: Sendable {
  let gate = Gate()
  private let error = Guarded(QueueError?.none)

  /// How the reset ended, once the gate is open.
  var result: QueueError? { error.withLock { $0 } }

  func finish(_ result: QueueError?) {
    error.withLock { $0 = result }
    gate.open()
  }
}

/// Work for the service thread, and what wakes it.
final class ServiceQueue: Sendable {
  /// What there is to do.
  struct Work: Sendable {
    var hasAsynchronousEvents = false
    var hasErrors = false
    var hasMessages = false
    var reset: ResetKind?
    /// Whether a fault of the device's is the reset's reason.
    var isFault = false
    var reason = ""
    var tickets: [ResetTicket] = []
    /// Queues that have to be stopped and started again.
    var broken: [UInt16: QueueError] = [:]
    var isEnding = false
  }

  private let work = Guarded(Work())
  private let semaphore = TimedSemaphore(value: 0)
  /// Whether the thread looks at the queues every now and then without being told.
  private let isWatching = Atomic<Bool>(false)
  /// Opened when the thread has ended.
  let ended = Gate()

  /// Adds to the work and wakes the thread.
  func add(_ change: (inout Work) -> Void) {
    work.withLock { change(&$0) }
    semaphore.signal()
  }

  /// Asks for a reset.
  func requestReset(_ kind: ResetKind, isFault: Bool, reason: String, ticket: ResetTicket? = nil) {
    let isEnding = work.withLock { work in
      guard !work.isEnding else { return true }
      work.reset = max(work.reset ?? kind, kind)
      work.isFault = work.isFault || isFault
      if work.reason.isEmpty { work.reason = reason }
      if let ticket { work.tickets.append(ticket) }
      return false
    }
    if isEnding { ticket?.finish(QueueError(.deviceLost, "the driver has ended")) }
    semaphore.signal()
  }

  /// Takes what there is to do.
  func take() -> Work {
    work.withLock { work in
      let taken = work
      work = Work(isEnding: work.isEnding)
      return taken
    }
  }

  /// Waits for work.
  func wait(nanoseconds: UInt64, isWatching: Bool) {
    self.isWatching.store(isWatching, ordering: .sequentiallyConsistent)
    _ = semaphore.wait(nanoseconds: nanoseconds)
  }

  /// Has the thread look at the queues from now on, where it does not.
  func startWatching() {
    guard !isWatching.load(ordering: .sequentiallyConsistent) else { return }
    isWatching.store(true, ordering: .relaxed)
    semaphore.signal()
  }
}

extension ServiceQueue.Work {
  fileprivate init(isEnding: Bool) {
    self.init()
    self.isEnding = isEnding
  }
}
