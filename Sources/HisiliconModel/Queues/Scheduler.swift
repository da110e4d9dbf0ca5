// Which queue the next free engine works for: fair shares of engine time, by weight and priority.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Fair queueing of engine time between the queues that have work.
///
/// A queue's virtual time is the engine time that it had, as measured, over its weight; the engine goes to the queue with
/// the least. While a request runs, the queue is charged what its requests took lately, so that several engines do not
/// all go to one queue. A queue that comes back from idleness starts at the virtual time of the request that was begun
/// last (start-time fair queueing): what it did not use is gone. One that was empty for a moment only
/// (`SchedulerState.grace`) goes on where it was, within a limit.
///
/// Queues with priority go first. Where others wait, they get a request after at most `priorityLimit` nanoseconds of
/// engine time: whoever writes a context must not starve the device's other users.
///
/// Engines without work spin for a moment, one at a time, then sleep; each piece of new work wakes at most one.
final class Scheduler: Sendable {
  /// A queue, as the scheduler knows it.
  struct Flow: Hashable, Sendable {
    let index: Int
  }

  /// A queue that an engine was sent to; until `release`, no other engine is sent there.
  struct Selection: Sendable {
    let flow: Flow
    let queue: QueuePair?
    /// What was charged in advance, in nanoseconds.
    fileprivate let estimate: UInt64
  }

  /// The heaviest weight, so that virtual time is exact to a nanosecond.
  static let heaviest: UInt32 = 256
  /// Where nothing else is said: how long others wait for queues with priority, in nanoseconds of engine time.
  static let defaultPriorityLimit: UInt64 = 20_000_000
  /// Where nothing else is said: how long an idle engine spins, in nanoseconds; as long as a few wake-ups take.
  static let defaultSpin: UInt64 = 50_000
  /// The longest sleep before an engine looks again, in nanoseconds: it bounds the wait, and costs nothing.
  private static let longestSleep: UInt64 = 60_000_000_000

  private let state: Guarded<SchedulerState>
  /// The number of queues that wait for an engine, for those that spin.
  private let waiting = Atomic<Int>(0)
  /// The same as the state's, for those that spin.
  private let isClosed = Atomic<Bool>(false)
  private let wakeUp = TimedSemaphore(value: 0)
  private let spin: UInt64

  /// Makes a scheduler without queues.
  ///
  /// - Parameters:
  ///   - priorityLimit: how long queues with priority may keep others waiting, in nanoseconds of engine time.
  ///   - spin: how long an idle engine spins before it sleeps, in nanoseconds; at most 1 ms.
  ///   - clock: the time in nanoseconds, from which idleness is judged.
  init(
    priorityLimit: UInt64 = defaultPriorityLimit, spin: UInt64 = defaultSpin,
    clock: @escaping @Sendable () -> UInt64 = { MonotonicClock.now() }
  ) {
    state = Guarded(SchedulerState(priorityLimit: priorityLimit, clock: clock))
    self.spin = min(spin, 1_000_000)
  }

  /// Adds a queue without work.
  ///
  /// - Parameter weight: its share, 1 to `heaviest`; others count as the nearest of these.
  func add(weight: UInt32) -> Flow {
    state.withLock { Flow(index: $0.add(weight: Self.clamped(weight))) }
  }

  /// Says which queue a flow is; not kept alive.
  func bind(_ flow: Flow, to queue: QueuePair) {
    state.withLock { $0.flows[flow.index].queue = queue }
  }

  /// Removes a queue that no engine is at.
  func remove(_ flow: Flow) {
    state.withLock { state in
      state.remove(flow.index)
      waiting.store(state.waitingCount, ordering: .relaxed)
    }
  }

  /// Changes a queue's share.
  func setWeight(_ weight: UInt32, of flow: Flow) {
    state.withLock { $0.flows[flow.index].weight = Self.clamped(weight) }
  }

  /// A queue's share.
  func weight(of flow: Flow) -> UInt32 {
    state.withLock { $0.flows[flow.index].weight }
  }

  /// Puts a queue among those that go first, or takes it out.
  func setPriority(_ hasPriority: Bool, of flow: Flow) {
    state.withLock { $0.setPriority(hasPriority, flow.index) }
  }

  /// A queue has work; saying so again changes nothing.
  func makeReady(_ flow: Flow) {
    let wakes = state.withLock { state in
      state.makeReady(flow.index)
      return wakesEngine(&state)
    }
    if wakes { wakeUp.signal() }
  }

