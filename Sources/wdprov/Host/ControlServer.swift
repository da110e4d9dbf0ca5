// The host's end of the control socket: accepts clients, gives each a thread, and ends them all.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Logging
import WarpDrive

/// Takes requests of this user's and root's processes.
final class ControlServer: Sendable {
  /// How long to wait when the process has no descriptor or thread to spare, in nanoseconds.
  private static let pause: UInt64 = 50_000_000

  let file: SocketFile
  private let socket: UnixSocket
  private let log: ConnectionLog
  private let answer: @Sendable (JSONValue) -> JSONValue
  private let isEnding = Gate()
  private let thread = Guarded(Thread?.none)

  /// Listens.
  ///
  /// - Parameters:
  ///   - path: the socket file.
  ///   - log: where refused clients are noted.
  ///   - answer: makes the reply to a request; called on several threads at once.
  /// - Throws: what `UnixSocket.listen` throws.
  init(path: String, log: ConnectionLog, answer: @escaping @Sendable (JSONValue) -> JSONValue) throws(SystemError) {
    socket = try UnixSocket.listen(on: path, backlog: Int32(ControlProtocol.mostClients))
    file = try SocketFile(path)
    self.log = log
    self.answer = answer
  }

  /// Begins to serve; where that fails, the socket file is gone.
  func start() throws(SystemError) {
    do throws(SystemError) {
      try thread.withLock { (thread) throws(SystemError) in
        thread = try Thread(name: "control") { [self] in run() }
      }
    } catch {
      file.remove()
      throw error
    }
  }

  /// Ends every session once it has answered what it is at, and removes the socket file.
  func stop() {
    isEnding.open()
    socket.shutDown()
    thread.withLock { $0.take() }?.join()
    file.remove()
  }

  private func run() {
    var sessions: [ControlSession] = []
    while !isEnding.isOpen {
      do throws(SystemError) {
        guard let client = try socket.accept() else { continue }
        sessions.removeAll { $0.joinIfEnded() }
        if let session = try admit(client, isFull: sessions.count >= ControlProtocol.mostClients) {
          sessions.append(session)
        }
      } catch {
        // Out of descriptors, memory or threads: later there may be some. When it ends, the gate is open already.
        _ = isEnding.wait(nanoseconds: Self.pause)
      }
    }
    for session in sessions { session.end() }
    for session in sessions { session.join() }
  }

  /// Starts a session, or says why not.
  private func admit(_ client: consuming UnixSocket, isFull: Bool) throws(SystemError) -> ControlSession? {
    try client.setSendLimit(nanoseconds: ControlProtocol.replyTimeLimit)
    let peer = try client.peerCredentials
    var refusal: ControlFailure?
    if peer.userID != 0 && peer.userID != CurrentProcess.effectiveUserID {
      log.note(peer, "refused a control client", level: .warning)
      refusal = ControlFailure(.denied, "the host serves its own user and root")
    } else if isFull {
      refusal = ControlFailure(.busy, "the host serves \(ControlProtocol.mostClients) clients at once: try again")
    }
    if let refusal {
      // A short line into an empty buffer: nobody waits for it.
      try client.sendAll(Array((ControlProtocol.failure(refusal).line + "\n").utf8).rawSpan)
      return nil
    }
    let session = ControlSession(client, answer: answer)
    try session.start()
    return session
  }
}
