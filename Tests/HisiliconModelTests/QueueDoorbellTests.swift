// Doorbells: their formats, and what a queue makes of those that make no sense.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Queue doorbells")
struct QueueDoorbellTests {
  private let engines: ScriptedEngines
  private let rig: QueueRig

  init() throws {
    engines = try ScriptedEngines()
    rig = try QueueRig(engines.scheduler)
  }

  @Test("a doorbell's fields are where its revision has them")
  func formats() {
    let raw: UInt64 = 0x00_01_0005_abcd_1003
    let doorbell = Doorbell(raw: raw, revision: HISI_QM_HW_V3)
    #expect(
      doorbell == Doorbell(queue: 3, command: HISI_DOORBELL_CMD_CQ, rand: 0xabcd, index: 5, priority: 1))
    #expect(doorbell.raw(revision: HISI_QM_HW_V2) == raw)
    let first = Doorbell(raw: 0x00_01_0005_0001_0123, revision: HISI_QM_HW_V1)
    #expect(first == Doorbell(queue: 0x123, command: HISI_DOORBELL_CMD_CQ, index: 5, priority: 1))
    #expect(first.raw(revision: HISI_QM_HW_V1) == 0x00_01_0005_0001_0123)
  }

  @Test("a queue that was never started ignores doorbells")
  func neverStarted() {
    rig.submit(QueueRig.request(tag: 0))
    rig.acknowledge(arm: true)
    #expect(rig.queue.counters.stoppedDoorbells == 2)
    #expect(rig.queue.counters.requests == 0)
  }

  @Test("a doorbell outside of the ring is ignored and counted", arguments: [UInt16(16), 17, 1024, 0xffff])
  func outOfRange(index: UInt16) throws {
    try rig.start()
    rig.queue.ringSQ(index: index, rand: 0)
    rig.queue.ringCQ(index: index, rand: 0, arm: true)
    #expect(rig.queue.counters.outOfRangeDoorbells == 2)
    #expect(rig.queue.sqContext.tail == 0)
    #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED == 0)
    rig.submit(QueueRig.request(tag: 7))
    #expect(rig.consume(1).map(\.tag) == [7])
  }

  @Test("a doorbell that claims more than depth - 1 requests at a time is ignored")
  func overcommitted() throws {
    try rig.start()
    let gate = engines.script.hold(0)
    for tag in 0..<15 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    // One more would be the sixteenth, and so would any index that seems to lie behind the tail.
    rig.queue.ringSQ(index: 0, rand: 0)
    rig.queue.ringSQ(index: 3, rand: 0)
    #expect(rig.queue.counters.overcommittedDoorbells == 2)
    #expect(rig.queue.sqContext.tail == 15)
    gate.open()
    #expect(rig.consume(15).map(\.tag) == Array(0..<15))
  }

  @Test("ringing the same position again changes nothing")
  func repeated() throws {
    try rig.start()
    rig.submit(QueueRig.request(tag: 0))
    rig.ring()
    rig.ring()
    #expect(rig.consume(1).count == 1)
    #expect(rig.settle())
    #expect(rig.queue.counters.requests == 1)
    #expect(rig.queue.counters.submissionDoorbells == 3)
  }

  @Test("a completion doorbell cannot consume what has not been written")
  func consumedTooMuch() throws {
    try rig.start()
    rig.queue.ringCQ(index: 1, rand: 0, arm: true)
    #expect(rig.queue.counters.overcommittedDoorbells == 1)
    #expect(rig.queue.cqContext.head == 0)
  }

  @Test("a doorbell of a register that repeats a wrong number is ignored, and the function is told")
  func wrongRandom() throws {
    try rig.start(rand: 0xaaaa)
    rig.push(QueueRig.request(tag: 0))
    rig.ring(rand: 0)
    rig.queue.ringCQ(index: 0, rand: 0xaaab, arm: true)
    #expect(rig.events.randomInvalid == 2)
    #expect(rig.queue.counters.randomInvalidDoorbells == 2)
    #expect(rig.queue.counters.requests == 0)
    rig.ring(rand: 0xaaaa)
    #expect(eventually { rig.poll() != nil })
  }

  @Test("incidents are reported once a second at most, with how many there were")
  func reports() throws {
    let reports = Guarded<[UInt64]>([])
    let noisy = try QueueRig(engines.scheduler) { _, incident, count in
      if incident == .stoppedDoorbell { reports.withLock { $0.append(count) } }
    }
    for _ in 0..<1000 { noisy.ring() }
    // One at the start of each second that the loop took.
    #expect(reports.withLock { $0.first } == 1)
    #expect(reports.withLock { $0.count } < 1000)
    #expect(noisy.queue.counters.stoppedDoorbells == 1000)
  }

  @Test("a rate limit lets one of many through and then says how many they were")
  func rateLimit() {
    var limit = RateLimit()
    #expect(limit.note(at: 5_000_000_000) == 1)
    #expect(limit.note(at: 5_000_000_001) == nil)
    #expect(limit.note(at: 5_999_999_999) == nil)
    #expect(limit.note(at: 6_000_000_000) == 3)
    #expect(limit.note(at: 6_000_000_001) == nil)
  }
}
