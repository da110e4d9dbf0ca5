// One connection: commands and replies of both ends on one socket.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The messages of one connection, for any number of threads.
///
/// Both ends send commands on the same socket, so whoever waits for a reply must be ready to read everything else. There
/// is no thread that only reads, since handing a message to another thread costs more than the message: one of the
/// threads that wait has the turn to read. What it reads for others it hands to them; when its own is there it passes the
/// turn on. A server's commands go to its one serving thread, in their order; a client carries out the other end's at
/// once.
final class Channel: Sendable {
  /// Which end of the connection this is.
  enum Role: Sendable {
    /// The other end's commands go to the thread that calls `nextCommand`.
    case server
    /// The other end's commands are carried out by whoever reads them.
    case client(@Sendable (MessageSlot, Channel) -> Void)
  }

  /// How long the rest of a message may take once its start is there, and how long the other end may leave what we send
  /// unread, in nanoseconds.
  static let transferLimit: UInt64 = 10_000_000_000
  /// How long a client's read lasts at most before it looks at its time limit again, in nanoseconds.
  static let clientReceiveLimit: UInt64 = 200_000_000
  /// How many bytes of commands may wait for a server's thread while others read: beyond, they stop reading.
  static let mostWaitingBytes = 8 << 20
  /// How many replies may still come for commands whose time is up: beyond, the connection is given up.
  static let mostAbandoned = 64

  /// How long a waiting thread reads before it looks whether its wait was cancelled, in nanoseconds.
  static let readSlice: UInt64 = 20_000_000
  /// How many waiters are kept for later.
  static let mostIdleWaiters = 16

  struct State {
    /// Why nothing can be sent or received any more.
    var end: VFIOUserError?
    /// Whether a thread has the turn to read.
    var isReading = false
    /// Whether it is the serving thread that has the turn.
    var serviceIsReading = false
    /// Whether no further command is to be carried out.
    var isStopping = false
    /// Whether the serving thread sleeps, to be woken for a command or to read.
    var serviceIsParked = false
    /// Whether the thread that has the turn is the only one that waits for anything, and nothing else can come.
    var isAlone = false
    /// Whether the other end may send commands of its own; a server's does always.
    var takesCommands: Bool
    var waiters: [ReplyWaiter] = []
    /// Those that send their command once the one that is alone has its reply.
    var delayed: [ReplyWaiter] = []
    var idleWaiters: [ReplyWaiter] = []
    var commands: [MessageSlot] = []
    var waitingBytes = 0
    var nextID: UInt16 = 0
    var abandoned: [UInt16] = []
  }

  let socket: UnixSocket
  let role: Role
  let state: Guarded<State>
  private let sendTurn = TimedSemaphore(value: 1)
  let serviceWakeUp = TimedSemaphore(value: 0)

  init(_ socket: consuming UnixSocket, role: Role) throws(SystemError) {
    try socket.setSendLimit(nanoseconds: Self.transferLimit)
    var takesCommands = true
    if case .client = role {
      try socket.setReceiveLimit(nanoseconds: Self.clientReceiveLimit)
      takesCommands = false
    }
    state = Guarded(State(takesCommands: takesCommands))
    self.socket = socket
    self.role = role
  }

  /// Why the connection ended; nil while it has not.
  var end: VFIOUserError? { state.withLock { $0.end } }

  /// Ends the connection, once: every wait ends, now and later, with this error.
  func close(_ error: VFIOUserError) {
    state.withLock { state in
      guard state.end == nil else { return }
      state.end = error
      for waiter in state.waiters { waiter.wakeUp.signal() }
      for waiter in state.delayed { waiter.wakeUp.signal() }
      serviceWakeUp.signal()
      // Nobody carries them out any more.
      state.commands = []
    }
    socket.shutDown()
  }

  /// Sends one message.
  ///
  /// - Throws: `disconnected`, or `timedOut` if the other end does not read; the connection has ended then.
  func send(_ first: RawSpan, _ second: RawSpan = RawSpan(), descriptors: [Int32] = []) throws(VFIOUserError) {
    guard sendTurn.wait(nanoseconds: 2 * Self.transferLimit) else {
      let error = VFIOUserError(.timedOut, "the other end does not read what is sent")
      close(error)
      throw end ?? error
    }
    do throws(SystemError) {
      try socket.sendAll(first, second, descriptors: descriptors)
      sendTurn.signal()
    } catch {
      sendTurn.signal()
      let failure =
        error.errno == SystemError.temporarilyUnavailable
        ? VFIOUserError(.timedOut, "the other end does not read what is sent")
        : VFIOUserError(.disconnected, "the connection ended: \(error.message)")
      close(failure)
      // It may have ended before, for a better reason than that nobody reads any more.
      throw end ?? failure
    }
  }

  /// Sends one short message unless that would take waiting; see `send`.
  ///
  /// - Returns: whether nothing is left to be done: it was sent, or the connection has ended.
  func trySend(_ message: RawSpan) -> Bool {
    guard sendTurn.tryWait() else { return false }
    defer { sendTurn.signal() }
    do throws(SystemError) {
      return try socket.trySend(message)
    } catch {
      close(VFIOUserError(.disconnected, "the connection ended: \(error.message)"))
      return true
    }
  }
}
