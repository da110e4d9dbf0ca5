// Drivers with a queue of their own: every request is answered, once, with what it asked for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CompressionChecks {
  /// How long a full queue may take, in nanoseconds: far above what its requests need.
  private static func patience(_ trial: Trial) -> UInt64 { trial.effort == .quick ? 2_000_000_000 : 10_000_000_000 }

  static func queue(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any QueuedCompressionDriver else {
      throw trial.notApplicable("the driver has no queue of its own")
    }
    let queue = try driver.makeQueue(.init())
    try trial.require(queue.depth > 0, "the queue takes no request")
    var handle = try trial.makeCompression()
    let count = min(queue.depth, trial.effort.cases(40) + 4)
    let messages = (0..<count).map { DataClass.text.bytes(1 + 97 * $0, &trial.random) }
    trial.begin(["requests": count, "direction": "compress"])
    let streams = try run(messages.map { ($0, handle.bound($0.count)) }, .compress, queue, trial)
    for (stream, message) in zip(streams, messages) {
      try trial.expect(handle.decompress(stream), equals: message, "a request comes back as something else")
    }
    trial.begin(["requests": count, "direction": "decompress"])
    let plain = try run(zip(streams, messages).map { ($0, $1.count) }, .decompress, queue, trial)
    for (bytes, message) in zip(plain, messages) {
      try trial.expect(bytes, equals: message, "a request comes back as something else")
    }
    trial.begin(["direction": "decompress", "data": "corrupt"])
    let ticket = try send([0xFF, 0xFF, 0xFF, 0xFF], 100, .decompress, queue, trial)
    let end = try receive([ticket], queue, trial)
    if case .success? = end[ticket]?.result { throw trial.failure("corrupt input was accepted") }
  }

  /// Sends all messages, and returns the results in the order of the messages.
  private static func run(
    _ messages: [([UInt8], Int)], _ direction: CompressionDirection, _ queue: any RequestQueue, _ trial: Trial
  ) throws -> [[UInt8]] {
    var tickets: [Ticket] = []
    for (message, room) in messages { tickets.append(try send(message, room, direction, queue, trial)) }
    let completions = try receive(Set(tickets), queue, trial)
    return try tickets.map { ticket in
      let produced = try completions[ticket]?.result.get().produced ?? 0
      guard let request = queue.take(ticket) else { throw trial.failure("a completed request has lost its memory") }
      return Array(request.output.joined().prefix(produced))
    }
  }

  private static func send(
    _ message: [UInt8], _ room: Int, _ direction: CompressionDirection, _ queue: any RequestQueue, _ trial: Trial
  ) throws -> Ticket {
    // In two pieces each, as hardware gets them.
    var output = ScatterList()
    output.append(zeros: room / 2)
    output.append(zeros: room - room / 2)
    let input = ScatterList(cutting: message, into: [message.count / 2, message.count - message.count / 2])
    switch try queue.send(QueueRequest(direction, input: input, output: output)) {
    case .accepted(let ticket): return ticket
    case .busy: throw trial.failure("a queue of \(queue.depth) refuses a request that it has room for")
    }
  }

  private static func receive(
    _ expected: Set<Ticket>, _ queue: any RequestQueue, _ trial: Trial
  ) throws -> [Ticket: Completion] {
    let deadline = MonotonicClock.deadline(after: patience(trial))
    var completions: [Ticket: Completion] = [:]
    while completions.count < expected.count {
      let left = MonotonicClock.remaining(until: deadline)
      try trial.require(
        left > 0, "\(expected.count - completions.count) of \(expected.count) requests are never answered")
      for completion in queue.receive(expected.count, timeout: min(left, 100_000_000)) {
        try trial.require(expected.contains(completion.ticket), "an answer to a request that was not sent")
        try trial.require(completions[completion.ticket] == nil, "a request is answered twice")
        completions[completion.ticket] = completion
      }
    }
    try trial.require(queue.receive(8, timeout: 5_000_000).isEmpty, "there are more answers than requests")
    return completions
  }
}
