// A client as the thread that accepts clients knows it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// One client that is being served, or was.
final class ListenerClient: Sendable {
  /// The connection, until it has ended: the object is kept for longer.
  private let connection: ConnectionReference
  let peer: UnixSocket.PeerCredentials
  /// Open once the device was told that the client is gone.
  let hasEnded = Gate()
  private let thread = Guarded(Thread?.none)

  init(_ channel: Channel, peer: UnixSocket.PeerCredentials) {
    connection = ConnectionReference(channel)
    self.peer = peer
  }

  /// The connection; nil once it has ended.
  var channel: Channel? { connection.channel }

  /// Serves on a thread of its own.
  ///
  /// - Throws: `EAGAIN` when a limit on threads is reached.
  func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    try thread.withLock { (thread) throws(SystemError) in
      thread = try Thread(name: "vfio-user") { [self] in
        body()
        connection.drop()
        hasEnded.open()
      }
    }
  }

  /// Waits for the thread's end.
  func join() { thread.withLock { $0.take() }?.join() }
}
