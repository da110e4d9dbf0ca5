// Virtual functions: windows, messages, and who can reach whom.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Windows, shaper and virtual functions")
struct FunctionVirtualTests {
  @Test("entries of the window table and of the shaper read back")
  func table() throws {
    let rig = try TestRig()
    let driver = rig.driver
    #expect(TestDriver.window(base: 0, count: 64) == 0x0007_f000_0000_0000)
    #expect(try driver.readWindow(type: HISI_VFT_TYPE_SQC) == 0x0007_f000_0000_0000)
    #expect(try driver.readWindow(type: HISI_VFT_TYPE_CQC) == HISI_VFT_CQC_VALID)
    for type in 0...1 as ClosedRange<UInt32> {
      let key = type << HISI_VFT_CFG_SHAPER_TYPE_SHIFT
      try driver.setWindow(type: HISI_VFT_TYPE_SHAPER, function: key, entry: HISI_VFT_SHAPER_DEFAULT + UInt64(type))
      #expect(
        try driver.readWindow(type: HISI_VFT_TYPE_SHAPER, function: key) == HISI_VFT_SHAPER_DEFAULT + UInt64(type))
    }
    #expect(try driver.readWindow(type: HISI_VFT_TYPE_SHAPER, function: 9) == 0)
  }

  @Test("a physical function alone may have all 1,024 queues; beside virtual ones it keeps 64")
  func sizes() throws {
    let alone = try TestRig(isBroughtUp: false)
    try alone.driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: TestDriver.window(base: 0, count: 1024))
    #expect(alone.accelerator.status.functions[0].queueCount == 1024)
    try alone.driver.startEvents()
    let queue = try TestQueue(alone.driver, number: 1023)
    _ = try queue.run(try alone.driver.request([1]).entry)
    let shared = try TestRig(virtualFunctions: 3, isBroughtUp: false)
    try shared.driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: TestDriver.window(base: 0, count: 1024))
    #expect(shared.accelerator.status.functions[0].queueCount == 64)
    #expect(shared.accelerator.status.functions.map(\.firstQueue) == [0, 64, 128, 192])
  }

  @Test("a window that is taken away stops the function's queues")
  func invalidation() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 0)
    try rig.driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: 0)
    try rig.driver.ring(HISI_DOORBELL_CMD_SQ, queue: 0, index: 1)
    #expect(rig.accelerator.status.functions[0].invalidDoorbells == 1)
    try rig.driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: TestDriver.window(base: 0, count: 64))
    try rig.driver.ring(HISI_DOORBELL_CMD_SQ, queue: 0, index: 1)
    #expect(queue.poll() == nil, "a window alone starts no queue")
  }

  @Test("the physical function can stop a virtual one's queues by its entry")
  func invalidationOfVirtual() throws {
    let rig = try TestRig(virtualFunctions: 1)
    let virtual = try rig.virtualDriver(1)
    _ = try TestQueue(virtual, number: 0)
    try rig.driver.setWindow(type: HISI_VFT_TYPE_SQC, function: 1, entry: 0)
    #expect(!rig.accelerator.status.functions[1].queues.contains { $0.isRunning })
    #expect(rig.accelerator.status.functions[1].queueCount == 64)
  }

  @Test("functions work side by side, each with its queues, memory and events", arguments: Revision.allCases)
  func sideBySide(_ revision: Revision) throws {
    let rig = try TestRig(revision, engines: 2, virtualFunctions: 2)
    let drivers = [rig.driver, try rig.virtualDriver(1), try rig.virtualDriver(2)]
    let queues = try drivers.map { try TestQueue($0, number: 0, isArmed: true) }
    for (index, queue) in queues.enumerated() {
      let bytes = [UInt8](repeating: UInt8(index), count: 1000 * (index + 1))
      let answer = try queue.run(try drivers[index].request(bytes).entry)
      #expect(answer.consumed == UInt32(bytes.count))
      try drivers[index].waitForInterrupt(HISI_VECTOR_EQ)
      #expect(try drivers[index].takeEvents() == [0], "numbers are the function's own")
    }
    #expect(rig.accelerator.status.functions.map { $0.interrupts[0] } == [1, 1, 1])
  }

  @Test("a virtual function cannot reach a queue beyond its own 64")
  func confinement() throws {
    let rig = try TestRig(virtualFunctions: 2)
    let first = try rig.virtualDriver(1)
    let second = try rig.virtualDriver(2)
    let theirs = try TestQueue(second, number: 0)
    theirs.write(try second.request([1]).entry)
    #expect(try first.set(HISI_MAILBOX_CMD_SQC, queue: 64, theirs.submissionContext()) != 0)
    try first.ring(HISI_DOORBELL_CMD_SQ, queue: 64, index: 1)
    try first.ring(HISI_DOORBELL_CMD_SQ, queue: 128, index: 1)
    #expect(rig.accelerator.status.functions[1].invalidDoorbells == 2)
    #expect(theirs.poll() == nil)
  }

  @Test("a message of the physical function reaches one virtual function, which acknowledges it")
  func toOne() throws {
    let rig = try TestRig(virtualFunctions: 2)
    let pf = rig.driver
    let vf = try rig.virtualDriver(1)
    try pf.perform(HISI_MAILBOX_CMD_SRC, queue: 1, base: HISI_MESSAGE_FLR_PREPARE)
    try pf.write32(1, HISI_QM_IFC_INT_CFG)
    try pf.write32(try pf.read32(HISI_QM_IFC_INT_SET_P) | 1, HISI_QM_IFC_INT_SET_P)
    try vf.waitForInterrupt(HISI_VECTOR_MESSAGE)
    #expect(rig.interrupts(HISI_VECTOR_MESSAGE, function: 2) == 0)
    #expect(try pf.read64(HISI_QM_IFC_READY_STATUS) == 1 << 1)
    #expect(try vf.read32(HISI_QM_IFC_INT_STATUS) == 1)
    #expect(try vf.read32(HISI_QM_IFC_INT_SOURCE_V) == 1)
    let answer = try vf.mailbox(HISI_MAILBOX_CMD_DST, queue: 0)
    #expect(answer.status == 0)
    #expect(answer.data == HISI_MESSAGE_FLR_PREPARE)
    try vf.write32(1, HISI_QM_IFC_INT_SOURCE_V)
    #expect(try vf.read32(HISI_QM_IFC_INT_STATUS) == 0)
    #expect(try pf.read64(HISI_QM_IFC_READY_STATUS) == 0)
  }

  @Test("a message to all reaches every virtual function")
  func toAll() throws {
    let rig = try TestRig(virtualFunctions: 3)
    let pf = rig.driver
    let vfs = try (1...3).map { try rig.virtualDriver($0) }
    let message = HISI_MESSAGE_PF_SET_QOS | 500 << 32
    try pf.perform(HISI_MAILBOX_CMD_SRC, queue: 0xffff, base: message)
    try pf.write32(0x7f, HISI_QM_IFC_INT_CFG)
    try pf.write32(1, HISI_QM_IFC_INT_SET_P)
    #expect(try pf.read64(HISI_QM_IFC_READY_STATUS) == 0b1110)
    for vf in vfs {
      try vf.waitForInterrupt(HISI_VECTOR_MESSAGE)
      #expect(try vf.mailbox(HISI_MAILBOX_CMD_DST, queue: 0, isGet: true).data == message, "as newer drivers ask")
      try vf.write32(1, HISI_QM_IFC_INT_SOURCE_V)
    }
    #expect(try pf.read64(HISI_QM_IFC_READY_STATUS) == 0)
  }

  @Test("a message of a virtual function reaches the physical one, and the sender sees when it was read")
  func toPhysical() throws {
    let rig = try TestRig(virtualFunctions: 2)
    let pf = rig.driver
    let vf = try rig.virtualDriver(2)
    try vf.perform(HISI_MAILBOX_CMD_SRC, queue: 0, base: HISI_MESSAGE_VF_GET_QOS)
    try vf.write32(1, HISI_QM_IFC_INT_SET_V)
    #expect(try vf.read32(HISI_QM_IFC_INT_SET_V) == 1)
    try pf.waitForInterrupt(HISI_VECTOR_MESSAGE)
    #expect(try pf.read32(HISI_QM_IFC_INT_STATUS) == 1)
    #expect(try pf.read64(HISI_QM_IFC_INT_SOURCE_P) == 1 << 2)
    #expect(try pf.mailbox(HISI_MAILBOX_CMD_DST, queue: 2).data == HISI_MESSAGE_VF_GET_QOS)
    try pf.write64(1 << 2, HISI_QM_IFC_INT_SOURCE_P)
    #expect(try vf.read32(HISI_QM_IFC_INT_SET_V) == 0)
    #expect(try pf.read32(HISI_QM_IFC_INT_STATUS) == 0)
  }

  @Test("a masked message interrupts once it is unmasked")
  func maskedMessage() throws {
    let rig = try TestRig(virtualFunctions: 1)
    let vf = try rig.virtualDriver(1)
    try rig.driver.write32(1, HISI_QM_IFC_INT_MASK)
    try vf.write32(1, HISI_QM_IFC_INT_SET_V)
    #expect(rig.interrupts(HISI_VECTOR_MESSAGE) == 0)
    #expect(try rig.driver.read32(HISI_QM_IFC_INT_STATUS) == 0)
    try rig.driver.write32(0, HISI_QM_IFC_INT_MASK)
    #expect(rig.interrupts(HISI_VECTOR_MESSAGE) == 1)
    try vf.write32(1, HISI_QM_IFC_INT_MASK)
    try rig.driver.write32(1, HISI_QM_IFC_INT_CFG)
    try rig.driver.write32(1, HISI_QM_IFC_INT_SET_P)
    #expect(rig.interrupts(HISI_VECTOR_MESSAGE, function: 1) == 0)
  }

  @Test("virtual functions have no messages for each other, and none for themselves")
  func routes() throws {
    let rig = try TestRig(virtualFunctions: 2)
    let vf = try rig.virtualDriver(1)
    #expect(try vf.mailbox(HISI_MAILBOX_CMD_SRC, queue: 2, base: 1).status != 0)
    #expect(try vf.mailbox(HISI_MAILBOX_CMD_SRC, queue: 0xffff, base: 1).status != 0)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_SRC, queue: 0, base: 1).status != 0)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_SRC, queue: 3, base: 1).status != 0)
    #expect(try vf.mailbox(HISI_MAILBOX_CMD_DST, queue: 2).data == 0)
    #expect(try vf.mailbox(HISI_MAILBOX_CMD_DST, queue: 9).status != 0)
  }

  @Test("a virtual function's reset is its own affair")
  func resetOfOne() throws {
    let rig = try TestRig(virtualFunctions: 2)
    let first = try rig.virtualDriver(1)
    let second = try rig.virtualDriver(2)
    let queues = [try TestQueue(rig.driver, number: 0), try TestQueue(second, number: 0)]
    _ = try TestQueue(first, number: 0)
    try first.device.reset()
    #expect(!rig.accelerator.status.functions[1].queues.contains { $0.isRunning })
    for queue in queues { _ = try queue.run(try queue.driver.request([1]).entry) }
    try rig.driver.device.reset()
    _ = try queues[1].run(try second.request([1]).entry)
  }
}
