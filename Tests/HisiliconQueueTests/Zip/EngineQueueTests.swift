// A queue that many threads send to, over a transport whose device is the test.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

/// A device that answers as the test says: a driver without rings.
private final class ScriptedDriver: QueueDriver {
  struct State {
    var waiting: [hisi_zip_sqe] = []
    var answered: [hisi_zip_sqe] = []
    var failure: QueueError?
    var isClosed = false
  }
  let state = Guarded(State())
  /// Whether a request is answered as soon as it is sent.
  let answersAtOnce: Bool
  let depth: Int

  init(answersAtOnce: Bool, depth: Int = 16) {
    self.answersAtOnce = answersAtOnce
    self.depth = depth
  }

  var messageSize: Int { 128 }

  func send(_ message: RawSpan) throws(QueueError) {
    let sqe = unsafe message.unsafeLoad(as: hisi_zip_sqe.self)
    let (answersAtOnce, depth) = (answersAtOnce, depth)
    try state.withLock { (state) throws(QueueError) in
      if let failure = state.failure { throw failure }
      guard state.waiting.count + state.answered.count < depth else { throw QueueError(.busy, "the ring is full") }
      if answersAtOnce { state.answered.append(sqe) } else { state.waiting.append(sqe) }
    }
  }

  func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool {
    let found = try state.withLock { (state) throws(QueueError) -> hisi_zip_sqe? in
      if !state.answered.isEmpty { return state.answered.removeFirst() }
      if let failure = state.failure { throw failure }
      return nil
    }
    guard let found else { return false }
    message.storeBytes(of: found, as: hisi_zip_sqe.self)
    return true
  }

  func requestNotification() throws(QueueError) {}
  func flush(nanoseconds: UInt64) throws(QueueError) {}
  func close() { state.withLock { $0.isClosed = true } }

  /// Answers what waits, changed by the test.
  func answer(_ change: (inout [hisi_zip_sqe]) -> Void = { _ in }) {
    state.withLock { state in
      change(&state.waiting)
      state.answered += state.waiting
      state.waiting = []
    }
  }
}

/// A queue of nobody's.
private final class ScriptedTransport: QueueTransport, QueueAdapter {
  let driver: ScriptedDriver
  let shared = Guarded<[UInt64: Int]>([:])

  init(_ driver: ScriptedDriver) { self.driver = driver }

  var deviceAPIs: [String] { ["hisi_qm_v3"] }
  func open(_ transport: any QueueTransport, type: UInt16) throws(QueueError) -> any QueueDriver { driver }

  var attributes: QueueAttributes {
    QueueAttributes(device: "test-0", deviceAPI: "hisi_qm_v3", algorithms: ["gzip"], dmaFlags: .multiProcess)
  }
  var isConnected: Bool { true }
  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping { throw QueueError(.invalid, "no regions") }
  func doorbell() throws(QueueError) -> QueueDoorbell { .call { _ in } }
  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] { [] }
  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    _ = TimedSemaphore(value: 0).wait(nanoseconds: min(nanoseconds, 1_000_000))
    return true
  }
  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    let address = UInt64(UInt(bitPattern: memory.baseAddress))
    shared.withLock { $0[address] = memory.count }
    return address
  }
  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {}
  func close() {}
}

@Suite("A queue shared by threads") struct EngineQueueTests {
  private func queue(_ driver: ScriptedDriver) throws -> EngineQueue {
    let transport = ScriptedTransport(driver)
    return EngineQueue(try Queue(transport, adapters: AdapterTable([transport])), .compress)
  }

  private func request(_ number: UInt32) throws -> hisi_zip_sqe {
    var sqe = try ZipMessage(
      .gzip, from: ZipBufferReference(address: 0, byteCount: 1), to: ZipBufferReference(address: 0, byteCount: 1)
    ).sqe
    sqe.lba_l = number
    return sqe
  }

