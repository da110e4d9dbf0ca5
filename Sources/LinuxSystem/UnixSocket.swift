// Stream sockets of one machine, over which descriptors can be passed.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A UNIX stream socket, closed once.
///
/// Writing to a socket that nobody reads is an error and never a signal.
public struct UnixSocket: ~Copyable, Sendable {
  /// The descriptor, for waiting.
  public let descriptor: FileDescriptor

  /// Takes over a descriptor of a UNIX stream socket.
  public init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  /// Who is at the other end.
  public struct PeerCredentials: Hashable, Sendable {
    /// The process that connected, or that listens; it may be gone, and its number may be another's by now.
    public let processID: Int32
    /// Its effective user; 0 is root.
    public let userID: UInt32
    /// Its effective group.
    public let groupID: UInt32
  }

  /// The process at the other end, as it was when the connection was made (`SO_PEERCRED`).
  ///
  /// - Throws: `EBADF`, `ENOTSOCK`.
  public var peerCredentials: PeerCredentials {
    get throws(SystemError) {
      var (process, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
      let number = descriptor.number
      _ = try systemCall("getsockopt") { unsafe clinux_peer_credentials(number, &process, &user, &group) }
      return PeerCredentials(processID: process, userID: user, groupID: group)
    }
  }

  /// Two connected sockets; each is there until it is taken.
  public struct Pair: ~Copyable {
    /// One end.
    public var first: UnixSocket?
    /// The other end.
    public var second: UnixSocket?
  }

  /// Makes two sockets that are connected with each other.
  ///
  /// - Throws: `EMFILE`, `ENFILE`, `ENOMEM`.
  public static func pair() throws(SystemError) -> Pair {
    var ends: [Int32] = [-1, -1]
    _ = try systemCall("socketpair") { unsafe clinux_unix_socket_pair(&ends) }
    return Pair(
      first: UnixSocket(FileDescriptor(owning: ends[0])), second: UnixSocket(FileDescriptor(owning: ends[1])))
  }

  /// Connects to a listening socket.
  ///
  /// - Throws: `ENOENT` or `ECONNREFUSED` if nobody listens, `EACCES`, `ENAMETOOLONG` above 107 bytes, `EAGAIN` if too
  ///   many wait to be accepted.
  public static func connect(to path: String) throws(SystemError) -> UnixSocket {
    let socket = try new()
    let number = socket.descriptor.number
    _ = try systemCall("connect", path: path) { unsafe clinux_connect_unix(number, path) }
    return socket
  }

  /// Listens on a new socket file.
  ///
  /// A socket file that a process left behind when it died is replaced; one that is listened on is not.
  ///
  /// - Parameters:
  ///   - path: the file's path, at most 107 bytes.
  ///   - backlog: how many may wait to be accepted.
  ///   - mode: the file's permission bits, of which the umask removes some unless a group is given; who may not write
  ///     it cannot connect.
  ///   - groupID: the file's group; nil leaves it to the system.
  /// - Throws: `EADDRINUSE` if the path is listened on or is another file, `ENOENT`, `EACCES`, `ENAMETOOLONG`, `EPERM`
  ///   for a group that this process may not give files to.
  public static func listen(
    on path: String, backlog: Int32 = 8, mode: UInt32 = 0o600, groupID: UInt32? = nil
  ) throws(SystemError) -> UnixSocket {
    let socket = try new()
    let number = socket.descriptor.number
    // Before the file exists, so that nobody can connect in between: the kernel gives the file the socket's bits.
    _ = try systemCall("fchmod", path: path) { fchmod(number, groupID == nil ? mode : 0) }
    do throws(SystemError) {
      _ = try systemCall("bind", path: path) { unsafe clinux_bind_unix(number, path) }
    } catch  where error.errno == EADDRINUSE && isLeftBehind(path) {
      try Pathname.unlink(path)
      _ = try systemCall("bind", path: path) { unsafe clinux_bind_unix(number, path) }
    }
    if let groupID {
      // Until here nobody could connect; the bits come last, as a change of group may take some away.
      try Pathname.setOwner(of: path, groupID: groupID)
      try Pathname.setMode(mode, of: path)
    }
    _ = try systemCall("listen", path: path) { Glibc.listen(number, backlog) }
    return socket
  }

  /// Takes a waiting connection, or waits for one until the time limit has passed.
  ///
  /// - Parameter nanoseconds: the time limit, kept to a millisecond; `UInt64.max` waits for ever.
  /// - Returns: the connection; nil is the time limit.
  /// - Throws: `EINVAL` after `shutDown()`, `EMFILE`, `ENFILE`, `ENOMEM`.
  public func accept(nanoseconds: UInt64 = .max) throws(SystemError) -> UnixSocket? {
    while true {
      if nanoseconds != .max {
        guard try descriptor.poll(for: .readable, nanoseconds: nanoseconds) != [] else { return nil }
      }
      let number = descriptor.number
      do throws(SystemError) {
        return UnixSocket(FileDescriptor(owning: try systemCall("accept") { clinux_accept(number) }))
      } catch  where error.errno == ECONNABORTED {
        // Who wanted to connect is gone already; the next one is waited for.
        continue
      }
    }
  }

  /// Ends both directions: the other end reads the end of the stream, and who waits here is woken.
  public func shutDown() {
    _ = shutdown(descriptor.number, Int32(SHUT_RDWR))
  }

  /// Limits how long one send may wait for the other end to read.
  ///
  /// - Parameter nanoseconds: the limit, of microsecond precision; 0 is none.
  /// - Throws: `EBADF`.
  public func setSendLimit(nanoseconds: UInt64) throws(SystemError) {
    let number = descriptor.number
    _ = try systemCall("setsockopt") { clinux_set_send_limit(number, nanoseconds) }
  }

  /// Limits how long `receive(into:descriptors:)` may wait; then it throws `EAGAIN`.
  ///
  /// - Parameter nanoseconds: the limit, of microsecond precision; 0 is none.
  /// - Throws: `EBADF`.
  public func setReceiveLimit(nanoseconds: UInt64) throws(SystemError) {
    let number = descriptor.number
    _ = try systemCall("setsockopt") { clinux_set_receive_limit(number, nanoseconds) }
  }

  /// Ends the incoming direction: what is there already can still be read, then comes the end of the stream.
  ///
  /// Who waits to receive is woken; the other end can send no more.
  public func shutDownReceiving() {
    _ = shutdown(descriptor.number, Int32(SHUT_RD))
  }

  /// Whether the other end has closed, or this end is shut down.
  public var isHungUp: Bool {
    guard let ready = try? descriptor.poll(for: .peerHangUp, nanoseconds: 0) else { return true }
    return !ready.isDisjoint(with: [.peerHangUp, .hangUp, .error])
  }

  private static func new() throws(SystemError) -> UnixSocket {
    UnixSocket(FileDescriptor(owning: try systemCall("socket") { clinux_unix_socket() }))
  }

  /// Whether a path is a socket file that nobody listens on.
  private static func isLeftBehind(_ path: String) -> Bool {
    guard let kind = try? Pathname.status(of: path, followingLinks: false).kind, kind == .socket else { return false }
    do throws(SystemError) {
      _ = try connect(to: path)
      return false
    } catch {
      return error.errno == ECONNREFUSED
    }
  }
}
