// Event queues: entries, arming, masks, interrupts, and a ring that is full.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Event queues")
struct FunctionEventTests {
  @Test("the completion of an armed queue is an event and an interrupt, once")
  func armed() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 9, isArmed: true)
    let request = try driver.request([1, 2, 3, 4]).entry
    #expect(try driver.read32(HISI_QM_EQ_INT_SOURCE) == 0)
    _ = try queue.run(request)
    try driver.waitForInterrupt(HISI_VECTOR_EQ)
    #expect(try driver.read32(HISI_QM_EQ_INT_SOURCE) == 1, "until the doorbell")
    #expect(try driver.takeEvents() == [9])
    #expect(try driver.read32(HISI_QM_EQ_INT_SOURCE) == 0)
    // Not armed again: completions make no event.
    _ = try queue.run(request)
    _ = try queue.run(request)
    #expect(try driver.takeEvents() == [])
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 1)
  }

  @Test("arming a queue that has completions not consumed makes an event at once: no interrupt is lost")
  func lostInterrupt() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 2)
    let request = try driver.request([1]).entry
    try queue.submit(request)
    try Patience.wait(for: "the completion") { rig.accelerator.status.functions[0].queues[0].counters.completions == 1 }
    // The driver has not looked yet: its head is still 0.
    try queue.acknowledge(arm: true)
    try driver.waitForInterrupt(HISI_VECTOR_EQ)
    #expect(try driver.takeEvents() == [2])
    _ = try queue.wait()
    try queue.acknowledge(arm: true)
    #expect(try driver.takeEvents() == [], "everything is consumed")
    _ = try queue.run(request)
    try driver.waitForInterrupt(HISI_VECTOR_EQ)
    #expect(try driver.takeEvents() == [2])
  }

  @Test("events that arrive before the doorbell do not interrupt again; the doorbell does where some are left")
  func coalescing() throws {
    let rig = try TestRig()
    let driver = rig.driver
    for _ in 0..<5 { try rig.accelerator.inject(Injection(.spuriousEvent, queue: 7)) }
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 1)
    // The driver consumed two of five.
    try driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 2)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 2)
    try driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 5)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 2)
    try rig.accelerator.inject(Injection(.spuriousEvent, queue: 7))
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 3)
  }

  @Test("a masked event queue interrupts when it is unmasked")
  func masked() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try driver.write32(1, HISI_QM_EQ_INT_MASK)
    #expect(try driver.read32(HISI_QM_EQ_INT_MASK) == 1)
    try rig.accelerator.inject(Injection(.spuriousEvent, queue: 1))
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 0)
    #expect(try driver.takeEvents(ringing: false) == [1], "the entry is written all the same")
    try driver.write32(0, HISI_QM_EQ_INT_MASK)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 1)
  }

  @Test("an event queue that was never armed does not interrupt")
  func unarmed() throws {
    let rig = try TestRig(isBroughtUp: false)
    let driver = rig.driver
    try driver.setWindow(type: HISI_VFT_TYPE_SQC, entry: TestDriver.window(base: 0, count: 64))
    var context = hisi_eqc()
    context.base_l = UInt32(truncatingIfNeeded: driver.eventQueue)
    context.base_h = UInt32(truncatingIfNeeded: driver.eventQueue >> 32)
    context.dw6 = 63 | HISI_EQC_DW6_PHASE
    #expect(try driver.set(HISI_MAILBOX_CMD_EQC, context) == 0)
    try rig.accelerator.inject(Injection(.spuriousEvent, queue: 1))
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 0)
    try driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 0)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 1)
  }

  @Test("the phase toggles at each wrap, for as many laps as one likes", arguments: [2, 3, 64] as [UInt32])
  func wrapping(_ depth: UInt32) throws {
    let rig = try TestRig()
    let driver = rig.driver
    try driver.startEvents(depth: depth)
    var index: UInt32 = 0
    var phase = HISI_EQE_PHASE
    for turn in 0..<200 as Range<UInt32> {
      let queue = turn % 64
      try rig.accelerator.inject(Injection(.spuriousEvent, queue: UInt16(queue)))
      #expect(driver.buffer.acquire32(driver.eventQueue + UInt64(index) * 4) == queue | phase)
      index += 1
      if index == depth {
        index = 0
        phase ^= HISI_EQE_PHASE
      }
      try driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: index)
    }
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 200)
    let place = try driver.buffer.allocate(28)
    try driver.perform(HISI_MAILBOX_CMD_EQC, base: place, isGet: true)
    let context = driver.buffer.load(place, as: hisi_eqc.self)
    #expect(UInt32(context.tail) == 200 % depth)
    #expect(context.head == context.tail)
  }

  @Test("a full event queue is reported once, and what did not fit arrives when there is room")
  func overflow() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try driver.startEvents(depth: 4)
    for queue in 0..<7 { try rig.accelerator.inject(Injection(.spuriousEvent, queue: UInt16(queue))) }
    try driver.waitForInterrupt(HISI_VECTOR_AEQ)
    let overflow = TestDriver.AsynchronousEvent(queue: 0, type: HISI_AEQE_EQ_OVERFLOW)
    #expect(try driver.takeAsynchronousEvents() == [overflow])
    #expect(rig.accelerator.status.functions[0].events.overflows == 1)
    let first = (0..<4).map { driver.buffer.acquire32(driver.eventQueue + UInt64($0) * 4) }
    #expect(first == [0, 1, 2, 3].map { $0 | HISI_EQE_PHASE })
    // All four are consumed: the head has come round to where it was.
    try driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 0)
    let second = (0..<3).map { driver.buffer.acquire32(driver.eventQueue + UInt64($0) * 4) }
    #expect(second == [4, 5, 6])
    #expect(try driver.takeAsynchronousEvents() == [])
  }

  @Test("a ring that is not mapped loses its events, and no one else is harmed")
  func unmapped() throws {
    let rig = try TestRig()
    let driver = rig.driver
    var context = hisi_eqc()
    context.base_l = 0x1000
    context.dw6 = 63 | HISI_EQC_DW6_PHASE
    #expect(try driver.set(HISI_MAILBOX_CMD_EQC, context) == 0)
    try rig.accelerator.inject(Injection(.spuriousEvent, queue: 1))
    #expect(rig.accelerator.status.functions[0].events.lost == 1)
    try rig.accelerator.inject(Injection(.completionQueueError, queue: 3))
    try driver.waitForInterrupt(HISI_VECTOR_AEQ)
    #expect(try driver.takeAsynchronousEvents() == [.init(queue: 3, type: HISI_AEQE_CQE_ERROR)])
  }

  @Test("an index that was never written is none: the doorbell only arms")
  func impossibleIndex() throws {
    let rig = try TestRig()
    try rig.accelerator.inject(Injection(.spuriousEvent, queue: 1))
    try rig.driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 5)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 2, "the entry is still there")
    try rig.driver.ringEvents(HISI_DOORBELL_CMD_EQ, index: 1)
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 2)
  }

  @Test("asynchronous events have a queue, a type and a vector of their own")
  func asynchronous() throws {
    let rig = try TestRig()
    let driver = rig.driver
    try rig.accelerator.inject(Injection(.completionQueueOverflow, queue: 5))
    try driver.waitForInterrupt(HISI_VECTOR_AEQ)
    #expect(try driver.read32(HISI_QM_AEQ_INT_SOURCE) == 1)
    #expect(try driver.takeAsynchronousEvents() == [.init(queue: 5, type: HISI_AEQE_CQ_OVERFLOW)])
    #expect(try driver.read32(HISI_QM_AEQ_INT_SOURCE) == 0)
    try driver.write32(1, HISI_QM_AEQ_INT_MASK)
    try rig.accelerator.inject(Injection(.unknownEvent, queue: 6, value: 9))
    #expect(rig.interrupts(HISI_VECTOR_AEQ) == 1)
    try driver.write32(0, HISI_QM_AEQ_INT_MASK)
    #expect(rig.interrupts(HISI_VECTOR_AEQ) == 2)
    #expect(try driver.takeAsynchronousEvents() == [.init(queue: 6, type: 9)])
    #expect(rig.interrupts(HISI_VECTOR_EQ) == 0)
  }

  @Test("events of many queues at once are all written, each once")
  func storm() throws {
    let rig = try TestRig(engines: 2)
    let driver = rig.driver
    let queues = try (0..<16).map { try TestQueue(driver, number: UInt16($0), isArmed: true) }
    let request = try driver.request([UInt8](repeating: 3, count: 500)).entry
    for round in 0..<20 {
      for queue in queues { try queue.submit(request) }
      var seen: [UInt32] = []
      while seen.count < queues.count {
        try driver.waitForInterrupt(HISI_VECTOR_EQ)
        seen += try driver.takeEvents()
      }
      #expect(seen.sorted() == (0..<16).map { UInt32($0) }, "round \(round)")
      for queue in queues {
        _ = try queue.wait()
        try queue.acknowledge(arm: true)
      }
    }
  }
}
