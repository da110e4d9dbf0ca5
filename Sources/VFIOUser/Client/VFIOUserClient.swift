// Uses a device at the other end of a vfio-user socket.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// A connection to a device that a vfio-user server offers.
///
/// Its methods may be called from any number of threads; each waits for its own reply. Commands of one thread are carried
/// out in their order. After the connection has ended every method throws `disconnected`, or why it ended.
public final class VFIOUserClient: Sendable {
  let channel: Channel
  let served: ServedMemory
  private let timeLimit: UInt64
  private let background = Guarded<Thread?>(nil)
  private let generation = CurrentProcess.generation
  /// What the server said of itself.
  public let capabilities: VFIOUserCapabilities

  /// Connects to a server and agrees on the protocol.
  ///
  /// - Parameters:
  ///   - path: the server's socket file.
  ///   - timeLimit: how long a reply may take, in nanoseconds.
  /// - Throws: `busy` while another client is served, `failed` with `ENOENT` or `ECONNREFUSED` if nobody listens,
  ///   `timedOut`, `unsupported` for another version of the protocol.
  public convenience init(path: String, timeLimit: UInt64 = 5_000_000_000) throws(VFIOUserError) {
    let socket: UnixSocket
    do throws(SystemError) {
      socket = try UnixSocket.connect(to: path)
    } catch {
      throw VFIOUserError(error)
    }
    try self.init(socket, timeLimit: timeLimit)
  }

  /// Agrees on the protocol over a connected socket.
  ///
  /// - Throws: as above.
  public init(_ socket: consuming UnixSocket, timeLimit: UInt64 = 5_000_000_000) throws(VFIOUserError) {
    let served = ServedMemory()
    do throws(SystemError) {
      channel = try Channel(socket, role: .client { slot, channel in served.perform(slot, on: channel) })
    } catch {
      throw VFIOUserError(error)
    }
    self.served = served
    self.timeLimit = timeLimit
    let channel = self.channel
    do throws(VFIOUserError) {
      capabilities = try Self.negotiate(channel, MonotonicClock.deadline(after: timeLimit))
    } catch {
      channel.close(error)
      throw error
    }
  }

  deinit {
    disconnect()
  }

  /// Ends the connection; the server resets the device.
  ///
  /// Whoever waits for a reply gets `disconnected`. In a child of the process that connected it does nothing: the
  /// connection is the parent's.
  public func disconnect() {
    guard CurrentProcess.generation == generation else { return }
    channel.close(VFIOUserError(.disconnected, "this end closed the connection"))
    background.withLock { $0.take() }?.join()
  }

  /// For waiting until the server closes the connection; the descriptor is open as long as this object lives.
  public var hangUpEntry: PollEntry { PollEntry(channel.socket.descriptor, for: .peerHangUp) }

  /// Whether the connection has ended.
  public var isDisconnected: Bool { channel.end != nil }

  /// Whether the connection has ended or the other end has closed it, noticed by a system call and without any command.
  public var isHungUp: Bool { isDisconnected || channel.socket.isHungUp }

  private static func negotiate(_ channel: Channel, _ deadline: UInt64) throws(VFIOUserError) -> VFIOUserCapabilities {
    let text = VFIOUserCapabilities.own.text()
    // Both numbers of the version are 0.
    let command = OutgoingCommand(.version, structureSize: 4, deadline: deadline)
    return try unsafe channel.transact(command, data: text.span.bytes) { _ in
    } decode: { (reply) throws(VFIOUserError) -> VFIOUserCapabilities in
      try reply.withBody { (body) throws(VFIOUserError) in
        guard body.byteCount >= 4, body.uint32(at: 0) == 0 else {
          throw VFIOUserError(.unsupported, "the server speaks another version of the protocol")
        }
        guard body.byteCount > 4 else { return VFIOUserCapabilities() }
        guard body.integer(at: body.byteCount - 1, as: UInt8.self) == 0 else {
          throw VFIOUserError(.protocolViolation, "the server's capabilities do not end with a zero byte")
        }
        return try VFIOUserCapabilities(parsing: body.extracting(4..<body.byteCount - 1))
      }
    }
  }

  /// A command with the usual time limit.
  func command(_ command: VFIOUserCommand, structureSize: Int, timeLimit: UInt64? = nil) -> OutgoingCommand {
    OutgoingCommand(
      command, structureSize: structureSize, deadline: MonotonicClock.deadline(after: timeLimit ?? self.timeLimit))
  }

  /// Starts the thread that carries out the server's commands while nobody waits for a reply.
  func startBackground() throws(VFIOUserError) {
    let channel = self.channel
    channel.state.withLock { $0.takesCommands = true }
    do throws(SystemError) {
      try background.withLock { (thread) throws(SystemError) in
        if thread == nil { thread = try Thread(name: "vfio-user-dma") { channel.serveInBackground() } }
      }
    } catch {
      throw VFIOUserError(error)
    }
  }

  /// The most bytes that one access may transfer.
  public var largestTransfer: Int {
    min(capabilities.maxTransfer ?? VFIOUserCapabilities.defaultMaxTransfer, VFIOUserHeader.largestTransfer)
  }
}
