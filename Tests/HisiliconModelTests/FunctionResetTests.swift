// Resets: of a function, of the device's memory, of the controller; and contexts written back to memory.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Resets")
struct FunctionResetTests {
  @Test("a function-level reset drops requests unanswered, and the function comes up initialised")
  func functionLevel() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0, isArmed: true)
    let request = try driver.request([UInt8](repeating: 1, count: 60_000), room: 70_000).entry
    for _ in 0..<60 { queue.write(request) }
    try queue.ring()
    try driver.write32(HISI_QM_ERROR_ALL, HISI_QM_ABNORMAL_INT_SET)
    try driver.device.reset()
    let answered = (0..<60).filter { queue.request(UInt32($0)).consumed != 0 }.count
    let written = rig.accelerator.status.functions[0].queues[0].counters.completions
    #expect(answered < 60 || written == 60)
    #expect(try driver.read32(HISI_QM_VFT_CFG_RDY) == 1)
    #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 1)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_SOURCE) == 0)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_MASK) == 0x7fff)
    let context = try? driver.get(HISI_MAILBOX_CMD_SQC, queue: 0, as: hisi_sqc.self)
    #expect(context == nil, "the window is gone")

    // As Linux's driver does afterwards: no MEM_START_INIT.
    try driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: TestDriver.window(base: 0, count: 64))
    try driver.startEvents()
    try queue.start(isArmed: true)
    while driver.hasInterrupt(HISI_VECTOR_EQ) {}
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    try driver.waitForInterrupt(HISI_VECTOR_EQ)
    #expect(try driver.takeEvents() == [0], "memory and interrupts were the user's and stayed")
  }

  @Test("nothing of a function is written into memory after its reset")
  func silence() throws {
    let rig = try TestRig(engines: 2)
    let queue = try TestQueue(rig.driver, number: 0)
    let request = try rig.driver.request([UInt8](repeating: 1, count: 60_000), room: 70_000).entry
    for _ in 0..<10 {
      for _ in 0..<30 { queue.write(request) }
      try queue.ring()
      try rig.driver.device.reset()
      let before = rig.driver.buffer.bytes(queue.completion, count: 16 * Int(queue.depth))
      let finished = rig.accelerator.status.engines.reduce(0) { $0 + $1.compress.finished }
      let begun = rig.accelerator.status.engines.reduce(0) { $0 + $1.compress.begun }
      #expect(begun == finished, "nobody is at work")
      #expect(rig.driver.buffer.bytes(queue.completion, count: 16 * Int(queue.depth)) == before)
      try rig.driver.bringUp()
      try queue.start()
    }
  }

  @Test("MEM_START_INIT clears windows, contexts and event queues")
  func memoryInitialization() throws {
    let rig = try TestRig()
    let driver = rig.driver
    _ = try TestQueue(driver, number: 0)
    try driver.write32(1, HISI_QM_MEM_START_INIT)
    #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 1)
    #expect(try driver.readWindow(type: HISI_VFT_TYPE_SQC) == 0)
    #expect(rig.accelerator.status.functions[0].queueCount == 0)
    #expect(!rig.accelerator.status.functions[0].events.isConfigured)
    #expect(!rig.accelerator.status.functions[0].queues.contains { $0.isRunning })
  }

  /// The registers that stop the queues of all functions.
  private static let deviceResets = [HISI_QM_MEM_START_INIT, HISI_ACC_MASTER_GLOBAL_CTRL]

  /// Expects that a virtual function is told of one of its queues, and of no other.
  private func expectReport(of queue: UInt32, _ virtual: TestDriver) throws {
    try virtual.waitForInterrupt(HISI_VECTOR_AEQ)
    #expect(try virtual.takeAsynchronousEvents() == [.init(queue: queue, type: HISI_AEQE_CQE_ERROR)])
  }

  @Test(
    "a reset of the device's memory or of the controller stops virtual functions' queues too, and tells their users",
    arguments: deviceResets)
  func virtualFunctions(_ register: UInt32) throws {
    let rig = try TestRig(virtualFunctions: 2)
    let virtual = try rig.virtualDriver(2)
    let queue = try TestQueue(virtual, number: 6)
    let request = try virtual.request([1, 2, 3]).entry
    _ = try queue.run(request)
    try rig.driver.write32(1, register)
    #expect(try rig.driver.read32(HISI_ACC_MASTER_TRANS_RETURN) == 3)
    try expectReport(of: 6, virtual)
    let answer = try virtual.mailbox(HISI_MAILBOX_CMD_SQC_VFT, isGet: true)
    #expect(answer.data == TestDriver.window(base: 128, count: 64), "the window is fixed")
    try queue.submit(request)
    #expect(rig.accelerator.status.functions[2].queues[0].counters.stoppedDoorbells == 1)
    try queue.start()
    _ = try queue.run(request)
  }

  @Test(
    "a virtual function's queue that loses its submission context before it has the other one is reported",
    arguments: deviceResets)
  func virtualFunctionStarting(_ register: UInt32) throws {
    let rig = try TestRig(virtualFunctions: 1)
    let virtual = try rig.virtualDriver(1)
    let stopped = try TestQueue(virtual, number: 2)
    #expect(try virtual.mailbox(HISI_MAILBOX_CMD_STOP_QP, queue: 2).status == 0)
    let queue = try TestQueue(virtual, number: 3)
    let request = try virtual.request([1, 2, 3]).entry
    try rig.driver.write32(1, register)
    try expectReport(of: 3, virtual)
    // The driver starts it again, and the reset's next step comes between the two contexts.
    #expect(try virtual.set(HISI_MAILBOX_CMD_SQC, queue: 3, queue.submissionContext()) == 0)
    try rig.driver.write32(1, register)
    #expect(try virtual.set(HISI_MAILBOX_CMD_CQC, queue: 3, queue.completionContext(isArmed: false)) == 0)
    try queue.submit(request)
    try expectReport(of: 3, virtual)
    try queue.start()
    _ = try queue.run(request)
    try stopped.start()
    _ = try stopped.run(request)
  }

  @Test("a controller reset runs to its end, step by step as the driver's")
  func controllerReset() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    let request = try driver.request([1, 2, 3]).entry
    _ = try queue.run(request)
    // Stop: the window goes.
    try driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: 0)
    try driver.setWindow(type: HISI_VFT_TYPE_CQC, entry: 0)
    // MSI off, nothing pending, nothing under way.
    let control = try driver.device.read(region: 7, offset: 0x82, width: 2)
    try driver.device.write(control & ~1, region: 7, offset: 0x82, width: 2)
    #expect(try driver.device.read(region: 7, offset: 0x94, width: 4) == 0)
    #expect(try driver.read32(HISI_QM_PEH_DFX_INFO0) & 5 == 0)
    #expect(try driver.read32(HISI_QM_PEH_DFX_INFO1) >> 16 & 0xf == 0)
    try driver.write32(1, HISI_ACC_MASTER_GLOBAL_CTRL)
    #expect(try driver.read32(HISI_ACC_MASTER_TRANS_RETURN) == 3)
    #expect(try driver.read32(HISI_ZIP_SVA_TRANS) & (1 << 26 | 1 << 30) == 0)
    try driver.device.write(0, region: 7, offset: 4, width: 2)
    #expect(try driver.device.read(region: 7, offset: 4, width: 2) == 0)
    // MSI and memory on, initialise, start.
    try driver.device.write(control | 1, region: 7, offset: 0x82, width: 2)
    try driver.device.write(6, region: 7, offset: 4, width: 2)
    try driver.write32(0, HISI_ACC_MASTER_GLOBAL_CTRL)
    try driver.bringUp()
    try queue.start(isArmed: true)
    _ = try queue.run(request)
    try driver.waitForInterrupt(HISI_VECTOR_EQ)
  }

  @Test("before revision 0x30 the vendor register echoes what a soft reset writes")
  func vendorEcho() throws {
    let rig = try TestRig(.v2)
    for value: UInt32 in [0x5a5a, 0x19e5] {
      try rig.driver.write32(value, HISI_QM_PEH_VENDOR_ID)
      #expect(try rig.driver.read32(HISI_QM_PEH_VENDOR_ID) == value)
    }
  }

  @Test("contexts are written back into the tables that the driver named")
  func writeBack() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let submissions = try driver.buffer.allocate(32 * 64, alignment: 32)
    let completions = try driver.buffer.allocate(32 * 64, alignment: 32)
    try driver.perform(HISI_MAILBOX_CMD_SQC_BT, base: submissions)
    try driver.perform(HISI_MAILBOX_CMD_CQC_BT, base: completions)
    let queue = try TestQueue(driver, number: 7)
    for _ in 0..<3 { _ = try queue.run(try driver.request([1]).entry) }
    #expect(try driver.read32(HISI_QM_CACHE_WB_DONE) == 0)
    try driver.write32(1, HISI_QM_CACHE_WB_START)
    #expect(try driver.read32(HISI_QM_CACHE_WB_DONE) == 1)
    let submission = driver.buffer.load(submissions + 7 * 32, as: hisi_sqc.self)
    #expect(submission.tail == 3)
    #expect(submission.base_l == UInt32(truncatingIfNeeded: queue.submission))
    #expect(driver.buffer.load(completions + 7 * 32, as: hisi_cqc.self).tail == 3)
    #expect(driver.buffer.bytes(submissions, count: 7 * 32).allSatisfy { $0 == 0 }, "queues that never started")
  }

  @Test("writing back to tables that are not mapped, or never named, still ends")
  func writeBackNowhere() throws {
    let rig = try TestRig()
    _ = try TestQueue(rig.driver, number: 0)
    try rig.driver.write32(1, HISI_QM_CACHE_WB_START)
    #expect(try rig.driver.read32(HISI_QM_CACHE_WB_DONE) == 1)
    try rig.driver.perform(HISI_MAILBOX_CMD_SQC_BT, base: 0x10)
    try rig.driver.perform(HISI_MAILBOX_CMD_CQC_BT, base: .max)
    try rig.driver.write32(1, HISI_QM_CACHE_WB_START)
    #expect(try rig.driver.read32(HISI_QM_CACHE_WB_DONE) == 1)
  }

  @Test("a user that goes leaves nothing behind")
  func disconnect() throws {
    let rig = try TestRig(virtualFunctions: 1)
    do {
      let driver = try rig.virtualDriver(1)
      let queue = try TestQueue(driver, number: 0)
      for _ in 0..<20 { queue.write(try driver.request([UInt8](repeating: 2, count: 50_000), room: 60_000).entry) }
      try queue.ring()
    }
    let status = rig.accelerator.status.functions[1]
    #expect(!status.isConnected)
    #expect(status.mappingCount == 0)
    #expect(!status.events.isConfigured)
    #expect(!status.queues.contains { $0.isRunning })
    let next = try rig.virtualDriver(1)
    let queue = try TestQueue(next, number: 0)
    _ = try queue.run(try next.request([1]).entry)
  }
}
