// The adapter: a queue of the user library on HiSilicon's rings, and lists for its device.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Synchronization
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("HiSilicon adapter") struct AdapterTests {
  private let table = AdapterTable([HisiliconAdapter()])
  private let minute: UInt64 = 60_000_000_000

  private func exchange(_ queue: Queue, _ tag: UInt32, timeout: UInt64) throws -> hisi_zip_sqe {
    var sqe = request(tag: tag)
    try unsafe withUnsafeMutableBytes(of: &sqe) { buffer in
      var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try queue.send(span.bytes)
      try queue.receiveSync(into: &span, timeout: timeout)
    }
    return sqe
  }

  @Test("a queue is brought up in the order of its mode", arguments: [DMAFlags.sharedVirtual, .singleProcess])
  func bringUp(mode: DMAFlags) throws {
    let fake = try FakeQueue(dmaFlags: mode)
    let queue = try Queue(fake, adapters: table, capability: QueueCapability(type: 1))
    let start = mode == .singleProcess ? "5700 []" : "5702 [0, 0, 0, 0]"
    #expect(fake.commands.withLock { $0 } == ["480a [0, 0, 1, 0]", "480b []", start, "map rings", "map doorbells"])
    #expect(queue.messageSize == 128 && queue.depth == 15)
    let driver = try #require(queue.driver as? HisiliconQueueDriver)
    #expect(driver.pair.number == 5)
  }

  @Test("a device's side that describes other rings is of another version")
  func otherRings() throws {
    #expect(code { _ = try Queue(FakeQueue(sqeSize: 64), adapters: table) } == .version)
    #expect(code { _ = try Queue(FakeQueue(deviceAPI: "hisi_qm_v9"), adapters: table) } == .unsupported)
    #expect(code { _ = try Queue(FakeQueue(depth: 1), adapters: table) } == .invalid)
  }

  @Test("requests are answered to spinning and to sleeping threads", arguments: [0, 50_000, UInt64.max])
  func exchanges(pollLimit: UInt64) throws {
    let fake = try FakeQueue()
    let queue = try Queue(fake, adapters: table)
    queue.set(.pollLimit(pollLimit))
    try fake.start()
    for tag in 0..<UInt32(100) {
      let answer = try exchange(queue, tag, timeout: minute)
      #expect(answer.tag == tag && answer.produced == tag + 1)
    }
    queue.release()
  }

  @Test("many threads share a queue, and each answer goes to one of them")
  func threads() throws {
    let fake = try FakeQueue()
    let queue = try Queue(fake, adapters: table)
    queue.set(.pollLimit(5_000))
    try fake.start()
    let seen = Guarded([UInt8](repeating: 0, count: 800))
    let failures = Guarded<[String]>([])
    let group = try ThreadGroup(count: 4) { index in
      for number in 0..<200 {
        do {
          let answer = try exchange(queue, UInt32(200 * index + number), timeout: minute)
          seen.withLock { $0[Int(answer.tag)] += 1 }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    group.join()
    #expect(failures.withLock { $0 } == [])
    #expect(seen.withLock { seen in seen.allSatisfy { $0 == 1 } })
    queue.release()
  }

  @Test("flush waits for the answers, and leaves them")
  func flush() throws {
    let fake = try FakeQueue()
    let queue = try Queue(fake, adapters: table)
    let driver = try #require(queue.driver as? HisiliconQueueDriver)
    try queue.flush(timeout: 0)
    fake.isHolding.store(true, ordering: .releasing)
    try fake.start()
    // More than once round, so that the last completion lies behind the ring's end.
    for round in 0..<3 {
      for tag in 0..<UInt32(10) { try driver.pair.send(request(tag: tag)) }
      #expect(code { try queue.flush(timeout: 1_000_000) } == .timedOut, "round \(round)")
      fake.isHolding.store(false, ordering: .releasing)
      try queue.flush(timeout: minute)
      fake.isHolding.store(true, ordering: .releasing)
      #expect(driver.pair.inFlight == 10)
      for _ in 0..<10 { #expect(try driver.pair.receive() != nil) }
    }
    queue.release()
  }

  @Test("a queue that was stopped tells who waits")
  func stopped() throws {
    let fake = try FakeQueue()
    let queue = try Queue(fake, adapters: table)
    let driver = try #require(queue.driver as? HisiliconQueueDriver)
    try driver.pair.send(request(tag: 1))
    fake.rings.stopSubmissions()
    fake.rings.stopCompletions()
    var sqe = hisi_zip_sqe()
    let waited = code {
      try unsafe withUnsafeMutableBytes(of: &sqe) { buffer in
        var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
        try queue.receiveSync(into: &span, timeout: minute)
      }
    }
    #expect(waited == .resetting)
    #expect(code { try queue.flush(timeout: minute) } == .resetting)
    #expect(code { try driver.pair.send(request(tag: 2)) } == .resetting)
  }

  @Test("a child gets nothing out of its parent's rings")
  func fork() throws {
    let fake = try FakeQueue()
    let queue = try Queue(fake, adapters: table)
    let pair = try #require(queue.driver as? HisiliconQueueDriver).pair
    try pair.send(request(tag: 1))
    let child = try ForkedChild {
      do throws(QueueError) {
        _ = try pair.receive()
        return 1
      } catch {
        guard error.code == .denied else { return 2 }
      }
      do throws(QueueError) {
        try pair.send(hisi_zip_sqe())
        return 3
      } catch {
        guard error.code == .denied else { return 4 }
      }
      pair.requestNotice()
      pair.withdrawNotice()
      return pair.isStopped && pair.abandon().isEmpty ? 0 : 5
    }
    #expect(child.wait() == .exit(0))
    fake.rings.answer(0)
    #expect(try pair.receive()?.sqe.tag == 1)
  }

  @Test("lists are chains of tables in the pool's blocks")
  func lists() throws {
    let queue = try Queue(FakeQueue(), adapters: table)
    let pool = try MemoryPool(queue, blockSize: 64 + 4 * 32, blockCount: 3)
    let segments = (0..<10).map {
      HardwareList.Segment(deviceAddress: 0x1_0000 + UInt64($0) << 12, byteCount: 100 + $0)
    }
    do {
      let list = try HardwareList(pool, segments)
      #expect(list.tableCount == 3 && list.byteCount == 1045 && pool.freeCount == 0)
      var (address, read): (UInt64, [HardwareList.Segment]) = (list.deviceAddress, [])
      while address != 0 {
        #expect(address % 64 == 0)
        let table = try unsafe #require(UnsafeRawPointer(bitPattern: UInt(address)))
        let head = unsafe table.load(as: hisi_sgl.self)
        #expect(head.capacity == 4 && head.sum_in_chain == 10 && head.sum_in_sgl <= 4)
        for index in 0..<Int(head.sum_in_sgl) {
          let entry = unsafe table.load(fromByteOffset: 64 + 32 * index, as: hisi_sge.self)
          read.append(HardwareList.Segment(deviceAddress: entry.buffer, byteCount: Int(entry.length)))
        }
        address = head.next_dma
      }
      #expect(read == segments)
      #expect(code { _ = try HardwareList(pool, segments) } == .busy)
    }
    #expect(pool.freeCount == 3)
    // What was taken for a list that could not be completed is returned.
    let many = segments + segments
    #expect(code { _ = try HardwareList(pool, many) } == .busy)
    #expect(pool.freeCount == 3)
    #expect(code { _ = try HardwareList(pool, []) } == .invalid)
    #expect(code { _ = try HardwareList(pool, [.init(deviceAddress: 1, byteCount: 0)]) } == .invalid)
    #expect(code { _ = try HardwareList(pool, [.init(deviceAddress: 1, byteCount: (8 << 20) + 1)]) } == .invalid)
    let small = try MemoryPool(queue, blockSize: 64, blockCount: 1)
    #expect(code { _ = try HardwareList(small, segments) } == .invalid)
  }
}
