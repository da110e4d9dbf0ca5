// How the poller obeys a page's doorbells and answers the smallest requests itself.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

extension QueuePair {
  /// The most requests that the poller answers before it looks at other pages.
  static let inlineBatch: UInt32 = 32

  /// Gives the queue a page of doorbells, whose words say where the queue is.
  func bind(_ page: DoorbellPage) {
    state.withLock { state in
      state.page = page
      state.setPageWords()
    }
  }

  /// Takes the page away.
  func unbind(_ page: DoorbellPage) {
    state.withLock { state in
      if state.page === page { state.page = nil }
    }
  }

  /// Obeys the words of a page, and answers a batch of requests that need no engine.
  func poll(_ page: DoorbellPage) -> PollOutcome {
    let (batch, isDelegated) = change(fromPage: true) { state, effects in
      let batch = state.poll(page, revision, &effects)
      return (batch, effects.isBacklogged)
    }
    guard let batch else { return isDelegated ? .delegated : .obeyed }
    return answerInline(batch)
  }

  /// Executes and answers requests on this thread, until one needs an engine.
  private func answerInline(_ batch: InlineBatch) -> PollOutcome {
    let progress = batch.run.sq.memory.withAccess { answer(batch, $0) }
    if change(fromPage: true, { $0.finishInline(batch, progress, &$1) }) { return .unfinished }
    return progress.fetched > progress.answered ? .delegated : .answered
  }

  private func answer(_ batch: InlineBatch, _ memory: borrowing MemoryAccess) -> InlineProgress {
    let run = batch.run
    var progress = InlineProgress()
    var slot = batch.slot
    var place = batch.place
    do throws(TranslationFault) {
      if batch.count > 1 { try run.approach(slot, batch.count, memory) }
      for _ in 0..<batch.count {
        try run.fetch(slot, memory)
        progress.fetched += 1
        // The copy is this thread's alone, and it is answered in place.
        let request = unsafe run.requests + Int(slot)
        guard
          unsafe !memory.mayBeRemote || request.pointee.isLocal(memory),
          unsafe ZipEngine.fastPath(
            &request.pointee, direction: run.sq.direction, revision: revision, memory: memory)
        else { break }
        progress.bytesIn += unsafe UInt64(request.pointee.consumed)
        progress.bytesOut += unsafe UInt64(request.pointee.produced)
        if unsafe request.pointee.hasFailed { progress.errors += 1 }
        try run.writeBack(slot, memory)
        run.noteAnswered()
        run.noteCompleted()
        try run.complete(slot: slot, number: number, at: place, memory)
        progress.answered += 1
        slot = slot &+ 1 == run.sq.depth ? 0 : slot &+ 1
        place.advance(depth: run.cq.depth)
      }
    } catch {
      progress.isFaulty = true
    }
    return progress
  }
}

/// What came of a look at a page.
enum PollOutcome: Sendable {
  /// There was nothing to answer.
  case obeyed
  /// There is something to answer for engines, at the end at least.
  case delegated
  /// The poller has answered what there was.
  case answered
  /// There is more to answer: the poller is to come back when it has looked at other pages.
  case unfinished
}

/// Requests that the poller may answer itself.
struct InlineBatch: Sendable {
  let run: QueueRun
  /// The first.
  let slot: UInt32
  let count: UInt32
  /// Where the first completion goes.
  let place: RingPosition
}

/// What the poller has done of a batch.
struct InlineProgress: Sendable {
  var fetched: UInt32 = 0
  var answered: UInt32 = 0
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  var errors: UInt64 = 0
  /// Whether a ring could not be reached.
  var isFaulty = false
}

extension QueueState {
  /// Obeys the words of a page, and takes what the poller may answer.
  ///
  /// - Returns: requests for the poller, which answers for the queue until `finishInline`; nil where there are none.
  mutating func poll(_ page: DoorbellPage, _ revision: UInt32, _ effects: inout QueueEffects) -> InlineBatch? {
    guard self.page === page else { return nil }
    obey(page, revision, &effects)
    return beginInline(&effects)
  }

