// Requests that complete later, on a program's own queue.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveCore
import WarpDriveQueue

@testable import HisiliconZip

@Suite("Request queue of the user path") struct RequestQueueTests {
  private func request(_ direction: CompressionDirection, _ input: [UInt8], room: Int) -> QueueRequest {
    var output = ScatterList()
    output.append(zeros: room / 3)
    output.append(zeros: room - room / 3)
    let cut = input.count / 2
    return QueueRequest(
      direction, input: ScatterList(copying: [Array(input[..<cut]), Array(input[cut...])]), output: output)
  }

  /// Receives until every ticket has its completion, each once; their outputs by ticket.
  private func results(_ queue: ZipRequestQueue, _ count: Int) throws -> [Ticket: Result<[UInt8], ProviderError>] {
    var results: [Ticket: Result<[UInt8], ProviderError>] = [:]
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while results.count < count, MonotonicClock.now() < deadline {
      for completion in queue.receive(16, timeout: 1_000_000_000) {
        #expect(results[completion.ticket] == nil)
        var bytes: [UInt8] = []
        if let request = queue.take(completion.ticket) { bytes = request.output.joined() }
        let again = queue.take(completion.ticket) == nil
        #expect(again)
        switch completion.result {
        case .failure(let error): results[completion.ticket] = .failure(error)
        case .success(let result): results[completion.ticket] = .success(Array(bytes.prefix(result.produced)))
        }
      }
    }
    #expect(results.count == count)
    return results
  }

