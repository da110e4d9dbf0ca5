// How a kernel queue is stopped, comes back and ends.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

extension KernelQueue: QueueClient {
  func completed() {
    receive()
  }

  func suspend() {
    state.withLock { if $0.phase == .running { $0.phase = .stopped } }
  }

  func conclude(_ error: QueueError) {
    collect(error)
  }

  func resume() {
    guard state.withLock({ $0.phase != .ended }) else { return }
    do throws(QueueError) {
      try manager.activate(hardware, configuration)
      try run()
    } catch {
      requestReset(error)
    }
  }

  private func requestReset(_ error: QueueError) {
    manager.service.requestReset(
      .controller, isFault: true, reason: "queue \(number) cannot be started again: \(error.message)")
  }

  func abandon(_ error: QueueError) {
    collect(error)
    state.withLock { state in
      state.phase = .ended
      state.failure = error
    }
  }

  func announce() {
    let concluded = state.withLock { state in
      defer { state.concluded = [] }
      return state.concluded
    }
    for (pending, answer) in concluded { pending.completion(answer) }
  }

  /// Stops the queue, ends what it has not answered, and starts it again.
  func fail(_ error: QueueError) {
    suspend()
    do throws(QueueError) {
      try manager.stop(hardware, configuration, drops: false)
      collect(error)
      try manager.start(hardware, configuration, isWanted: { isUsable }, finish: run)
    } catch {
      // A reset ends what is in flight, and starts the queue again. Where stopping failed, one was asked for already.
      manager.notice("queue \(number) waits for a reset: \(error.message)")
      if error.code != .resetting && error.code != .deviceLost { requestReset(error) }
    }
    announce()
  }

  func watch(at now: UInt64) -> Bool {
    let (isActive, isQuiet, isLate) = state.withLock { state in
      guard state.phase == .running, state.inFlight > 0 else { return (state.inFlight > 0, false, false) }
      let isQuiet = now > state.lastActivity && now - state.lastActivity > QueueManager.interruptPatience
      return (true, isQuiet, state.pending.contains { $0.map { now >= $0.deadline } ?? false })
    }
    if isQuiet || isLate { lookForLost() }
    if isLate && hasLate(at: now) {
      repair(QueueError(.resetting, "queue \(number) was restarted, as a request was late: send the request again"))
    }
    return isActive
  }

  private func hasLate(at now: UInt64) -> Bool {
    state.withLock { state in state.pending.contains { $0.map { now >= $0.deadline } ?? false } }
  }

  /// The device is stopped: takes what has completed, and keeps the end of all the rest for `announce`.
  private func collect(_ error: QueueError) {
    let now = MonotonicClock.now()
    let lateCount = state.withLock { state -> UInt64 in
      if state.phase == .running { state.phase = .stopped }
      var late: UInt64 = 0
      if let rings = state.rings {
        // Completions that cannot be believed are passed over: what they were to answer ends below.
        var tries = hardware.depth
        while tries > 0 {
          tries -= 1
          guard let found = try? rings.receive() else { continue }
          guard let pending = state.pending[Int(found.slot)] else { continue }
          state.pending[Int(found.slot)] = nil
          state.concluded.append((pending, .success(found.sqe)))
        }
      }
      for slot in state.pending.indices {
        guard let pending = state.pending[slot] else { continue }
        state.pending[slot] = nil
        if now >= pending.deadline && error.code != .deviceLost {
          late += 1
          let text = "the device did not answer in time: use software, or look at the device's status"
          state.concluded.append((pending, .failure(QueueError(.timedOut, text))))
        } else {
          state.concluded.append((pending, .failure(error)))
        }
      }
      state.inFlight = 0
      state.rings = nil
      return late
    }
    if lateCount > 0 { manager.counters.withLock { $0.timeouts += lateCount } }
  }

  /// Stops the queue for good and gives it back; for one that nobody uses.
  func close() {
    let wasOpen = state.withLock { state in
      defer { state.phase = .ended }
      return state.phase != .ended
    }
    guard wasOpen else { return manager.giveBack(hardware, isStopped: true) }
    var isStopped = true
    do throws(QueueError) {
      try manager.stop(hardware, configuration, drops: false)
    } catch {
      // After a reset the device knows nothing of the queue; otherwise its memory stays until one.
      isStopped = error.code == .deviceLost
    }
    collect(QueueError(.deviceLost, "queue \(number) was given back"))
    manager.giveBack(hardware, isStopped: isStopped)
    announce()
  }
}