  /// Waits for work.
  ///
  /// - Parameter didWake: called when a sleep was ended by work.
  /// - Returns: a queue that has some; nil once the scheduler is closed.
  func next(_ didWake: () -> Void = {}) -> Selection? {
    while true {
      let turn = state.withLock { state -> Turn in
        if state.isClosed { return .closed }
        if let selection = select(&state) { return .selected(selection) }
        if !state.isSpinning && spin > 0 {
          state.isSpinning = true
          return .spin
        }
        return state.beginSleep() ? .sleep : .closed
      }
      switch turn {
      case .closed: return nil
      case .selected(let selection): return selection
      case .spin:
        if let selection = spinForWork() { return selection }
        if state.withLock({ $0.beginSleep() }) { sleep(didWake) }
      case .sleep: sleep(didWake)
      }
    }
  }

  private enum Turn: Sendable {
    case closed
    case selected(Selection)
    case spin
    case sleep
  }

  /// Looks for work without waiting; nil where there is none.
  func poll() -> Selection? {
    state.withLock { select(&$0) }
  }

  /// The engine has taken a request, or has found none.
  ///
  /// - Parameters:
  ///   - tookJob: whether it took one; otherwise the advance is paid back.
  ///   - isBacklogged: whether there is more.
  func release(_ selection: borrowing Selection, tookJob: Bool, isBacklogged: Bool) {
    let index = selection.flow.index
    let estimate = selection.estimate
    let wakes = state.withLock { state in
      state.release(index, isBacklogged: isBacklogged)
      if !tookJob { state.charge(index, nanoseconds: 0, estimate: estimate, isJob: false) }
      return wakesEngine(&state)
    }
    if wakes { wakeUp.signal() }
  }

  /// A request is done: charges what it took instead of what was expected.
  func charge(_ selection: borrowing Selection, nanoseconds: UInt64) {
    let index = selection.flow.index
    let estimate = selection.estimate
    state.withLock { $0.charge(index, nanoseconds: nanoseconds, estimate: estimate, isJob: true) }
  }

  /// Ends every wait: engines go home once they have finished what they are at.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    let sleepers = state.withLock { state in
      state.isClosed = true
      defer { state.sleepers = 0 }
      state.woken += state.sleepers
      return state.sleepers
    }
    for _ in 0..<sleepers { wakeUp.signal() }
  }

  /// How much engine time each queue had since it was added.
  var shares: [EngineShare] {
    state.withLock { $0.shares }
  }

  /// How much engine time one queue had.
  func share(of flow: Flow) -> EngineShare {
    state.withLock { $0.share(flow.index) }
  }

  /// Whether no queue waits and all of `engines` engines are without work, the last effects of their requests included.
  func isAtRest(engines: Int) -> Bool {
    state.withLock { $0.waitingCount == 0 && $0.sleepers + ($0.isSpinning ? 1 : 0) == engines }
  }

  private func select(_ state: inout SchedulerState) -> Selection? {
    guard let (index, estimate) = state.select() else { return nil }
    waiting.store(state.waitingCount, ordering: .relaxed)
    return Selection(flow: Flow(index: index), queue: state.flows[index].queue, estimate: estimate)
  }

  /// Whether a sleeping engine is to be woken, since there is more work than engines that look for it already.
  private func wakesEngine(_ state: inout SchedulerState) -> Bool {
    waiting.store(state.waitingCount, ordering: .relaxed)
    guard state.waitingCount > state.woken + (state.isSpinning ? 1 : 0), state.sleepers > 0 else { return false }
    state.sleepers -= 1
    state.woken += 1
    return true
  }

  /// Sleeps until there is work, or for the longest time.
  private func sleep(_ didWake: () -> Void) {
    let isWoken = wakeUp.wait(nanoseconds: Self.longestSleep)
    if isWoken { didWake() }
    state.withLock { state in
      if isWoken {
        state.woken -= 1
      } else if state.sleepers > 0 {
        // A signal that is under way has taken a sleeper off already; its permit ends the next sleep early.
        state.sleepers -= 1
      }
    }
  }

  /// Looks for work until the time to spin is over.
  private func spinForWork() -> Selection? {
    let end = MonotonicClock.deadline(after: spin)
    repeat {
      if waiting.load(ordering: .relaxed) > 0 || isClosed.load(ordering: .relaxed) { break }
      // Who brings work may wait for this processor.
      Thread.yield()
    } while MonotonicClock.now() < end
    return state.withLock { state in
      state.isSpinning = false
      return select(&state)
    }
  }

  private static func clamped(_ weight: UInt32) -> UInt32 {
    min(max(weight, 1), heaviest)
  }
}
