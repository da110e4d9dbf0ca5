// A program's queue in a benchmark's hands: requests through `Queue` alone, as any program sends them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import Glibc
import HisiliconQueue
import WarpDriveQueue

/// One queue, and buffers for requests that are all alike.
@safe final class WarpDriveClient {
  /// Bytes of a message.
  static let messageSize = 128
  private static let timeLimit: UInt64 = 30_000_000_000

  let queue: Queue
  /// Requests one after the other, each with an output of its own.
  private let messages: UnsafeMutableRawBufferPointer
  /// Room for answers.
  private let answers: UnsafeMutableRawBufferPointer
  private let depth: Int
  /// Where the memory is that requests name.
  private let memory: any ClientMemory
  private let keepsQueue: Bool

  /// Prepares `depth` requests of raw deflate.
  ///
  /// - Parameters:
  ///   - memory: where input and outputs are; nil for the queue's pool.
  ///   - keepsQueue: whether the queue is released by somebody else.
  init(
    _ queue: Queue, _ data: [UInt8], depth: Int, memory: (any ClientMemory)? = nil, keepsQueue: Bool = false
  ) throws {
    self.queue = queue
    self.keepsQueue = keepsQueue
    self.depth = depth
    let memory = try memory ?? PoolMemory(queue, data, outputs: depth)
    self.memory = memory
    unsafe messages = .allocate(byteCount: depth * Self.messageSize, alignment: 64)
    unsafe answers = .allocate(byteCount: depth * Self.messageSize, alignment: 64)
    for index in 0..<depth {
      let message = try ZipMessage(
        .deflate, from: ZipBufferReference(address: memory.input, byteCount: data.count),
        to: ZipBufferReference(address: memory.output(index), byteCount: memory.room), tag: UInt64(index))
      unsafe messages.storeBytes(of: message.sqe, toByteOffset: index * Self.messageSize, as: hisi_zip_sqe.self)
    }
  }

  deinit {
    if !keepsQueue { queue.release() }
    unsafe messages.deallocate()
    unsafe answers.deallocate()
  }

  /// One request after the other, each spun for: `wd_send`, `wd_recv`.
  func runSingly(_ count: Int) throws {
    let request = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(messages).prefixed(1))
    var answer = unsafe MutableRawSpan(_unsafeBytes: answers.prefixed(1))
    for _ in 0..<count {
      try queue.send(request)
      while try !queue.receive(into: &answer) {}
    }
    try check()
  }

  /// At most `window` requests at once, as many sent and received with one call as there is room for.
  func runBatched(_ count: Int, window: Int) throws {
    let requests = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(messages))
    var room = unsafe MutableRawSpan(_unsafeBytes: answers)
    var (sent, received) = (0, 0)
    while received < count {
      let most = min(count - sent, window - (sent - received))
      if most > 0 { sent += try queue.send(batch: requests.extracting(first: most * Self.messageSize)) }
      received += try queue.receive(batch: &room)
    }
    try check()
  }

  /// At most `window` requests at once, one call for each.
  func runPipelined(_ count: Int, window: Int) throws {
    let request = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(messages).prefixed(1))
    var answer = unsafe MutableRawSpan(_unsafeBytes: answers.prefixed(1))
    var (sent, received) = (0, 0)
    while received < count {
      while sent < count, sent - received < window {
        try queue.send(request)
        sent += 1
      }
      while received < sent, try queue.receive(into: &answer) { received += 1 }
    }
    try check()
  }

  /// What calls of `window` requests cost their caller, without the time in which the device answers: nanoseconds each.
  func ownTime(_ rounds: Int, window: Int) throws -> Double {
    guard let pair = (queue.driver as? HisiliconQueueDriver)?.pair else { throw BenchmarkFailure("another driver") }
    let requests = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(messages).prefixed(window))
    var room = unsafe MutableRawSpan(_unsafeBytes: answers.prefixed(window))
    var total = Duration.zero
    let clock = ContinuousClock()
    for _ in 0..<rounds {
      let start = clock.now
      let sent = try queue.send(batch: requests)
      let end = clock.now
      guard sent == window else { throw BenchmarkFailure("the ring took \(sent) of \(window) requests") }
      while try !pair.isAnswered() {}
      let again = clock.now
      let received = try queue.receive(batch: &room)
      total += (end - start) + (clock.now - again)
      guard received == window else { throw BenchmarkFailure("\(received) of \(window) answers were there") }
    }
    try check()
    return nanoseconds(total) / Double(rounds * window)
  }

  /// Requests that are waited for as `receiveSync` does, spinning for 50 µs and then sleeping: `wd_recv_sync`.
  ///
  /// - Parameter goesOn: called with each answer; false to send no more, and only take what is under way.
  func runWaiting(_ count: Int, window: Int = 1, _ goesOn: () -> Bool = { true }) throws {
    var answer = unsafe MutableRawSpan(_unsafeBytes: answers.prefixed(1))
    var (sent, received, most) = (0, 0, count)
    while received < most {
      while sent < most, sent - received < window {
        try queue.send(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(messages).message(sent % depth)))
        sent += 1
      }
      try queue.receiveSync(into: &answer, timeout: Self.timeLimit)
      received += 1
      if !goesOn() { most = sent }
    }
    try check()
  }

  /// The last answer is a good one.
  private func check() throws {
    let sqe = unsafe answers.load(as: hisi_zip_sqe.self)
    let status = sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK
    guard status == HISI_ZIP_STATUS_OK || status == HISI_ZIP_STATUS_NEGACOMPRESS, sqe.produced > 0 else {
      throw BenchmarkFailure("a request ended with status \(status)")
    }
  }

  /// What request `index` made; the last one that was received must be of that length.
  func output(_ index: Int = 0) -> [UInt8] {
    let sqe = unsafe answers.load(as: hisi_zip_sqe.self)
    return unsafe [UInt8](UnsafeRawBufferPointer(start: memory.bytes(index), count: Int(sqe.produced)))
  }
}

