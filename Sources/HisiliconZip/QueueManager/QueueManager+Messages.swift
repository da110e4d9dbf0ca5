// Messages between the physical function and its virtual functions.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  private static let everyFunction: UInt32 = 0x7f

  /// Tells every virtual function of a reset, and waits a while for those that answer.
  ///
  /// One without a driver does not; the reset goes on without it.
  func tellVirtualFunctions(_ message: UInt64, answer: UInt64) {
    guard capabilities.hasMessages, options.virtualFunctionCount > 0 else { return }
    do throws(QueueError) {
      let everyone = ((1 as UInt64) << UInt64(options.virtualFunctionCount + 1)) - 2
      try registers.write64(everyone, HISI_QM_IFC_INT_SOURCE_P)
      try mailbox.perform(
        HISI_MAILBOX_CMD_SRC, queue: UInt16(HISI_MAILBOX_QUEUE_ALL_VFS), base: message)
      try registers.modify(HISI_QM_IFC_INT_CFG, clearing: Self.everyFunction, setting: Self.everyFunction)
      try registers.modify(HISI_QM_IFC_INT_SET_P, setting: 1)
      _ = try FunctionRegisters.wait(nanoseconds: options.limits.message) { () throws(QueueError) in
        try registers.read64(HISI_QM_IFC_READY_STATUS) & everyone == 0
      }
      let readers = everyone & ~(try registers.read64(HISI_QM_IFC_READY_STATUS))
      _ = try FunctionRegisters.wait(nanoseconds: options.limits.message) { () throws(QueueError) in
        try registers.read64(HISI_QM_IFC_INT_SOURCE_P) & readers == readers
      }
      try takeAnswers(answer)
    } catch {
      notice("the virtual functions were not told of the reset: \(error.message)")
    }
  }

  private func takeAnswers(_ expected: UInt64) throws(QueueError) {
    let waiting = try registers.read64(HISI_QM_IFC_INT_SOURCE_P)
    for function in 1...options.virtualFunctionCount where waiting & 1 << UInt64(function) != 0 {
      let message = try takeMessage(from: function)
      if message & 0xffff_ffff != expected {
        notice("virtual function \(function) answers \(message & 0xffff_ffff) instead of \(expected)")
      }
    }
  }

  /// The physical function's: fetches a message and acknowledges it.
  private func takeMessage(from function: Int) throws(QueueError) -> UInt64 {
    let message = try mailbox.perform(HISI_MAILBOX_CMD_DST, queue: UInt16(function), isGet: true)
    try registers.write64(1 << UInt64(function), HISI_QM_IFC_INT_SOURCE_P)
    counters.withLock { $0.messages += 1 }
    return message
  }

  /// Fetches the messages that wait, and answers them; on the service thread.
  func takeMessages() {
    do throws(QueueError) {
      if identity.isVirtual { try takePhysicalMessage() } else { try takeVirtualMessages() }
    } catch {
      note(error)
    }
  }

  private func takeVirtualMessages() throws(QueueError) {
    let waiting = try registers.read64(HISI_QM_IFC_INT_SOURCE_P)
    for function in 1..<64 where waiting & 1 << UInt64(function) != 0 {
      let message = try takeMessage(from: function)
      if message & 0xffff_ffff == HISI_MESSAGE_VF_GET_QOS {
        // The whole device's rate, in thousandths: windows are written without a limit.
        try send(HISI_MESSAGE_PF_SET_QOS | 1000 << 32, to: function)
      }
    }
  }

  private func send(_ message: UInt64, to function: Int) throws(QueueError) {
    try mailbox.perform(HISI_MAILBOX_CMD_SRC, queue: UInt16(function), base: message)
    try registers.modify(HISI_QM_IFC_INT_CFG, clearing: Self.everyFunction, setting: UInt32(function))
    try registers.modify(HISI_QM_IFC_INT_SET_P, setting: 1)
  }

  private func takePhysicalMessage() throws(QueueError) {
    guard try registers.read(HISI_QM_IFC_INT_STATUS) & 1 != 0 else { return }
    let message = try mailbox.perform(HISI_MAILBOX_CMD_DST, queue: 0, isGet: true)
    try registers.modify(HISI_QM_IFC_INT_SOURCE_V, setting: 1)
    counters.withLock { $0.messages += 1 }
    switch message & 0xffff_ffff {
    case HISI_MESSAGE_FLR_PREPARE, HISI_MESSAGE_SRST_PREPARE:
      prepareForReset()
      try answer(HISI_MESSAGE_VF_PREPARE_DONE)
    case HISI_MESSAGE_RESET_DONE:
      let isStarted = endReset()
      try answer(isStarted ? HISI_MESSAGE_VF_START_DONE : HISI_MESSAGE_VF_START_FAIL)
    default: break
    }
  }

  private func answer(_ message: UInt64) throws(QueueError) {
    try mailbox.perform(HISI_MAILBOX_CMD_SRC, queue: 0, base: message)
    try registers.modify(HISI_QM_IFC_INT_SET_V, setting: 1)
  }

  /// The physical function is about to reset the device: the queues stop here until it says that it has.
  private func prepareForReset() {
    guard turn.wait(nanoseconds: Self.turnLimit) else { return }
    defer { turn.signal() }
    let mayStop = state.withLock { state in
      guard state.phase == .working else { return false }
      state.phase = .resetting
      return true
    }
    guard mayStop else { return }
    notice("the physical function's driver resets the device")
    for client in clients { client.suspend() }
    suspension.withLock { $0 = MonotonicClock.deadline(after: options.limits.suspension) }
  }

  /// The physical function has reset the device: everything is set up anew.
  private func endReset() -> Bool {
    let wasSuspended = suspension.withLock { suspension in
      defer { suspension = nil }
      return suspension != nil
    }
    guard wasSuspended else { return state.withLock { $0.phase == .working } }
    state.withLock { if $0.phase == .resetting { $0.phase = .working } }
    return performReset(.controller, isFault: false, reason: "the physical function has reset the device") == nil
  }

  /// Ends a suspension of which nobody has told the end.
  func watchSuspension(at now: UInt64) -> Bool {
    let (isSuspended, isOver) = suspension.withLock { suspension in
      guard let deadline = suspension else { return (false, false) }
      return (true, now >= deadline)
    }
    if isOver { _ = endReset() }
    return isSuspended
  }
}
