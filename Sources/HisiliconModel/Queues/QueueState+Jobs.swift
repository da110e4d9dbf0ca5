// The order of a queue pair's requests: which may start, and which may be answered.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

extension QueueState {
  /// What an engine finds in the queue.
  enum Claim: Sendable {
    case nothing
    /// A request that was copied before.
    case fetched(QueueRun, UInt32, status: UInt8?, isBacklogged: Bool)
    /// One that is to be copied now.
    case unread(QueueRun, UInt32)
  }

  /// What becomes of a request that was copied.
  enum Admission: Sendable {
    /// The run is over.
    case over
    /// It waits for a stateful one before it.
    case hold
    case run(status: UInt8?, isBacklogged: Bool)
  }

  /// Gives an engine the next request.
  mutating func claim() -> Claim {
    guard let run, !isInline, !hasFailed else { return .nothing }
    if !ready.isEmpty {
      let slot = ready.removeFirst()
      unsafe run.stages[Int(slot)] = .running
      running += 1
      return .fetched(run, slot, status: faults.takeStatus(), isBacklogged: isBacklogged)
    }
    guard claimed.count != accepted.count else { return .nothing }
    let slot = claimed.slot
    claimed.advance(depth: run.sq.depth)
    running += 1
    counters.requests += 1
    return .unread(run, slot)
  }

  /// Lets a request that was copied start, or wait for its turn.
  mutating func admit(_ run: QueueRun, _ slot: UInt32, isStateful: Bool) -> Admission {
    guard self.run === run else {
      leaveEndedRun()
      return .over
    }
    guard !hasFailed else {
      running -= 1
      settle()
      return .over
    }
    if isStateful && isStatefulBusy {
      unsafe run.stages[Int(slot)] = .held
      waiting.append(slot)
      running -= 1
      return .hold
    }
    if isStateful { isStatefulBusy = true }
    unsafe run.stages[Int(slot)] = .running
    return .run(status: faults.takeStatus(), isBacklogged: isBacklogged)
  }

  /// Lets the next stateful request start.
  mutating func finishStateful(_ effects: inout QueueEffects) {
    guard !waiting.isEmpty else {
      isStatefulBusy = false
      return
    }
    ready.append(waiting.removeFirst())
    effects.isBacklogged = true
  }

  /// An engine is done with a request of `run`.
  ///
  /// - Returns: whether the run is still the present one.
  mutating func leaveEngine(_ run: QueueRun) -> Bool {
    guard self.run === run else {
      leaveEndedRun()
      return false
    }
    running -= 1
    return true
  }

  /// Takes the right to answer, if there is something to answer and nobody else does it.
  mutating func beginAnswering(_ run: QueueRun) -> Bool {
    guard !isAnswering, !faults.isHolding, canAnswer(run) else { return false }
    isAnswering = true
    return true
  }

  /// Gives the right to answer back.
  ///
  /// - Returns: whether the run is still the present one.
  mutating func leaveAnswering(_ run: QueueRun) -> Bool {
    guard self.run === run else {
      leaveEndedRun()
      return false
    }
    isAnswering = false
    return true
  }

  /// Notes what was answered, and says what comes next; nil when the right to answer has been given back.
  mutating func nextAnswer(
    _ run: QueueRun, after last: QueueAnswer?, _ effects: inout QueueEffects
  ) -> QueueAnswer? {
    guard self.run === run else {
      // It was counted as dropped when the run ended, and answered nevertheless.
      if let last { noteLate(completions: last.isLost ? 0 : 1, answered: 1) }
      leaveEndedRun()
      return nil
    }
    if let last { noteAnswered(last, run) }
    // After the completion, so that whoever sees the event sees the completion; now, as there may be much to answer.
    signalIfArmed(&effects)
    if !hasFailed && !faults.isHolding && canAnswer(run) {
      if !isCompletionFull(run) {
        let slot = answered.slot
        // The copy and the stage belong to the slot's next request as soon as the driver may use the slot again.
        unsafe run.stages[Int(slot)] = .free
        let sqe = unsafe run.requests[Int(slot)]
        return QueueAnswer(
          slot: slot, place: cqTail, isLost: faults.takeLoss(), bytesIn: sqe.consumed, bytesOut: sqe.produced,
          hasFailed: sqe.hasFailed)
      }
      overflow(&effects)
    }
    isAnswering = false
    settle()
    return nil
  }

  /// Counts answers that were under way when their run ended.
  mutating func noteLate(completions: UInt64, answered: UInt64) {
    counters.completions += completions
    counters.dropped &-= answered
  }

  private mutating func noteAnswered(_ answer: QueueAnswer, _ run: QueueRun) {
    answered.advance(depth: run.sq.depth)
    counters.bytesIn += UInt64(answer.bytesIn)
    counters.bytesOut += UInt64(answer.bytesOut)
    if answer.hasFailed { counters.errors += 1 }
    guard !answer.isLost else { return }
    cqTail.advance(depth: run.cq.depth)
    counters.completions += 1
    repeatedEvents = 0
  }

  /// The completion queue is full: the driver is told once in a run, and the queue goes on when there is room.
  private mutating func overflow(_ effects: inout QueueEffects) {
    guard !hasOverflowed else { return }
    hasOverflowed = true
    counters.overflows += 1
    counters.asynchronousEvents += 1
    effects.asynchronousEvent = HISI_AEQE_CQ_OVERFLOW
    note(.completionOverflow, &effects)
  }
}
