// Serves a device on a UNIX socket.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// Serves a device on a socket to one client at a time, or to several a device each, on threads of its own.
///
/// A process may have any number of servers. A client too many is refused (`EBUSY`). A client that
/// breaks the protocol is disconnected; a command that is malformed or that the device refuses gets an error, and what
/// came with it is closed.
public final class VFIOUserServer: Sendable {
  /// How a server behaves.
  public struct Options: Sendable {
    /// The socket file's permission bits, of which the umask removes some.
    public var mode: UInt32 = 0o600
    /// Which processes may be clients, of those that may write the socket file; others are disconnected.
    public var authorize: @Sendable (UnixSocket.PeerCredentials) -> Bool = { _ in true }
    /// How long the client may take to answer a `DMA_READ` or `DMA_WRITE`, in nanoseconds.
    ///
    /// QEMU answers none while one of its threads waits for an answer of ours, and itself gives up after 5 s.
    public var memoryTimeLimit: UInt64 = 2_000_000_000
    /// The socket file's group, with which the umask removes no bits; nil leaves it to the system.
    public var groupID: UInt32?
    /// How long a client may take before its first command, in nanoseconds; then it is disconnected.
    public var negotiationTimeLimit: UInt64 = 60_000_000_000
    /// How many clients one user may have at once, of a server for many.
    public var mostClientsOfUser = Int.max
    /// How long `stop` waits for answers that clients do not read, in nanoseconds; then they are disconnected.
    public var stopTimeLimit: UInt64 = 30_000_000_000

    /// The usual behaviour.
    public init() {}
  }

  /// What a server has counted since it was made.
  public struct Statistics: Hashable, Sendable {
    /// Clients that were served.
    public var clients: Int
    /// Clients that were refused, since another was there or they were not authorized.
    public var refusedClients: Int
    /// Commands, failed ones included.
    public var commands: Int
    /// Commands that were malformed or that the device refused, posted ones included.
    public var failures: Int
    /// Connections that were ended since the client broke the protocol.
    public var violations: Int
  }

  private let listener: Listener
  private let thread: Guarded<Thread?>
  private let isStopped = Gate()

  /// Listens on a socket and serves whoever connects.
  ///
  /// - Parameters:
  ///   - device: what is served; the server keeps it until it is stopped.
  ///   - path: the socket file, at most 107 bytes; one that a dead process left behind is replaced.
  ///   - options: how the server behaves.
  /// - Throws: `failed` with `EADDRINUSE` if the path is in use, and what else making a socket or a thread reports.
  public convenience init(
    _ device: any VFIOUserDevice, path: String, options: Options = Options()
  ) throws(VFIOUserError) {
    try self.init(path: path, options: options, mostClients: 1) { _ in device }
  }

  /// Listens on a socket and serves several clients at once, each with a device of its own.
  ///
  /// - Parameters:
  ///   - path: the socket file, at most 107 bytes; one that a dead process left behind is replaced.
  ///   - options: how the server behaves.
  ///   - mostClients: how many are served at once; more are refused (`EBUSY`).
  ///   - makeDevice: gives a client its device, on the client's thread; what it takes is best taken by `admit`, since a
  ///     client need not say anything.
  /// - Throws: as above.
  public init(
    path: String, options: Options = Options(), mostClients: Int,
    makeDevice: @escaping @Sendable (UnixSocket.PeerCredentials) -> any VFIOUserDevice
  ) throws(VFIOUserError) {
    do throws(SystemError) {
      let listener = try Listener(path: path, options: options, mostClients: mostClients, makeDevice: makeDevice)
      self.listener = listener
      thread = Guarded(try Thread(name: "vfio-user") { listener.run() })
    } catch {
      throw VFIOUserError(error)
    }
  }

  deinit {
    stop()
  }

  /// Ends the service; returns when all of it has ended.
  ///
  /// The command that is being carried out is finished and answered. Then the client is disconnected, the device told so,
  /// and the socket file removed. A second call waits for the first. It must not be called by the device's own methods.
  public func stop() {
    listener.stop()
    if let thread = thread.withLock({ $0.take() }) {
      thread.join()
      isStopped.open()
    } else {
      _ = isStopped.wait(nanoseconds: .max)
    }
  }

  /// What has been counted.
  public var statistics: Statistics { listener.counters.snapshot }

  /// Whether a client is being served.
  public var hasClient: Bool { listener.clientCount > 0 }

  /// How many clients are being served.
  public var clientCount: Int { listener.clientCount }

  /// Ends the connections of some clients; their devices are told soon, on the clients' threads.
  ///
  /// - Parameter isMeant: whether a client's process is meant.
  public func disconnect(where isMeant: (UnixSocket.PeerCredentials) -> Bool) {
    listener.disconnect(isMeant)
  }
}
