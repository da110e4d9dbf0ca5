// Waits for clients and gives each a session of its own.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The thread of a server that waits for clients; each is served by a thread of its own.
final class Listener: Sendable {
  /// How long a newcomer waits for the clean-up after a client that has gone, in nanoseconds.
  private static let cleanUpLimit: UInt64 = 10_000_000_000
  /// How long a newcomer may take to send what is then refused, in nanoseconds.
  private static let refusalLimit: UInt64 = 500_000_000
  /// How many newcomers of a server for many are refused at once; more are disconnected without a word.
  private static let mostRefusals = 16
  /// How long to wait when the process has no descriptor to spare, in nanoseconds.
  private static let pause: UInt64 = 50_000_000

  let counters = ServerCounters()
  private let socket: UnixSocket
  private let makeDevice: @Sendable (UnixSocket.PeerCredentials) -> any VFIOUserDevice
  private let path: String
  private let identity: FileStatus
  private let options: VFIOUserServer.Options
  private let mostClients: Int
  private let isStopping = Gate()
  private let clients = Guarded([ListenerClient]())
  private let refusals = Guarded(0)

  init(
    path: String, options: VFIOUserServer.Options, mostClients: Int,
    makeDevice: @escaping @Sendable (UnixSocket.PeerCredentials) -> any VFIOUserDevice
  ) throws(SystemError) {
    socket = try UnixSocket.listen(
      on: path, backlog: mostClients == 1 ? 8 : 64, mode: options.mode, groupID: options.groupID)
    self.makeDevice = makeDevice
    self.path = path
    self.options = options
    self.mostClients = mostClients
    identity = try Pathname.status(of: path, followingLinks: false)
  }

  /// How many clients are being served.
  var clientCount: Int { clients.withLock { $0.count } }

  /// Makes `run` return soon.
  func stop() {
    isStopping.open()
    socket.shutDown()
    for client in clients.withLock({ $0 }) { client.channel?.stopServing() }
  }

  /// Ends the connections of the processes that are meant.
  func disconnect(_ isMeant: (UnixSocket.PeerCredentials) -> Bool) {
    for client in clients.withLock({ $0 }) where isMeant(client.peer) {
      client.channel?.close(VFIOUserError(.disconnected, "the server ended the connection"))
    }
  }

  /// Serves until `stop`; then removes the socket file, if it is still this one's.
  func run() {
    // Every client's thread; it is joined once the client is gone.
    var served: [ListenerClient] = []
    while !isStopping.isOpen {
      do throws(SystemError) {
        guard let newcomer = try socket.accept() else { continue }
        served.removeAll { client in
          guard client.hasEnded.isOpen else { return false }
          client.join()
          return true
        }
        if let client = try receive(newcomer) { served.append(client) }
      } catch {
        // Out of descriptors, memory or threads: later there may be some. After `stop` the gate is open already.
        _ = isStopping.wait(nanoseconds: Self.pause)
      }
    }
    let deadline = MonotonicClock.deadline(after: options.stopTimeLimit)
    for client in served {
      if !client.hasEnded.wait(nanoseconds: MonotonicClock.remaining(until: deadline)) {
        client.channel?.close(VFIOUserError(.disconnected, "the server stops"))
      }
      client.join()
    }
    if let now = try? Pathname.status(of: path, followingLinks: false), now.isSameFile(as: identity) {
      try? Pathname.unlink(path)
    }
  }

  private func receive(_ newcomer: consuming UnixSocket) throws(SystemError) -> ListenerClient? {
    let peer = try newcomer.peerCredentials
    guard options.authorize(peer) else {
      counters.refusedClients.add()
      return nil
    }
    guard hasRoom(for: peer) else {
      counters.refusedClients.add()
      try refuse(newcomer)
      return nil
    }
    let channel = try Channel(newcomer, role: .server)
    let client = ListenerClient(channel, peer: peer)
    clients.withLock { $0.append(client) }
    // Either `stop` sees the client above, or this sees that it was called.
    if isStopping.isOpen { client.channel?.stopServing() }
    do throws(SystemError) {
      counters.clients.add()
      try client.start { [self, unowned client] in
        serve(channel, peer)
        forget(client)
      }
      return client
    } catch {
      channel.close(VFIOUserError(error))
      forget(client)
      throw error
    }
  }

  private func serve(_ channel: Channel, _ peer: UnixSocket.PeerCredentials) {
    let session = Session(channel, device: makeDevice(peer), peer: peer, options: options, counters: counters)
    _ = session.run()
  }

  private func forget(_ client: ListenerClient) {
    clients.withLock { $0.removeAll { $0 === client } }
  }

  /// Whether there is a place, if need be that of a client that has just gone: who closed a connection and makes the
  /// next one is not to meet itself.
  private func hasRoom(for peer: UnixSocket.PeerCredentials) -> Bool {
    let present = clients.withLock { $0 }
    let own = present.filter { $0.peer.userID == peer.userID }
    for (those, most) in [(present, mostClients), (own, options.mostClientsOfUser)] where those.count >= most {
      guard let last = those.first(where: { $0.channel?.socket.isHungUp != false }),
        // Among many, one that does not end keeps the others waiting for a moment only.
        last.hasEnded.wait(nanoseconds: mostClients == 1 ? Self.cleanUpLimit : Self.refusalLimit)
      else { return false }
    }
    return true
  }

  /// Tells a newcomer that there is no place; one that says nothing first keeps no other waiting.
  private func refuse(_ newcomer: consuming UnixSocket) throws(SystemError) {
    if mostClients == 1 { return Self.answerBusy(newcomer) }
    let hasTurn = refusals.withLock { count in
      guard count < Self.mostRefusals else { return false }
      count += 1
      return true
    }
    guard hasTurn else { return }
    // A closure cannot consume what it captured: the channel owns the socket meanwhile.
    let channel = try Channel(newcomer, role: .server)
    do throws(SystemError) {
      _ = try Thread(name: "vfio-user-busy") { [self] in
        Self.answerBusy(channel.socket)
        refusals.withLock { $0 -= 1 }
      }
    } catch {
      refusals.withLock { $0 -= 1 }
      throw error
    }
  }

  /// Answers a newcomer's first command with `EBUSY`, so that it learns why.
  private static func answerBusy(_ newcomer: borrowing UnixSocket) {
    let slot = MessageSlot()
    let size = VFIOUserHeader.byteCount
    guard (try? newcomer.descriptor.poll(for: .readable, nanoseconds: refusalLimit)) == .readable else { return }
    let count = try? unsafe slot.buffer.withBuffer(0..<slot.buffer.capacity) { (buffer) throws(SystemError) in
      try unsafe newcomer.receive(into: buffer, descriptors: &slot.descriptors)
    }
    guard let count, count >= size else { return }
    let answer = slot.buffer.withMutableBytes(0..<size) { bytes in
      guard let header = try? VFIOUserHeader(decoding: bytes.bytes), header.isCommand else { return false }
      VFIOUserHeader(replyTo: header, error: VFIOUserError(.busy, "another client is served")).encode(into: &bytes)
      return true
    }
    guard answer else { return }
    try? slot.buffer.withBytes(0..<size) { (bytes) throws(SystemError) in try newcomer.sendAll(bytes) }
  }
}
