// A submission queue and its completion queue: what a driver starts, rings and stops.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// One queue pair of a function.
///
/// A driver gives it a submission context and a completion context, in either order; from then on it obeys doorbells.
/// Every method may be called on any thread. None of them but `stop`, `finishStop` and `kill` waits, and none reaches the
/// driver's memory: that is the engines' and the poller's business.
///
/// When requests are read: an entry is copied once, when an engine or the poller takes it up; whatever the driver writes
/// there afterwards is overwritten by the answer.
///
/// What goes wrong stays within the queue: a ring that cannot be reached ends its work and makes one asynchronous event
/// of type 2, a full completion queue makes one of type 0 in each run and goes on when there is room, doorbells that
/// make no sense are ignored. All of it is counted.
final class QueuePair: Sendable {
  /// How long a stop waits where nothing else is said, in nanoseconds.
  ///
  /// Today's drivers give the mailbox command 5 s (Linux 7.3); earlier ones look at the register once after 1 ms, and
  /// this look is answered when the command is done.
  static let stopTimeLimit: UInt64 = 2_000_000_000
  /// How long a reset waits for requests under way, in nanoseconds: longer than the largest takes.
  static let killTimeLimit: UInt64 = 30_000_000_000

  /// The queue's number within its function, as doorbells, completions and events have it.
  let number: UInt16
  /// The PCI revision: how contexts and requests are read.
  let revision: UInt32
  /// What the scheduler knows the queue as.
  let flow: Scheduler.Flow
  let scheduler: Scheduler
  let state = Guarded(QueueState())
  private weak let events: (any QueueEvents)?
  private let report: QueueIncidentReport?

  /// Makes a stopped queue.
  ///
  /// - Parameters:
  ///   - number: the number within the function.
  ///   - revision: `HISI_QM_HW_V1`, `HISI_QM_HW_V2` or `HISI_QM_HW_V3`.
  ///   - events: the function; not kept alive by the queue.
  ///   - scheduler: who gives the queue engine time.
  ///   - weight: its share among queues with work, 1 to `Scheduler.heaviest`.
  ///   - report: takes reports of incidents, at most one a second for each kind; called with no lock held.
  init(
    number: UInt16, revision: UInt32, events: any QueueEvents, scheduler: Scheduler, weight: UInt32 = 1,
    report: QueueIncidentReport? = nil
  ) {
    self.number = number
    self.revision = revision
    self.events = events
    self.scheduler = scheduler
    self.report = report
    flow = scheduler.add(weight: weight)
    scheduler.bind(flow, to: self)
  }

  deinit {
    scheduler.remove(flow)
  }

  /// What the queue has done so far.
  var counters: QueueCounters { state.withLock { $0.counters } }

  /// Whether doorbells are obeyed.
  var isRunning: Bool { state.withLock { $0.run != nil && !$0.isDraining } }

  /// Whether a driver counts on the queue: it gave a submission context, and has neither disabled nor stopped it since.
  ///
  /// The completion context may be still to come.
  var isClaimed: Bool {
    state.withLock { state in
      guard let sq = state.sq else { return false }
      return !sq.isDisabled && !state.isDraining
    }
  }

  /// Whether nothing is under way: every accepted request is answered or never will be, and nobody works for the queue.
  var isIdle: Bool {
    state.withLock { state in
      guard state.stragglers == 0, state.running == 0, !state.isAnswering else { return false }
      return state.run == nil || state.hasFailed || state.answered.count == state.accepted.count
    }
  }

  /// The queue's share of engine time among queues with work.
  var weight: UInt32 { scheduler.weight(of: flow) }

  /// Gives the queue another share of engine time, 1 to `Scheduler.heaviest`.
  func setWeight(_ weight: UInt32) {
    scheduler.setWeight(weight, of: flow)
  }

  /// Does what a change of state brings with it, with the lock released.
  @inline(__always)
  private func perform(_ effects: QueueEffects, fromPage: Bool) {
    if !effects.isEmpty { carryOut(effects, fromPage: fromPage) }
  }

  @inline(never)
  private func carryOut(_ effects: QueueEffects, fromPage: Bool) {
    if effects.isBacklogged { scheduler.makeReady(flow) }
    if effects.completionEvent { events?.completionEvent(queue: number) }
    if let type = effects.asynchronousEvent { events?.asynchronousEvent(queue: number, type: type) }
    if effects.isRandomInvalid && !fromPage { events?.doorbellRandomInvalid(queue: number) }
    if let (incident, count) = effects.incident { report?(number, incident, count) }
  }

