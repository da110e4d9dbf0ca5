// Mailbox commands: what each does, and when it is done.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Synchronization

extension Function {
  /// How long the access that starts a drain waits for it; the mailbox stays busy beyond that, as the access may be
  /// the processor's of a guest.
  private static let drainPatience: UInt64 = 500_000_000
  /// How long a drain may take, nanoseconds: longer than a full queue of the largest requests.
  private static let drainLimit: UInt64 = 600_000_000_000

  /// A write to one of the mailbox's words.
  func writeMailbox(_ value: UInt32, at offset: UInt32, lanes: Lanes) {
    let (command, isStuck, failure) = state.withLock { state in
      guard let command = state.mailbox.store(value, at: offset, lanes: lanes) else {
        return (MailboxCommand?.none, false, MailboxStatus?.none)
      }
      return (command, state.faults.isMailboxStuck, state.faults.takeMailboxFailure())
    }
    guard let command else { return }
    mailboxCount.wrappingAdd(1, ordering: .relaxed)
    platform.trace(
      index,
      .mailbox(
        command: UInt8(truncatingIfNeeded: command.command), isGet: command.isGet, queue: command.queue,
        address: command.base))
    if isStuck { return }
    if let failure {
      finish(command, MailboxAnswer(status: failure))
    } else if isDrain(command) {
      drain(command)
    } else {
      exclusively {
        // A reset may have come before this turn.
        if state.withLock({ $0.mailbox.isCurrent(command) }) { finish(command, execute(command)) }
      }
    }
  }

  /// Ends a command that a fault has kept busy; it is not executed.
  func releaseMailbox() {
    let released = state.withLock { state in
      state.faults.isMailboxStuck = false
      guard state.mailbox.isBusy else { return false }
      state.mailbox.reset()
      return true
    }
    if released { platform.notice(index, "a stuck mailbox was released") }
  }

  private func finish(_ command: MailboxCommand, _ answer: MailboxAnswer) {
    guard state.withLock({ $0.mailbox.finish(command, answer) }) else { return }
    platform.trace(
      index,
      .mailboxDone(
        command: UInt8(truncatingIfNeeded: command.command), queue: command.queue, status: answer.status.rawValue,
        data: answer.data ?? 0))
  }

  private func execute(_ command: MailboxCommand) -> MailboxAnswer {
    switch command.command {
    case HISI_MAILBOX_CMD_SQC: command.isGet ? getSQ(command) : setSQ(command)
    case HISI_MAILBOX_CMD_CQC: command.isGet ? getCQ(command) : setCQ(command)
    case HISI_MAILBOX_CMD_EQC:
      command.isGet ? put(events.completions.snapshot, command) : configure(events.completions, command)
    case HISI_MAILBOX_CMD_AEQC:
      command.isGet ? put(events.asynchronous.snapshot, command) : configure(events.asynchronous, command)
    case HISI_MAILBOX_CMD_SQC_BT, HISI_MAILBOX_CMD_CQC_BT: setTable(command)
    // The first revision's driver reads no window, and its device has none to tell.
    case HISI_MAILBOX_CMD_SQC_VFT where revision != .v1: MailboxAnswer(status: .success, data: window.entry)
    case HISI_MAILBOX_CMD_SRC: putMessage(command)
    case HISI_MAILBOX_CMD_DST: getMessage(command)
    default: MailboxAnswer(status: .unknownCommand)
    }
  }

  // MARK: Draining

  private func isDrain(_ command: MailboxCommand) -> Bool {
    switch command.command {
    case HISI_MAILBOX_CMD_STOP_QP, HISI_MAILBOX_CMD_FLUSH_QM, HISI_MAILBOX_CMD_PAUSE_QM: true
    default: false
    }
  }

  /// Stops one queue (STOP_QP) or all of them (FLUSH_QM, PAUSE_QM) once their requests are answered.
  ///
  /// Doorbells are ignored from now on; the mailbox is busy until the last answer.
  private func drain(_ command: MailboxCommand) {
    let stopping: [QueuePair]
    if command.command == HISI_MAILBOX_CMD_STOP_QP {
      guard let queue = queue(command.queue) else {
        return finish(command, MailboxAnswer(status: .invalidQueue))
      }
      stopping = [queue]
    } else {
      stopping = queues.filter { $0.isRunning }
    }
    for queue in stopping { queue.beginStop() }
    let done = Gate()
    let wait: @Sendable () -> Void = { [self] in
      let deadline = MonotonicClock.deadline(after: Self.drainLimit)
      var isExpired = false
      for queue in stopping {
        if queue.finishStop(within: MonotonicClock.remaining(until: deadline)) == .expired { isExpired = true }
      }
      finish(command, MailboxAnswer(status: isExpired ? .timedOut : .success))
      done.open()
    }
    // Where every request was answered there is nothing to wait for, and no thread is needed.
    if stopping.allSatisfy({ $0.isIdle }) { return wait() }
    do throws(SystemError) {
      // The thread ends with the drain; a reset of the function ends the drain.
      _ = try Thread(name: "drain-\(index)", wait)
      _ = done.wait(nanoseconds: Self.drainPatience)
    } catch {
      // No thread to be had: the access waits itself.
      wait()
    }
  }