  @Test("requests up to the depth complete once each, and one more is busy", arguments: ZipFormat.allCases)
  func depth(_ format: ZipFormat) throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, format, depth: 8, in: rig.registry)
    var reference = try rig.registry.compression(format.algorithm)
    var sent: [Ticket: [UInt8]] = [:]
    for index in 0..<8 {
      let bytes = sampleBytes(1 + index * 9000, seed: UInt64(index))
      guard case .accepted(let ticket) = try queue.send(request(.compress, bytes, room: bytes.count + 1000)) else {
        Issue.record("refused")
        continue
      }
      sent[ticket] = bytes
    }
    guard case .busy(let back) = try queue.send(request(.compress, [1, 2, 3], room: 100)) else {
      Issue.record("the depth was passed")
      return
    }
    let count = back.input.byteCount
    #expect(count == 3)
    var streams: [[UInt8]: [UInt8]] = [:]
    for (ticket, result) in try results(queue, 8) {
      let stream = try result.get()
      let isSame = try reference.decompress(stream) == sent[ticket]
      #expect(isSame)
      streams[sent[ticket] ?? []] = stream
    }
    sent = [:]
    for (bytes, stream) in streams {
      guard case .accepted(let ticket) = try queue.send(request(.decompress, stream, room: bytes.count)) else {
        continue
      }
      sent[ticket] = bytes
    }
    for (ticket, result) in try results(queue, 8) {
      let isSame = try result.get() == sent[ticket]
      #expect(isSame)
    }
    #expect(queue.receive(4, timeout: 0).isEmpty)
  }

  @Test("what the engine cannot do as a whole is done all the same, and mistakes are the caller's")
  func slowWays() throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, .gzip, depth: 8, in: rig.registry)
    var reference = try rig.registry.compression("gzip")
    let large = [UInt8](repeating: 7, count: 5 << 20)
    let bytes = sampleBytes(40_000)
    let member = try reference.compress(bytes)
    var broken = member
    broken[broken.count - 5] ^= 1
    var tickets: [String: Ticket] = [:]
    func send(_ name: String, _ direction: CompressionDirection, _ input: [UInt8], _ room: Int) throws {
      if case .accepted(let ticket) = try queue.send(request(direction, input, room: room)) { tickets[name] = ticket }
    }
    try send("large", .compress, large, 1 << 20)
    try send("empty", .compress, [], 100)
    try send("members", .decompress, member + member, 80_000)
    try send("broken", .decompress, broken, 40_000)
    try send("cut", .decompress, Array(member.dropLast(20)), 40_000)
    try send("small", .decompress, member, 100)
    try send("header", .decompress, [1, 2, 3], 100)
    let results = try results(queue, 7)
    func code(_ name: String) -> ProviderError.Code? {
      guard let ticket = tickets[name], case .failure(let error)? = results[ticket] else { return nil }
      return error.code
    }
    func output(_ name: String) -> [UInt8]? { tickets[name].flatMap { try? results[$0]?.get() } }
    let isLarge = try reference.decompress(output("large") ?? []) == large
    #expect(isLarge)
    let empty = try reference.decompress(output("empty") ?? [])
    #expect(empty.isEmpty)
    let isDouble = output("members") == bytes + bytes
    #expect(isDouble)
    #expect(code("broken") == .corruptInput && code("header") == .corruptInput)
    #expect(code("cut") == .truncatedInput)
    #expect(code("small") == .outputTooSmall)
  }

  @Test("under resets every request completes once, with the right bytes")
  func resets() throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, .zlib, depth: 32, in: rig.registry)
    var reference = try rig.registry.compression("zlib-deflate")
    for round in 0..<6 {
      var sent: [Ticket: [UInt8]] = [:]
      for index in 0..<32 {
        let bytes = sampleBytes(20_000 + index, seed: UInt64(round * 100 + index))
        if case .accepted(let ticket) = try queue.send(request(.compress, bytes, room: bytes.count + 1000)) {
          sent[ticket] = bytes
        }
        if index == 20 { try rig.device.reset() }
      }
      #expect(sent.count == 32)
      for (ticket, result) in try results(queue, 32) {
        let isSame = try reference.decompress(result.get()) == sent[ticket]
        #expect(isSame)
      }
    }
  }

  @Test("a request that was given up is not delivered, and the others are")
  func detached() throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, .gzip, depth: 8, in: rig.registry)
    var tickets: [Ticket] = []
    for index in 0..<8 {
      if case .accepted(let ticket) = try queue.send(request(.compress, sampleBytes(30_000 + index), room: 40_000)) {
        tickets.append(ticket)
      }
    }
    for ticket in tickets[..<4] { queue.detach(ticket) }
    let left = try results(queue, 4)
    #expect(Set(left.keys) == Set(tickets[4...]))
    let isGone = queue.take(tickets[0]) == nil
    #expect(isGone)
    #expect(queue.receive(8, timeout: 0).isEmpty)
  }

  @Test("asynchronous callers get their own answers")
  func asynchronous() async throws {
    let rig = try UserPathRig()
    let adapter = AsyncCompression(try ZipRequestQueue(rig.provider, .gzip, depth: 4, in: rig.registry))
    let inputs = (0..<20).map { sampleBytes(5000 + $0, seed: UInt64($0)) }
    let answers = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
      for (index, input) in inputs.enumerated() {
        group.addTask { (index, try await adapter.compress(input, capacity: input.count + 1000).bytes) }
      }
      var answers: [Int: [UInt8]] = [:]
      for try await (index, bytes) in group { answers[index] = bytes }
      return answers
    }
    for (index, input) in inputs.enumerated() {
      let back = try await adapter.decompress(answers[index] ?? [], capacity: input.count)
      let isSame = back.bytes == input
      #expect(isSame)
      #expect(back.driverName == "wd-hisi-gzip")
    }
  }

  /// Completes one request, and gives it back with its result.
  private func run(
    _ request: consuming QueueRequest, on queue: ZipRequestQueue
  ) throws -> (memory: [UInt8], driver: String, isOrdinary: Bool) {
    guard case .accepted(let ticket) = try queue.send(request) else { throw ProviderError(.busy, "refused") }
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while MonotonicClock.now() < deadline {
      guard let completion = queue.receive(1, timeout: 1_000_000_000).first else { continue }
      let result = try completion.result.get()
      guard completion.ticket == ticket, let back = queue.take(ticket) else { break }
      return (
        Array(back.output.joined().prefix(result.produced)), completion.driverName, back.input.keeper(at: 0) == nil
      )
    }
    throw ProviderError(.timedOut, "no completion")
  }

  @Test("what lies in the queue's memory is not copied, anything else once each way", arguments: ZipFormat.allCases)
  func copies(_ format: ZipFormat) throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, format, depth: 8, in: rig.registry)
    var reference = try rig.registry.compression(format.algorithm)
    let bytes = sampleBytes(100_000)
    var forth = try queue.makeRequest(.compress, input: bytes.count, room: 120_000)
    fill(&forth, bytes)
    let made = try run(forth, on: queue)
    let isSame = try reference.decompress(made.memory) == bytes
    #expect(isSame && made.driver == "wd-hisi-\(format.name)" && !made.isOrdinary)
    let stream = try reference.compress(bytes)
    var back = try queue.makeRequest(.decompress, input: stream.count, room: bytes.count)
    fill(&back, stream)
    let plain = try run(back, on: queue)
    let isBack = plain.memory == bytes
    #expect(isBack && plain.driver == "wd-hisi-\(format.name)" && !plain.isOrdinary)
    #expect(queue.copiedBytes == 0)
    let copied = try run(request(.compress, bytes, room: 120_000), on: queue)
    #expect(queue.copiedBytes == UInt64(bytes.count + copied.memory.count))
    #expect(copied.memory == made.memory && copied.isOrdinary)
  }

  @Test("memory of a queue that ended is ordinary memory, and so is that of a request that the device failed")
  func directFailures() throws {
    let rig = try UserPathRig()
    let queue = try ZipRequestQueue(rig.provider, .gzip, depth: 8, in: rig.registry)
    var reference = try rig.registry.compression("gzip")
    for _ in 0..<3 {
      let bytes = sampleBytes(80_000)
      var request = try queue.makeRequest(.compress, input: bytes.count, room: 100_000)
      fill(&request, bytes)
      try rig.device.reset()
      let before = queue.copiedBytes
      let made = try run(request, on: queue)
      let isSame = try reference.decompress(made.memory) == bytes
      #expect(isSame)
      #expect(queue.copiedBytes > before)
    }
    for (input, room) in [(0, 1), (1, 0), (5 << 20, 1), (1, 9 << 20), (-1, 1)] {
      let error = #expect(throws: ProviderError.self) {
        _ = try queue.makeRequest(.compress, input: input, room: room).input.byteCount
      }
      #expect(error?.code == .invalidArgument)
    }
    // Room for less than the result is the caller's mistake here, too.
    var small = try queue.makeRequest(.compress, input: 50_000, room: 30)
    fill(&small, sampleBytes(50_000))
    guard case .accepted = try queue.send(small) else { return }
    let error = try results(queue, 1).values.first
    guard case .failure(let failure)? = error else {
      Issue.record("the result did not fit")
      return
    }
    #expect(failure.code == .outputTooSmall)
  }

  private func fill(_ request: inout QueueRequest, _ bytes: [UInt8]) {
    var span = request.input.mutableBytes(at: 0)
    for (index, byte) in bytes.enumerated() { span.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
  }
}
