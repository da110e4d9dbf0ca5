// The kernel path's queues of a device: made when they are needed, given back when they are idle.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// The kernel queues of both directions.
final class KernelQueueTable: Sendable {
  /// How long a queue that nobody has stays, nanoseconds.
  private static let idleLimit: UInt64 = 2_000_000_000

  private let manager: QueueManager
  private let state = Guarded([ZipDirection: [KernelQueue]]())
  /// Making queues, one thread at a time: the others find what it has made.
  private let turn = TimedSemaphore(value: 1)

  init(_ manager: QueueManager) {
    self.manager = manager
  }

  /// How many queues the kernel path has.
  var count: Int { state.withLock { $0.values.reduce(0) { $0 + $1.count } } }

  /// A queue with room: the least used one, or another where all of them are half full and one is free.
  func queue(_ direction: ZipDirection) throws(QueueError) -> KernelQueue {
    if let obstacle = manager.obstacle { throw obstacle }
    if let queue = best(direction) { return queue }
    guard turn.wait(nanoseconds: QueueManager.turnLimit) else {
      throw QueueError(.timedOut, "a queue cannot be started: reset the device")
    }
    defer { turn.signal() }
    if let queue = best(direction) { return queue }
    do throws(QueueError) {
      let queue = try KernelQueue(manager, direction)
      try queue.open()
      state.withLock { $0[direction, default: []].append(queue) }
      manager.service.startWatching()
      return queue
    } catch {
      // With all queues taken, one that is busy is better than none.
      guard error.code == .busy, let queue = leastUsed(direction) else { throw error }
      return queue
    }
  }

  /// A queue that is less than half full, or the least used one where there may be no more of them.
  private func best(_ direction: ZipDirection) -> KernelQueue? {
    guard let (queue, inFlight, count) = ranked(direction) else { return nil }
    return inFlight * 2 < queue.capacity || count >= manager.options.kernelQueueLimit ? queue : nil
  }

  private func leastUsed(_ direction: ZipDirection) -> KernelQueue? { ranked(direction)?.queue }

  private func ranked(_ direction: ZipDirection) -> (queue: KernelQueue, inFlight: Int, count: Int)? {
    let queues = (state.withLock { $0[direction] } ?? []).filter { $0.isUsable }
    guard let first = queues.first else { return nil }
    var (best, least) = (first, first.inFlight)
    for queue in queues.dropFirst() {
      let inFlight = queue.inFlight
      if inFlight < least { (best, least) = (queue, inFlight) }
    }
    return (best, least, queues.count)
  }

  /// Gives back queues that were idle for long enough and that nobody has; on the service thread.
  ///
  /// - Returns: whether there are queues left to look at.
  func releaseIdle(at now: UInt64) -> Bool {
    let (idle, isEmpty) = take { queue in queue.isIdle(at: now, for: Self.idleLimit) }
    for queue in idle { queue.close() }
    return !isEmpty
  }

  /// Gives back every queue that nobody has, for others who need one.
  ///
  /// - Returns: whether there was any.
  func releaseUnused() -> Bool {
    let (idle, _) = take { queue in queue.isIdle(at: .max, for: 0) }
    for queue in idle { queue.close() }
    return !idle.isEmpty
  }

  /// Takes queues out that only the table has.
  private func take(_ isWanted: (KernelQueue) -> Bool) -> ([KernelQueue], isEmpty: Bool) {
    state.withLock { table in
      var taken: [KernelQueue] = []
      for direction in ZipDirection.allCases {
        var queues = table.removeValue(forKey: direction) ?? []
        var index = 0
        while index < queues.count {
          // Nobody else can get one while the lock is held.
          if isKnownUniquelyReferenced(&queues[index]) && isWanted(queues[index]) {
            taken.append(queues.remove(at: index))
          } else {
            index += 1
          }
        }
        if !queues.isEmpty { table[direction] = queues }
      }
      return (taken, table.isEmpty)
    }
  }

  /// Takes all queues out: the end of the device.
  func removeAll() -> [KernelQueue] {
    state.withLock { table in
      defer { table = [:] }
      return table.values.flatMap { $0 }
    }
  }
}

extension KernelQueue {
  /// Whether requests can be sent, now or soon.
  var isUsable: Bool { state.withLock { $0.phase != .ended } }

  /// Whether nothing was sent or answered for a while, and nothing is in flight.
  func isIdle(at now: UInt64, for nanoseconds: UInt64) -> Bool {
    state.withLock { state in
      if state.phase == .ended { return true }
      return state.inFlight == 0 && now >= state.lastActivity && now - state.lastActivity >= nanoseconds
    }
  }
}
