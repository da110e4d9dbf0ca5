// The host's end of the control socket: accepts clients, gives each a thread, and ends them all.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Takes requests of this user's and root's processes, and of a group's where one is named.
package final class ControlServer: Sendable {
  /// How long to wait when the process has no descriptor or thread to spare, in nanoseconds.
  private static let pause: UInt64 = 50_000_000

  /// The socket file.
  package let file: SocketFile
  private let socket: UnixSocket
  private let hasGroup: Bool
  private let refused: @Sendable (UnixSocket.PeerCredentials) -> Void
  private let answer: @Sendable (ControlRequest) -> ControlReply
  private let budget: PayloadBudget
  private let isEnding = Gate()
  private let thread = Guarded(Thread?.none)

  /// Listens.
  ///
  /// - Parameters:
  ///   - path: the socket file.
  ///   - group: whose members may connect as well, by the file's permission bits; nil: nobody's.
  ///   - payloadBudget: the most bytes of requests' payloads that are in memory at once.
  ///   - refused: is told of users that may not.
  ///   - answer: makes the reply to a request; called on several threads at once.
  /// - Throws: what `UnixSocket.listen` throws.
  package init(
    path: String, group: UInt32? = nil, payloadBudget: Int = ControlProtocol.payloadBudget,
    refused: @escaping @Sendable (UnixSocket.PeerCredentials) -> Void,
    answer: @escaping @Sendable (ControlRequest) -> ControlReply
  ) throws(SystemError) {
    socket = try UnixSocket.listen(
      on: path, backlog: Int32(ControlProtocol.mostClients), mode: group == nil ? 0o600 : 0o660, groupID: group)
    file = try SocketFile(path)
    hasGroup = group != nil
    budget = PayloadBudget(payloadBudget)
    self.refused = refused
    self.answer = answer
  }

  /// Begins to serve; where that fails, the socket file is gone.
  package func start() throws(SystemError) {
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
  package func stop() {
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
        if let session = try admit(client, among: sessions) { sessions.append(session) }
      } catch {
        // Out of descriptors, memory or threads: later there may be some. When it ends, the gate is open already.
        _ = isEnding.wait(nanoseconds: Self.pause)
      }
    }
    for session in sessions { session.end() }
    for session in sessions { session.join() }
  }

  /// Starts a session, or says why not.
  private func admit(
    _ client: consuming UnixSocket, among sessions: [ControlSession]
  ) throws(SystemError) -> ControlSession? {
    try client.setSendLimit(nanoseconds: ControlProtocol.replyTimeLimit)
    let peer = try client.peerCredentials
    let isOwner = peer.userID == 0 || peer.userID == CurrentProcess.effectiveUserID
    if let refusal = refusal(of: peer, isOwner, among: sessions) {
      // A short line into an empty buffer: nobody waits for it.
      try client.sendAll(Array((ControlProtocol.failure(refusal).line + "\n").utf8).rawSpan)
      return nil
    }
    let session = ControlSession(client, peer: peer, isOwner: isOwner, budget: budget, answer: answer)
    try session.start()
    return session
  }

  private func refusal(
    of peer: UnixSocket.PeerCredentials, _ isOwner: Bool, among sessions: [ControlSession]
  ) -> ControlFailure? {
    // Who is in the group could open the file; without one, its bits may have been changed behind this host's back.
    guard isOwner || hasGroup else {
      refused(peer)
      return ControlFailure(.denied, "the host serves its own user and root")
    }
    if !isOwner, sessions.count(where: { $0.peer.userID == peer.userID }) >= ControlProtocol.mostClientsOfOthers {
      let most = ControlProtocol.mostClientsOfOthers
      return ControlFailure(.busy, "the host serves \(most) clients of a user at once: try again")
    }
    guard sessions.count < ControlProtocol.mostClients else {
      return ControlFailure(.busy, "the host serves \(ControlProtocol.mostClients) clients at once: try again")
    }
    return nil
  }
}
