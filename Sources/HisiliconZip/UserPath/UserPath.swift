// A program's queues of one provider: requested when they are needed, shared by its streams, given back when idle.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// The queues of both directions.
final class UserPath: Sendable {
  /// The limits of a provider's queues.
  struct Limits: Sendable {
    /// The most queues of one direction.
    var queueCount = 4
    /// Streams on a queue from which on another is requested.
    var streamsPerQueue = 16
    /// The most bytes of one queue's pool.
    var poolBytes = 256 << 20
    /// How long a queue that nobody uses stays, in nanoseconds.
    var idle: UInt64 = 2_000_000_000
    /// How long no queue is asked for after the first refusal, in nanoseconds; twice as long after each further one.
    var firstPause: UInt64 = 50_000_000
    /// The longest such pause.
    var longestPause: UInt64 = 5_000_000_000
  }

  /// Why there was no queue, and when one is asked for again.
  private struct Refusal {
    var error: QueueError
    var pause: UInt64
    var nextAttempt: UInt64
  }

  private struct State {
    var queues: [ZipDirection: [UserQueue]] = [:]
    /// By what was asked for: a device that lacks one format has the others.
    var refusals: [ZipFormat: Refusal] = [:]
    var isWatched = false
  }

  private let request: @Sendable (QueueCapability) throws(QueueError) -> Queue
  private let limits: Limits
  private let state = Guarded(State())
  private let turn = TimedSemaphore(value: 1)
  private static let turnLimit: UInt64 = 60_000_000_000

  init(
    _ limits: Limits = Limits(), request: @escaping @Sendable (QueueCapability) throws(QueueError) -> Queue
  ) {
    self.limits = limits
    self.request = request
  }

  /// A queue for one stream.
  func queue(_ direction: ZipDirection, _ format: ZipFormat) throws(QueueError) -> UserExecutor {
    if let queue = usable(direction, format, isFull: false) { return queue }
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "a queue is being requested for too long: use software")
    }
    defer { turn.signal() }
    if let queue = usable(direction, format, isFull: false) { return queue }
    do throws(QueueError) {
      try checkPause(format)
      let queue = try request(QueueCapability(algorithm: format.name, type: direction.rawValue))
      let made = UserQueue(EngineQueue(queue, direction, poolLimit: limits.poolBytes))
      return state.withLock { state in
        state.refusals = [:]
        state.queues[direction, default: []].append(made)
        return UserExecutor(made, self)
      }
    } catch {
      note(error, format)
      // One that is well used is better than none.
      if let queue = usable(direction, format, isFull: true) { return queue }
      throw error
    }
  }

  private func checkPause(_ format: ZipFormat) throws(QueueError) {
    guard let refusal = state.withLock({ $0.refusals[format] }), MonotonicClock.now() < refusal.nextAttempt else {
      return
    }
    throw refusal.error
  }

  private func note(_ error: QueueError, _ format: ZipFormat) {
    let limits = limits
    let now = MonotonicClock.now()
    state.withLock { state in
      let last = state.refusals[format]
      // A refusal during the pause is the last one again.
      if let last, now < last.nextAttempt { return }
      let pause = last.map { min(2 * $0.pause, limits.longestPause) } ?? limits.firstPause
      state.refusals[format] = Refusal(
        error: error, pause: pause, nextAttempt: now.addingReportingOverflow(pause).partialValue)
    }
  }

  /// The least used queue that works; nil where another should be requested.
  private func usable(_ direction: ZipDirection, _ format: ZipFormat, isFull: Bool) -> UserExecutor? {
    let limits = limits
    let (best, gone) = state.withLock { state -> (UserExecutor?, [UserQueue]) in
      var queues = state.queues[direction] ?? []
      let gone = queues.filter { $0.queue.failure != nil }
      queues.removeAll { $0.queue.failure != nil }
      state.queues[direction] = queues
      let able = queues.filter { $0.queue.algorithms.contains(format.name) }
      guard let least = able.min(by: { $0.users < $1.users }) else { return (nil, gone) }
      guard isFull || least.users < limits.streamsPerQueue || queues.count >= limits.queueCount else {
        return (nil, gone)
      }
      // Counted with the lock held, so that it is not given back as idle meanwhile.
      return (UserExecutor(least, self), gone)
    }
    // The last reference to a queue releases it: not with the lock held.
    _ = consume gone
    return best
  }

  // MARK: Idle queues

  /// How many queues there are.
  var count: Int { state.withLock { $0.queues.values.reduce(0) { $0 + $1.count } } }

  /// Has idle queues given back after a while.
  func noteIdle() {
    let isFirst = state.withLock { state in
      defer { state.isWatched = true }
      return !state.isWatched
    }
    guard isFirst else { return }
    let idle = limits.idle
    do throws(SystemError) {
      _ = try Thread(name: "wd-idle-queues") { [weak self] in
        let pause = TimedSemaphore(value: 0)
        repeat { _ = pause.wait(nanoseconds: idle / 2 + 1) } while self?.releaseIdle() ?? false
      }
    } catch {
      // Without a thread the queues stay until the next use of the path ends, or the path does.
      state.withLock { $0.isWatched = false }
    }
  }

  /// Gives back what was idle for long enough; whether there is anything left to watch.
  private func releaseIdle() -> Bool {
    let now = MonotonicClock.now()
    let limit = limits.idle
    let (released, isLeft) = state.withLock { state -> ([UserQueue], Bool) in
      var released: [UserQueue] = []
      for direction in ZipDirection.allCases {
        let isIdle = { (queue: UserQueue) in queue.idleSince.map { now >= $0 && now - $0 >= limit } ?? false }
        released += state.queues[direction, default: []].filter(isIdle)
        state.queues[direction]?.removeAll(where: isIdle)
      }
      let isLeft = state.queues.values.contains { !$0.isEmpty }
      state.isWatched = isLeft
      return (released, isLeft)
    }
    _ = consume released
    return isLeft
  }
}
