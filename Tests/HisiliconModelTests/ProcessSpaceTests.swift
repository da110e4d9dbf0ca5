// Address spaces of processes: device page faults, memory of other processes, and queues that are kept away from memory.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Testing

/// A process's memory that is reached by calls, and notes them.
private final class ProcessPages: RemoteMemory {
  struct State {
    var bytes: [UInt8]
    var reads = 0
    var longest = 0
    var isRefusing = false
  }

  let base: UInt64
  let state: Guarded<State>

  init(base: UInt64, byteCount: Int) {
    self.base = base
    state = Guarded(State(bytes: [UInt8](repeating: 0, count: byteCount)))
  }

  func store(_ bytes: [UInt8], at address: UInt64) {
    let start = Int(address - base)
    state.withLock { $0.bytes.replaceSubrange(start..<start + bytes.count, with: bytes) }
  }

  func bytes(_ address: UInt64, count: Int) -> [UInt8] {
    let start = Int(address - base)
    return state.withLock { Array($0.bytes[start..<start + count]) }
  }

  func read(address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    state.withLock { state in
      state.reads += 1
      state.longest = max(state.longest, buffer.count)
      guard !state.isRefusing, address >= base, address - base + UInt64(buffer.count) <= UInt64(state.bytes.count)
      else { return false }
      let start = Int(address - base)
      unsafe buffer.copyBytes(from: state.bytes[start..<start + buffer.count])
      return true
    }
  }

