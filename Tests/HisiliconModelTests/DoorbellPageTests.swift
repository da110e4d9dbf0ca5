// A doorbell page as its client uses it, and the thread that watches it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization
import Testing

@testable import HisiliconModel

/// A client of a doorbell page: stores, fences, and signals only where the poller says that it sleeps.
///
/// `@unchecked Sendable`: constant pointers to atomics of a mapping that the client keeps.
@safe final class PageClient: @unchecked Sendable {
  private let mapping: SharedMapping
  private let wakeUp: EventCounter
  private let number: UInt16

  init(_ page: DoorbellPage) throws(SystemError) {
    mapping = try page.memory.map()
    wakeUp = page.wakeUp
    number = page.number
  }

  private func word(_ offset: UInt32) -> UnsafePointer<Atomic<UInt64>> {
    unsafe UnsafePointer((mapping.base + Int(offset)).assumingMemoryBound(to: Atomic<UInt64>.self))
  }

  /// Whether the poller sleeps.
  var isPollerAsleep: Bool {
    let word = unsafe (mapping.base + Int(HISI_DOORBELL_PAGE_SLEEPING)).assumingMemoryBound(to: Atomic<UInt32>.self)
    return unsafe word.pointee.load(ordering: .sequentiallyConsistent) != 0
  }

  /// Stores a value into a word, whatever it means.
  func store(_ raw: UInt64, at offset: UInt32) {
    unsafe word(offset).pointee.store(raw, ordering: .sequentiallyConsistent)
    if isPollerAsleep { wakeUp.signal() }
  }

  func ringSQ(_ index: UInt32) {
    store(
      Doorbell(queue: number, command: HISI_DOORBELL_CMD_SQ, index: UInt16(index)).raw(revision: HISI_QM_HW_V3),
      at: HISI_DOORBELL_PAGE_SQ)
  }

  func ringCQ(_ index: UInt32, arm: Bool = false) {
    store(
      Doorbell(queue: number, command: HISI_DOORBELL_CMD_CQ, index: UInt16(index), priority: arm ? 1 : 0)
        .raw(revision: HISI_QM_HW_V3), at: HISI_DOORBELL_PAGE_CQ)
  }
}

@Suite("Doorbell pages")
struct DoorbellPageTests {
  private let engines: ScriptedEngines
  private let poller: DoorbellPoller
  private let rig: QueueRig
  private let page: DoorbellPage
  private let client: PageClient

  init() throws {
    engines = try ScriptedEngines()
    poller = try DoorbellPoller()
    rig = try QueueRig(engines.scheduler, number: 6)
    page = try DoorbellPage(queue: rig.queue)
    client = try PageClient(page)
    try poller.attach(page)
    try rig.start()
  }

  /// A request that the poller answers itself.
  private func tiny(_ tag: UInt32) -> hisi_zip_sqe { QueueRig.request(tag: tag, length: 1) }

  @Test("what the poller leaves to engines is not taken for answered")
  func outcomes() throws {
    // A page that no thread watches.
    let rig = try QueueRig(engines.scheduler, number: 7)
    let page = try DoorbellPage(queue: rig.queue)
    let client = try PageClient(page)
    rig.queue.bind(page)
    try rig.start()
    rig.push(tiny(0))
    client.ringSQ(1)
    #expect(rig.queue.poll(page) == .answered)
    #expect(rig.poll() != nil)
    rig.push(QueueRig.request(tag: 1))
    client.ringSQ(2)
    #expect(rig.queue.poll(page) == .delegated)
    #expect(eventually { rig.poll() != nil } && rig.settle())
    rig.push(tiny(2))
    rig.push(QueueRig.request(tag: 3))
    client.ringSQ(4)
    #expect(rig.queue.poll(page) == .delegated)
    #expect(eventually { rig.poll() != nil } && eventually { rig.poll() != nil })
    #expect(rig.queue.poll(page) == .obeyed)
    rig.queue.unbind(page)
  }

  @Test("the page is as large as a client expects and cannot be changed in size")
  func seals() {
    #expect(page.memory.byteCount == Int(HISI_DOORBELL_PAGE_SIZE))
    #expect(page.memory.seals.isSuperset(of: [.shrink, .grow, .seal]))
    #expect(throws: SystemError.self) { try page.memory.resize(to: 4096) }
    #expect(throws: SystemError.self) { try page.memory.add(.write) }
  }

