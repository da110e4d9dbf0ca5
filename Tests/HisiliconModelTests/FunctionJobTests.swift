// Requests from doorbell to completion, through the registers of each revision.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Requests")
struct FunctionJobTests {
  private static let text = [UInt8]((0..<20_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0 >> 3) })

  @Test("what was compressed is decompressed to what it was", arguments: Revision.allCases)
  func roundTrip(_ revision: Revision) throws {
    let rig = try TestRig(revision)
    let driver = rig.driver
    let types = [HISI_ZIP_REQUEST_ZLIB, HISI_ZIP_REQUEST_GZIP] + (revision == .v3 ? [HISI_ZIP_REQUEST_DEFLATE] : [])
    let compressor = try TestQueue(driver, number: 0, isArmed: true)
    let decompressor = try TestQueue(driver, number: 1, type: HISI_SQC_TYPE_DECOMPRESS, isArmed: true)
    for type in types {
      let request = try driver.request(Self.text, room: 30_000, type: type, tag: 0x1122_3344_5566_7788)
      let compressed = try compressor.run(request.entry)
      try driver.waitForInterrupt(HISI_VECTOR_EQ)
      #expect(try driver.takeEvents() == [0])
      try compressor.acknowledge(arm: true)
      #expect(compressed.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
      #expect(compressed.consumed == UInt32(Self.text.count))
      #expect(compressed.tag_l == 0x5566_7788 && compressed.tag_h == 0x1122_3344, "the driver's own")
      let bytes = driver.buffer.bytes(request.target, count: Int(compressed.produced))
      #expect(bytes.count < Self.text.count)

      let back = try driver.request(bytes, room: 30_000, type: type)
      let decompressed = try decompressor.run(back.entry)
      #expect(decompressed.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
      #expect(driver.buffer.bytes(back.target, count: Int(decompressed.produced)) == Self.text)
      try driver.waitForInterrupt(HISI_VECTOR_EQ)
      #expect(try driver.takeEvents() == [1])
      try decompressor.acknowledge(arm: true)
    }
  }

  @Test("raw deflate is for revision 0x30 alone", arguments: [Revision.v1, .v2])
  func rawDeflate(_ revision: Revision) throws {
    let rig = try TestRig(revision)
    let queue = try TestQueue(rig.driver, number: 0)
    let answer = try queue.run(try rig.driver.request([1, 2, 3], type: HISI_ZIP_REQUEST_DEFLATE).entry)
    #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_UNSUPPORTED)
  }

  @Test("a request that points outside of the function's memory fails alone")
  func translationFault() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    let good = try driver.request([1, 2, 3])
    for (source, target) in [(0x10 as UInt64, good.target), (UInt64.max - 1, good.target), (good.target, 0x10)] {
      let answer = try queue.run(flatRequest(from: source, count: 3, to: target, room: 64))
      #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      #expect(try driver.read32(HISI_ZIP_CORE_INT_SOURCE) == 0, "one process must not stop all")
    }
    #expect(try queue.run(good.entry).dw3 & HISI_ZIP_DW3_STATUS_MASK != HISI_ZIP_STATUS_TRANSLATION_FAULT)
  }

  @Test("a doorbell of a foreign queue, an unknown command or the wrong register is ignored and counted")
  func foreignDoorbells() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: 64, index: 1)
    try driver.ring(HISI_DOORBELL_CMD_CQ, queue: 0xfff, index: 1)
    try driver.write64(UInt64(7) << HISI_DOORBELL_CMD_SHIFT, HISI_DOORBELL_SQ_CQ)
    try driver.write64(UInt64(HISI_DOORBELL_CMD_EQ) << HISI_DOORBELL_CMD_SHIFT, HISI_DOORBELL_SQ_CQ)
    try driver.write64(UInt64(HISI_DOORBELL_CMD_SQ) << HISI_DOORBELL_CMD_SHIFT, HISI_DOORBELL_EQ_AEQ)
    #expect(rig.accelerator.status.functions[0].invalidDoorbells == 5)
    #expect(try driver.read32(HISI_QM_ABNORMAL_INT_SOURCE) == 0)
    #expect(try driver.read64(HISI_DOORBELL_SQ_CQ) == 0, "a doorbell is no storage")
    _ = try queue.run(try driver.request([5]).entry)
  }

  @Test("a doorbell in two halves is rung by the upper one")
  func splitDoorbell() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 3)
    queue.write(try driver.request([1]).entry)
    try driver.write32(1, HISI_DOORBELL_SQ_CQ + 4)
    #expect(rig.accelerator.status.functions[0].doorbells == 2, "the bring-up's; an upper half alone is none")
    try driver.write32(3, HISI_DOORBELL_SQ_CQ)
    #expect(queue.poll() == nil)
    try driver.write32(1, HISI_DOORBELL_SQ_CQ + 4)
    _ = try queue.wait()
  }

  @Test("with isolation each queue has a page, whose doorbell is that queue's only")
  func isolatedDoorbells() throws {
    let rig = try TestRig { $0.isolatesDoorbells = true }
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 2)
    queue.write(try driver.request([1, 2]).entry)
    let doorbell = 2 | UInt64(1) << HISI_DOORBELL_INDEX_SHIFT
    let before = rig.accelerator.status.functions[0].invalidDoorbells
    try driver.device.write(doorbell, region: 4, offset: 3 * 0x1_0000 + 0x1000, width: 8)
    #expect(rig.accelerator.status.functions[0].invalidDoorbells == before + 1)
    try driver.device.write(doorbell, region: 4, offset: 2 * 0x1_0000 + 0x2000, width: 8)
    #expect(queue.poll() == nil)
    try driver.device.write(doorbell, region: 4, offset: 2 * 0x1_0000 + 0x1000, width: 8)
    _ = try queue.wait()
    #expect(try driver.device.read(region: 4, offset: 2 * 0x1_0000 + 0x1000, width: 8) == 0)
  }

  @Test("a queue of a PASID reaches that process's memory, and no other")
  func processes() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let device = try #require(driver.device as? ModelFunction)
    let memory = try DevicePages(iova: 0x7000_0000, byteCount: 1 << 20)
    #expect(throws: DeviceError.self) {
      try device.map(memory.memory, iova: memory.iova, permissions: [.read, .write], pasid: 7)
    }
    try device.createAddressSpace(pasid: 7)
    try device.map(memory.memory, iova: memory.iova, permissions: [.read, .write], pasid: 7)
    #expect(throws: DeviceError.self) { try device.createAddressSpace(pasid: 7) }
    #expect(throws: DeviceError.self) { try device.createAddressSpace(pasid: 0x1_0000) }

    let queue = try TestQueue(driver, number: 0)
    let ring = try memory.allocate(128 * 64, alignment: 4096)
    let source = try memory.allocate(100)
    let target = try memory.allocate(1000)
    memory.store([UInt8](repeating: 5, count: 100), at: source)
    var context = queue.submissionContext()
    context.base_l = UInt32(truncatingIfNeeded: ring)
    context.base_h = 0
    context.pasid = 8
    context.w11 = UInt16(HISI_SQC_W11_PASID_ENABLE)
    #expect(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) != 0, "there is no PASID 8")
    context.pasid = 7
    #expect(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) == 0)
    memory.store(flatRequest(from: source, count: 100, to: target, room: 1000), at: ring)
    memory.store(flatRequest(from: driver.eventQueue, count: 16, to: target, room: 1000), at: ring + 128)
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: 0, index: 2)
    _ = try queue.wait()
    _ = try queue.wait()
    #expect(memory.load(ring, as: hisi_zip_sqe.self).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    let outside = memory.load(ring + 128, as: hisi_zip_sqe.self)
    #expect(outside.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    try driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 0)
    try device.removeAddressSpace(pasid: 7)
  }

  @Test("before revision 0x30 a PASID counts without a bit that says so")
  func processesOfRevision2() throws {
    let rig = try TestRig(.v2)
    let queue = try TestQueue(rig.driver, number: 0)
    var context = queue.submissionContext()
    context.pasid = 3
    #expect(try rig.driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) != 0)
    try #require(rig.driver.device as? ModelFunction).createAddressSpace(pasid: 3)
    #expect(try rig.driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) == 0)
  }

  @Test("engines and queues count what they have done, and so do the debug registers")
  func counters() throws {
    let rig = try TestRig(engines: 2)
    let driver = rig.driver
    let compressor = try TestQueue(driver, number: 4)
    let decompressor = try TestQueue(driver, number: 5, type: HISI_SQC_TYPE_DECOMPRESS)
    let request = try driver.request(Self.text, room: 30_000)
    let produced = try compressor.run(request.entry).produced
    _ = try compressor.run(request.entry)
    _ = try decompressor.run(try driver.request([0xff, 0xff, 0xff]).entry)

    let status = rig.accelerator.status
    let queue = try #require(status.functions[0].queues.first { $0.number == 4 })
    #expect(queue.counters.requests == 2)
    #expect(queue.counters.completions == 2)
    #expect(queue.counters.bytesIn == 2 * UInt64(Self.text.count))
    #expect(queue.counters.bytesOut == 2 * UInt64(produced))
    #expect(status.functions[0].queues.first { $0.number == 5 }?.counters.errors == 1)
    #expect(status.engines.reduce(0) { $0 + $1.compress.finished } == 2)

    try driver.write32(4 << 16, HISI_QM_DFX_SQE_CNT_VF_SQN)
    try driver.write32(5 << 16, HISI_QM_DFX_CQE_CNT_VF_CQN)
    #expect(try driver.read32(HISI_QM_DFX_SQE_CNT) == 2)
    #expect(try driver.read32(HISI_QM_DFX_CQE_CNT) == 1)
    #expect(try driver.read32(HISI_QM_DFX_TO_ACC_CNT) == 3)
    #expect(try driver.read32(HISI_QM_DFX_FROM_ACC_CNT) == 3)
    #expect(try driver.read32(HISI_QM_DFX_FINISH_CNT) == 3)
    #expect(try driver.read32(HISI_QM_DFX_MB_CNT) == UInt32(status.functions[0].mailboxCommands))
    #expect(try driver.read32(HISI_QM_DFX_DB_CNT) == UInt32(status.functions[0].doorbells))
    #expect(try driver.read32(HISI_QM_IDLE_STATUS) & 1 == 1)
    try driver.write32(9, HISI_QM_DFX_MB_CNT_VF)
    #expect(try driver.read32(HISI_QM_DFX_MB_CNT) == 0, "no such function")

    #expect(try cores(driver, HISI_ZIP_CORE_GET_BD_NUM, compressors: true) == 2)
    #expect(try cores(driver, HISI_ZIP_CORE_RIGHT_BD_NUM, compressors: true) == 2)
    #expect(try cores(driver, HISI_ZIP_CORE_CONSUMED_BYTE, compressors: true) == UInt32(2 * Self.text.count))
    #expect(try cores(driver, HISI_ZIP_CORE_PRODUCED_BYTE, compressors: true) == 2 * produced)
    #expect(try cores(driver, HISI_ZIP_CORE_ERROR_BD_NUM, compressors: false) == 1)
    #expect(try cores(driver, HISI_ZIP_CORE_DONE_BD_NUM, compressors: false) == 1)
  }

  /// The sum of a register over the cores of a kind.
  private func cores(_ driver: TestDriver, _ register: UInt32, compressors: Bool) throws -> UInt32 {
    var sum: UInt32 = 0
    for core in compressors ? 0..<2 : 2..<5 as Range<UInt32> {
      sum += try driver.read32(HISI_ZIP_CORE_DFX_BASE + core * HISI_ZIP_CORE_DFX_STRIDE + register)
    }
    return sum
  }

  @Test("the debug counters are cleared by reading where the driver has said so")
  func clearing() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    _ = try queue.run(try driver.request(Self.text, room: 30_000).entry)
    let before = try driver.read32(HISI_QM_DFX_MB_CNT)
    #expect(before > 0)
    #expect(try driver.read32(HISI_QM_DFX_MB_CNT) == before, "reading alone does not")
    try driver.write32(1, HISI_QM_DFX_CNT_CLR_CE)
    #expect(try driver.read32(HISI_QM_DFX_MB_CNT) == before)
    #expect(try driver.read32(HISI_QM_DFX_MB_CNT) == 0)
    try driver.write32(0, HISI_QM_DFX_CNT_CLR_CE)
    #expect(try driver.read32(HISI_QM_DFX_SQE_CNT) == 1, "another counter")
    try driver.write32(5, HISI_ZIP_SOFT_CTRL_CNT_CLR_CE)
    let shown = try rig.accelerator.registers()
    #expect(shown.contains { $0.offset == HISI_ZIP_SOFT_CTRL_CNT_CLR_CE && $0.value == 5 }, "looking does not clear")
    #expect(shown.contains { $0.offset == HISI_QM_IDLE_STATUS && $0.value == 1 })
    #expect(shown.allSatisfy { $0.value != 0 })
    #expect(try cores(driver, HISI_ZIP_CORE_DONE_BD_NUM, compressors: true) == 1)
    #expect(try cores(driver, HISI_ZIP_CORE_DONE_BD_NUM, compressors: true) == 0)
    try driver.write32(0xffff_ffff, HISI_ZIP_CORE_DFX_BASE)
    #expect(try driver.read32(HISI_ZIP_CORE_DFX_BASE) != 0xffff_ffff, "counters cannot be written")
  }

  @Test("a weight is a queue's, and what was asked for")
  func weights() throws {
    let rig = try TestRig(virtualFunctions: 1)
    _ = try TestQueue(rig.driver, number: 3)
    try rig.accelerator.setWeight(7, queue: 3)
    #expect(rig.accelerator.status.functions[0].queues.first?.share.weight == 7)
    #expect(throws: DeviceError.self) { try rig.accelerator.setWeight(0, queue: 3) }
    #expect(throws: DeviceError.self) { try rig.accelerator.setWeight(257, queue: 3) }
    #expect(throws: DeviceError.self) { try rig.accelerator.setWeight(1, queue: 64) }
    #expect(throws: DeviceError.self) { try rig.accelerator.setWeight(1, function: 2, queue: 0) }
  }

  @Test("a trace shows accesses, mailboxes, doorbells and interrupts")
  func tracing() throws {
    let lines = TraceLines()
    let rig = try TestRig { options in options.trace = { lines.add($0.description) } }
    let queue = try TestQueue(rig.driver, number: 1, isArmed: true)
    _ = try queue.run(try rig.driver.request([1, 2]).entry)
    try rig.driver.waitForInterrupt(HISI_VECTOR_EQ)
    let text = lines.all
    #expect(text.contains("f0 W  BAR2+100040/4 = 00000001"))
    #expect(text.contains("f0 R  BAR2+100044/4 = 00000001"))
    #expect(text.contains { $0.hasPrefix("f0 MBOX  SQC set queue 1 address 0x1") })
    #expect(text.contains("f0 MBOX  SQC queue 1 status 0 data 0x0"))
    #expect(text.contains("f0 DB    SQ queue 1 index 1 priority 0"))
    #expect(text.contains("f0 IRQ   vector 0"))
  }
}
