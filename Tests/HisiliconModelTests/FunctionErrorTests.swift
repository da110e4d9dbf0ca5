// Errors, and the faults that can be injected.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Errors and injected faults")
struct FunctionErrorTests {
  /// A rig whose driver has unmasked every error, as Linux's does.
  private func unmasked(_ revision: Revision = .v3) throws -> TestRig {
    let rig = try TestRig(revision)
    try rig.driver.write32(0, HISI_QM_ABNORMAL_INT_MASK)
    try rig.driver.write32(0, HISI_ZIP_CORE_INT_MASK)
    return rig
  }

  @Test("each error of the queue manager shows, interrupts, and stays until a one is written", arguments: 0..<15)
  func queueManagerErrors(_ bit: Int) throws {
    let rig = try unmasked()
    let driver = rig.driver
    let error = UInt32(1) << UInt32(bit)
    try rig.accelerator.inject(Injection(.queueManagerError, value: error))
    try driver.waitForInterrupt(HISI_VECTOR_ABNORMAL)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_SOURCE) == error)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == error)
    #expect(try driver.read32(HISI_ZIP_CORE_INT_STATUS) == 0)
    try rig.accelerator.inject(Injection(.queueManagerError, value: error))
    #expect(rig.interrupts(HISI_VECTOR_ABNORMAL) == 1, "it shows already")
    try driver.write32(~error, HISI_QM_ABNORMAL_INT_SOURCE)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == error)
    try driver.write32(error, HISI_QM_ABNORMAL_INT_SOURCE)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == 0)
    try rig.accelerator.inject(Injection(.queueManagerError, value: error))
    #expect(rig.interrupts(HISI_VECTOR_ABNORMAL) == 2)
  }

  @Test("each error of the engine shows, interrupts, and stays until a one is written", arguments: 0..<13)
  func engineErrors(_ bit: Int) throws {
    let rig = try unmasked()
    let driver = rig.driver
    let error = UInt32(1) << UInt32(bit)
    try rig.accelerator.inject(Injection(.engineError, value: error))
    try driver.waitForInterrupt(HISI_VECTOR_ABNORMAL)
    #expect(try driver.read32(HISI_ZIP_CORE_INT_SOURCE) == error)
    #expect(try driver.read32(HISI_ZIP_CORE_INT_STATUS) == error)
    try driver.write32(error, HISI_ZIP_CORE_INT_SOURCE)
    #expect(try driver.read32(HISI_ZIP_CORE_INT_STATUS) == 0)
  }

  @Test("a driver can inject errors by the registers that set them")
  func setRegisters() throws {
    let rig = try unmasked()
    try rig.driver.write32(HISI_QM_ERROR_ECC_1BIT, HISI_QM_ABNORMAL_INT_SET)
    try rig.driver.write32(HISI_ZIP_ERROR_SVA, HISI_ZIP_CORE_INT_SET)
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == HISI_QM_ERROR_ECC_1BIT)
    #expect(try rig.driver.read32(HISI_ZIP_CORE_INT_STATUS) == HISI_ZIP_ERROR_SVA)
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INT_SET) == 0)
    #expect(rig.interrupts(HISI_VECTOR_ABNORMAL) == 2)
    #expect(try rig.driver.read32(0x104000) == 1, "the counter of single-bit errors")
  }

  @Test("a masked error is kept and does not show; unmasking it interrupts")
  func masks() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try rig.accelerator.inject(Injection(.queueManagerError, value: HISI_QM_ERROR_DB_TIMEOUT))
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_SOURCE) == HISI_QM_ERROR_DB_TIMEOUT)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == 0)
    #expect(rig.interrupts(HISI_VECTOR_ABNORMAL) == 0)
    try driver.write32(0, HISI_QM_ABNORMAL_INT_MASK)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == HISI_QM_ERROR_DB_TIMEOUT)
    #expect(rig.interrupts(HISI_VECTOR_ABNORMAL) == 1)
  }

  @Test("revision 0x20 has no error interrupt")
  func firstRevision() throws {
    let rig = try TestRig(.v1)
    try rig.driver.write32(0, HISI_QM_ABNORMAL_INT_MASK)
    try rig.accelerator.inject(Injection(.queueManagerError, value: 1))
    #expect(rig.accelerator.status.functions[0].interrupts == [0])
  }

  @Test("a doorbell that does not repeat its queue's random number is the error of that name")
  func random() throws {
    let rig = try unmasked()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    var context = queue.submissionContext()
    context.w8 = 0xaaaa
    #expect(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) == 0)
    queue.write(try driver.request([1]).entry)
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: 0, index: 1)
    try driver.waitForInterrupt(HISI_VECTOR_ABNORMAL)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == HISI_QM_ERROR_DB_RANDOM_INVALID)
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: 0, index: 1, rand: 0xaaaa)
    _ = try queue.wait()
  }

  @Test("a fifo overflow and a late doorbell say whose they are")
  func information() throws {
    let rig = try unmasked()
    try rig.accelerator.inject(Injection(.fifoOverflow, queue: 17, value: 2))
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INF00) == 17 << 16 | 2 << 6)
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INT_STATUS) == HISI_QM_ERROR_OF_FIFO)
    try rig.accelerator.inject(Injection(.doorbellTimeout, queue: 3, value: 1))
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INF01) == 3 << 16 | 1 << 6)
    try rig.driver.write32(0, HISI_QM_ABNORMAL_INF01)
    #expect(try rig.driver.read32(HISI_QM_ABNORMAL_INF01) != 0, "read-only")
  }

  @Test(
    "requests end with the status that was asked for, as often as was asked for", arguments: [0x0e, 0x10] as [UInt32])
  func requestStatus(_ status: UInt32) throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 2)
    let request = try rig.driver.request([UInt8](repeating: 1, count: 100)).entry
    try rig.accelerator.inject(Injection(.requestStatus, queue: 2, count: 2, value: status))
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == status)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == status)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
  }

  @Test("completions that are held back arrive late and in order; lost ones never")
  func completions() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 0)
    let request = try rig.driver.request([UInt8](repeating: 1, count: 100)).entry
    try rig.accelerator.inject(Injection(.holdCompletions))
    for _ in 0..<3 { try queue.submit(request) }
    try Patience.wait(for: "the requests") { rig.accelerator.status.engines[0].compress.finished == 3 }
    #expect(queue.poll() == nil)
    try rig.accelerator.inject(Injection(.deliverCompletions))
    for slot in 0..<3 { #expect(try Int(queue.wait().sq_head) == slot) }
    try rig.accelerator.inject(Injection(.loseCompletions))
    try queue.submit(request)
    try queue.submit(request)
    #expect(try Int(queue.wait().sq_head) == 4)
    #expect(queue.poll() == nil)
  }

  @Test("a spurious interrupt has no event behind it")
  func spuriousInterrupt() throws {
    let rig = try TestRig()
    for vector in 0..<4 as Range<UInt32> {
      try rig.accelerator.inject(Injection(.spuriousInterrupt, value: vector))
      try rig.driver.waitForInterrupt(vector)
    }
    #expect(try rig.driver.takeEvents() == [])
    #expect(try rig.driver.read32(HISI_QM_EQ_INT_SOURCE) == 0)
  }

  @Test("an event queue overflow can be reported without one")
  func eventQueueOverflow() throws {
    let rig = try TestRig()
    try rig.accelerator.inject(Injection(.eventQueueOverflow))
    try rig.driver.waitForInterrupt(HISI_VECTOR_AEQ)
    #expect(try rig.driver.takeAsynchronousEvents() == [.init(queue: 0, type: HISI_AEQE_EQ_OVERFLOW)])
  }

  @Test("a stuck mailbox stays busy until it is released or the function is reset", arguments: [true, false])
  func stuckMailbox(_ isReleased: Bool) throws {
    let rig = try TestRig()
    let driver = rig.driver
    try rig.accelerator.inject(Injection(.stickMailbox))
    try driver.send(HISI_MAILBOX_CMD_SQC_BT, base: 0x1000)
    #expect(try driver.read32(HISI_MAILBOX) & HISI_MAILBOX_W0_BUSY != 0)
    try driver.send(HISI_MAILBOX_CMD_CQC_BT, base: 0x1000)
    #expect(try driver.read32(HISI_MAILBOX) & 0xff == HISI_MAILBOX_CMD_SQC_BT, "a busy mailbox takes no command")
    if isReleased {
      try rig.accelerator.inject(Injection(.releaseMailbox))
    } else {
      try driver.device.reset()
    }
    #expect(try driver.mailbox(HISI_MAILBOX_CMD_SQC_BT, base: 0x1000).status == 0)
  }

  @Test("mailbox commands fail as often as was asked for, and do nothing")
  func failingMailbox() throws {
    let rig = try TestRig()
    try rig.accelerator.inject(Injection(.mailboxFailure, count: 2, value: 9))
    let context = try TestContext(rig.driver)
    #expect(try rig.driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context.submission) == 9)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_SQC_BT).status == 9)
    #expect(try rig.driver.get(HISI_MAILBOX_CMD_SQC, queue: 0, as: hisi_sqc.self).dw3 == 0)
  }

  @Test("initialisation and windows can be stuck, and go on afterwards")
  func stuckInitialization() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try rig.accelerator.inject(Injection(.memoryInitializationStuck))
    try driver.write32(1, HISI_QM_MEM_START_INIT)
    #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 0)
    try rig.accelerator.inject(Injection(.memoryInitializationStuck, count: 0))
    try driver.write32(1, HISI_QM_MEM_START_INIT)
    #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 1)
    try rig.accelerator.inject(Injection(.windowTableStuck))
    try driver.write32(0, HISI_QM_VFT_CFG_RDY)
    try driver.write32(1, HISI_QM_VFT_CFG_OP_ENABLE)
    #expect(try driver.read32(HISI_QM_VFT_CFG_RDY) == 0)
    try rig.accelerator.inject(Injection(.windowTableStuck, count: 0))
    try driver.write32(1, HISI_QM_VFT_CFG_OP_ENABLE)
    #expect(try driver.read32(HISI_QM_VFT_CFG_RDY) == 1)
  }

  @Test("what cannot be injected is refused")
  func refused() throws {
    let rig = try TestRig()
    let refused = [
      Injection(.queueManagerError), Injection(.queueManagerError, value: 0x8000),
      Injection(.engineError, value: 0x2000),
      Injection(.requestStatus, queue: 64), Injection(.requestStatus, value: 256), Injection(.unknownEvent, value: 2),
      Injection(.unknownEvent, value: 16), Injection(.spuriousInterrupt, value: 4), Injection(.mailboxFailure),
      Injection(.mailboxFailure, value: 16), Injection(.fifoOverflow, value: 3),
      Injection(.holdCompletions, function: 1),
      Injection(.spuriousInterrupt, function: -1),
    ]
    for injection in refused {
      let error = #expect(throws: DeviceError.self, "\(injection)") { try rig.accelerator.inject(injection) }
      #expect(error?.code == .invalid)
    }
    #expect(Set(Injection.Kind.allCases.map(\.rawValue)).count == Injection.Kind.allCases.count)
  }
}

/// Contexts of a queue that was not started.
private struct TestContext {
  let submission: hisi_sqc

  init(_ driver: TestDriver) throws {
    let ring = try driver.buffer.allocate(128 * 64, alignment: 4096)
    var context = hisi_sqc()
    context.base_l = UInt32(truncatingIfNeeded: ring)
    context.base_h = UInt32(truncatingIfNeeded: ring >> 32)
    context.dw3 = 7 << HISI_SQC_DW3_SIZE_SHIFT | 63
    submission = context
  }
}
