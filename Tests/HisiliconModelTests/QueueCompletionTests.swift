// How requests are answered: in place, in order, with phases, and with events where the driver asked for them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Queue completions")
struct QueueCompletionTests {
  private func bytes(_ sqe: hisi_zip_sqe) -> [UInt8] {
    unsafe withUnsafeBytes(of: sqe) { unsafe Array($0) }
  }

  @Test("an answered entry differs from the request in its outputs only")
  func writeBack() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    var request = QueueRig.request(tag: 0x1234_5678, length: 4096)
    request.tag_h = 0xffff_8000
    request.lba_l = 0x11
    request.dw12 = 0x22
    request.literals_addr_h = 0x33
    request.comp_head_addr_l = 0x44
    rig.submit(request)
    #expect(rig.consume(1) == [.init(slot: 0, queue: 0, tag: 0x1234_5678, status: 0)])
    var expected = request
    expected.consumed = 4096
    expected.produced = 2048
    #expect(bytes(rig.sqe(0)) == bytes(expected))
    #expect(rig.queue.counters.bytesIn == 4096)
    #expect(rig.queue.counters.bytesOut == 2048)
  }

  @Test("what the driver writes into an entry after an engine took it has no effect")
  func singleCopy() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    let gate = engines.script.hold(1)
    rig.submit(QueueRig.request(tag: 1, length: 100))
    #expect(eventually { engines.script.started == [1] })
    var other = QueueRig.request(tag: 2, length: 50)
    other.source_addr_h = 0xdead
    rig.overwrite(0, other)
    gate.open()
    #expect(rig.consume(1).map(\.tag) == [1])
    #expect(rig.sqe(0).consumed == 100)
    #expect(rig.sqe(0).source_addr_h == QueueRig.request(tag: 1).source_addr_h)
  }

  @Test("completions name the queue and come in order, whichever engine is done first")
  func order() throws {
    let engines = try ScriptedEngines(engines: 3)
    let rig = try QueueRig(engines.scheduler, number: 5)
    try rig.start()
    let first = engines.script.hold(0)
    let second = engines.script.hold(1)
    rig.submit(QueueRig.request(tag: 0), QueueRig.request(tag: 1), QueueRig.request(tag: 2), QueueRig.request(tag: 3))
    // One engine executes 2 and 3 while the others are held: jobs of one queue run in parallel.
    #expect(eventually { engines.script.started.sorted() == [0, 1, 2, 3] })
    second.open()
    #expect(rig.poll() == nil)
    #expect(rig.queue.counters.completions == 0)
    first.open()
    #expect(rig.consume(4).map(\.tag) == [0, 1, 2, 3])
    #expect(rig.queue.counters.completions == 4)
  }

  @Test("many requests over many laps are each answered once, in order", arguments: [1, 4])
  func laps(engineCount: Int) throws {
    let engines = try ScriptedEngines(engines: engineCount)
    let rig = try QueueRig(engines.scheduler, depth: 8)
    try rig.start()
    var next: UInt32 = 0
    for round in 0..<500 {
      let count = UInt32(1 + round % 7)
      for tag in next..<next + count { rig.push(QueueRig.request(tag: tag)) }
      rig.ring()
      #expect(rig.consume(Int(count)).map(\.tag) == Array(next..<next + count))
      next += count
    }
    #expect(rig.settle())
    #expect(rig.queue.counters.requests == UInt64(next))
    #expect(rig.queue.counters.completions == UInt64(next))
    #expect(rig.queue.counters.engineNanoseconds > 0)
  }

  @Test("stateful requests run one after the other while others run beside them")
  func stateful() throws {
    let engines = try ScriptedEngines(engines: 4)
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    let gates = [0, 1, 2].map { engines.script.hold($0) }
    for tag in 0..<3 as Range<UInt32> { rig.push(QueueRig.request(tag: tag, isStateful: true)) }
    for tag in 3..<6 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    #expect(eventually { engines.script.started.sorted() == [0, 3, 4, 5] })
    gates[0].open()
    #expect(eventually { engines.script.started.last == 1 })
    gates[1].open()
    #expect(eventually { engines.script.started.last == 2 })
    gates[2].open()
    #expect(rig.consume(6).map(\.tag) == Array(0..<6))
    #expect(engines.script.started.filter { $0 < 3 } == [0, 1, 2])
  }

  @Test("an armed queue makes one event for the first completion and is armed no more")
  func oneShot() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler, number: 3)
    try rig.start(isArmed: true)
    for tag in 0..<4 as Range<UInt32> { rig.submit(QueueRig.request(tag: tag)) }
    #expect(rig.consume(4).count == 4)
    #expect(rig.settle())
    #expect(rig.events.completions == [3])
    #expect(rig.queue.counters.events == 1)
  }

  @Test("a queue that is not armed makes no event")
  func notArmed() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.consume(1).count == 1)
    #expect(rig.settle())
    #expect(rig.events.completions.isEmpty)
  }

  @Test("arming while there are completions that were not consumed makes the event at once")
  func lostInterrupt() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    rig.submit(QueueRig.request(tag: 0), QueueRig.request(tag: 1))
    #expect(rig.settle())
    // The driver saw the first completion only when it armed the queue.
    rig.queue.ringCQ(index: 1, rand: 0, arm: true)
    #expect(rig.events.completions == [0])
    #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED == 0)
    // With everything consumed, arming waits for the next completion.
    rig.queue.ringCQ(index: 2, rand: 0, arm: true)
    #expect(rig.events.completions == [0])
    rig.submit(QueueRig.request(tag: 2))
    #expect(eventually { rig.events.completions == [0, 0] })
  }

  @Test("a doorbell without priority takes the arming back")
  func disarm() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start(isArmed: true)
    rig.acknowledge(arm: false)
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.consume(1).count == 1)
    #expect(rig.settle())
    #expect(rig.events.completions.isEmpty)
  }

  @Test("a driver that arms for ever and consumes nothing cannot flood its function with events")
  func armingStorm() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.settle())
    for _ in 0..<10_000 { rig.queue.ringCQ(index: 0, rand: 0, arm: true) }
    #expect(rig.events.completions.count == QueueState.mostRepeatedEvents)
    // Who consumes gets events again.
    rig.queue.ringCQ(index: 1, rand: 0, arm: true)
    rig.submit(QueueRig.request(tag: 1))
    #expect(eventually { rig.events.completions.count == QueueState.mostRepeatedEvents + 1 })
  }

  @Test("work for sleeping engines wakes one of them, not all")
  func oneWakeUp() throws {
    let engines = try ScriptedEngines(engines: 4)
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    for tag in 0..<40 as Range<UInt32> {
      rig.submit(QueueRig.request(tag: tag))
      #expect(rig.consume(1).map(\.tag) == [tag])
      #expect(rig.settle())
    }
    #expect(engines.pool.counters.map(\.wakeUps).reduce(0, +) <= 40)
  }

  @Test("a full completion queue is told of once, and goes on when there is room")
  func overflow() throws {
    let engines = try ScriptedEngines()
    let rig = try QueueRig(engines.scheduler, depth: 16, completionDepth: 4)
    try rig.start()
    for tag in 0..<10 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    #expect(eventually { rig.events.asynchronous == [HISI_AEQE_CQ_OVERFLOW] })
    #expect(eventually { engines.script.started.count == 10 })
    #expect(rig.queue.counters.completions == 4)
    // Never a whole lap at once: its doorbell would name the position where the head is already.
    #expect(rig.consume(3).map(\.tag) == [0, 1, 2])
    #expect(rig.consume(3).map(\.tag) == [3, 4, 5])
    #expect(rig.consume(3).map(\.tag) == [6, 7, 8])
    #expect(rig.consume(1).map(\.tag) == [9])
    #expect(rig.settle())
    #expect(rig.events.asynchronous == [HISI_AEQE_CQ_OVERFLOW])
    #expect(rig.queue.counters.overflows == 1)
  }

  @Test("the engine's answers are the request's: real data, compressed and expanded again")
  func realEngine() throws {
    let scheduler = Scheduler()
    let pool = try EnginePool(engines: 2, scheduler: scheduler)
    defer { pool.stop() }
    let rig = try QueueRig(scheduler)
    try rig.start()
    for tag in 0..<8 as Range<UInt32> { rig.push(QueueRig.request(tag: tag, length: 0x4000)) }
    rig.ring()
    let completions = rig.consume(8)
    #expect(completions.map(\.status) == [UInt32](repeating: HISI_ZIP_STATUS_OK, count: 8))
    #expect(rig.sqe(0).consumed == 0x4000)
    let produced = rig.sqe(0).produced
    #expect(produced > 0 && produced < 0x100)
    let counters = pool.counters
    #expect(counters.map(\.compress.finished).reduce(0, +) == 8)
    #expect(counters.map(\.compress.bytesIn).reduce(0, +) == 8 * 0x4000)
    #expect(counters.map(\.decompress.begun).reduce(0, +) == 0)
  }
}
