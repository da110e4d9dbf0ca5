// Resets: of a function's queues, of the function, of the whole device, and what becomes of the queues.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  private static let vendorEcho: [UInt32] = [0x5a5a, 0x19e5]

  /// Resets the device, and waits for the end of it.
  ///
  /// - Throws: `deviceLost` where the device does not come back, `timedOut`.
  func reset(reason: String, isFault: Bool = false) throws(QueueError) {
    let ticket = ResetTicket()
    service.requestReset(.controller, isFault: isFault, reason: reason, ticket: ticket)
    guard ticket.gate.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "the reset does not end: power-cycle the device")
    }
    if let error = ticket.result { throw error }
  }

  /// Resets what is to be reset; on the service thread.
  ///
  /// Requests that have completed are answered as they are, the others with `resetting`. Kernel queues come back, queues
  /// of programs end. A device that does not come back is lost.
  ///
  /// - Returns: nil, or why nothing works any more.
  func performReset(_ kind: ResetKind, isFault: Bool, reason: String) -> QueueError? {
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      return QueueError(.timedOut, "another operation on the device does not end")
    }
    let mayReset = state.withLock { state in
      guard state.phase == .working else { return false }
      state.phase = .resetting
      return true
    }
    guard mayReset else {
      turn.signal()
      return obstacle
    }
    notice("reset: \(reason)")
    var session = ResetSession(clients: clients)
    for client in session.clients { client.suspend() }
    events.withLock { $0.stop() }
    asynchronousEvents.withLock { $0.stop() }
    let failure = bringBack(kind, &session)
    finish(failure, &session)
    turn.signal()
    for client in session.clients { client.announce() }
    return failure
  }

  /// The owners of queues while the device is being reset.
  private struct ResetSession {
    let clients: [any QueueClient]
    var isConcluded = false

    /// The device is stopped: ends what was under way, once.
    mutating func conclude(_ error: QueueError) {
      guard !isConcluded else { return }
      isConcluded = true
      for client in clients { client.conclude(error) }
    }
  }

  private static let resetting = QueueError(
    .resetting, "the device was reset before the request was answered: send it again, or use software")

  /// Tries the smallest reset first, then larger ones.
  private func bringBack(_ kind: ResetKind, _ session: inout ResetSession) -> QueueError? {
    var failure: QueueError?
    if !identity.isVirtual {
      failure = attempt(&session) { (session) throws(QueueError) in
        if kind == .controller {
          try resetController(&session)
        } else {
          try stopQueues()
          session.conclude(Self.resetting)
          _ = try startFunction()
        }
      }
      if failure == nil { return nil }
      if let failure { notice("the reset has failed, and the function is reset: \(failure.message)") }
    }
    if failure?.code == .deviceLost { return failure }
    return attempt(&session) { (session) throws(QueueError) in
      do throws(DeviceError) { try function.reset() } catch { throw QueueError(error) }
      session.conclude(Self.resetting)
      // The function comes up initialised, the engine's registers do not.
      if !identity.isVirtual { try prepareFunction() }
      _ = try startFunction()
    }
  }

  private func attempt(
    _ session: inout ResetSession, _ body: (inout ResetSession) throws(QueueError) -> Void
  ) -> QueueError? {
    do throws(QueueError) {
      try body(&session)
      return nil
    } catch {
      return error
    }
  }

  /// The reset of the whole device, of the physical function.
  private func resetController(_ session: inout ResetSession) throws(QueueError) {
    try maskInterrupts()
    tellVirtualFunctions(HISI_MESSAGE_SRST_PREPARE, answer: HISI_MESSAGE_VF_PREPARE_DONE)
    if !identity.isVersion3 && !identity.isVersion1 {
      for value in Self.vendorEcho { try echo(value) }
    }
    try registers.write(1, HISI_ACC_MASTER_GLOBAL_CTRL)
    let isQuiet = try registers.wait(
      HISI_ACC_MASTER_TRANS_RETURN, mask: .max, value: 3, nanoseconds: options.limits.register)
    guard isQuiet else { throw QueueError(.timedOut, "the device does not let go of the bus: power-cycle it") }
    session.conclude(Self.resetting)
    try closePrefetch()
    try FunctionIdentity.disable(registers, nanoseconds: options.limits.register)
    try FunctionIdentity.enable(registers)
    try registers.write(0, HISI_ACC_MASTER_GLOBAL_CTRL)
    try initializeDevice()
    _ = try startFunction()
    tellVirtualFunctions(HISI_MESSAGE_RESET_DONE, answer: HISI_MESSAGE_VF_START_DONE)
  }

  private func echo(_ value: UInt32) throws(QueueError) {
    try registers.write(value, HISI_QM_PEH_VENDOR_ID)
    let isEchoed = try registers.wait(
      HISI_QM_PEH_VENDOR_ID, mask: .max, value: value, nanoseconds: options.limits.register)
    guard isEchoed else { throw QueueError(.timedOut, "the device does not answer before its reset") }
  }

  /// Says what the function is at now, and tells the owners of queues.
  private func finish(_ failure: QueueError?, _ session: inout ResetSession) {
    if let failure {
      let error = QueueError(
        .deviceLost, "the device does not come back from its reset (\(failure.message)): open it again")
      session.conclude(error)
      state.withLock { state in
        state.phase = .lost
        state.reason = error.message
      }
      counters.withLock { $0.failedResets += 1 }
      notice(error.message)
      for client in session.clients { client.abandon(error) }
      return
    }
    counters.withLock { $0.resets += 1 }
    releaseRetired()
    let isIsolated = noteError()
    if isIsolated { notice("isolated after too many errors") }
    state.withLock { $0.phase = .working }
    for client in session.clients {
      if let obstacle { client.abandon(obstacle) } else { client.resume() }
    }
  }

  /// The device has let go of all memory: queues that could not be stopped are free again.
  private func releaseRetired() {
    let retired = state.withLock { state in
      defer { state.retired = [] }
      return state.retired
    }
    for queue in retired {
      memory.release(queue.rings)
      state.withLock { $0.bitmap.release(queue.number) }
    }
  }
}
