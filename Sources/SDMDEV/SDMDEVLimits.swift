// What one user, and one queue, may have at most.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// What users and queues may have of a class's devices at most.
public struct SDMDEVLimits: Hashable, Sendable {
  /// How many queues a user may have at once, over all devices.
  public var queuesOfUser = 256
  /// How many bytes of memory a user may share at once, pools included, over all devices.
  public var lockedBytesOfUser: UInt64 = 1 << 30
  /// How many pieces of memory a queue may share.
  public var mappingsOfQueue = 4096
  /// How many threads may WAIT for a queue at once.
  public var waitersOfQueue = 64
  /// The most bytes of a queue's pool.
  public var poolBytes: UInt64 = 64 << 20
  /// Whether a device that was isolated after too many errors gives no queues.
  public var refusesIsolatedDevices = true

  /// The usual limits.
  public init() {}
}

/// What each user has at present.
final class UserAccounts: Sendable {
  private struct Account {
    var queues = 0
    var lockedBytes: UInt64 = 0
    var isEmpty: Bool { queues == 0 && lockedBytes == 0 }
  }

  let limits: SDMDEVLimits
  private let accounts = Guarded([UInt32: Account]())

  init(_ limits: SDMDEVLimits) { self.limits = limits }

  /// Counts a queue for a user.
  ///
  /// - Throws: `busy` beyond the limit.
  func takeQueue(user: UInt32) throws(QueueError) {
    try accounts.withLock { (accounts) throws(QueueError) in
      guard accounts[user, default: Account()].queues < limits.queuesOfUser else {
        throw QueueError(.busy, "user \(user) has \(limits.queuesOfUser) queues, which is the limit: release some")
      }
      accounts[user, default: Account()].queues += 1
    }
  }

  /// Takes back what `takeQueue` counted.
  func putQueue(user: UInt32) {
    change(user) { $0.queues -= 1 }
  }

  /// Counts bytes of shared memory for a user.
  ///
  /// - Throws: `resourceExhausted` beyond the limit.
  func lock(_ bytes: UInt64, user: UInt32) throws(QueueError) {
    try accounts.withLock { (accounts) throws(QueueError) in
      let sum = accounts[user, default: Account()].lockedBytes.addingReportingOverflow(bytes)
      guard !sum.overflow, sum.partialValue <= limits.lockedBytesOfUser else {
        throw QueueError(
          .resourceExhausted,
          "user \(user) may share \(limits.lockedBytesOfUser) bytes at once: unshare some, or raise the host's limit")
      }
      accounts[user, default: Account()].lockedBytes = sum.partialValue
    }
  }

  /// Takes back what `lock` counted.
  func unlock(_ bytes: UInt64, user: UInt32) {
    change(user) { $0.lockedBytes -= bytes }
  }

  /// What a user has.
  func usage(of user: UInt32) -> (queues: Int, lockedBytes: UInt64) {
    let account = accounts.withLock { $0[user] } ?? Account()
    return (account.queues, account.lockedBytes)
  }

  private func change(_ user: UInt32, _ body: (inout Account) -> Void) {
    accounts.withLock { accounts in
      body(&accounts[user, default: Account()])
      if accounts[user]?.isEmpty == true { accounts[user] = nil }
    }
  }
}