  /// Obeys the words of a page that have changed.
  ///
  /// They are read here, under the lock, and not before, so that what was rung in an earlier run is not taken for a
  /// doorbell of this one. Completions come first: they may make room.
  mutating func obey(_ page: DoorbellPage, _ revision: UInt32, _ effects: inout QueueEffects) {
    let completion = page.completion
    if completion != completionWord {
      completionWord = completion
      let doorbell = Doorbell(raw: completion, revision: revision)
      if isOwn(doorbell, HISI_DOORBELL_CMD_CQ, page, &effects) {
        ringCQ(index: doorbell.index, rand: doorbell.rand, arm: doorbell.arms, &effects)
      }
    }
    let submission = page.submission
    if submission != submissionWord {
      submissionWord = submission
      let doorbell = Doorbell(raw: submission, revision: revision)
      if isOwn(doorbell, HISI_DOORBELL_CMD_SQ, page, &effects) {
        _ = ringSQ(index: doorbell.index, rand: doorbell.rand, &effects)
      }
    }
  }

  private mutating func isOwn(
    _ doorbell: Doorbell, _ command: UInt32, _ page: DoorbellPage, _ effects: inout QueueEffects
  ) -> Bool {
    if doorbell.queue == page.number && UInt32(doorbell.command) == command { return true }
    counters.foreignDoorbells += 1
    note(.foreignDoorbell, &effects)
    return false
  }

  /// Takes what the poller may answer: only where it is next in order, and nothing else is under way in the queue.
  private mutating func beginInline(_ effects: inout QueueEffects) -> InlineBatch? {
    guard let run, claimed.count != accepted.count, !isInline, !hasFailed else { return nil }
    let room = UInt64(run.cq.depth) &- (cqTail.count &- cqHead.count)
    let isAlone = claimed.count == answered.count && running == 0 && !isAnswering && ready.isEmpty
    guard isAlone, room > 0, run.hasOneAddressSpace, !run.isConfined, !faults.isActive else {
      effects.isBacklogged = true
      return nil
    }
    let count = UInt32(min(accepted.count &- claimed.count, room, UInt64(QueuePair.inlineBatch)))
    let batch = InlineBatch(run: run, slot: claimed.slot, count: count, place: cqTail)
    claimed.advance(by: count, depth: run.sq.depth)
    isInline = true
    isAnswering = true
    return batch
  }

  /// Notes what the poller has answered; what it has fetched but not answered is an engine's.
  ///
  /// - Returns: whether there is more for the poller.
  mutating func finishInline(
    _ batch: InlineBatch, _ progress: InlineProgress, _ effects: inout QueueEffects
  ) -> Bool {
    let run = batch.run
    counters.requests += UInt64(progress.fetched)
    counters.inlineRequests += UInt64(progress.answered)
    counters.bytesIn += progress.bytesIn
    counters.bytesOut += progress.bytesOut
    counters.errors += progress.errors
    guard self.run === run else {
      noteLate(completions: UInt64(progress.answered), answered: UInt64(progress.answered))
      leaveEndedRun()
      return false
    }
    counters.completions += UInt64(progress.answered)
    isInline = false
    isAnswering = false
    answered.advance(by: progress.answered, depth: run.sq.depth)
    claimed = answered
    cqTail.advance(by: progress.answered, depth: run.cq.depth)
    if progress.answered > 0 { repeatedEvents = 0 }
    if progress.isFaulty {
      fail(run, &effects)
    } else if progress.fetched > progress.answered {
      let slot = claimed.slot
      claimed.advance(depth: run.sq.depth)
      unsafe run.stages[Int(slot)] = .held
      if unsafe run.requests[Int(slot)].isStateful { isStatefulBusy = true }
      ready.append(slot)
    }
    signalIfArmed(&effects)
    settle()
    guard self.run != nil, !hasFailed, claimed.count != accepted.count || !ready.isEmpty else { return false }
    if ready.isEmpty { return true }
    effects.isBacklogged = true
    return false
  }
}
