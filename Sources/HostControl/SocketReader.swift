// What arrives on a control socket: lines, and bytes behind them, within limits of size and time.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Takes a stream apart into lines and payloads.
struct SocketReader {
  /// What arrived instead of a line.
  enum Outcome {
    case line([UInt8])
    /// More bytes than a line may have.
    case tooLong
    case end
    case timeLimit
  }

  private static let chunkSize = 1 << 16
  private static let payloadChunkSize = 1 << 20

  private let limit: Int
  private var pending: [UInt8] = []
  /// Where the search for a line feed goes on.
  private var searched = 0

  /// Takes lines of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Waits for the next line, all of which has to be there within the time limit.
  ///
  /// - Throws: `ECONNRESET`, and what else reading a socket throws.
  mutating func line(from socket: borrowing UnixSocket, within nanoseconds: UInt64) throws(SystemError) -> Outcome {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        searched = 0
        return line.count > limit ? .tooLong : .line(line)
      }
      searched = pending.count
      if pending.count > limit { return .tooLong }
      guard try isReadable(socket, before: deadline) else { return .timeLimit }
      let chunk = try Self.receive(on: socket, atMost: Self.chunkSize)
      if chunk.isEmpty { return .end }
      pending += chunk
    }
  }

  /// Waits for exactly `count` bytes; nil where the stream ends or the time runs out before.
  ///
  /// Memory grows as bytes come: who announces many and sends none costs nothing.
  ///
  /// - Throws: `ECONNRESET`, and what else reading a socket throws.
  mutating func payload(
    _ count: Int, from socket: borrowing UnixSocket, within nanoseconds: UInt64
  ) throws(SystemError) -> [UInt8]? {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    var payload = Array(pending.prefix(count))
    pending.removeFirst(payload.count)
    searched = 0
    while payload.count < count {
      guard try isReadable(socket, before: deadline) else { return nil }
      let chunk = try Self.receive(on: socket, atMost: min(count - payload.count, Self.payloadChunkSize))
      if chunk.isEmpty { return nil }
      payload += chunk
    }
    return payload
  }

  /// Takes `count` bytes and forgets them; false where the stream ends or the time runs out before.
  mutating func discard(
    _ count: Int, from socket: borrowing UnixSocket, within nanoseconds: UInt64
  ) throws(SystemError) -> Bool {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    var left = count
    while left > 0 {
      let time = MonotonicClock.remaining(until: deadline)
      let part = min(left, Self.chunkSize)
      guard try payload(part, from: socket, within: time) != nil else { return false }
      left -= part
    }
    return true
  }

  private func isReadable(_ socket: borrowing UnixSocket, before deadline: UInt64) throws(SystemError) -> Bool {
    try socket.descriptor.poll(for: .readable, nanoseconds: MonotonicClock.remaining(until: deadline)) != []
  }

  /// Receives once; empty at the end of the stream.
  private static func receive(on socket: borrowing UnixSocket, atMost count: Int) throws(SystemError) -> [UInt8] {
    // The buffer is all of the array's storage, of which as many bytes count as were received.
    try unsafe [UInt8](unsafeUninitializedCapacity: count) { (buffer, received) throws(SystemError) in
      received = try unsafe socket.receive(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
