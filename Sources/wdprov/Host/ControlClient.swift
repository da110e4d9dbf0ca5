// The command's end of the control socket: one request, one reply.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Asks the host of a run folder.
struct ControlClient {
  private let directory: RunDirectory

  init(_ directory: RunDirectory) { self.directory = directory }

  /// Sends a request and waits for its reply.
  ///
  /// - Returns: the reply, with its members `ok` and `schema`.
  /// - Throws: 69 where no host answers, 77 where it is another user's, else what the host said.
  func ask(_ operation: String, _ members: [(key: String, value: JSONValue)] = []) throws(CommandFailure) -> JSONValue {
    let socket = try connect()
    try checkOwner(of: socket)
    let request = JSONValue.object([("op", .string(operation))] + members).line + "\n"
    var lines = SocketLines(limit: ControlProtocol.replyLimit)
    let outcome: SocketLines.Outcome
    do throws(SystemError) {
      try socket.setSendLimit(nanoseconds: ControlProtocol.replyTimeLimit)
      // A host that takes no request may have said why and be gone: the reply is read whatever became of the request.
      try? socket.sendAll(Array(request.utf8).rawSpan)
      outcome = try lines.next(from: socket, within: ControlProtocol.answerTimeLimit)
    } catch {
      throw CommandFailure(.unavailable, "the host at \(directory.path) is gone: \(error.message)")
    }
    switch outcome {
    case .line(let line):
      guard let reply = JSONValue(parsing: line), let isDone = reply["ok"]?.flag else {
        throw CommandFailure(.internalError, "the host at \(directory.path) answers with something other than a reply")
      }
      guard !isDone else { return reply }
      let status = reply["error"]?.text.flatMap(ControlFailure.Code.init)?.status
      throw CommandFailure(status ?? .internalError, reply["message"]?.text ?? "the host refuses and does not say why")
    case .tooLong: throw CommandFailure(.internalError, "the host at \(directory.path) answers with too much")
    case .end: throw CommandFailure(.unavailable, "the host at \(directory.path) has ended")
    case .timeLimit: throw CommandFailure(.unavailable, "the host at \(directory.path) does not answer")
    }
  }

  private func connect() throws(CommandFailure) -> UnixSocket {
    do throws(SystemError) {
      return try UnixSocket.connect(to: directory.controlSocket)
    } catch {
      switch error.errno {
      case SystemError.notFound, SystemError.notDirectory, SystemError.connectionRefused:
        throw CommandFailure(
          .unavailable, "no host answers in \(directory.path): start one with 'wdprov serve', or name its --run-dir")
      case SystemError.nameTooLong: throw CommandFailure(.usage, "\(directory.controlSocket): \(error.message)")
      default: throw CommandFailure(ExitStatus(error, otherwise: .unavailable), "\(directory.path): \(error.message)")
      }
    }
  }

  /// Refuses another user's process, which could tell anything.
  private func checkOwner(of socket: borrowing UnixSocket) throws(CommandFailure) {
    let owner = try? socket.peerCredentials.userID
    guard let owner, owner == 0 || owner == CurrentProcess.effectiveUserID else {
      throw CommandFailure(.permission, "the host in \(directory.path) is another user's")
    }
  }
}
