// One client of the control socket: its requests are answered in order, until it goes, is too slow, or sends too much.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Serves one client on a thread of its own.
final class ControlSession: Sendable {
  let peer: UnixSocket.PeerCredentials
  private let socket: UnixSocket
  private let isOwner: Bool
  private let budget: PayloadBudget
  private let answer: @Sendable (ControlRequest) -> ControlReply
  private let hasEnded = Gate()
  private let thread = Guarded(Thread?.none)

  init(
    _ socket: consuming UnixSocket, peer: UnixSocket.PeerCredentials, isOwner: Bool, budget: PayloadBudget,
    answer: @escaping @Sendable (ControlRequest) -> ControlReply
  ) {
    self.socket = socket
    self.peer = peer
    self.isOwner = isOwner
    self.budget = budget
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
    var reader = SocketReader(limit: ControlProtocol.requestLimit)
    while true {
      switch try reader.line(from: socket, within: ControlProtocol.requestTimeLimit) {
      case .line(let line):
        // An empty line is a pause, not a request.
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
        guard let request = JSONValue(parsing: line) else {
          try send(ControlReply(ControlFailure(.invalidArgument, "a request is a JSON object on one line")))
          continue
        }
        guard try serve(request, &reader) else { return }
      case .tooLong:
        let limit = ControlProtocol.requestLimit
        return try send(ControlReply(ControlFailure(.limitExceeded, "a request has at most \(limit) bytes")))
      case .end, .timeLimit: return
      }
    }
  }

  /// Answers a request, once its payload is there; false where nothing can be read behind it.
  private func serve(_ request: JSONValue, _ reader: inout SocketReader) throws(SystemError) -> Bool {
    guard let length = request[ControlProtocol.lengthMember] else {
      try send(answer(ControlRequest(request, peer: peer, isOwner: isOwner)))
      return true
    }
    // Where the bytes end is not known then, nor where the next request begins.
    guard let count = length.count, count <= UInt64(ControlProtocol.payloadLimit) else {
      let limit = ControlProtocol.payloadLimit
      try send(ControlReply(ControlFailure(.limitExceeded, "'length' is a number of bytes from 0 to \(limit)")))
      return false
    }
    guard budget.take(Int(count)) else {
      guard try reader.discard(Int(count), from: socket, within: ControlProtocol.requestTimeLimit) else { return false }
      try send(ControlReply(ControlFailure(.busy, "the host has too many bytes of requests in hand: try again")))
      return true
    }
    defer { budget.giveBack(Int(count)) }
    let payload = try reader.payload(Int(count), from: socket, within: ControlProtocol.requestTimeLimit)
    guard let payload else { return false }
    try send(answer(ControlRequest(request, payload: payload, peer: peer, isOwner: isOwner)))
    return true
  }

  private func send(_ reply: ControlReply) throws(SystemError) {
    let line = Array((reply.value.line + "\n").utf8)
    try socket.sendAll(line.rawSpan, reply.payload.rawSpan)
  }
}

/// How many bytes of payloads all sessions together have in memory.
final class PayloadBudget: Sendable {
  private let left: Guarded<Int>

  init(_ byteCount: Int) { left = Guarded(byteCount) }

  /// Reserves bytes; false where they are not to be had.
  func take(_ byteCount: Int) -> Bool {
    left.withLock { left in
      guard byteCount <= left else { return false }
      left -= byteCount
      return true
    }
  }

  /// Ends a reservation.
  func giveBack(_ byteCount: Int) { left.withLock { $0 += byteCount } }
}
