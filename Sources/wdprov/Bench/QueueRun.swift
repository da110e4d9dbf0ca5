// Measures a compression driver behind a queue, with a number of requests under way at a time.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// A queue that is kept full for a time.
struct QueueRun {
  private let subject: BenchSubject
  private let queue: SoftwareQueue
  private let algorithm: Algorithm
  private let bound: Int
  private let direction: CompressionDirection

  init(
    _ subject: BenchSubject, _ algorithm: Algorithm, depth: Int, threads: Int
  ) throws(ProviderError) {
    self.subject = subject
    self.algorithm = algorithm
    direction = subject.operation == .decompress ? .decompress : .compress
    queue = try SoftwareQueue(
      algorithm.driverName, CompressionOptions(level: subject.level), depth: depth, threads: threads,
      in: subject.registry)
    guard case .compression(let properties) = algorithm.descriptor.properties else {
      throw ProviderError(.invalidArgument, "\(algorithm.name) has no queue: --depth is for compression")
    }
    bound = properties.bound(subject.size)
  }

  func measure(_ nanoseconds: UInt64) throws(ProviderError) -> BenchResult {
    var result = BenchResult()
    var began: [Ticket: UInt64] = [:]
    let processor = CurrentProcess.cpuNanoseconds
    let start = MonotonicClock.now()
    for index in 0..<queue.depth { try send(makeRequest(index), &began) }
    var now = start
    while !began.isEmpty {
      for completion in queue.receive(queue.depth, timeout: .max) {
        _ = try completion.result.get()
        now = MonotonicClock.now()
        let sent = began.removeValue(forKey: completion.ticket) ?? now
        result.latency.add(now - sent)
        result.requests += 1
        // The memory goes round: a request that is done is sent again.
        if let request = queue.take(completion.ticket), now - start < nanoseconds { try send(request, &began) }
      }
    }
    result.nanoseconds = now - start
    result.processorNanoseconds = CurrentProcess.cpuNanoseconds - processor
    return result
  }

  private func send(
    _ request: consuming QueueRequest, _ began: inout [Ticket: UInt64]
  ) throws(ProviderError) {
    let now = MonotonicClock.now()
    switch try queue.send(request) {
    case .accepted(let ticket): began[ticket] = now
    case .busy: throw ProviderError(.busy, "the queue refused a request below its depth")
    }
  }

  private func makeRequest(_ index: Int) throws(ProviderError) -> QueueRequest {
    let message: [UInt8]
    var room = bound
    if direction == .compress {
      message = Array(subject.data.bytes[subject.pieces.range(for: index)])
    } else {
      var compressor = try subject.makeCompressor(algorithm.driverName)
      message = try compressor.result(index)
      room = subject.size
    }
    var output = ScatterList()
    output.append(zeros: room)
    return QueueRequest(direction, input: ScatterList(copying: [message]), output: output)
  }
}
