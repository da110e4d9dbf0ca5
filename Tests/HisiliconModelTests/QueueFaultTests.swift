// What goes wrong in one queue stays there; and the faults that can be injected.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Queue faults")
struct QueueFaultTests {
  private let engines: ScriptedEngines
  private let rig: QueueRig
  private let neighbour: QueueRig

  init() throws {
    engines = try ScriptedEngines(engines: 2)
    rig = try QueueRig(engines.scheduler, number: 0)
    neighbour = try QueueRig(engines.scheduler, number: 1)
    try neighbour.start()
  }

  /// The other queue of the same scheduler works as if nothing had happened.
  private func expectHealthyNeighbour(_ tag: UInt32) {
    neighbour.submit(QueueRig.request(tag: tag))
    #expect(neighbour.consume(1).map(\.tag) == [tag])
    #expect(neighbour.events.asynchronous.isEmpty)
  }

  @Test("a submission ring that is not mapped ends the queue's work with one event")
  func unmappedSubmissionRing() throws {
    rig.submissionBase = 0x1000
    try rig.start()
    rig.submit(QueueRig.request(tag: 0), QueueRig.request(tag: 1))
    #expect(eventually { rig.events.asynchronous == [HISI_AEQE_CQE_ERROR] })
    #expect(rig.settle())
    #expect(rig.queue.counters.ringFaults == 1)
    #expect(engines.script.started.isEmpty)
    // Doorbells of a queue that has failed are those of a stopped queue.
    rig.ring()
    #expect(rig.queue.counters.stoppedDoorbells == 1)
    expectHealthyNeighbour(1)
    #expect(rig.queue.stop(within: patience) == .drained)
    #expect(rig.queue.counters.dropped == 2)
    #expect(rig.events.asynchronous.count == 1)
  }

  @Test("a completion ring that is not mapped ends the queue's work with one event")
  func unmappedCompletionRing() throws {
    try rig.queue.startSQ(rig.submissionContext(), memory: rig.space)
    var context = rig.completionContext()
    context.base_h = 0x1234
    try rig.queue.startCQ(context, memory: rig.space)
    for tag in 0..<5 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    #expect(eventually { rig.events.asynchronous == [HISI_AEQE_CQE_ERROR] })
    #expect(rig.queue.stop(within: patience) == .drained)
    #expect(rig.queue.counters.completions == 0)
    #expect(rig.events.asynchronous.count == 1)
    expectHealthyNeighbour(2)
  }

  @Test("a ring that the device may not write cannot be answered into")
  func readOnlyRing() throws {
    let space = AddressSpace()
    try space.map(
      iova: QueueRig.iova, length: UInt64(rig.memory.byteCount), permissions: .read,
      backing: .memory(unsafe MappedMemory(base: rig.memory.base, owner: rig.memory)))
    try rig.queue.startSQ(rig.submissionContext(), memory: space)
    try rig.queue.startCQ(rig.completionContext(), memory: space)
    rig.submit(QueueRig.request(tag: 3))
    #expect(eventually { rig.events.asynchronous == [HISI_AEQE_CQE_ERROR] })
    #expect(engines.script.started == [3])
    #expect(rig.sqe(0).consumed == 0)
    expectHealthyNeighbour(3)
  }

  @Test("memory that goes while requests are under way ends the queue's work, not the device's")
  func unmapInFlight() throws {
    try rig.start()
    let gate = engines.script.hold(0)
    for tag in 0..<10 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    #expect(eventually { engines.script.started.contains(0) })
    // The engine is within an access section; the mapping is gone for every other access at once.
    let unmapped = Gate()
    let space = rig.space
    _ = try Thread(name: "unmap") {
      _ = try? space.unmapAll()
      unmapped.open()
    }
    #expect(eventually { space.count == 0 })
    gate.open()
    #expect(unmapped.wait(nanoseconds: patience))
    #expect(eventually { rig.events.asynchronous == [HISI_AEQE_CQE_ERROR] })
    #expect(rig.queue.stop(within: patience) == .drained)
    expectHealthyNeighbour(4)
  }

