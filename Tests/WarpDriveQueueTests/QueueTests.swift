// Requesting queues, and what a queue does, with a dummy device.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Queue") struct QueueTests {
  private let table = AdapterTable([DummyAdapter(depth: 3)])

  private func request(
    _ sources: [any QueueSource], _ capability: QueueCapability = QueueCapability()
  ) throws -> Queue {
    try Queue.request(capability, from: sources, adapters: table)
  }

  @Test("messages come back, and a full ring is busy")
  func loop() throws {
    let queue = try request([DummySource()])
    #expect(queue.messageSize == 128 && queue.depth == 3)
    #expect(try queue.receive() == nil)
    for byte in 1...3 { try queue.send(message(UInt8(byte))) }
    #expect(code { try queue.send(message(4)) } == .busy)
    #expect(code { try queue.send([1]) } == .invalid)
    try queue.flush()
    for byte in 1...3 { #expect(try queue.receive() == message(UInt8(byte))) }
    #expect(try queue.receive() == nil)
  }

  @Test("several messages go and come with one call, as many as there is room for")
  func batches() throws {
    let queue = try request([DummySource()])
    let messages = (1...4).flatMap { message(UInt8($0)) }
    #expect(try queue.send(batch: messages) == 3)
    #expect(try queue.send(batch: messages) == 0)
    #expect(code { _ = try queue.send(batch: Array(messages.dropLast())) } == .invalid)
    #expect(try queue.receive(batch: 2) == message(1) + message(2))
    #expect(try queue.receive(batch: 2) == message(3))
    #expect(try queue.receive(batch: 2) == [])
    queue.release()
    #expect(code { _ = try queue.send(batch: messages) } == .invalid)
    #expect(code { _ = try queue.receive(batch: 1) } == .invalid)
  }

  @Test("waiting for an answer, or for room, has a limit", arguments: [Queue.NotificationMode.wait, .poll])
  func limits(mode: Queue.NotificationMode) throws {
    let queue = try request([DummySource()])
    queue.set(.notification(mode))
    queue.set(.pollLimit(1_000))
    #expect(code { _ = try queue.receiveSync(timeout: 0) } == .timedOut)
    #expect(code { _ = try queue.receiveSync(timeout: 2_000_000) } == .timedOut)
    for byte in 1...3 { try queue.sendSync(message(UInt8(byte)), timeout: 0) }
    #expect(code { try queue.sendSync(message(4), timeout: 1_000_000) } == .timedOut)
    let receiver = try ThreadGroup(count: 1) { _ in _ = try? queue.receiveSync(timeout: minute) }
    try queue.sendSync(message(4), timeout: minute)
    receiver.join()
    #expect(try queue.receiveSync(timeout: minute) == message(2))
  }

  @Test("every queue can be had once, and again after its release")
  func exhaustion() throws {
    let sources = [DummySource([dummy("a-0", free: 2)])]
    var queues = [try request(sources), try request(sources)]
    #expect(code { _ = try request(sources) } == .busy)
    queues[0].release()
    queues[0].release()
    #expect(QueueDirectory.availableCount(QueueCapability(), in: sources) == 1)
    queues[0] = try request(sources)
    queues = []
    #expect(QueueDirectory.availableCount(QueueCapability(), in: sources) == 2)
  }

  @Test("a released queue takes and gives nothing")
  func released() throws {
    let queue = try request([DummySource()])
    try queue.send(message(1))
    queue.release()
    #expect(code { _ = try queue.receive() } == .invalid)
    #expect(code { try queue.send(message(1)) } == .invalid)
    #expect(code { try queue.flush() } == .invalid)
    #expect(code { try queue.shareAll() } == .invalid)
  }

  @Test("a queue is of a device that meets the demands, of the near ones that with the most free queues")
  func choice() throws {
    let near = Processor.currentNode
    let source = DummySource([
      dummy("far-0", free: 9, node: near + 1), dummy("few-0", free: 1, node: near),
      dummy("many-0", free: 3, node: near),
      dummy("gzip-0", algorithms: ["gzip"], flags: []), dummy("lost-0", algorithms: ["lost"], isIsolated: true),
      dummy("other-0", algorithms: ["other"], deviceAPI: "wd_dummy_v2"), dummy("none-0", algorithms: ["none"], free: 0),
    ])
    let device = { (capability: QueueCapability) in try request([source], capability).attributes.device }
    #expect(try device(QueueCapability(algorithm: "dummy")) == "many-0")
    #expect(try device(QueueCapability(algorithm: "dummy", nodes: [near + 1])) == "far-0")
    #expect(try device(QueueCapability(device: "few-0")) == "few-0")
    #expect(try device(QueueCapability(excludedFlags: .emulated)) == "gzip-0")
    #expect(code { _ = try device(QueueCapability(algorithm: "zstd")) } == .notFound)
    #expect(code { _ = try device(QueueCapability(algorithm: "gzip", flags: .doorbellPage)) } == .notFound)
    #expect(code { _ = try device(QueueCapability(nodes: [near + 7])) } == .notFound)
    #expect(code { _ = try device(QueueCapability(algorithm: "lost")) } == .deviceLost)
    #expect(code { _ = try device(QueueCapability(algorithm: "other")) } == .unsupported)
    #expect(code { _ = try device(QueueCapability(algorithm: "none")) } == .busy)
    #expect(
      QueueDirectory.dumpAlgorithms([source]).prefix(2) == [
        "dummy: far-0 (wd_dummy_v1, 9 queues)", "dummy: few-0 (wd_dummy_v1, 1 queues)",
      ])
    #expect(QueueDirectory.dumpAlgorithms([source]).contains("lost: lost-0 (wd_dummy_v1, isolated)"))
  }

  @Test("a source that may not be used is told of, one that is not there is passed over")
  func brokenSources() throws {
    struct Broken: QueueSource {
      let code: QueueError.Code
      func devices() throws(QueueError) -> [QueueAttributes] { throw QueueError(code, "broken") }
      func open(device: String) throws(QueueError) -> any QueueTransport { throw QueueError(code, "broken") }
    }
    #expect(try request([Broken(code: .denied), DummySource()]).attributes.device == "dummy-0")
    #expect(code { _ = try request([Broken(code: .notFound), Broken(code: .denied)]) } == .denied)
    #expect(code { _ = try request([Broken(code: .notFound)]) } == .notFound)
    #expect(QueueDirectory.devices(in: [Broken(code: .denied), DummySource()]).count == 1)
  }

  @Test("all memory is shared already where the device takes page faults, and nowhere else")
  func shareAll() throws {
    let faulting = DummySource()
    try request([faulting]).shareAll()
    let source = DummySource([dummy("a-0", dmaFlags: .multiProcess)])
    #expect(code { try request([source]).shareAll() } == .unsupported)
  }

  /// The bytes of the kernel's areas within some memory that it keeps from being swapped.
  private static func lockedBytes(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
    let start = UInt(bitPattern: memory.baseAddress)
    let text = String(decoding: try FileDescriptor.contents(of: "/proc/self/smaps", limit: 1 << 26), as: UTF8.self)
    var (area, sum) = (0, 0)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if ends.count == 2 {
        let isInside = ends[0] >= start && ends[1] <= start + UInt(memory.count)
        area = isInside ? Int(ends[1] - ends[0]) : 0
      } else if words[0] == "VmFlags:", words.contains("lo") {
        sum += area
      }
    }
    return sum
  }

  /// Sanitizers take the call for locking memory away.
  private static let canLock: Bool = {
    guard var memory = try? AnonymousMapping(byteCount: 1, guardPages: true) else { return false }
    let count = try? unsafe memory.withUnsafeMutableBytes { bytes throws in
      guard let base = bytes.baseAddress else { return 0 }
      try unsafe PageRange(start: base, count: bytes.count).lock()
      return try unsafe lockedBytes(bytes)
    }
    return count == CurrentProcess.pageSize
  }()

  @Test("memory of a device that cannot fault is locked as long as it is shared", .enabled(if: canLock))
  func locking() throws {
    let queue = try request([DummySource([dummy("a-0", dmaFlags: .sharedVirtualLocked)])])
    let page = CurrentProcess.pageSize
    var memory = try AnonymousMapping(byteCount: 4 * page, guardPages: true)
    try unsafe memory.withUnsafeMutableBytes { bytes throws in
      let start = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<(2 * page)])
      let middle = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[page..<(3 * page)])
      let first = try unsafe queue.share(start)
      let second = try unsafe queue.share(middle)
      #expect(try unsafe Self.lockedBytes(bytes) == 3 * page)
      try queue.unshare(deviceAddress: first, byteCount: 2 * page)
      #expect(try unsafe Self.lockedBytes(bytes) == 2 * page)
      try queue.unshare(deviceAddress: second, byteCount: 2 * page)
      #expect(try unsafe Self.lockedBytes(bytes) == 0)
      _ = try unsafe queue.share(start)
      queue.release()
      #expect(try unsafe Self.lockedBytes(bytes) == 0)
    }
  }

  @Test("a child reaches nothing of its parent's queue, and ends nothing")
  func fork() throws {
    let source = DummySource([dummy("a-0", free: 1)])
    let queue = try request([source])
    let bytes = message(1)
    let child = try ForkedChild {
      do throws(QueueError) {
        unsafe try queue.send(bytes.span.bytes)
        return 1
      } catch {
        guard error.code == .denied else { return 2 }
      }
      queue.release()
      return 0
    }
    #expect(child.wait() == .exit(0))
    try queue.send(bytes)
    #expect(try queue.receive() == bytes)
    #expect(code { _ = try request([source]) } == .busy)
  }
}
