// One client of the control socket: its requests are answered in order, until it goes, is too slow, or sends too much.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Serves one client on a thread of its own.
final class ControlSession: Sendable {
  private let socket: UnixSocket
  private let answer: @Sendable (JSONValue) -> JSONValue
  private let hasEnded = Gate()
  private let thread = Guarded(Thread?.none)

  init(_ socket: consuming UnixSocket, answer: @escaping @Sendable (JSONValue) -> JSONValue) {
    self.socket = socket
    self.answer = answer
  }

  /// Begins to serve.
  func start() throws(SystemError) {
    try thread.withLock { (thread) throws(SystemError) in
      thread = try Thread(name: "control-client") { [self] in
        // A client that is gone or breaks a limit is told nothing more.
        try? run()
        socket.shutDown()
        hasEnded.open()
      }
    }
  }

  /// Takes no further request; the one that is being carried out is answered.
  func end() { socket.shutDownReceiving() }

  /// Waits for the session's end.
  func join() { thread.withLock { $0.take() }?.join() }

  /// Whether the session has ended, in which case nothing of it is left.
  func joinIfEnded() -> Bool {
    guard hasEnded.isOpen else { return false }
    join()
    return true
  }

  private func run() throws(SystemError) {
    var lines = SocketLines(limit: ControlProtocol.requestLimit)
    while true {
      switch try lines.next(from: socket, within: ControlProtocol.requestTimeLimit) {
      case .line(let line):
        // An empty line is a pause, not a request.
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
        guard let request = JSONValue(parsing: line) else {
          try send(ControlProtocol.failure(ControlFailure(.invalidArgument, "a request is a JSON object on one line")))
          continue
        }
        try send(answer(request))
      case .tooLong:
        let limit = ControlProtocol.requestLimit
        return try send(
          ControlProtocol.failure(ControlFailure(.limitExceeded, "a request has at most \(limit) bytes")))
      case .end, .timeLimit: return
      }
    }
  }

  private func send(_ reply: JSONValue) throws(SystemError) {
    try socket.sendAll(Array((reply.line + "\n").utf8).rawSpan)
  }
}

/// The lines that arrive on a socket.
struct SocketLines {
  /// What arrived.
  enum Outcome {
    case line([UInt8])
    /// More bytes than a line may have.
    case tooLong
    case end
    case timeLimit
  }

  private static let chunkSize = 1 << 14

  private let limit: Int
  private var pending: [UInt8] = []
  /// Where the search for a line feed goes on.
  private var searched = 0

  /// Takes lines of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Waits for the next line, all of which has to be there within the time limit.
  ///
  /// - Throws: `ECONNRESET`, and what else reading a socket throws.
  mutating func next(from socket: borrowing UnixSocket, within nanoseconds: UInt64) throws(SystemError) -> Outcome {
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
      let now = MonotonicClock.now()
      let left = deadline > now ? deadline - now : 0
      guard try socket.descriptor.poll(for: .readable, nanoseconds: left) != [] else { return .timeLimit }
      let chunk = try [UInt8](capacity: Self.chunkSize) { (output) throws(SystemError) in
        try socket.descriptor.read(into: &output)
      }
      if chunk.isEmpty { return .end }
      pending += chunk
    }
  }
}
