// The process that has a mediated device open.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem
public import WarpDriveQueue

/// A process that opens queues: who it is for PASIDs and quotas, and its memory.
public struct QueueOwner: Sendable {
  /// The process; its number and when it started, so that another with the same number is another.
  public let process: ProcessIdentity
  /// The user whose quota counts.
  public let userID: UInt32
  /// Its memory, if there is a way to it; whether the kernel allows it shows later.
  let memory: ProcessMemory?

  /// This process.
  ///
  /// - Throws: `failed` where `/proc` cannot be read.
  public static func thisProcess() throws(QueueError) -> QueueOwner {
    do throws(SystemError) {
      let process = try ProcessIdentity.current()
      return QueueOwner(
        process: process, userID: CurrentProcess.effectiveUserID, memory: try? ProcessMemory(of: process))
    } catch {
      throw QueueError(error, "this process")
    }
  }

  /// The process at the other end of a socket.
  ///
  /// - Throws: `denied` for one that is not to be seen: it has ended, or is of another PID namespace.
  public init(peer: UnixSocket.PeerCredentials) throws(QueueError) {
    try self.init(processID: peer.processID, userID: peer.userID)
  }

  /// The process that has a number at this moment.
  ///
  /// - Throws: as `init(peer:)`.
  package init(processID: Int32, userID: UInt32) throws(QueueError) {
    do throws(SystemError) {
      process = try ProcessIdentity(of: processID)
      memory = try ProcessMemory(of: process)
    } catch {
      throw QueueError(.denied, "the process that wants a queue cannot be identified: \(error)")
    }
    self.userID = userID
  }

  private init(process: ProcessIdentity, userID: UInt32, memory: ProcessMemory?) {
    self.process = process
    self.userID = userID
    self.memory = memory
  }
}
