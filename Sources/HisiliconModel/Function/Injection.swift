// Faults and errors that the model can be told to have, so that drivers can be tested against them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import DeviceAccess
import LinuxSystem

/// A fault to inject: what, where and how often.
public struct Injection: Hashable, Sendable {
  /// The kinds of fault; a raw value is the kind's name on a command line.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Error bits of the queue manager (`value`: ABNORMAL_INT_SOURCE, bits 0 to 14), with the abnormal interrupt.
    case queueManagerError = "qm-error"
    /// Error bits of the engine (`value`: the core's interrupt source, bits 0 to 12), with the abnormal interrupt.
    case engineError = "zip-error"
    /// An overflown fifo: queue manager error 11, with function, queue and `value` (0 CQ, 1 EQ, 2 AEQ) in INF00.
    case fifoOverflow = "fifo-overflow"
    /// A late doorbell: queue manager error 10, with function, queue and `value` (0 SQ, 1 CQ, 2 EQ, 3 AEQ) in INF01.
    case doorbellTimeout = "doorbell-timeout"
    /// Poisoned data from the bus: queue manager error 0, with bit 22 of INF02.
    case busPoison = "axi-poison"
    /// The next `count` requests of a queue are not executed and end with the status `value`.
    case requestStatus = "request-status"
    /// Forgets what was injected into a queue and has not happened yet; completions that are held back arrive.
    case clearQueue = "clear-queue"
    /// A queue's completions are held back until `deliverCompletions`.
    case holdCompletions = "hold-completions"
    /// Completions that are held back arrive, late.
    case deliverCompletions = "deliver-completions"
    /// The next `count` completions of a queue never arrive.
    case loseCompletions = "lose-completions"
    /// An asynchronous event: a queue's CQ is full.
    case completionQueueOverflow = "cq-overflow"
    /// An asynchronous event: a queue's completion entry is bad.
    case completionQueueError = "cqe-error"
    /// An asynchronous event: the function's event queue is full.
    case eventQueueOverflow = "eq-overflow"
    /// An asynchronous event of a type that drivers do not know (`value`, 3 to 15).
    case unknownEvent = "unknown-event"
    /// An event of a queue that has nothing new.
    case spuriousEvent = "spurious-event"
    /// An interrupt of vector `value` that nothing has caused.
    case spuriousInterrupt = "spurious-interrupt"
    /// Mailbox commands of a function stay busy until `releaseMailbox` or a reset.
    case stickMailbox = "mailbox-stuck"
    /// Ends `stickMailbox`.
    case releaseMailbox = "mailbox-release"
    /// The next `count` mailbox commands of a function end with the status `value`, 1 to 15.
    case mailboxFailure = "mailbox-failure"
    /// MEM_INIT_DONE never comes; a `count` of 0 ends it.
    case memoryInitializationStuck = "mem-init-stuck"
    /// VFT_CFG_RDY never comes; a `count` of 0 ends it.
    case windowTableStuck = "vft-stuck"
  }

  /// What is to happen.
  public var kind: Kind
  /// To which function: 0 is the physical one.
  public var function: Int
  /// To which of the function's queues.
  public var queue: UInt16
  /// How often, where a kind says so.
  public var count: Int
  /// What the kind makes of it.
  public var value: UInt32

  /// Makes an injection.
  public init(_ kind: Kind, function: Int = 0, queue: UInt16 = 0, count: Int = 1, value: UInt32 = 0) {
    self.kind = kind
    self.function = function
    self.queue = queue
    self.count = count
    self.value = value
  }
}

extension Accelerator {
  /// Injects a fault.
  ///
  /// - Throws: `invalid` for a function, queue, vector or value that there is not, `lost` after `shutdown`.
  public func inject(_ injection: Injection) throws(DeviceError) {
    let function = try function(injection.function)
    try function.inject(injection)
  }
}