  // MARK: Contexts

  private func setSQ(_ command: MailboxCommand) -> MailboxAnswer {
    guard let queue = queue(command.queue) else { return MailboxAnswer(status: .invalidQueue) }
    do throws(TranslationFault) {
      let context = try load(command, as: hisi_sqc.self)
      let isEnabled = UInt32(context.w11) & HISI_SQC_W11_PASID_ENABLE != 0
      guard let memory = processMemory(context.pasid, isEnabled: isEnabled) else {
        return MailboxAnswer(status: .invalidContext)
      }
      return start { () throws(QueueError) in try queue.startSQ(context, memory: memory) }
    } catch {
      return MailboxAnswer(status: .translationFault)
    }
  }

  private func setCQ(_ command: MailboxCommand) -> MailboxAnswer {
    guard let queue = queue(command.queue) else { return MailboxAnswer(status: .invalidQueue) }
    do throws(TranslationFault) {
      let context = try load(command, as: hisi_cqc.self)
      let isEnabled = UInt32(context.w11) & HISI_CQC_W11_PASID_ENABLE != 0
      guard let memory = processMemory(context.pasid, isEnabled: isEnabled) else {
        return MailboxAnswer(status: .invalidContext)
      }
      return start { () throws(QueueError) in try queue.startCQ(context, memory: memory) }
    } catch {
      return MailboxAnswer(status: .translationFault)
    }
  }

  private func start(_ body: () throws(QueueError) -> Void) -> MailboxAnswer {
    do throws(QueueError) {
      try body()
      return .success
    } catch {
      platform.notice(index, "a queue cannot be started: its context's \(error.field) is wrong")
      return MailboxAnswer(status: .invalidContext)
    }
  }

  private func getSQ(_ command: MailboxCommand) -> MailboxAnswer {
    guard let queue = queue(command.queue) else { return MailboxAnswer(status: .invalidQueue) }
    return put(queue.sqContext, command)
  }

  private func getCQ(_ command: MailboxCommand) -> MailboxAnswer {
    guard let queue = queue(command.queue) else { return MailboxAnswer(status: .invalidQueue) }
    return put(queue.cqContext, command)
  }

  private func configure(_ ring: EventRing, _ command: MailboxCommand) -> MailboxAnswer {
    do throws(TranslationFault) {
      ring.configure(try load(command, as: hisi_eqc.self))
      return .success
    } catch {
      return MailboxAnswer(status: .translationFault)
    }
  }

  /// Where the driver wants contexts to be written back.
  private func setTable(_ command: MailboxCommand) -> MailboxAnswer {
    state.withLock { state in
      if command.command == HISI_MAILBOX_CMD_SQC_BT {
        state.submissionTable = command.base
      } else {
        state.completionTable = command.base
      }
    }
    return .success
  }

  /// The memory of a queue: the function's own, or that of the PASID in its context.
  private func processMemory(_ process: UInt16, isEnabled: Bool) -> AddressSpace? {
    let counts = revision.hasProcessAddressSpaceBit ? isEnabled : process != 0
    do throws(DeviceError) {
      return try addressSpace(counts ? UInt32(process) : nil)
    } catch {
      platform.notice(index, "a queue names PASID \(process), which the function does not have")
      return nil
    }
  }

  private func load<Context: BitwiseCopyable>(
    _ command: MailboxCommand, as type: Context.Type
  ) throws(TranslationFault) -> Context {
    try memory.withAccess { (access) throws(TranslationFault) in try access.load(command.base, as: type) }
  }

  private func put(_ context: some BitwiseCopyable, _ command: MailboxCommand) -> MailboxAnswer {
    do throws(TranslationFault) {
      try memory.withAccess { (access) throws(TranslationFault) in try access.store(context, at: command.base) }
      return .success
    } catch {
      return MailboxAnswer(status: .translationFault)
    }
  }

  // MARK: Messages

  private func putMessage(_ command: MailboxCommand) -> MailboxAnswer {
    let isStored = platform.messages.put(command.base, from: index, to: command.queue)
    return isStored ? .success : MailboxAnswer(status: .invalidQueue)
  }

  private func getMessage(_ command: MailboxCommand) -> MailboxAnswer {
    guard let message = platform.messages.message(from: command.queue, to: index) else {
      return MailboxAnswer(status: .invalidQueue)
    }
    return MailboxAnswer(status: .success, data: message)
  }

  /// The physical function's IFC_INT_SET_P: interrupts the functions that IFC_INT_CFG names.
  func announceToVirtual() {
    let target = state.withLock { $0.registers.load(HISI_QM_IFC_INT_CFG) }
    for function in platform.messages.announceToVirtual(target: target) {
      platform.function(function)?.interrupts.fire(Int(HISI_VECTOR_MESSAGE))
    }
  }

  /// A virtual function's IFC_INT_SET_V: interrupts the physical function.
  func announceToPhysical() {
    guard platform.messages.announceToPhysical(from: index) else { return }
    platform.function(0)?.interrupts.fire(Int(HISI_VECTOR_MESSAGE))
  }
}
