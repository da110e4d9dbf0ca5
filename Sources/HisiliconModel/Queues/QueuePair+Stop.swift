// How a queue pair is drained or killed, within a time limit.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// How a drain ended; the queue is stopped either way.
enum StopOutcome: Hashable, Sendable {
  /// Every accepted request is answered. What cannot be answered, since a ring cannot be reached or the completion queue
  /// is full, was dropped.
  case drained
  /// The time limit passed: requests that had not been answered are dropped, and are not answered later either. Those
  /// that engines are at still use their buffers, which `AddressSpace.unmap` and `kill` wait for.
  case expired
}

extension QueuePair {
  /// Mailbox STOP_QP: answers what was accepted, then stops; doorbells from now on are ignored until a new SQC.
  ///
  /// - Parameter nanoseconds: how long to wait for requests under way.
  /// - Returns: `expired` if that was not long enough; the mailbox then answers with a status that is not 0.
  @discardableResult
  func stop(within nanoseconds: UInt64 = stopTimeLimit) -> StopOutcome {
    beginStop()
    return finishStop(within: nanoseconds)
  }

  /// Begins a stop and does not wait: mailbox FLUSH_QM begins all of a function's, then finishes each within what is
  /// left of one time limit.
  func beginStop() {
    change(fromPage: true) { state, effects in
      // What the driver rang before it asked for the stop is part of it, also where the poller has not seen it yet.
      if let page = state.page { state.obey(page, revision, &effects) }
      guard state.run != nil else { return state.stop() }
      state.isDraining = true
      state.settle()
      effects.isBacklogged = state.isBacklogged
    }
  }

  /// Waits for the end of a stop that was begun; a queue that is not being stopped is `drained`.
  func finishStop(within nanoseconds: UInt64) -> StopOutcome {
    let gate = state.withLock { state -> Gate? in
      guard state.run != nil, state.isDraining else { return nil }
      let gate = state.stopped ?? Gate()
      state.stopped = gate
      return gate
    }
    guard let gate, !gate.wait(nanoseconds: nanoseconds) else { return .drained }
    return change { state, effects in
      // It may have been drained just now, and even started anew, in which case the gate of this stop is open.
      guard !gate.isOpen else { return .drained }
      state.counters.expiredStops += 1
      state.note(.stopExpired, &effects)
      state.stop()
      return .expired
    }
  }

  /// Drops everything and forgets both contexts, and does not wait: from now on nothing is answered.
  func beginKill() {
    state.withLock { $0.kill() }
  }

  /// Reset, invalidation of the queue's window, or disconnection: drops what has not started, answers nothing any more,
  /// and waits for the engines that are at one of its requests.
  ///
  /// - Parameter nanoseconds: how long to wait.
  /// - Returns: whether nobody works for the queue any more: no access to memory for it follows.
  @discardableResult
  func kill(within nanoseconds: UInt64 = killTimeLimit) -> Bool {
    let gate = state.withLock { state -> Gate? in
      state.kill()
      guard state.stragglers > 0 else { return nil }
      let gate = state.abandoned ?? Gate()
      state.abandoned = gate
      return gate
    }
    return gate?.wait(nanoseconds: nanoseconds) ?? true
  }
}