extension Function {
  /// Injects a fault into this function, its queues, or the device.
  func inject(_ injection: Injection) throws(DeviceError) {
    let value = injection.value
    switch injection.kind {
    case .queueManagerError:
      try check(value != 0 && value & ~HISI_QM_ERROR_ALL == 0, "the queue manager's errors are bits 0 to 14")
      platform.raiseQueueErrors(value)
    case .engineError:
      try check(value != 0 && value & ~HISI_ZIP_ERROR_ALL == 0, "the engine's errors are bits 0 to 12")
      platform.raiseEngineErrors(value)
    case .fifoOverflow:
      try report(injection, HISI_QM_ERROR_OF_FIFO, in: HISI_QM_ABNORMAL_INF00, most: 2)
    case .doorbellTimeout:
      try report(injection, HISI_QM_ERROR_DB_TIMEOUT, in: HISI_QM_ABNORMAL_INF01, most: 3)
    case .busPoison:
      platform.function(0)?.state.withLock { $0.registers.store(1 << 22, at: HISI_QM_ABNORMAL_INF02) }
      platform.raiseQueueErrors(HISI_QM_ERROR_AXI_RRESP)
    case .requestStatus:
      try check(value <= 0xff, "a status is 0 to 255")
      try fault(injection, .status(code: UInt8(truncatingIfNeeded: value), jobs: max(injection.count, 0)))
    case .clearQueue: try fault(injection, .clear)
    case .holdCompletions: try fault(injection, .holdCompletions)
    case .deliverCompletions: try fault(injection, .deliverHeldCompletions)
    case .loseCompletions: try fault(injection, .loseCompletions(count: max(injection.count, 0)))
    case .completionQueueOverflow: try fault(injection, .completionOverflow)
    case .completionQueueError: try fault(injection, .completionError)
    case .spuriousEvent: try fault(injection, .spuriousEvent)
    case .eventQueueOverflow: events.eventQueueOverflow()
    case .unknownEvent:
      try check((3...HISI_AEQE_TYPE_MASK).contains(value), "the unknown types of events are 3 to 15")
      events.asynchronousEvent(queue: injection.queue, type: value)
    case .spuriousInterrupt:
      try check(value < UInt32(interrupts.count), "the function has the vectors 0 to \(interrupts.count - 1)")
      interrupts.fire(Int(value))
    case .stickMailbox: state.withLock { $0.faults.isMailboxStuck = true }
    case .releaseMailbox: releaseMailbox()
    case .mailboxFailure:
      try check((1...HISI_MAILBOX_W0_STATUS_MASK).contains(value), "a mailbox's failures are 1 to 15")
      let status = MailboxStatus(rawValue: UInt8(truncatingIfNeeded: value))
      state.withLock { $0.faults.failMailboxes(injection.count, with: status) }
    case .memoryInitializationStuck:
      let isStuck = injection.count != 0
      state.withLock { $0.faults.isMemoryInitializationStuck = isStuck }
    case .windowTableStuck:
      let isStuck = injection.count != 0
      state.withLock { $0.faults.isWindowTableStuck = isStuck }
    }
  }

  private func check(_ isValid: Bool, _ message: String) throws(DeviceError) {
    guard isValid else { throw DeviceError(.invalid, message) }
  }

  private func fault(_ injection: Injection, _ fault: QueueFault) throws(DeviceError) {
    guard let queue = queue(injection.queue) else {
      throw DeviceError(.invalid, "function \(index) has no queue \(injection.queue)")
    }
    queue.inject(fault)
  }

  /// Raises an error of the queue manager that a register says more of: function [5:0], kind [7:6], queue [31:16].
  private func report(
    _ injection: Injection, _ error: UInt32, in register: UInt32, most: UInt32
  ) throws(DeviceError) {
    try check(injection.value <= most, "the kinds are 0 to \(most)")
    let word = UInt32(index) & 0x3f | injection.value << 6 | UInt32(injection.queue) << 16
    platform.function(0)?.state.withLock { $0.registers.store(word, at: register) }
    platform.raiseQueueErrors(error)
  }
}
