// How engines take requests from a queue and give them back.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

/// A request with an engine.
struct QueueJob: Sendable {
  let run: QueueRun
  let slot: UInt32
  /// The copy that is executed.
  var sqe: hisi_zip_sqe
  /// A fault: the status to answer with instead of executing.
  let forcedStatus: UInt8?
  /// What its accesses to memory came to.
  var tally = AccessTally()

  /// Whether it belongs to a stream, which has to see its requests one after the other.
  var isStateful: Bool { sqe.isStateful }
}

extension hisi_zip_sqe {
  var isStateful: Bool { dw7 & HISI_ZIP_DW7_STATEFUL != 0 }

  var status: UInt32 { dw3 & HISI_ZIP_DW3_STATUS_MASK }

  /// Whether the status is none of those that mean success.
  var hasFailed: Bool {
    switch status {
    case HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS, HISI_ZIP_STATUS_DECOMP_END: false
    default: true
    }
  }

  /// Answers without having been executed.
  mutating func answer(status: UInt8) {
    consumed = 0
    produced = 0
    dw3 = dw3 & ~(HISI_ZIP_DW3_STATUS_MASK | HISI_ZIP_DW3_LAST_BLOCK) | UInt32(status)
  }
}

extension QueuePair {
  /// Takes the next request for an engine that the scheduler sent here; no other engine is at this place meanwhile.
  ///
  /// - Returns: the request, if there is one, and whether there is more for another engine.
  func takeJob() -> (job: QueueJob?, isBacklogged: Bool) {
    answerWhatWaited()
    while true {
      switch state.withLock({ $0.claim() }) {
      case .nothing: return (nil, false)
      case .fetched(let run, let slot, let status, let isBacklogged):
        // The slot is this engine's until it gives it back.
        let sqe = unsafe run.requests[Int(slot)]
        return (QueueJob(run: run, slot: slot, sqe: sqe, forcedStatus: status), isBacklogged)
      case .unread(let run, let slot):
        guard fetch(run, slot) else { return (nil, false) }
        let sqe = unsafe run.requests[Int(slot)]
        switch state.withLock({ $0.admit(run, slot, isStateful: sqe.isStateful) }) {
        case .over: return (nil, false)
        case .hold: continue
        case .run(let status, let isBacklogged):
          return (QueueJob(run: run, slot: slot, sqe: sqe, forcedStatus: status), isBacklogged)
        }
      }
    }
  }

  /// Copies a request; a fault ends the queue's work.
  private func fetch(_ run: QueueRun, _ slot: UInt32) -> Bool {
    do throws(TranslationFault) {
      try run.sq.memory.withAccess { (memory) throws(TranslationFault) in try run.fetch(slot, memory) }
      return true
    } catch {
      change { state, effects in
        guard state.leaveEngine(run) else { return }
        state.fail(run, &effects)
        state.settle()
      }
      return false
    }
  }

  /// Takes an executed request back and answers everything whose turn it is.
  ///
  /// - Parameters:
  ///   - job: the request with its outputs.
  ///   - nanoseconds: how long the engine worked.
  func finish(_ job: QueueJob, nanoseconds: UInt64) {
    let run = job.run
    let isAnswering = change { state, effects in
      state.counters.engineNanoseconds += nanoseconds
      state.counters.add(job.tally)
      guard state.leaveEngine(run) else { return false }
      guard !state.hasFailed else {
        state.settle()
        return false
      }
      unsafe run.requests[Int(job.slot)] = job.sqe
      unsafe run.stages[Int(job.slot)] = .done
      if job.isStateful { state.finishStateful(&effects) }
      return state.beginAnswering(run)
    }
    if isAnswering { answer(run) }
  }

  /// Answers what waited for room in the completion queue, or for the end of an injected fault.
  private func answerWhatWaited() {
    let run = state.withLock { state -> QueueRun? in
      guard state.isAnswerDue, let run = state.run else { return nil }
      state.isAnswerDue = false
      return state.beginAnswering(run) ? run : nil
    }
    if let run { answer(run) }
  }

  /// Writes back, in order, what has been executed, each with its completion; the caller has the right to.
  private func answer(_ run: QueueRun) {
    var last: QueueAnswer?
    while true {
      let previous = last
      guard let next = change({ $0.nextAnswer(run, after: previous, &$1) }) else { return }
      do throws(TranslationFault) {
        try write(next, run)
        last = next
      } catch {
        return change { state, effects in
          guard state.leaveAnswering(run) else { return }
          state.fail(run, &effects)
          state.settle()
        }
      }
    }
  }

  private func write(_ answer: QueueAnswer, _ run: QueueRun) throws(TranslationFault) {
    try run.sq.memory.withAccess { (memory) throws(TranslationFault) in
      try run.writeBack(answer.slot, memory)
      // From here on the driver may use the slot; it learns so from the completion.
      run.noteAnswered()
      guard !answer.isLost, run.hasOneAddressSpace else { return }
      try complete(answer, run, memory)
    }
    guard !answer.isLost, !run.hasOneAddressSpace else { return }
    try run.cq.memory.withAccess { (memory) throws(TranslationFault) in try complete(answer, run, memory) }
  }

  private func complete(
    _ answer: QueueAnswer, _ run: QueueRun, _ memory: borrowing MemoryAccess
  ) throws(TranslationFault) {
    run.noteCompleted()
    try run.complete(slot: answer.slot, number: number, at: answer.place, memory)
  }
}

/// A request that is about to be answered.
struct QueueAnswer: Sendable {
  let slot: UInt32
  /// Where its completion goes.
  let place: RingPosition
  /// A fault: the completion never comes.
  let isLost: Bool
  let bytesIn: UInt32
  let bytesOut: UInt32
  let hasFailed: Bool
}
