// How a queue pair starts, fails, drains and ends.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

extension QueueState {
  /// Takes a new submission context; a run that is under way is over.
  ///
  /// The completion queue stays as it is, so that the two contexts may come in either order, or only one of them.
  mutating func start(_ ring: SubmissionRing, _ context: hisi_sqc, _ effects: inout QueueEffects) {
    endRun()
    sq = ring
    sqContext = context
    confinement = nil
    claimed = RingPosition(slot: ring.head)
    answered = claimed
    // A tail beyond the head are requests that were submitted before.
    accepted = claimed
    accepted.advance(by: claimed.distance(to: ring.tail, depth: ring.depth), depth: ring.depth)
    accepted.lap = context.w11 & UInt16(HISI_QC_W11_TAIL_WRAP) != 0
    begin(&effects)
  }

  /// Takes a new completion context; a run that is under way is over, with its requests dropped.
  ///
  /// The submission queue stays as it is.
  mutating func start(_ ring: CompletionRing, _ context: hisi_cqc, _ effects: inout QueueEffects) {
    if run != nil {
      endRun()
      rebase()
    }
    cq = ring
    cqContext = context
    cqHead = RingPosition(slot: ring.head)
    cqTail = cqHead
    cqTail.advance(by: cqHead.distance(to: ring.tail, depth: ring.depth), depth: ring.depth)
    cqTail.lap = ring.phase
    isArmed = ring.isArmed
    begin(&effects)
  }

  /// Counts the submission queue's positions from its tail on.
  private mutating func rebase() {
    accepted.count = 0
    claimed = accepted
    answered = accepted
  }

  /// Begins a run where both contexts are there.
  private mutating func begin(_ effects: inout QueueEffects) {
    hasFailed = false
    hasOverflowed = false
    repeatedEvents = 0
    setPageWords()
    guard let sq, let cq, !sq.isDisabled else { return }
    run = QueueRun(sq: sq, cq: cq, completed: cqTail.count)
    applyConfinement()
    effects.isBacklogged = isBacklogged
  }

  /// Keeps the requests of this run, and of the next unless there is a new submission context, away from addresses.
  mutating func confine(_ excluded: ExcludedRange, in memory: AddressSpace) {
    confinement = (excluded, memory)
    applyConfinement()
  }

  private func applyConfinement() {
    guard let run, let confinement, run.sq.memory === confinement.memory else { return }
    run.excluded = confinement.excluded
  }

  /// Puts the present positions into the words of the doorbell page: what a client stored in an earlier run is no
  /// doorbell of this one.
  mutating func setPageWords() {
    guard let page else { return }
    submissionWord = page.setSubmission(
      Doorbell(
        queue: page.number, command: HISI_DOORBELL_CMD_SQ, rand: sq?.rand ?? 0,
        index: UInt16(truncatingIfNeeded: accepted.slot)))
    completionWord = page.setCompletion(
      Doorbell(
        queue: page.number, command: HISI_DOORBELL_CMD_CQ, rand: cq?.rand ?? 0,
        index: UInt16(truncatingIfNeeded: cqHead.slot)))
  }

  /// A ring of `run` cannot be reached: the driver is told, and the queue does nothing more until it is started anew.
  mutating func fail(_ run: QueueRun, _ effects: inout QueueEffects) {
    guard self.run === run, !hasFailed else { return }
    hasFailed = true
    ready = []
    waiting = []
    isAnswerDue = false
    counters.ringFaults += 1
    counters.asynchronousEvents += 1
    effects.asynchronousEvent = HISI_AEQE_CQE_ERROR
    note(.ringFault, &effects)
  }

  /// Answers nothing any more; those who work in the run are waited for by `abandoned`.
  mutating func endRun() {
    guard run != nil else { return }
    counters.dropped += accepted.count &- answered.count
    stragglers += running + (isAnswering ? 1 : 0)
    running = 0
    isAnswering = false
    isInline = false
    isAnswerDue = false
    isStatefulBusy = false
    ready = []
    waiting = []
    run = nil
    isDraining = false
    stopped?.open()
    stopped = nil
  }

  /// Ends the run; doorbells are ignored until there is a new SQC.
  ///
  /// What is in the completion queue can still be consumed.
  mutating func stop() {
    endRun()
    sq = nil
  }

  /// Ends the run and forgets both contexts.
  mutating func kill() {
    endRun()
    sq = nil
    cq = nil
    confinement = nil
    sqContext = hisi_sqc()
    cqContext = hisi_cqc()
    (accepted, claimed, answered) = (RingPosition(), RingPosition(), RingPosition())
    (cqHead, cqTail, isArmed) = (RingPosition(), RingPosition(), false)
  }

  /// Ends a drained run; called wherever something has ended.
  mutating func settle() {
    guard isDraining, let run, running == 0, !isAnswering else { return }
    // Where the completion queue is full, what is executed cannot be answered: the driver stops such a queue, and its
    // stop must not wait for the room that only the driver can make.
    let isStuck = claimed.count == accepted.count && ready.isEmpty && isCompletionFull(run) && canAnswer(run)
    if hasFailed || isStuck || answered.count == accepted.count { stop() }
  }

  /// A thread has left a run that is over.
  mutating func leaveEndedRun() {
    stragglers -= 1
    guard stragglers == 0 else { return }
    abandoned?.open()
    abandoned = nil
  }

  /// The contexts as the device would write them to memory now.
  var sqSnapshot: hisi_sqc {
    var context = sqContext
    context.head = UInt16(truncatingIfNeeded: claimed.slot)
    context.tail = UInt16(truncatingIfNeeded: accepted.slot)
    context.w11 &= ~UInt16(HISI_QC_W11_TAIL_WRAP)
    if accepted.lap { context.w11 |= UInt16(HISI_QC_W11_TAIL_WRAP) }
    return context
  }

  var cqSnapshot: hisi_cqc {
    var context = cqContext
    context.head = UInt16(truncatingIfNeeded: cqHead.slot)
    context.tail = UInt16(truncatingIfNeeded: cqTail.slot)
    // The phase and the wrap bit toggle together, but begin with what the driver gave for each.
    if cqTail.lap != (context.dw6 & HISI_CQC_DW6_PHASE != 0) { context.w11 ^= UInt16(HISI_QC_W11_TAIL_WRAP) }
    context.dw6 &= ~(HISI_CQC_DW6_PHASE | HISI_CQC_DW6_ARMED)
    if cqTail.lap { context.dw6 |= HISI_CQC_DW6_PHASE }
    if isArmed { context.dw6 |= HISI_CQC_DW6_ARMED }
    return context
  }
}