  @Test("rings in two address spaces are each reached in their own")
  func twoAddressSpaces() throws {
    let completions = AddressSpace()
    try completions.map(
      iova: 0x9_0000_0000, length: UInt64(rig.memory.byteCount), permissions: .write,
      backing: .memory(unsafe MappedMemory(base: rig.memory.base, owner: rig.memory)))
    try rig.queue.startSQ(rig.submissionContext(), memory: rig.space)
    var context = rig.completionContext()
    context.base_h = 9
    try rig.queue.startCQ(context, memory: completions)
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.consume(1).map(\.tag) == [1])
  }

  @Test("rings in memory without a descriptor work by messages")
  func remoteMemory() throws {
    let remote = AddressSpace()
    let memory = rig.memory
    let order = Guarded(0)
    let backing = unsafe RemoteBacking(
      read: { address, buffer in
        order.withLock { $0 += 1 }
        unsafe buffer.copyMemory(
          from: UnsafeRawBufferPointer(
            start: memory.base + Int(address - QueueRig.iova), count: buffer.count))
        return true
      },
      write: { address, buffer in
        order.withLock { $0 += 1 }
        unsafe (memory.base + Int(address - QueueRig.iova)).copyMemory(
          from: buffer.baseAddress.unsafelyUnwrapped, byteCount: buffer.count)
        return true
      })
    try remote.map(
      iova: QueueRig.iova, length: UInt64(memory.byteCount), permissions: [.read, .write], backing: .remote(backing))
    try rig.queue.startSQ(rig.submissionContext(), memory: remote)
    try rig.queue.startCQ(rig.completionContext(), memory: remote)
    rig.submit(QueueRig.request(tag: 8))
    // Only when the device is done: plain copies by messages state no order to the reader.
    #expect(eventually { rig.queue.counters.completions == 1 })
    #expect(rig.consume(1) == [.init(slot: 0, queue: 0, tag: 8, status: 0)])
    // The request, its answer, and a completion in two pieces.
    #expect(order.withLock { $0 } == 4)
  }

  @Test("a request that points outside of its driver's memory fails alone", arguments: [1, 4096] as [UInt32])
  func requestOutsideMemory(length: UInt32) throws {
    let scheduler = Scheduler()
    let pool = try EnginePool(engines: 1, scheduler: scheduler)
    defer { pool.stop() }
    let real = try QueueRig(scheduler)
    try real.start()
    var source = QueueRig.request(tag: 0, length: length)
    source.source_addr_h = 0xbad
    var destination = QueueRig.request(tag: 1, length: length)
    destination.dest_addr_h = 0xbad
    real.submit(source, destination, QueueRig.request(tag: 2, length: length))
    let statuses = real.consume(3).map(\.status)
    #expect(statuses[0] == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    #expect(statuses[1] == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    #expect([HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS].contains(statuses[2]))
    #expect(real.settle())
    #expect(real.queue.counters.errors == 2)
    #expect(real.events.asynchronous.isEmpty)
  }

  @Test("an injected status answers the next requests instead of their execution")
  func forcedStatus() throws {
    try rig.start()
    rig.queue.inject(.status(code: UInt8(HISI_ZIP_STATUS_CRC_ERROR), jobs: 2))
    for tag in 0..<3 as Range<UInt32> { rig.submit(QueueRig.request(tag: tag)) }
    let statuses = rig.consume(3).map(\.status).sorted()
    #expect(statuses == [0, HISI_ZIP_STATUS_CRC_ERROR, HISI_ZIP_STATUS_CRC_ERROR])
    #expect(rig.settle())
    #expect(rig.queue.counters.errors == 2)
    #expect(engines.script.started.count == 1)
  }

  @Test("held completions come late and in order, and a stop waits for them")
  func heldCompletions() throws {
    try rig.start()
    rig.queue.inject(.holdCompletions)
    for tag in 0..<3 as Range<UInt32> { rig.submit(QueueRig.request(tag: tag)) }
    #expect(eventually { engines.script.started.count == 3 })
    rig.queue.beginStop()
    #expect(rig.queue.finishStop(within: 1_000_000) == .expired)
    #expect(rig.queue.counters.expiredStops == 1)
    #expect(rig.queue.counters.completions == 0)

    // The fault stays through the restart, and ends.
    try rig.start()
    for tag in 3..<6 as Range<UInt32> { rig.submit(QueueRig.request(tag: tag)) }
    rig.queue.beginStop()
    rig.queue.inject(.deliverHeldCompletions)
    #expect(rig.queue.finishStop(within: patience) == .drained)
    #expect(rig.consume(3).map(\.tag) == [3, 4, 5])
  }

  @Test("a lost completion never comes, and those after it do")
  func lostCompletions() throws {
    try rig.start()
    rig.queue.inject(.loseCompletions(count: 1))
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.settle())
    #expect(rig.sqe(0).consumed == 4096)
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.consume(1) == [.init(slot: 1, queue: 0, tag: 1, status: 0)])
    #expect(rig.queue.stop(within: patience) == .drained)
    #expect(rig.queue.counters.completions == 1)
  }

  @Test("injected events are told to the function")
  func injectedEvents() throws {
    try rig.start()
    rig.queue.inject(.completionOverflow)
    rig.queue.inject(.completionError)
    rig.queue.inject(.spuriousEvent)
    #expect(rig.events.asynchronous == [HISI_AEQE_CQ_OVERFLOW, HISI_AEQE_CQE_ERROR])
    #expect(rig.events.completions == [0])
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.consume(1).count == 1)
  }

  @Test("faults that have not happened can be taken back")
  func cleared() throws {
    try rig.start()
    rig.queue.inject(.status(code: 0xf1, jobs: 100))
    rig.queue.inject(.loseCompletions(count: 100))
    rig.queue.inject(.holdCompletions)
    rig.queue.inject(.clear)
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.consume(1).map(\.status) == [0])
  }
}