  func write(address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool {
    let new = unsafe [UInt8](buffer)
    return state.withLock { state in
      guard !state.isRefusing, address >= base, address - base + UInt64(new.count) <= UInt64(state.bytes.count)
      else { return false }
      let start = Int(address - base)
      state.bytes.replaceSubrange(start..<start + new.count, with: new)
      return true
    }
  }
}

@Suite("Address spaces of processes")
struct ProcessSpaceTests {
  private static let text = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0 >> 3) })
  private static let all: DevicePermissions = [.read, .write]

  /// Starts queue 0 with its rings mapped in the space of PASID 7, at the same addresses as in the function's own.
  private static func start(_ rig: TestRig, type: UInt32 = HISI_SQC_TYPE_COMPRESS) throws -> TestQueue {
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0, type: type)
    try driver.device.map(driver.buffer.memory, iova: driver.buffer.iova, permissions: all, pasid: 7)
    var context = queue.submissionContext(type: type)
    context.pasid = 7
    context.w11 = UInt16(HISI_SQC_W11_PASID_ENABLE)
    var completion = queue.completionContext(isArmed: false)
    completion.pasid = 7
    completion.w11 = UInt16(HISI_CQC_W11_PASID_ENABLE)
    try #require(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, context) == 0)
    try #require(try driver.set(HISI_MAILBOX_CMD_CQC, queue: 0, completion) == 0)
    return queue
  }

  private static func status(_ request: hisi_zip_sqe) -> UInt32 { request.dw3 & HISI_ZIP_DW3_STATUS_MASK }

  private static func counters(_ rig: TestRig) throws -> QueueCounters {
    try #require(rig.accelerator.status.functions[0].queues.first).counters
  }

  @Test("the model says what it can do")
  func capabilities() throws {
    let device = try TestRig().driver.device
    #expect(
      device.capabilities == [
        .emulated, .addressSpaces, .pageFaults, .remoteMemory, .doorbellPages, .confinement,
      ])
    #expect(device.addressWidth == 64)
    #expect(device.numaNode == nil)
  }

  @Test("memory that is not mapped is reached in the process, there and back")
  func faults() throws {
    let rig = try TestRig()
    let device = rig.driver.device
    let pages = ProcessPages(base: 0x7f00_0000_0000, byteCount: 1 << 20)
    pages.store(Self.text, at: pages.base)
    try device.createAddressSpace(pasid: 7, faults: pages)
    let (target, back) = (pages.base + 0x4_0000, pages.base + 0x8_0000)
    let compressed = try Self.start(rig).run(
      flatRequest(from: pages.base, count: Self.text.count, to: target, room: 0x4_0000))
    #expect(Self.status(compressed) == HISI_ZIP_STATUS_OK)
    let counters = try Self.counters(rig)
    #expect(counters.remoteBytes == UInt64(Self.text.count) + UInt64(compressed.produced))
    #expect(counters.pageFaults > 0)
    #expect(pages.state.withLock { $0.longest } <= 65_536)
    try rig.driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 0)
    try device.unmap(iova: rig.driver.buffer.iova, length: UInt64(rig.driver.buffer.byteCount), pasid: 7)
    let queue = try Self.start(rig, type: HISI_SQC_TYPE_DECOMPRESS)
    let restored = try queue.run(
      flatRequest(from: target, count: Int(compressed.produced), to: back, room: 0x4_0000))
    #expect(Self.status(restored) == HISI_ZIP_STATUS_OK)
    #expect(pages.bytes(back, count: Self.text.count) == Self.text)
  }

  @Test("what is mapped goes before the process, up to its last byte")
  func mappedFirst() throws {
    let rig = try TestRig()
    let device = rig.driver.device
    let pages = ProcessPages(base: 0x10_0000, byteCount: 0x3000)
    pages.store([UInt8](repeating: 1, count: 0x3000), at: pages.base)
    try device.createAddressSpace(pasid: 7, faults: pages)
    let middle = try DevicePages(iova: 0x10_1000, byteCount: 0x1000)
    middle.store([UInt8](repeating: 2, count: 0x1000), at: middle.iova)
    try device.map(middle.memory, iova: middle.iova, permissions: .read, pasid: 7)
    let queue = try Self.start(rig)
    let target = try rig.driver.buffer.allocate(8192)
    let expected = [1, 2, 1].flatMap { [UInt8](repeating: $0, count: 0x1000) }
    let request = flatRequest(
      HISI_ZIP_REQUEST_GZIP, from: pages.base, count: 0x3000, to: target, room: 8192)
    let answer = try queue.run(request)
    #expect(Self.status(answer) == HISI_ZIP_STATUS_OK)
    #expect(answer.checksum == crc(expected))
    #expect(try Self.counters(rig).remoteBytes == 0x2000)
    // The mapping's permissions hold: no fault makes it writable.
    let refused = try queue.run(flatRequest(from: target, count: 64, to: middle.iova, room: 64))
    #expect(Self.status(refused) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    // What is unmapped is the process's again.
    try device.unmap(iova: middle.iova, length: 0x1000, pasid: 7)
    let again = try queue.run(request)
    #expect(again.checksum == crc([UInt8](repeating: 1, count: 0x3000)))
  }

  @Test("what the process does not have, or refuses, ends that request only")
  func unanswered() throws {
    let rig = try TestRig()
    let pages = ProcessPages(base: 0x10_0000, byteCount: 0x1000)
    try rig.driver.device.createAddressSpace(pasid: 7, faults: pages)
    let queue = try Self.start(rig)
    let target = try rig.driver.buffer.allocate(8192)
    let good = flatRequest(from: pages.base, count: 64, to: target, room: 4096)
    for (source, count) in [(0x20_0000, 64), (0x10_0fff, 2), (0, 64), (.max - 63, 64)] as [(UInt64, Int)] {
      let answer = try queue.run(flatRequest(from: source, count: count, to: target, room: 4096))
      #expect(Self.status(answer) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      #expect(Self.status(try queue.run(good)) == HISI_ZIP_STATUS_OK)
    }
    pages.state.withLock { $0.isRefusing = true }
    #expect(Self.status(try queue.run(good)) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
  }

  @Test("a space that was removed answers no fault, and its process's memory is let go of")
  func removed() throws {
    let rig = try TestRig()
    let device = rig.driver.device
    var pages: ProcessPages? = ProcessPages(base: 0x10_0000, byteCount: 0x1000)
    weak let left = pages
    try device.createAddressSpace(pasid: 7, faults: pages)
    let queue = try Self.start(rig)
    let target = try rig.driver.buffer.allocate(8192)
    _ = try queue.run(flatRequest(from: 0x10_0000, count: 64, to: target, room: 4096))
    try rig.driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 0)
    try device.removeAddressSpace(pasid: 7)
    pages = nil
    #expect(left == nil)
    #expect(throws: DeviceError.self) { try device.removeAddressSpace(pasid: 7) }
  }

  @Test("another process's memory is mapped where it is wanted, with its permissions")
  func remote() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let pages = ProcessPages(base: 0x7f00_0000_0000, byteCount: 0x2000)
    pages.store([UInt8](repeating: 9, count: 0x2000), at: pages.base)
    try driver.device.mapRemote(pages, iova: pages.base, length: 0x1000, permissions: .read, pasid: nil)
    #expect(throws: DeviceError.self) {
      try driver.device.mapRemote(pages, iova: pages.base + 0xfff, length: 1, permissions: .read, pasid: nil)
    }
    for (length, pasid) in [(0, nil), (1, 9)] as [(UInt64, UInt32?)] {
      #expect(throws: DeviceError.self) {
        try driver.device.mapRemote(pages, iova: 0x10_0000, length: length, permissions: .read, pasid: pasid)
      }
    }
    let queue = try TestQueue(driver, number: 0)
    let target = try driver.buffer.allocate(8192)
    let answer = try queue.run(flatRequest(from: pages.base, count: 0x1000, to: target, room: 8192))
    #expect(Self.status(answer) == HISI_ZIP_STATUS_OK)
    var counters = try Self.counters(rig)
    #expect(counters.remoteBytes == 0x1000)
    #expect(counters.pageFaults == 0)
    // Beyond the mapping, and against its permissions.
    for (source, output) in [(pages.base + 0x800, target), (target, pages.base)] {
      let refused = try queue.run(flatRequest(from: source, count: 0x1000, to: output, room: 4096))
      #expect(Self.status(refused) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    }
    try driver.device.unmap(iova: pages.base, length: 0x1000, pasid: nil)
    let gone = try queue.run(flatRequest(from: pages.base, count: 64, to: target, room: 4096))
    #expect(Self.status(gone) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    counters = try Self.counters(rig)
    #expect(counters.confinementFaults == 0)
  }

  @Test("memory whose file became shorter ends a request, and nothing else")
  func poisoned() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let file = try SharedMemory(name: "test", byteCount: 0x4000, seals: [])
    try driver.device.map(DeviceMemory(file.map()), iova: 0x10_0000, permissions: Self.all, pasid: nil)
    let queue = try TestQueue(driver, number: 0)
    let target = try driver.buffer.allocate(8192)
    let request = flatRequest(from: 0x10_2000, count: 0x1000, to: target, room: 8192)
    #expect(Self.status(try queue.run(request)) == HISI_ZIP_STATUS_OK)
    try file.resize(to: 0x1000)
    #expect(Self.status(try queue.run(request)) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    let other = try driver.request([1, 2, 3])
    #expect(try queue.run(other.entry).consumed == 3)
  }

  @Test("a confined queue reaches nothing of what is excluded, in buffers and lists; its rings, and others, do")
  func confined() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let device = driver.device
    // The driver's own memory, with the rings in it, is what the queue must not reach.
    let kernel = driver.buffer
    let excluded = kernel.iova...(kernel.iova + UInt64(kernel.byteCount) - 1)
    let user = try DevicePages(iova: kernel.iova - 0x1_0000, byteCount: 0x1_0000)
    try device.map(user.memory, iova: user.iova, permissions: Self.all, pasid: nil)
    let queue = try TestQueue(driver, number: 0)
    let other = try TestQueue(driver, number: 1)
    let (source, target) = (try user.allocate(4096), try user.allocate(4096))
    user.store([UInt8](repeating: 3, count: 4096), at: source)
    let secret = try kernel.allocate(4096)
    let good = flatRequest(from: source, count: 1000, to: target, room: 4096)
    let reading = flatRequest(from: secret, count: 1000, to: target, room: 4096)
    let writing = flatRequest(from: source, count: 1000, to: secret, room: 4096)
    // From the last byte that is allowed into the first that is not.
    let crossing = flatRequest(from: kernel.iova - 1, count: 2, to: target, room: 4096)
    var list = flatRequest(from: secret, count: 1000, to: target, room: 4096)
    list.dw9 |= HISI_ZIP_BUFFER_SGL << HISI_ZIP_DW9_BUFFER_SHIFT
    #expect(Self.status(try queue.run(reading)) == HISI_ZIP_STATUS_OK)
    try device.confine(queue: 0, excluding: excluded)
    for request in [reading, writing, crossing, list] {
      #expect(Self.status(try queue.run(request)) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      #expect(Self.status(try queue.run(good)) == HISI_ZIP_STATUS_OK)
    }
    #expect(try Self.counters(rig).confinementFaults == 4)
    #expect(kernel.bytes(secret, count: 1000) == [UInt8](repeating: 0, count: 1000))
    #expect(Self.status(try other.run(reading)) == HISI_ZIP_STATUS_OK)
    // The next start of the queue is another user's, or the kernel's.
    try queue.start()
    #expect(Self.status(try queue.run(reading)) == HISI_ZIP_STATUS_OK)
    #expect(throws: DeviceError.self) { try device.confine(queue: 2000, excluding: excluded) }
  }

  @Test("what is excluded may begin and end within a mapping")
  func confinedWithinMapping() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    let source = try driver.buffer.allocate(0x3000)
    let target = try driver.buffer.allocate(4096)
    try driver.device.confine(queue: 0, excluding: (source + 0x1000)...(source + 0x1fff))
    let requests: [(UInt64, Int, UInt32)] = [
      (0, 0x1000, HISI_ZIP_STATUS_OK), (0, 0x1001, HISI_ZIP_STATUS_TRANSLATION_FAULT),
      (0, 0x3000, HISI_ZIP_STATUS_TRANSLATION_FAULT), (0x1fff, 2, HISI_ZIP_STATUS_TRANSLATION_FAULT),
      (0x2000, 0x1000, HISI_ZIP_STATUS_OK),
    ]
    for (offset, count, status) in requests {
      let answer = try queue.run(flatRequest(from: source + offset, count: count, to: target, room: 4096))
      #expect(Self.status(answer) == status)
    }
  }

  @Test("a queue that is confined between its two contexts is confined when it runs")
  func confinedBeforeCompletions() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 0)
    let excluded = driver.buffer.iova...(driver.buffer.iova + UInt64(driver.buffer.byteCount) - 1)
    let request = try driver.request([1, 2, 3, 4])
    try #require(try driver.set(HISI_MAILBOX_CMD_SQC, queue: 0, queue.submissionContext()) == 0)
    try driver.device.confine(queue: 0, excluding: excluded)
    try #require(
      try driver.set(HISI_MAILBOX_CMD_CQC, queue: 0, queue.completionContext(isArmed: false)) == 0)
    #expect(Self.status(try queue.run(request.entry)) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
  }

  @Test("a confined queue's smallest requests are confined too, though they come by a page of doorbells")
  func confinedPage() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let device = try #require(driver.device as? ModelFunction)
    let queue = try TestQueue(driver, number: 0)
    let doorbells = try device.doorbellPage(queue: 0)
    let excluded = driver.buffer.iova...(driver.buffer.iova + UInt64(driver.buffer.byteCount) - 1)
    let request = try driver.request([1])
    let slot = queue.write(request.entry)
    doorbells.ringSubmission(index: UInt16(queue.tail))
    _ = try queue.wait()
    #expect(queue.status(slot) == HISI_ZIP_STATUS_NEGACOMPRESS)
    // The answer is seen before it is counted.
    try Patience.wait(for: "the count of inline requests") { try Self.counters(rig).inlineRequests == 1 }
    try device.confine(queue: 0, excluding: excluded)
    let second = queue.write(request.entry)
    doorbells.ringSubmission(index: UInt16(queue.tail))
    _ = try queue.wait()
    #expect(queue.status(second) == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    try Patience.wait(for: "the count of faults") { try Self.counters(rig).confinementFaults == 1 }
  }

  @Test("the poller leaves requests that need another process to the engines")
  func pollerDoesNotFault() throws {
    let rig = try TestRig()
    let driver = rig.driver
    let device = try #require(driver.device as? ModelFunction)
    let pages = ProcessPages(base: 0x7f00_0000_0000, byteCount: 4096)
    try device.createAddressSpace(pasid: 7, faults: pages)
    let queue = try Self.start(rig)
    let doorbells = try device.doorbellPage(queue: 0)
    let local = try driver.request([65])
    for (request, inline) in [
      (local.entry, 1), (flatRequest(from: pages.base, count: 1, to: local.target, room: 64), 1), (local.entry, 2),
    ] as [(hisi_zip_sqe, UInt64)] {
      let slot = queue.write(request)
      doorbells.ringSubmission(index: UInt16(queue.tail))
      _ = try queue.wait()
      #expect(queue.status(slot) == HISI_ZIP_STATUS_NEGACOMPRESS)
      try Patience.wait(for: "the count of inline requests") { try Self.counters(rig).inlineRequests == inline }
    }
    #expect(try Self.counters(rig).pageFaults == 1)
  }
}

/// The CRC-32 of bytes (RFC 1952 section 8) as the engine's register has it: inverted, the bits in the other order.
private func crc(_ bytes: [UInt8]) -> UInt32 {
  bytes.reduce(UInt32.max) { crc, byte in
    (0..<8).reduce(crc ^ UInt32(byte.bitReversed) << 24) { crc, _ in crc << 1 ^ (crc >> 31 == 0 ? 0 : 0x04c1_1db7) }
  }
}

extension UInt8 {
  /// The same bits in the other order.
  fileprivate var bitReversed: UInt8 { (0..<8).reduce(0) { $0 | (self >> UInt8($1) & 1) << UInt8(7 - $1) } }
}
