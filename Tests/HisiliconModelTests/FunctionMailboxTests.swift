// The mailbox: how it is written, what each command does, and how it fails.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Mailbox")
struct FunctionMailboxTests {
  @Test("two 8-byte writes are a command; its other fields stay, busy and status are clear")
  func pairs() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try driver.write64(0x1234_5678_0003_2004, HISI_MAILBOX)
    #expect(try driver.read32(HISI_MAILBOX) & HISI_MAILBOX_W0_BUSY != 0, "as it was written, not yet begun")
    try driver.write64(0x9abc, HISI_MAILBOX + 8)
    #expect(try driver.read32(HISI_MAILBOX) == 0x0003_0004)
    #expect(try driver.read64(HISI_MAILBOX) == 0x1234_5678_0003_0004)
    #expect(try driver.read64(HISI_MAILBOX + 8) == 0x9abc)
    #expect(try driver.device.read(region: 2, offset: 0x301, width: 1) == 0)
  }

  @Test("four 4-byte writes are a command, which the last one begins")
  func words() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let before = rig.accelerator.status.functions[0].mailboxCommands
    for (index, value) in [0x2004, 0x1000, 0, 0].enumerated() {
      #expect(rig.accelerator.status.functions[0].mailboxCommands == before)
      try driver.write32(UInt32(value), HISI_MAILBOX + 4 * UInt32(index))
    }
    #expect(rig.accelerator.status.functions[0].mailboxCommands == before + 1)
    #expect(try driver.mailboxStatus() == 0)
  }

  @Test("the write that covers 0x30c begins the command, whatever its width")
  func bytes() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let before = rig.accelerator.status.functions[0].mailboxCommands
    try driver.write64(0x2004, HISI_MAILBOX)
    try driver.device.write(0, region: 2, offset: 0x30d, width: 1)
    try driver.device.write(0, region: 2, offset: 0x30e, width: 2)
    #expect(rig.accelerator.status.functions[0].mailboxCommands == before)
    try driver.device.write(0, region: 2, offset: 0x30c, width: 1)
    #expect(rig.accelerator.status.functions[0].mailboxCommands == before + 1)
  }

  @Test(
    "a command that the device does not have ends with a status", arguments: [0x7, 0xa, 0xb, 0xf, 0xff] as [UInt32])
  func unknown(_ command: UInt32) throws {
    let rig = try TestRig()
    #expect(try rig.driver.mailbox(command).status != 0)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_SQC_BT, base: 0x1000).status == 0, "the next one is not harmed")
  }

  @Test("a queue context is read, started, and written back as it is")
  func queueContexts() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 5, isArmed: true)
    let submission = try rig.driver.get(HISI_MAILBOX_CMD_SQC, queue: 5, as: hisi_sqc.self)
    #expect(submission.base_l == UInt32(truncatingIfNeeded: queue.submission))
    #expect(submission.base_h == UInt32(truncatingIfNeeded: queue.submission >> 32))
    #expect(submission.dw3 == 0x703f)
    #expect(submission.cq_num == 5)
    let completion = try rig.driver.get(HISI_MAILBOX_CMD_CQC, queue: 5, as: hisi_cqc.self)
    #expect(completion.dw3 == 0x403f)
    #expect(completion.dw6 == HISI_CQC_DW6_PHASE | HISI_CQC_DW6_ARMED)
    #expect(completion.tail == 0)
  }

  @Test("tails and wrap bits follow what was accepted and completed, as a driver without STOP_QP polls them")
  func tails() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 0, depth: 8)
    let request = try rig.driver.request([1, 2, 3]).entry
    for count in 1...11 {
      _ = try queue.run(request)
      try queue.acknowledge(arm: false)
      let submission = try rig.driver.get(HISI_MAILBOX_CMD_SQC, queue: 0, as: hisi_sqc.self)
      #expect(Int(submission.tail) == count % 8)
      let wrap = UInt16(HISI_QC_W11_TAIL_WRAP)
      #expect((submission.w11 & wrap != 0) == (count >= 8))
      // The completion's entry may be seen before the device has noted that it wrote it.
      try Patience.wait(for: "equal tails and wraps") {
        let completion = try rig.driver.get(HISI_MAILBOX_CMD_CQC, queue: 0, as: hisi_cqc.self)
        return completion.tail == submission.tail && completion.w11 & wrap == submission.w11 & wrap
      }
    }
  }

  @Test("a queue outside of the window, or whose context is out of reach or no context, is not started")
  func invalidContexts() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    #expect(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 64, queue.submissionContext()) != 0)
    #expect(try driver.set(HISI_MAILBOX_CMD_CQC, queue: 0xffff, queue.completionContext(isArmed: false)) != 0)
    for command in [HISI_MAILBOX_CMD_SQC, HISI_MAILBOX_CMD_CQC, HISI_MAILBOX_CMD_EQC, HISI_MAILBOX_CMD_AEQC] {
      #expect(try driver.mailbox(command, base: 0xdead_0000).status != 0)
      #expect(try driver.mailbox(command, base: 0xdead_0000, isGet: true).status != 0)
      #expect(try driver.mailbox(command, base: .max - 3).status != 0)
    }
    var context = queue.submissionContext()
    context.dw3 = 0
    #expect(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) != 0)
  }

  @Test("the contexts of the event queues have 28 bytes: nothing after them is touched")
  func eventContexts() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let place = try driver.buffer.allocate(64)
    for (command, ring) in [
      (HISI_MAILBOX_CMD_EQC, driver.eventQueue), (HISI_MAILBOX_CMD_AEQC, driver.asynchronousQueue),
    ] {
      driver.buffer.store([UInt8](repeating: 0xee, count: 32), at: place)
      try driver.perform(command, base: place, isGet: true)
      let context = driver.buffer.load(place, as: hisi_eqc.self)
      #expect(UInt64(context.base_h) << 32 | UInt64(context.base_l) == ring)
      #expect(context.dw6 == (TestDriver.eventDepth - 1) | HISI_EQC_DW6_PHASE)
      #expect(driver.buffer.bytes(place + 28, count: 4) == [0xee, 0xee, 0xee, 0xee])
    }
  }

  @Test("a function reads its own window, but not at revision 0x20")
  func windows() throws {
    let rig = try TestRig(virtualFunctions: 2)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_SQC_VFT, isGet: true).data == TestDriver.window(base: 0, count: 64))
    let second = try rig.virtualDriver(2)
    let answer = try second.mailbox(HISI_MAILBOX_CMD_SQC_VFT, isGet: true)
    #expect(answer.status == 0)
    #expect(answer.data == TestDriver.window(base: 128, count: 64))
    #expect(answer.data >> 28 & 0xffff == 128)
    #expect((answer.data >> 45 & 0x3ff) + 1 == 64)
    let first = try TestRig(.v1)
    #expect(try first.driver.mailbox(HISI_MAILBOX_CMD_SQC_VFT, isGet: true).status != 0)
  }

  @Test("STOP_QP of an idle queue is done at once, and later doorbells are ignored until a new SQC")
  func stopIdle() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 3)
    let request = try rig.driver.request([7]).entry
    _ = try queue.run(request)
    try queue.acknowledge(arm: false)
    try rig.driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 3)
    try queue.submit(request)
    let status = rig.accelerator.status.functions[0].queues.first { $0.number == 3 }
    #expect(status?.counters.stoppedDoorbells == 1)
    #expect(status?.counters.requests == 1)
    try queue.start()
    _ = try queue.run(request)
    #expect(try rig.driver.mailbox(HISI_MAILBOX_CMD_STOP_QP, queue: 64).status != 0, "no such queue")
  }

  @Test("STOP_QP answers everything that was accepted before it is done")
  func stopBusy() throws {
    let rig = try TestRig(engines: 2)
    let queue = try TestQueue(rig.driver, number: 0)
    let request = try rig.driver.request([UInt8](repeating: 9, count: 60_000), room: 70_000).entry
    for _ in 0..<40 { queue.write(request) }
    try queue.ring()
    try rig.driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 0)
    for slot in 0..<40 {
      let entry = try #require(queue.poll(), "every completion is there when the command is done")
      #expect(Int(entry.sq_head) == slot)
      #expect(queue.status(UInt32(slot)) == HISI_ZIP_STATUS_OK)
    }
    #expect(queue.poll() == nil)
  }

  @Test("STOP_QP is busy while a completion is held back", .timeLimit(.minutes(2)))
  func stopHeld() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 1)
    try rig.accelerator.inject(Injection(.holdCompletions, queue: 1))
    try queue.submit(try rig.driver.request([1]).entry)
    try rig.driver.send(HISI_MAILBOX_CMD_STOP_QP, queue: 1)
    #expect(try rig.driver.read32(HISI_MAILBOX) & HISI_MAILBOX_W0_BUSY != 0)
    #expect(queue.poll() == nil)
    try rig.accelerator.inject(Injection(.deliverCompletions, queue: 1))
    #expect(try rig.driver.mailboxStatus() == 0)
    #expect(queue.poll() != nil)
  }

  @Test("a reset ends a mailbox that is busy", .timeLimit(.minutes(2)))
  func resetBusy() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 1)
    try rig.accelerator.inject(Injection(.holdCompletions, queue: 1))
    try queue.submit(try rig.driver.request([1]).entry)
    try rig.driver.send(HISI_MAILBOX_CMD_STOP_QP, queue: 1)
    try rig.driver.device.reset()
    #expect(try rig.driver.read32(HISI_MAILBOX) == 0)
    try rig.driver.bringUp()
    try rig.accelerator.inject(Injection(.clearQueue, queue: 1))
    try queue.start()
    _ = try queue.run(try rig.driver.request([2]).entry)
  }

  @Test("FLUSH_QM and PAUSE_QM drain every queue", arguments: [HISI_MAILBOX_CMD_FLUSH_QM, HISI_MAILBOX_CMD_PAUSE_QM])
  func flush(_ command: UInt32) throws {
    let rig = try TestRig()
    let queues = try (0..<4).map { try TestQueue(rig.driver, number: UInt16($0)) }
    let request = try rig.driver.request([UInt8](repeating: 1, count: 30_000), room: 40_000).entry
    for queue in queues {
      for _ in 0..<10 { queue.write(request) }
      try queue.ring()
    }
    try rig.driver.perform(command)
    for queue in queues {
      for _ in 0..<10 { #expect(queue.poll() != nil) }
      try queue.submit(request)
    }
    #expect(rig.accelerator.status.functions[0].queues.allSatisfy { $0.counters.requests == 10 && !$0.isRunning })
  }

  @Test("a context that a running queue gets again starts it anew, from the context's indices and with phase 1")
  func restart() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 0, depth: 4)
    let request = try rig.driver.request([4, 4]).entry
    for _ in 0..<6 {
      _ = try queue.run(request)
      try queue.acknowledge(arm: false)
    }
    try queue.start()
    for _ in 0..<6 {
      _ = try queue.run(request)
      try queue.acknowledge(arm: false)
    }
  }
}
