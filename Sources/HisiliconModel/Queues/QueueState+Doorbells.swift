// The rules by which doorbells change a queue pair.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import Synchronization

extension QueueState {
  /// A submission doorbell.
  ///
  /// - Returns: how many requests it adds; nil where it is ignored.
  mutating func ringSQ(index: UInt16, rand: UInt16, _ effects: inout QueueEffects) -> UInt32? {
    guard let run, !isDraining, !hasFailed else {
      counters.stoppedDoorbells += 1
      note(.stoppedDoorbell, &effects)
      return nil
    }
    guard run.sq.rand == nil || run.sq.rand == rand else {
      counters.randomInvalidDoorbells += 1
      effects.isRandomInvalid = true
      note(.randomInvalid, &effects)
      return nil
    }
    let depth = run.sq.depth
    guard index < depth else {
      counters.outOfRangeDoorbells += 1
      note(.indexOutOfRange, &effects)
      return nil
    }
    let added = accepted.distance(to: UInt32(index), depth: depth)
    // What is answered is read without the lock's help: its slots are the driver's before the state says so.
    let outstanding = accepted.count &- run.answered.load(ordering: .acquiring)
    guard outstanding + UInt64(added) < UInt64(depth) else {
      counters.overcommittedDoorbells += 1
      note(.overcommitted, &effects)
      return nil
    }
    counters.submissionDoorbells += 1
    accepted.advance(by: added, depth: depth)
    return added
  }

  /// A completion doorbell; obeyed also while the queue is stopped, as its completions may be consumed later.
  mutating func ringCQ(index: UInt16, rand: UInt16, arm: Bool, _ effects: inout QueueEffects) {
    guard let cq else {
      counters.stoppedDoorbells += 1
      note(.stoppedDoorbell, &effects)
      return
    }
    guard cq.rand == nil || cq.rand == rand else {
      counters.randomInvalidDoorbells += 1
      effects.isRandomInvalid = true
      note(.randomInvalid, &effects)
      return
    }
    guard index < cq.depth else {
      counters.outOfRangeDoorbells += 1
      note(.indexOutOfRange, &effects)
      return
    }
    let consumed = cqHead.distance(to: UInt32(index), depth: cq.depth)
    let visible = run?.completed.load(ordering: .acquiring) ?? cqTail.count
    guard UInt64(consumed) <= visible &- cqHead.count else {
      counters.overcommittedDoorbells += 1
      note(.overcommitted, &effects)
      return
    }
    counters.completionDoorbells += 1
    cqHead.advance(by: consumed, depth: cq.depth)
    isArmed = arm
    if consumed > 0 { repeatedEvents = 0 }
    // Whoever writes completions looks at the arming afterwards; an event now could overtake its completion.
    if !isAnswering { signalIfArmed(&effects) }
    if consumed > 0, let run, !isAnswering, !faults.isHolding, canAnswer(run) {
      isAnswerDue = true
      effects.isBacklogged = true
    }
  }

  /// The event that an armed queue owes its driver while there are completions that it has not consumed; it disarms.
  mutating func signalIfArmed(_ effects: inout QueueEffects) {
    guard isArmed, cqTail.count != cqHead.count else { return }
    isArmed = false
    // A driver that arms again and again without consuming would fill the function's event queue.
    repeatedEvents += 1
    guard repeatedEvents <= Self.mostRepeatedEvents else { return }
    counters.events += 1
    effects.completionEvent = true
  }
}