  /// Changes the state, and does what that brings with it.
  ///
  /// - Parameter fromPage: whether a page's client is behind it.
  @inline(__always)
  func change<Result: Sendable>(
    fromPage: Bool = false, _ body: (inout QueueState, inout QueueEffects) -> Result
  ) -> Result {
    let (result, effects) = state.withLock { state in
      var effects = QueueEffects()
      let result = body(&state, &effects)
      return (result, effects)
    }
    perform(effects, fromPage: fromPage)
    return result
  }
}

extension QueuePair {
  /// Mailbox SQC, set: (re)starts the submission queue with a copy of its context.
  ///
  /// Head and tail are the context's. A queue that is running drops its requests: stop it first.
  ///
  /// - Parameters:
  ///   - context: a copy of what the driver wrote.
  ///   - memory: the address space that the context's PASID, or the function, means.
  /// - Throws: `QueueError`; the queue is as it was then.
  func startSQ(_ context: hisi_sqc, memory: AddressSpace) throws(QueueError) {
    let ring = try SubmissionRing(context, number: number, revision: revision, memory: memory)
    change { $0.start(ring, context, &$1) }
    scheduler.setPriority(ring.hasPriority, of: flow)
  }

  /// Mailbox CQC, set: (re)starts the completion queue with a copy of its context.
  ///
  /// Head, tail, phase and arming are the context's.
  ///
  /// - Throws: `QueueError`; the queue is as it was then.
  func startCQ(_ context: hisi_cqc, memory: AddressSpace) throws(QueueError) {
    let ring = try CompletionRing(context, revision: revision, memory: memory)
    change { $0.start(ring, context, &$1) }
  }

  /// Mailbox SQC, get: the context as it is now; zeros where none was given since the last reset.
  var sqContext: hisi_sqc { state.withLock { $0.sqSnapshot } }

  /// Mailbox CQC, get.
  var cqContext: hisi_cqc { state.withLock { $0.cqSnapshot } }

  /// A submission doorbell in a register.
  func ringSQ(index: UInt16, rand: UInt16) {
    change { state, effects in
      guard let added = state.ringSQ(index: index, rand: rand, &effects), added > 0 else { return }
      effects.isBacklogged = state.isBacklogged
    }
  }

  /// A completion doorbell in a register.
  ///
  /// A position that is the head already consumes nothing: drivers arm so. One that consumes a whole lap at once would
  /// look the same, and has to ring in between.
  func ringCQ(index: UInt16, rand: UInt16, arm: Bool) {
    change { $0.ringCQ(index: index, rand: rand, arm: arm, &$1) }
  }

  /// A doorbell in a register; what is for event queues, or for nobody, is not the queue's business.
  ///
  /// - Returns: whether it was an SQ's or a CQ's.
  @discardableResult
  func ring(_ doorbell: Doorbell) -> Bool {
    switch UInt32(doorbell.command) {
    case HISI_DOORBELL_CMD_SQ: ringSQ(index: doorbell.index, rand: doorbell.rand)
    case HISI_DOORBELL_CMD_CQ: ringCQ(index: doorbell.index, rand: doorbell.rand, arm: doorbell.arms)
    default: return false
    }
    return true
  }

  /// Keeps requests' buffers and lists away from a part of an address space, until the next submission context.
  func confine(_ excluded: ExcludedRange, in memory: AddressSpace) {
    state.withLock { $0.confine(excluded, in: memory) }
  }

  /// Has a fault happen.
  func inject(_ fault: QueueFault) {
    change { $0.inject(fault, &$1) }
  }
}

extension QueueState {
  fileprivate mutating func inject(_ fault: QueueFault, _ effects: inout QueueEffects) {
    switch fault {
    case .status(let code, let jobs):
      faults.status = code
      faults.statusJobs = max(jobs, 0)
    case .holdCompletions: faults.isHolding = true
    case .deliverHeldCompletions: release(&effects)
    case .loseCompletions(let count): faults.losses = max(count, 0)
    case .completionOverflow: raise(HISI_AEQE_CQ_OVERFLOW, &effects)
    case .completionError: raise(HISI_AEQE_CQE_ERROR, &effects)
    case .spuriousEvent:
      counters.events += 1
      effects.completionEvent = true
    case .clear:
      faults.statusJobs = 0
      faults.losses = 0
      release(&effects)
    }
  }

  private mutating func release(_ effects: inout QueueEffects) {
    faults.isHolding = false
    guard let run, !isAnswering, canAnswer(run) else { return }
    isAnswerDue = true
    effects.isBacklogged = isBacklogged
  }

  private mutating func raise(_ type: UInt32, _ effects: inout QueueEffects) {
    counters.asynchronousEvents += 1
    effects.asynchronousEvent = type
  }
}