  @Test("one-byte requests are answered by the poller, without an engine, over many laps")
  func answersInline() {
    for tag in 0..<100 as Range<UInt32> {
      rig.push(tiny(tag))
      client.ringSQ(rig.tail)
      #expect(
        eventually { rig.queue.counters.completions == UInt64(tag) + 1 }
          && rig.poll() == .init(slot: UInt16(tag % 16), queue: 6, tag: tag, status: HISI_ZIP_STATUS_NEGACOMPRESS))
      client.ringCQ((tag + 1) % 16)
    }
    #expect(rig.queue.counters.inlineRequests == 100)
    #expect(rig.queue.counters.bytesIn == 100)
    #expect(rig.queue.counters.errors == 0)
    #expect(engines.script.started.isEmpty)
  }

  @Test("other requests go to engines, and the order is kept")
  func mixed() {
    let lengths: [UInt32] = [1, 1, 4096, 1, 1, 1, 4096, 4096, 1]
    for (tag, length) in lengths.enumerated() { rig.push(QueueRig.request(tag: UInt32(tag), length: length)) }
    client.ringSQ(rig.tail)
    #expect(rig.consume(9).map(\.tag) == Array(0..<9))
    #expect(rig.settle())
    #expect(engines.script.started.contains(2))
    #expect(rig.queue.counters.inlineRequests == 2)
    #expect(rig.queue.counters.requests == 9)
  }

  @Test("an event follows where the page's word arms the queue")
  func arming() {
    client.ringCQ(0, arm: true)
    #expect(eventually { rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED != 0 })
    rig.push(tiny(0))
    client.ringSQ(rig.tail)
    #expect(eventually { rig.events.completions == [6] })
    // Not consumed yet, as the doorbell says: arming again makes an event at once.
    client.ringCQ(0, arm: false)
    #expect(eventually { rig.queue.counters.completionDoorbells == 2 })
    client.ringCQ(0, arm: true)
    #expect(eventually { rig.events.completions == [6, 6] })
  }

  @Test("an idle poller sleeps, and one signal brings it back")
  func sleeps() {
    let before = poller.counters.wakeUps
    for tag in 0..<5 as Range<UInt32> {
      #expect(eventually { client.isPollerAsleep })
      rig.push(tiny(tag))
      client.ringSQ(rig.tail)
      #expect(rig.consume(1).map(\.tag) == [tag])
    }
    #expect(eventually { client.isPollerAsleep && poller.counters.wakeUps > before })
    // A cycle rings twice, and where the client is slow the poller is asleep again at the second time.
    #expect(poller.counters.wakeUps <= before + 10)
  }

  @Test("no doorbell is lost where the client rings while the poller falls asleep")
  func sleepRace() throws {
    let pause = TimedSemaphore(value: 0)
    for tag in 0..<60 as Range<UInt32> {
      // About as long as the poller looks around before it sleeps.
      _ = pause.wait(nanoseconds: DoorbellPoller.idleLimit - 30_000 + UInt64(tag) * 1_000)
      rig.push(tiny(tag))
      client.ringSQ(rig.tail)
      #expect(rig.consume(1).map(\.tag) == [tag])
    }
  }

  @Test("words that name another queue, or nothing that is rung there, are ignored and counted")
  func foreignWords() {
    let other = Doorbell(queue: 7, command: HISI_DOORBELL_CMD_SQ, index: 3).raw(revision: HISI_QM_HW_V3)
    client.store(other, at: HISI_DOORBELL_PAGE_SQ)
    #expect(eventually { rig.queue.counters.foreignDoorbells == 1 })
    client.store(other, at: HISI_DOORBELL_PAGE_CQ)
    #expect(eventually { rig.queue.counters.foreignDoorbells == 2 })
    let event = Doorbell(queue: 6, command: HISI_DOORBELL_CMD_EQ, index: 3).raw(revision: HISI_QM_HW_V3)
    client.store(event, at: HISI_DOORBELL_PAGE_SQ)
    #expect(eventually { rig.queue.counters.foreignDoorbells == 3 })
    client.store(.max, at: HISI_DOORBELL_PAGE_SQ)
    #expect(eventually { rig.queue.counters.foreignDoorbells == 4 })
    #expect(rig.queue.sqContext.tail == 0)
    rig.push(tiny(1))
    client.ringSQ(rig.tail)
    #expect(rig.consume(1).map(\.tag) == [1])
  }

  @Test("a wrong random number of a page is counted and raises no error of the device")
  func wrongRandom() {
    let raw = Doorbell(queue: 6, command: HISI_DOORBELL_CMD_SQ, rand: 1, index: 3).raw(revision: HISI_QM_HW_V3)
    client.store(raw, at: HISI_DOORBELL_PAGE_SQ)
    #expect(eventually { rig.queue.counters.randomInvalidDoorbells == 1 })
    #expect(rig.events.randomInvalid == 0)
  }

  @Test("a stop answers what the client rang before it")
  func stopSeesWords() {
    for _ in 0..<50 {
      for tag in 0..<8 as Range<UInt32> { rig.push(tiny(tag)) }
      client.ringSQ(rig.tail)
      #expect(rig.queue.stop(within: patience) == .drained)
      #expect(rig.consume(8).map(\.tag) == Array(0..<8))
      #expect(throws: Never.self) { try rig.start() }
    }
    #expect(rig.queue.counters.requests == 400)
    #expect(rig.queue.counters.dropped == 0)
  }

  @Test("words of an earlier life are no doorbells of the next")
  func staleWords() throws {
    for tag in 0..<9 as Range<UInt32> { rig.push(tiny(tag)) }
    client.ringSQ(rig.tail)
    #expect(rig.consume(9).count == 9)
    #expect(rig.queue.kill(within: patience))
    client.ringSQ(12)
    #expect(eventually { rig.queue.counters.stoppedDoorbells > 0 })
    try rig.start()
    rig.push(tiny(100))
    client.ringSQ(rig.tail)
    #expect(rig.consume(1).map(\.tag) == [100])
    #expect(rig.settle())
    #expect(rig.queue.counters.requests == 10)
  }

  @Test("a page that is detached rings nothing")
  func detach() {
    #expect(poller.detach(page))
    #expect(poller.detach(page))
    rig.push(tiny(0))
    client.ringSQ(rig.tail)
    page.wakeUp.signal()
    // The register still does.
    rig.ring()
    #expect(rig.consume(1).count == 1)
    #expect(rig.queue.counters.submissionDoorbells == 1)
    #expect(rig.queue.counters.inlineRequests == 0)
  }

  @Test("clients that take their own signals away, or write the poller's word, harm themselves only")
  func hostileNeighbour() throws {
    let hostileRig = try QueueRig(engines.scheduler, number: 1)
    let hostile = try DoorbellPage(queue: hostileRig.queue)
    let hostileClient = try PageClient(hostile)
    try poller.attach(hostile)
    for tag in 0..<20 as Range<UInt32> {
      #expect(eventually { client.isPollerAsleep })
      _ = hostile.wakeUp.take()
      hostile.setSleeping(tag % 2 == 0)
      hostileClient.ringSQ(tag % 20)
      rig.push(tiny(tag))
      client.ringSQ(rig.tail)
      #expect(rig.consume(1).map(\.tag) == [tag])
    }
    #expect(poller.detach(hostile))
  }

  @Test("a ring that is not mapped stops the queue at its first request, and the poller goes on")
  func unmappedRing() throws {
    let other = try QueueRig(engines.scheduler, number: 2)
    other.submissionBase = 0x1000
    let otherPage = try DoorbellPage(queue: other.queue)
    let otherClient = try PageClient(otherPage)
    try poller.attach(otherPage)
    try other.start()
    otherClient.ringSQ(4)
    #expect(eventually { other.events.asynchronous == [HISI_AEQE_CQE_ERROR] })
    rig.push(tiny(3))
    client.ringSQ(rig.tail)
    #expect(rig.consume(1).map(\.tag) == [3])
    #expect(poller.detach(otherPage))
  }

  @Test("many pages are watched at once, and stopping the poller ends with all of them")
  func manyPages() throws {
    var clients: [(QueueRig, DoorbellPage, PageClient)] = []
    for number in 0..<24 as Range<UInt16> {
      let rig = try QueueRig(engines.scheduler, number: number)
      let page = try DoorbellPage(queue: rig.queue)
      try poller.attach(page)
      try rig.start()
      clients.append((rig, page, try PageClient(page)))
    }
    for round in 0..<5 as Range<UInt32> {
      for (rig, _, client) in clients {
        rig.push(tiny(round))
        client.ringSQ(rig.tail)
      }
      for (rig, _, _) in clients { #expect(rig.consume(1).map(\.tag) == [round]) }
    }
    for (_, page, _) in clients[..<12] { #expect(poller.detach(page)) }
    #expect(poller.stop())
    for (_, page, _) in clients[12...] { #expect(poller.detach(page)) }
    #expect(poller.stop())
  }

  @Test("a client that rings, completions that are consumed, and restarts at the same time leave the queue sound")
  func race() throws {
    let queue = rig.queue
    let client = client
    let done = Gate()
    let rung = Gate()
    // Half of the requests are the poller's, half are engines'.
    for slot in 0..<16 as Range<UInt32> {
      rig.overwrite(slot, QueueRig.request(tag: slot, length: slot % 8 < 4 ? 1 : 4096))
    }
    _ = try Thread(name: "ring") {
      defer { rung.open() }
      var index: UInt32 = 0
      while !done.isOpen {
        index = (index + 5) % 16
        client.ringSQ(index)
        client.ringCQ(index, arm: index % 2 == 0)
      }
    }
    for round in 0..<200 {
      if round % 3 == 0 { _ = queue.stop(within: 50_000) }
      if round % 3 == 1 { #expect(queue.kill(within: patience)) }
      try queue.startSQ(rig.submissionContext(), memory: rig.space)
      try queue.startCQ(rig.completionContext(isArmed: true), memory: rig.space)
    }
    done.open()
    #expect(rung.wait(nanoseconds: patience))
    #expect(queue.kill(within: patience))
    #expect(queue.isIdle)
  }
}