extension UnsafeRawBufferPointer {
  /// The first messages.
  func prefixed(_ count: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: self[..<(count * WarpDriveClient.messageSize)])
  }

  /// One message.
  func message(_ index: Int) -> UnsafeRawBufferPointer {
    let start = index * WarpDriveClient.messageSize
    return unsafe UnsafeRawBufferPointer(rebasing: self[start..<start + WarpDriveClient.messageSize])
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The first messages.
  func prefixed(_ count: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: self[..<(count * WarpDriveClient.messageSize)])
  }
}

/// Where the buffers of requests are.
protocol ClientMemory: AnyObject {
  /// Bytes of an output's buffer.
  var room: Int { get }
  /// The input's address as the device knows it.
  var input: UInt64 { get }
  /// The address of an output as the device knows it.
  func output(_ index: Int) -> UInt64
  /// The same in this process.
  func bytes(_ index: Int) -> UnsafeMutableRawPointer
}

/// Memory of the queue's pool, which the device reaches without a copy.
final class PoolMemory: ClientMemory {
  let room: Int
  let input: UInt64
  private let pool: MemoryPool
  private let outputs: [Block]

  /// A block that a class may keep.
  private final class Block {
    let block: PoolBlock
    init(_ pool: MemoryPool) throws { block = try pool.take() }
  }

  private let source: Block

  init(_ queue: Queue, _ data: [UInt8], outputs count: Int) throws {
    room = (data.count * 2 + 63) / 64 * 64
    pool = try MemoryPool(queue, blockSize: room, blockCount: count + 1)
    source = try Block(pool)
    input = source.block.deviceAddress
    unsafe source.block.withUnsafeMutableBytes { unsafe $0.copyBytes(from: data) }
    var blocks: [Block] = []
    for _ in 0..<count { blocks.append(try Block(pool)) }
    outputs = blocks
  }

  func output(_ index: Int) -> UInt64 { outputs[index].block.deviceAddress }

  func bytes(_ index: Int) -> UnsafeMutableRawPointer { unsafe outputs[index].block.base }
}

/// Memory of the process, which was not shared: the device takes page faults on it, and copies.
@safe final class PlainMemory: ClientMemory {
  let room: Int
  private let base: UnsafeMutableRawPointer
  private let results: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Makes memory for one request.
  ///
  /// - Parameter isTouched: whether the process has used its pages before; otherwise the input is a file's, and the output
  ///   new.
  init(_ data: [UInt8], isTouched: Bool) throws {
    byteCount = data.count
    room = max(64, data.count * 2)
    let name = "/tmp/warpdrive-benchmark-\(getpid())-input"
    let file = unsafe open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_TRUNC, 0o600)
    unsafe unlink(name)
    defer { close(file) }
    guard file >= 0, unsafe data.withUnsafeBytes({ unsafe write(file, $0.baseAddress, $0.count) }) == data.count,
      let base = unsafe mmap(nil, data.count, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0), unsafe base != MAP_FAILED,
      let results = unsafe mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe results != MAP_FAILED
    else { throw BenchmarkFailure("no memory for a request of \(data.count) bytes") }
    unsafe (self.base, self.results) = (base, results)
    guard isTouched else { return }
    unsafe data.withUnsafeBytes { unsafe base.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
    unsafe results.initializeMemory(as: UInt8.self, repeating: 1, count: room)
  }

  deinit {
    unsafe munmap(base, byteCount)
    unsafe munmap(results, room)
  }

  var input: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

  func output(_ index: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: results)) }

  func bytes(_ index: Int) -> UnsafeMutableRawPointer { unsafe results }
}

/// A duration in nanoseconds.
func nanoseconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
}
