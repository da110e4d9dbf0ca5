// A client's end of the control socket: requests, one after the other, each with its reply.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A connection to the host of a run folder.
///
/// Calls may come from any thread, one at a time. A host ends connections that say nothing for
/// ``ControlProtocol/requestTimeLimit``: whoever keeps one makes another where `ask` throws `unavailable`. So does a child
/// of the process that made it.
package final class ControlConnection: Sendable {
  private let directory: RunDirectory
  private let socket: UnixSocket
  /// The process that made it: a child's bytes would be mixed with its own.
  private let generation = CurrentProcess.generation
  /// Out while a request is under way, and gone once the stream cannot be read on.
  private let reader = Guarded(SocketReader?.some(SocketReader(limit: ControlProtocol.replyLimit)))

  /// Connects.
  ///
  /// - Throws: `unavailable` where no host answers, `denied` where the folder or the host is another user's, `version`
  ///   for a host of another version, `invalidArgument` for a path that is too long.
  package init(_ directory: RunDirectory) throws(ControlFailure) {
    self.directory = directory
    try directory.checkTrust()
    socket = try Self.connect(directory)
    guard let peer = try? socket.peerCredentials.userID, peer == 0 || peer == CurrentProcess.effectiveUserID else {
      throw ControlFailure(.denied, "the host in \(directory.path) is another user's")
    }
    try directory.checkVersion()
    do throws(SystemError) {
      try socket.setSendLimit(nanoseconds: ControlProtocol.replyTimeLimit)
    } catch {
      throw ControlFailure(.unavailable, "the host at \(directory.path) is gone: \(error.message)")
    }
  }

  private static func connect(_ directory: RunDirectory) throws(ControlFailure) -> UnixSocket {
    do throws(SystemError) {
      return try UnixSocket.connect(to: directory.controlSocket)
    } catch {
      switch error.errno {
      case SystemError.notFound, SystemError.notDirectory, SystemError.connectionRefused:
        throw directory.noHost
      case SystemError.nameTooLong:
        throw ControlFailure(.invalidArgument, "\(directory.controlSocket): \(error.message)")
      case SystemError.accessDenied, SystemError.notPermitted:
        throw ControlFailure(.denied, "\(directory.path): \(error.message)")
      default: throw ControlFailure(.unavailable, "\(directory.path): \(error.message)")
      }
    }
  }

  /// Whether nothing has gone wrong with it up to now, and no request is under way.
  package var isUsable: Bool { generation == CurrentProcess.generation && reader.withLock { $0 != nil } }

  /// Sends a request and waits for its reply.
  ///
  /// - Parameters:
  ///   - operation: what is asked for.
  ///   - members: its arguments.
  ///   - payload: the bytes behind it, at most ``ControlProtocol/payloadLimit``; nil for none.
  /// - Returns: the reply, with its members `ok` and `schema`, and its payload.
  /// - Throws: what the host said; `unavailable` where it is gone or does not answer, `backendFailure` where it says
  ///   nonsense, and then the connection is of no more use; `busy` while another request is under way.
  package func ask(
    _ operation: String, _ members: [(key: String, value: JSONValue)] = [], payload: RawSpan? = nil
  ) throws(ControlFailure) -> ControlReply {
    guard generation == CurrentProcess.generation else {
      throw ControlFailure(.unavailable, "the connection is the parent process's: make another")
    }
    let byteCount = payload?.byteCount
    if let byteCount, byteCount > ControlProtocol.payloadLimit {
      throw ControlFailure(.limitExceeded, "a request has at most \(ControlProtocol.payloadLimit) bytes behind it")
    }
    let length = byteCount.map { [(key: ControlProtocol.lengthMember, value: JSONValue.integer($0))] } ?? []
    let line = Array((JSONValue.object([("op", .string(operation))] + length + members).line + "\n").utf8)
    guard var reader = reader.withLock({ $0.take() }) else {
      throw ControlFailure(.busy, "the connection to \(directory.path) has a request under way, or has ended")
    }
    // A host that takes no request may have said why and be gone: the reply is read whatever became of the request.
    if let payload { try? socket.sendAll(line.rawSpan, payload) } else { try? socket.sendAll(line.rawSpan) }
    let reply = try receive(&reader)
    let isDone = reply.value["ok"]?.flag ?? false
    let next = reader
    self.reader.withLock { $0 = next }
    guard !isDone else { return reply }
    throw ControlFailure(
      reply.value["error"]?.text.flatMap(ControlFailure.Code.init) ?? .backendFailure,
      reply.value["message"]?.text ?? "the host refuses and does not say why")
  }

  private func receive(_ reader: inout SocketReader) throws(ControlFailure) -> ControlReply {
    let outcome: SocketReader.Outcome
    do throws(SystemError) {
      outcome = try reader.line(from: socket, within: ControlProtocol.answerTimeLimit)
    } catch {
      throw ControlFailure(.unavailable, "the host at \(directory.path) is gone: \(error.message)")
    }
    switch outcome {
    case .line(let line):
      guard let value = JSONValue(parsing: line), value["ok"]?.flag != nil else { throw nonsense }
      guard let length = value[ControlProtocol.lengthMember] else { return ControlReply(value, payload: []) }
      guard let count = length.count, count <= UInt64(ControlProtocol.payloadLimit) else { throw nonsense }
      // A stream that breaks off here is as one that breaks off in a line.
      let payload = try? reader.payload(Int(count), from: socket, within: ControlProtocol.requestTimeLimit)
      guard let payload else { throw ControlFailure(.unavailable, "the host at \(directory.path) has ended") }
      return ControlReply(value, payload: payload)
    case .tooLong: throw ControlFailure(.backendFailure, "the host at \(directory.path) answers with too much")
    case .end: throw ControlFailure(.unavailable, "the host at \(directory.path) has ended")
    case .timeLimit: throw ControlFailure(.unavailable, "the host at \(directory.path) does not answer")
    }
  }

  private var nonsense: ControlFailure {
    ControlFailure(.backendFailure, "the host at \(directory.path) answers with something other than a reply")
  }
}
