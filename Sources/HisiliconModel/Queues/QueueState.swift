// What changes in a queue pair, all of it under one lock.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// What is to be done once the queue's lock is released.
struct QueueEffects: Sendable {
  /// The queue has work for an engine.
  var isBacklogged = false
  /// A completion event is due.
  var completionEvent = false
  /// An asynchronous event is due: its type.
  var asynchronousEvent: UInt32?
  /// A random number was wrong.
  var isRandomInvalid = false
  /// An incident that is to be reported, and how many it stands for.
  var incident: (QueueIncident, UInt64)?

  /// Whether there is nothing to be done.
  @inline(__always)
  var isEmpty: Bool {
    !isBacklogged && !completionEvent && asynchronousEvent == nil && !isRandomInvalid && incident == nil
  }
}

/// The faults that are to be injected.
struct QueueFaults: Sendable {
  var status: UInt8 = 0
  var statusJobs = 0
  var losses = 0
  var isHolding = false

  /// Whether any of them is still to happen.
  var isActive: Bool { statusJobs > 0 || losses > 0 || isHolding }

  /// The status that the next request is answered with instead of being executed.
  mutating func takeStatus() -> UInt8? {
    guard statusJobs > 0 else { return nil }
    statusJobs -= 1
    return status
  }

  /// Whether the next completion is lost.
  mutating func takeLoss() -> Bool {
    guard losses > 0 else { return false }
    losses -= 1
    return true
  }
}

/// The state of a queue pair.
///
/// Positions in the submission ring: `answered` ≤ `claimed` ≤ `accepted`. A doorbell moves `accepted`, fetching moves
/// `claimed`, and `answered` follows in order. In the completion ring: `cqHead` ≤ `cqTail`.
struct QueueState {
  /// What the driver gave last, until the queue is killed.
  var sqContext = hisi_sqc()
  var cqContext = hisi_cqc()
  var sq: SubmissionRing?
  var cq: CompletionRing?
  /// The queue's present life; nil where doorbells are not obeyed.
  var run: QueueRun?
  /// What requests are kept away from, in that one address space, until the next submission context.
  var confinement: (excluded: ExcludedRange, memory: AddressSpace)?
  /// Whether no more doorbells are obeyed, and the run ends once everything is answered.
  var isDraining = false
  /// Whether a ring could not be reached: nothing more is fetched or answered.
  var hasFailed = false
  /// Whether the full completion queue has been told of in this run: a hostile driver must not fill the function's AEQ.
  var hasOverflowed = false

  var accepted = RingPosition()
  var claimed = RingPosition()
  var answered = RingPosition()
  var cqHead = RingPosition()
  /// `lap` is the phase.
  var cqTail = RingPosition()
  var isArmed = false
  /// Events that were due since the driver last consumed something or something was completed.
  var repeatedEvents = 0

  /// Requests with engines, or being fetched by them.
  var running = 0
  /// Whether a thread writes requests back and completions; one at a time, which keeps their order.
  var isAnswering = false
  /// Whether that thread is the poller, which fetches and executes as well.
  var isInline = false
  /// Whether an engine is to answer what waited for room in the completion queue or for a fault's end.
  var isAnswerDue = false
  /// Slots that were fetched and whose turn has come.
  var ready: [UInt32] = []
  /// Slots of stateful requests behind one that is under way.
  var waiting: [UInt32] = []
  var isStatefulBusy = false
  /// How many threads still work in runs that are over.
  var stragglers = 0

  /// Opened when the run ends.
  var stopped: Gate?
  /// Opened when nobody works in a run that is over.
  var abandoned: Gate?
  var page: DoorbellPage?
  /// The words of the page that were obeyed last.
  var submissionWord: UInt64 = 0
  var completionWord: UInt64 = 0

  var faults = QueueFaults()
  var counters = QueueCounters()
  private var limits = [RateLimit](repeating: RateLimit(), count: QueueIncident.allCases.count)

  /// The most completion events without any progress of driver or device.
  static let mostRepeatedEvents = 64

  /// Counts an incident's report; the counters are the caller's.
  mutating func note(_ incident: QueueIncident, _ effects: inout QueueEffects) {
    guard let count = limits[incident.rawValue].note(at: MonotonicClock.now()) else { return }
    effects.incident = (incident, count)
  }

  /// Whether there is something that an engine could do now.
  var isBacklogged: Bool {
    run != nil && !isInline && !hasFailed && (!ready.isEmpty || claimed.count != accepted.count || isAnswerDue)
  }

  /// Whether the completion ring has no room.
  func isCompletionFull(_ run: QueueRun) -> Bool {
    cqTail.count &- cqHead.count >= UInt64(run.cq.depth)
  }

  /// Whether the first request that is not answered has been executed.
  func canAnswer(_ run: QueueRun) -> Bool {
    // The run's stages are the lock's.
    unsafe answered.count != claimed.count && run.stages[Int(answered.slot)] == .done
  }
}