  @Test("many threads get the answers to their own requests, through a ring that is too small for all")
  func threads() throws {
    let queue = try queue(ScriptedDriver(answersAtOnce: true, depth: 3))
    let done = TimedSemaphore(value: 0)
    let failures = Guarded<[String]>([])
    for thread in 0..<6 {
      _ = try Thread(name: "test-\(thread)") {
        defer { done.signal() }
        for round in 0..<300 {
          let number = UInt32(thread * 1000 + round)
          do {
            let answer = try queue.execute(try request(number), timeLimit: 60_000_000_000)
            if answer.lba_l != number { failures.withLock { $0.append("\(number) got \(answer.lba_l)") } }
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
      }
    }
    for _ in 0..<6 { #expect(done.wait(nanoseconds: 120_000_000_000)) }
    #expect(failures.withLock { $0 } == [])
  }

  @Test("a request that is late ends the queue, and its memory stays until the queue has gone")
  func late() throws {
    let driver = ScriptedDriver(answersAtOnce: false)
    var queue: EngineQueue? = try queue(driver)
    weak var kept: (any ZipBuffer)?
    var buffer: (any ZipBuffer)? = try queue?.allocate(100)
    kept = buffer
    let error = #expect(throws: QueueError.self) { _ = try queue?.execute(try request(1), timeLimit: 20_000_000) }
    #expect(error?.code == .timedOut)
    if let given = buffer.take() { queue?.keep([given]) }
    #expect(kept != nil)
    let next = #expect(throws: QueueError.self) { _ = try queue?.execute(try request(2), timeLimit: 1_000_000_000) }
    #expect(next?.code == .timedOut)
    queue = nil
    #expect(kept == nil)
    #expect(driver.state.withLock { $0.isClosed })
  }

  @Test("answers that belong to nobody are dropped, and one that comes twice counts once")
  func strayAnswers() throws {
    let driver = ScriptedDriver(answersAtOnce: false)
    let queue = try queue(driver)
    let counted = Guarded<[UInt32]>([])
    for number in 0..<4 {
      try queue.submit(try request(UInt32(number))) { answer in
        if case .success(let sqe) = answer { counted.withLock { $0.append(sqe.lba_l) } }
      }
    }
    driver.answer { waiting in
      var stray = waiting[0]
      ZipMessage.setTag(0xffff_0000_1234, of: &stray)
      waiting = [stray, waiting[3], waiting[3], waiting[0], stray, waiting[2], waiting[1], waiting[1]]
    }
    while counted.withLock({ $0.count }) < 4 { queue.receive(nanoseconds: 1_000_000_000) }
    queue.receive(nanoseconds: 10_000_000)
    #expect(counted.withLock { $0 } == [3, 0, 2, 1])
    #expect(queue.failure == nil)
  }

  @Test(
    "what stops the queue answers every request once", arguments: [QueueError.Code.resetting, .deviceLost, .failed])
  func stops(_ code: QueueError.Code) throws {
    let driver = ScriptedDriver(answersAtOnce: false)
    let queue = try queue(driver)
    let answers = Guarded<[QueueError.Code?]>([])
    for number in 0..<8 {
      try queue.submit(try request(UInt32(number))) { answer in
        answers.withLock { list in
          if case .failure(let error) = answer { list.append(error.code) } else { list.append(nil) }
        }
      }
    }
    driver.state.withLock { state in
      state.answered = Array(state.waiting.prefix(3))
      state.waiting = []
      state.failure = QueueError(code, "the test stops the queue")
    }
    while answers.withLock({ $0.count }) < 8 { queue.receive(nanoseconds: 1_000_000_000) }
    #expect(answers.withLock { $0.filter { $0 == nil }.count } == 3)
    #expect(answers.withLock { $0.filter { $0 == code }.count } == 5)
    #expect(queue.failure?.code == code)
    #expect(throws: QueueError.self) { _ = try queue.allocate(10) }
  }

  @Test("the pool gives memory out again, and no more than its limit")
  func pool() throws {
    let transport = ScriptedTransport(ScriptedDriver(answersAtOnce: true))
    let queue = EngineQueue(
      try Queue(transport, adapters: AdapterTable([transport])), .compress, poolLimit: 3 << 20)
    for _ in 0..<10 { _ = try queue.allocate(1000) }
    #expect(transport.shared.withLock { $0.count } == 1)
    let large = try queue.allocate(2 << 20)
    #expect(unsafe large.bytes.count >= 2 << 20)
    let error = #expect(throws: QueueError.self) { _ = try queue.allocate(2 << 20) }
    #expect(error?.code == .resourceExhausted)
    #expect(queue.failure == nil)
  }
}
