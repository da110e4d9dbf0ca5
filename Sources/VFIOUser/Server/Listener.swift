// Waits for clients and gives each a session of its own.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The thread of a server that waits for clients; each is served by a thread of its own, one at a time.
final class Listener: Sendable {
  /// A client that is being served.
  private struct Client {
    let channel: Channel
    let hasEnded: Gate
  }

  /// How long a newcomer waits for the clean-up after a client that has gone, in nanoseconds.
  private static let cleanUpLimit: UInt64 = 10_000_000_000
  /// How long a newcomer may take to send what is then refused, in nanoseconds.
  private static let refusalLimit: UInt64 = 500_000_000
  /// How long to wait when the process has no descriptor to spare, in nanoseconds.
  private static let pause: UInt64 = 50_000_000

  let counters = ServerCounters()
  private let socket: UnixSocket
  private let device: any VFIOUserDevice
  private let path: String
  private let identity: FileStatus
  private let options: VFIOUserServer.Options
  private let isStopping = Gate()
  private let client = Guarded<Client?>(nil)

  init(_ device: any VFIOUserDevice, path: String, options: VFIOUserServer.Options) throws(SystemError) {
    socket = try UnixSocket.listen(on: path, mode: options.mode)
    self.device = device
    self.path = path
    self.options = options
    identity = try Pathname.status(of: path, followingLinks: false)
  }

  /// Whether a client is being served.
  var hasClient: Bool { client.withLock { $0 != nil } }

  /// Makes `run` return soon.
  func stop() {
    isStopping.open()
    socket.shutDown()
    client.withLock { $0?.channel }?.stopServing()
  }

  /// Serves until `stop`; then removes the socket file, if it is still this one's.
  func run() {
    var thread: Thread?
    while !isStopping.isOpen {
      do throws(SystemError) {
        guard let newcomer = try socket.accept() else { continue }
        try receive(newcomer, &thread)
      } catch {
        // Out of descriptors, memory or threads: later there may be some. After `stop` the gate is open already.
        _ = isStopping.wait(nanoseconds: Self.pause)
      }
    }
    thread.take()?.join()
    if let now = try? Pathname.status(of: path, followingLinks: false), now.isSameFile(as: identity) {
      try? Pathname.unlink(path)
    }
  }

  private func receive(_ newcomer: consuming UnixSocket, _ thread: inout Thread?) throws(SystemError) {
    let peer = try newcomer.peerCredentials
    guard options.authorize(peer) else {
      counters.refusedClients.add()
      return
    }
    if let current = client.withLock({ $0 }) {
      // Who closed a connection and makes the next one is not to meet itself.
      guard current.channel.socket.isHungUp, current.hasEnded.wait(nanoseconds: Self.cleanUpLimit) else {
        counters.refusedClients.add()
        Self.refuse(newcomer)
        return
      }
    }
    thread.take()?.join()
    let channel = try Channel(newcomer, role: .server)
    let hasEnded = Gate()
    client.withLock { $0 = Client(channel: channel, hasEnded: hasEnded) }
    // Either `stop` sees the client above, or this sees that it was called.
    if isStopping.isOpen { channel.stopServing() }
    counters.clients.add()
    do throws(SystemError) {
      thread = try Thread(name: "vfio-user") { [self] in
        let session = Session(
          channel, device: device, peer: peer, memoryTimeLimit: options.memoryTimeLimit, counters: counters)
        _ = session.run()
        client.withLock { $0 = nil }
        hasEnded.open()
      }
    } catch {
      channel.close(VFIOUserError(error))
      client.withLock { $0 = nil }
      throw error
    }
  }

  /// Answers a newcomer's first command with `EBUSY`, so that it learns why.
  private static func refuse(_ newcomer: consuming UnixSocket) {
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
