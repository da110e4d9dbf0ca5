// Queues and async/await: depth, order of answers, back-pressure, cancellation.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore

@Suite("Asynchronous requests")
struct AsynchronousTests {
  private func request(_ bytes: [UInt8]) -> QueueRequest {
    var output = ScatterList()
    output.append(zeros: bytes.count + 64)
    return QueueRequest(.compress, input: ScatterList(copying: [bytes]), output: output)
  }

  /// The ticket, or nil where the queue was full.
  private func send(_ queue: SoftwareQueue, _ bytes: [UInt8]) throws -> Ticket? {
    switch try queue.send(request(bytes)) {
    case .accepted(let ticket): return ticket
    case .busy(let back):
      #expect(back.input.joined() == bytes)
      return nil
    }
  }

  private func collect(_ queue: SoftwareQueue, _ count: Int) -> [Completion] {
    var all: [Completion] = []
    for _ in 0..<100 where all.count < count { all += queue.receive(count - all.count, timeout: 300_000_000) }
    return all
  }

  @Test("every request that was accepted is completed once, and its memory comes back")
  func everyRequestOnce() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let queue = try SoftwareQueue("toyzip", depth: 32, in: registry)
    var tickets: Set<Ticket> = []
    for index in 0..<32 { tickets.insert(try #require(try send(queue, [UInt8(index)]))) }
    let completions = collect(queue, 32)
    #expect(Set(completions.map(\.ticket)) == tickets)
    for completion in completions {
      #expect(completion.driverName == "toyzip-a")
      let result = try completion.result.get()
      guard let request = queue.take(completion.ticket) else {
        Issue.record("a completed request has no memory")
        continue
      }
      let (input, output) = (request.input.joined(), request.output.joined())
      #expect(Array(output.prefix(result.produced)) == [0x54, 1] + input + [0x54, 0])
      let isGone = queue.take(completion.ticket) == nil
      #expect(isGone)
    }
    #expect(queue.receive(1, timeout: 1_000_000).isEmpty)
  }

  @Test("a full queue gives the request back")
  func full() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let queue = try SoftwareQueue("toyzip", depth: 1, threads: 1, in: registry)
    var accepted = 0
    for _ in 0..<100 where try send(queue, Array(repeating: 1, count: 5_000)) != nil { accepted += 1 }
    #expect(accepted >= 1)
    #expect(collect(queue, accepted).count == accepted)
  }

  @Test("a detached request is never delivered")
  func detached() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let queue = try SoftwareQueue("toyzip", depth: 8, in: registry)
    let kept = try #require(try send(queue, [1]))
    let given = try #require(try send(queue, [2]))
    queue.detach(given)
    #expect(collect(queue, 1).map(\.ticket) == [kept])
    #expect(queue.receive(1, timeout: 20_000_000).isEmpty)
  }

  @Test("a failed request is answered with its error and the queue goes on")
  func failed() throws {
    let failure = Switch()
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a", failure: failure))
    let queue = try SoftwareQueue("toyzip", in: registry)
    failure.fail(with: .deviceLost)
    _ = try #require(try send(queue, [1]))
    let first = try #require(collect(queue, 1).first)
    #expect(throws: ProviderError.self) { try first.result.get() }
    failure.fail(with: nil)
    _ = try #require(try send(queue, [1]))
    #expect(try collect(queue, 1).first?.result.get().produced == 5)
  }

  @Test("tasks beyond the depth wait for a place, and all are answered")
  func backPressure() async throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let compression = try AsyncCompression("toyzip", depth: 3, in: registry)
    let answers = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
      for index in 0..<200 {
        group.addTask { (index, try await compression.compress([UInt8(index)], capacity: 64).bytes) }
      }
      return try await group.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
    }
    #expect(answers.count == 200)
    for (index, bytes) in answers { #expect(bytes == [0x54, 1, UInt8(index), 0x54, 0]) }
    #expect(compression.pending == 0)
  }

  @Test("a cancelled task is answered at once and loses no place")
  func cancellation() async throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let compression = try AsyncCompression("toyzip", depth: 2, in: registry)
    for _ in 0..<20 {
      let tasks = (0..<8).map { index in
        Task { try await compression.compress(Array(repeating: UInt8(index), count: 1500), capacity: 2000).bytes.count }
      }
      for task in tasks.suffix(5) { task.cancel() }
      for (index, task) in tasks.enumerated() {
        switch await task.result {
        case .success(let count): #expect(count == 1500 + 6 * 2 + 2)
        case .failure(let error):
          #expect(index >= 3)
          #expect((error as? ProviderError)?.code == .cancelled)
        }
      }
    }
    let last = try await compression.compress([1], capacity: 64)
    #expect(last.bytes.count == 5)
    for _ in 0..<6000 where compression.pending > 0 { try await Task.sleep(nanoseconds: 10_000_000) }
    #expect(compression.pending == 0)
  }

  @Test("a failed driver's requests are answered by the fallback")
  func fallback() async throws {
    let failure = Switch()
    let registry = try Registry.of(
      ToyCompression(driver: "toyzip-hw", priority: 300, failure: failure), ToyCompression(driver: "toyzip-sw"))
    let compression = try AsyncCompression("toyzip", in: registry)
    _ = try await compression.compress([1], capacity: 64)
    failure.fail(with: .timedOut)
    let answer = try await compression.compress([1], capacity: 64)
    #expect(answer.bytes == [0x54, 1, 1, 0x54, 0])
    #expect(answer.result.usedFallback)
    #expect(answer.driverName == "toyzip-sw")
  }
}
