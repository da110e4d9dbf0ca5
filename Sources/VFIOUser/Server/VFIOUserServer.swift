// Serves a device on a UNIX socket.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// Serves one device on one socket, to one client at a time, on threads of its own.
///
/// A process may have any number of servers. A second client is refused (`EBUSY`) while the first is there. A client that
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
  public init(_ device: any VFIOUserDevice, path: String, options: Options = Options()) throws(VFIOUserError) {
    do throws(SystemError) {
      let listener = try Listener(device, path: path, options: options)
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
  public var hasClient: Bool { listener.hasClient }
}
