// Queues of programs, as SDMDEV uses them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import SDMDEV
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite struct ZipQueueTests {
  /// The rings of a started queue in a program's hands, its doorbells in registers.
  private func rings(_ queue: any SDMDEVQueue, _ revision: Revision) throws -> RingPair {
    let information = try queue.perform(QueueCommand.getInformation, [])
    let depth = Int(information[4]) | Int(information[5]) << 8
    return try RingPair(
      rings: queue.rings.map(), submissionDepth: depth, completionDepth: depth, number: queue.number,
      isVersion1: revision == .v1, doorbell: .call { queue.ring($0) })
  }

  @Test("a program's request completes, tells of itself, and is seen once", arguments: Revision.allCases, [nil, 7])
  func request(revision: Revision, pasid: UInt32?) throws {
    let rig = try ZipRig(revision)
    let memory = try SharedMemory(name: "program", byteCount: 1 << 16)
    let mapping = try memory.map()
    if let pasid { try rig.device.function.createAddressSpace(pasid: pasid, faults: nil) }
    let iova: UInt64 = 0x7000_0000
    try rig.device.function.map(DeviceMemory(mapping), iova: iova, permissions: [.read, .write], pasid: pasid)
    let queue = try rig.device.getQueue()
    #expect(queue.state == .initial)
    #expect(try queue.perform(QueueCommand.setContext, [0, 0, 0, 0]) == [0, 0, 0, 0])
    try queue.start(pasid: pasid)
    #expect(queue.state == .started)
    #expect(throws: QueueError.self) { try queue.start(pasid: pasid) }
    #expect(throws: QueueError.self) { try queue.perform(QueueCommand.setContext, [0, 0, 0, 0]) }
    let notices = TimedSemaphore(value: 0)
    queue.setNotification { notices.signal() }
    let pair = try rings(queue, revision)
    var request = hisi_zip_sqe()
    request.input_data_length = 1000
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = HISI_ZIP_REQUEST_ZLIB
    request.dest_avail_out = 4096
    request.source_addr_l = UInt32(iova)
    request.dest_addr_l = UInt32(iova) + 0x8000
    pair.arm()
    try pair.send(request)
    #expect(notices.wait(nanoseconds: Patience.nanoseconds))
    let answer = try #require(try pair.receive())
    #expect(answer.sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(answer.sqe.produced > 0)
    #expect(queue.isUpdated())
    #expect(!queue.isUpdated())
    queue.stop()
    #expect(queue.state == .stopped)
    #expect(throws: QueueError.self) { try pair.send(request) }
    queue.put()
    if let pasid { try rig.device.function.removeAddressSpace(pasid: pasid) }
  }

  @Test("a program that has gone round its rings unseen is still told of its next completion", arguments: [1, 2, 3])
  func unseenLaps(laps: Int) throws {
    let rig = try ZipRig(.v3)
    let memory = try SharedMemory(name: "program", byteCount: 1 << 16)
    let iova: UInt64 = 0x7000_0000
    try rig.device.function.map(DeviceMemory(memory.map()), iova: iova, permissions: [.read, .write], pasid: nil)
    let queue = try rig.device.getQueue()
    try queue.start(pasid: nil)
    let pair = try rings(queue, .v3)
    var request = hisi_zip_sqe()
    request.input_data_length = 1
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = HISI_ZIP_REQUEST_DEFLATE
    request.dest_avail_out = 4096
    request.source_addr_l = UInt32(iova)
    request.dest_addr_l = UInt32(iova) + 0x8000
    func complete() throws {
      try pair.send(request)
      let deadline = MonotonicClock.deadline(after: Patience.nanoseconds)
      while try pair.receive() == nil { try #require(MonotonicClock.now() < deadline) }
    }
    #expect(!queue.isUpdated())
    for _ in 0..<laps * pair.layout.completionDepth + 7 { try complete() }
    #expect(queue.isUpdated())
    #expect(!queue.isUpdated())
    try complete()
    #expect(queue.isUpdated())
    #expect(!queue.isUpdated())
    queue.put()
  }

  @Test("the end of completions is told apart from every other but those two laps away", arguments: [1, 2, 8, 13])
  func completionEnds(depth: Int) {
    var ring = [Bool](repeating: false, count: depth)
    var ends = [CompletionEnd(emptyRing: depth)]
    for number in 0..<5 * depth {
      ring[number % depth] = (number / depth).isMultiple(of: 2)
      ends.append(CompletionEnd(depth: depth) { ring[$0] })
    }
    for (first, end) in ends.enumerated() {
      for (second, other) in ends.enumerated() where (end == other) != ((first - second) % (2 * depth) == 0) {
        Issue.record("\(first) and \(second) of a ring of \(depth)")
      }
    }
  }

  @Test("who gets a queue after another finds nothing in its rings, and the other has no part in them")
  func wiping() throws {
    let rig = try ZipRig()
    let first = try rig.device.getQueue()
    let number = first.number
    let old = try first.rings.map()
    unsafe old.base.initializeMemory(as: UInt8.self, repeating: 0xa5, count: old.byteCount)
    first.put()
    let second = try rig.device.getQueue()
    #expect(second.number == number)
    let fresh = try second.rings.map()
    #expect(unsafe UnsafeRawBufferPointer(start: fresh.base, count: fresh.byteCount).allSatisfy { $0 == 0 })
    unsafe old.base.initializeMemory(as: UInt8.self, repeating: 0xa5, count: old.byteCount)
    #expect(unsafe UnsafeRawBufferPointer(start: fresh.base, count: fresh.byteCount).allSatisfy { $0 == 0 })
    second.put()
    second.put()
    #expect(rig.device.attributes.availableInstances == 64)
  }

  @Test("a program rings no doorbell but its own", arguments: Revision.allCases)
  func foreignDoorbell(revision: Revision) throws {
    let rig = try ZipRig(revision)
    let (first, second) = (try rig.device.getQueue(), try rig.device.getQueue())
    try first.start(pasid: nil)
    try second.start(pasid: nil)
    let before = rig.accelerator.status.functions[0].doorbells
    let shift = revision == .v1 ? HISI_DOORBELL_V1_CMD_SHIFT : HISI_DOORBELL_CMD_SHIFT
    first.ring(UInt64(second.number) | 1 << HISI_DOORBELL_INDEX_SHIFT)
    first.ring(UInt64(first.number) | UInt64(HISI_DOORBELL_CMD_EQ) << shift)
    #expect(rig.accelerator.status.functions[0].doorbells == before)
    first.put()
    second.put()
  }

  @Test("a queue that is reset has empty rings and works again", arguments: Revision.allCases)
  func queueReset(revision: Revision) throws {
    let rig = try ZipRig(revision)
    let queue = try rig.device.getQueue()
    #expect(throws: QueueError.self) { try queue.reset() }
    try queue.start(pasid: nil)
    for _ in 0..<2 {
      let job = try Job(rig.device, .zlib, sample(100))
      let pair = try rings(queue, revision)
      try pair.send(job.request)
      try Patience.wait(for: "a completion") { try pair.receive() != nil }
      try queue.reset()
      #expect(queue.state == .started)
      #expect(!queue.isUpdated())
    }
    queue.put()
  }

  @Test("a queue that is stopped with requests in flight drops them, and is free", arguments: Revision.allCases)
  func stopUnderLoad(revision: Revision) throws {
    let rig = try ZipRig(revision)
    let queue = try rig.device.getQueue()
    try queue.start(pasid: nil)
    let pair = try rings(queue, revision)
    let job = try Job(rig.device, .zlib, sample(60_000))
    for _ in 0..<200 { try pair.send(job.request) }
    queue.put()
    #expect(rig.device.attributes.availableInstances == 64)
    #expect(rig.device.status.resets == 0)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("commands that there are not, and bodies of another size, are refused")
  func commands() throws {
    let rig = try ZipRig()
    let queue = try rig.device.getQueue()
    for body: [UInt8] in [[], [0, 0], [0, 0, 2, 0], [0, 0, 0, 0, 0]] {
      let error = #expect(throws: QueueError.self) { try queue.perform(QueueCommand.setContext, body) }
      #expect(error?.code == .invalid)
    }
    #expect(throws: QueueError.self) { try queue.perform(QueueCommand.getInformation, [1]) }
    let error = #expect(throws: QueueError.self) { try queue.perform(0x1234, []) }
    #expect(error?.code == .unsupported)
    queue.put()
  }

  @Test("isolated doorbells and narrow address spaces are used as they are")
  func otherFunctions() throws {
    let isolated = try ZipRig(model: { $0.isolatesDoorbells = true })
    #expect(try isolated.device.roundTrip(.deflate, sample(5000)))
    for width in [32, 39, 48, 57] {
      let narrow = try ZipRig(wrap: { FaultyFunction($0, isPlain: true, addressWidth: width) })
      #expect(try narrow.device.roundTrip(.deflate, sample(5000)))
      let range = narrow.device.reservedAddresses
      #expect(width >= 57 || range.upperBound < 1 << UInt64(width - 1))
      #expect(narrow.device.attributes.dmaFlags == .singleProcess)
      let queue = try narrow.device.getQueue()
      try queue.start(pasid: nil)
      #expect(queue.doorbells == nil)
      queue.put()
    }
  }
}
