// Fair shares of engine time, as arithmetic and with threads.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import Testing

@testable import HisiliconModel

@Suite("Scheduler")
struct SchedulerTests {
  /// A clock that a test moves.
  private final class Clock: Sendable {
    private let value = Atomic<UInt64>(1_000_000_000)
    func advance(by nanoseconds: UInt64) { value.wrappingAdd(nanoseconds, ordering: .relaxed) }
    var now: UInt64 { value.load(ordering: .relaxed) }
  }

  private let clock = Clock()
  private let scheduler: Scheduler

  init() {
    let clock = clock
    scheduler = Scheduler(clock: { clock.now })
  }

  /// One engine that serves queues whose requests take `costs` nanoseconds, all backlogged, for `total` nanoseconds.
  ///
  /// - Returns: the share of each.
  private func serve(_ flows: [Scheduler.Flow], costs: [UInt64], for total: UInt64) -> [Double] {
    for flow in flows { scheduler.makeReady(flow) }
    let end = clock.now + total
    while clock.now < end, let selection = scheduler.poll() {
      guard let place = flows.firstIndex(of: selection.flow) else { break }
      scheduler.release(selection, tookJob: true, isBacklogged: true)
      clock.advance(by: costs[place])
      scheduler.charge(selection, nanoseconds: costs[place])
    }
    return flows.map { scheduler.share(of: $0).fraction }
  }

  @Test(
    "queues of equal weight get equal engine time, however long their requests are",
    arguments: [[25_000_000, 80_000], [80_000, 25_000_000], [100_000, 1_000_000_000], [10, 10]])
  func equalShares(costs: [UInt64]) {
    let flows = costs.map { _ in scheduler.add(weight: 1) }
    let shares = serve(flows, costs: costs, for: costs.reduce(0, max) * 40)
    for share in shares { #expect(share > 0.45 && share < 0.55) }
  }

  @Test("engine time is shared by weight", arguments: [[1, 3], [7, 1], [1, 2, 5]] as [[UInt32]])
  func weights(weights: [UInt32]) {
    let flows = weights.map { scheduler.add(weight: $0) }
    let costs = weights.indices.map { UInt64(100_000 * ($0 + 1)) }
    let shares = serve(flows, costs: costs, for: 10_000_000_000)
    let sum = Double(weights.reduce(0, +))
    for (share, weight) in zip(shares, weights) { #expect(abs(share - Double(weight) / sum) < 0.02) }
  }

  @Test("a queue that was idle has saved nothing up")
  func noHoarding() {
    let busy = scheduler.add(weight: 1)
    let idle = scheduler.add(weight: 1)
    _ = serve([busy], costs: [1_000_000], for: 60_000_000_000)
    // From here on both are backlogged: the one that was idle for a minute gets half, not the minute.
    let before = scheduler.share(of: busy).engineNanoseconds
    _ = serve([busy, idle], costs: [1_000_000, 1_000_000], for: 1_000_000_000)
    let late = scheduler.share(of: busy).engineNanoseconds - before
    #expect(late > 490_000_000)
    #expect(scheduler.share(of: idle).engineNanoseconds < 510_000_000)
  }

  @Test("a queue that is empty for a moment keeps its place, within a limit")
  func grace() {
    let long = scheduler.add(weight: 1)
    let short = scheduler.add(weight: 1)
    scheduler.makeReady(long)
    var shorts: UInt64 = 0
    // The short requests' driver lets its queue run empty after each, for a moment; the long ones take it each time.
    for _ in 0..<2_000 {
      guard let selection = scheduler.poll() else { break }
      let isLong = selection.flow == long
      let cost: UInt64 = isLong ? 10_000_000 : 1_000_000
      scheduler.release(selection, tookJob: true, isBacklogged: isLong)
      clock.advance(by: isLong ? 1_000 : 100_000)
      if !isLong { shorts += 1 }
      scheduler.makeReady(short)
      scheduler.charge(selection, nanoseconds: cost)
    }
    #expect(shorts > 1_500)
    #expect(abs(scheduler.share(of: short).fraction - 0.5) < 0.05)
  }

  @Test("several engines are not all sent to one queue of many")
  func advance() throws {
    let flows = (0..<4).map { _ in scheduler.add(weight: 1) }
    _ = serve(flows, costs: [1_000_000, 1_000_000, 1_000_000, 1_000_000], for: 100_000_000)
    // Four engines ask at the same time; nothing is charged in between.
    var chosen: [Int] = []
    for _ in 0..<4 {
      let selection = try #require(scheduler.poll())
      chosen.append(selection.flow.index)
      scheduler.release(selection, tookJob: true, isBacklogged: true)
    }
    #expect(Set(chosen).count == 4)
  }

  @Test("queues with priority go first, and others wait no longer than the limit")
  func priority() {
    let ordinary = scheduler.add(weight: 1)
    let preferred = scheduler.add(weight: 1)
    scheduler.setPriority(true, of: preferred)
    let shares = serve([ordinary, preferred], costs: [1_000_000, 1_000_000], for: 10_000_000_000)
    // One request after each limit's worth.
    let limit = Double(Scheduler.defaultPriorityLimit)
    let expected = 1_000_000 / (limit + 1_000_000)
    #expect(abs(shares[0] - expected) < 0.01)
    scheduler.setPriority(false, of: preferred)
    let before = scheduler.share(of: ordinary).engineNanoseconds
    _ = serve([ordinary, preferred], costs: [1_000_000, 1_000_000], for: 1_000_000_000)
    #expect(scheduler.share(of: ordinary).engineNanoseconds - before > 480_000_000)
  }

  @Test("a queue is given to one engine at a time, until that has taken its request")
  func oneAtATime() throws {
    let flow = scheduler.add(weight: 1)
    scheduler.makeReady(flow)
    scheduler.makeReady(flow)
    let selection = try #require(scheduler.poll())
    #expect(scheduler.poll() == nil)
    scheduler.makeReady(flow)
    #expect(scheduler.poll() == nil)
    // There was news while the engine was there, so that it goes on the list again although it seemed empty.
    scheduler.release(selection, tookJob: false, isBacklogged: false)
    let second = try #require(scheduler.poll())
    scheduler.release(second, tookJob: false, isBacklogged: false)
    #expect(scheduler.poll() == nil)
    #expect(scheduler.share(of: flow).engineNanoseconds == 0)
  }

  @Test("a queue that is removed is not served, and its place is used again")
  func removal() {
    let first = scheduler.add(weight: 1)
    let second = scheduler.add(weight: 1)
    scheduler.makeReady(first)
    scheduler.remove(first)
    #expect(scheduler.poll() == nil)
    #expect(scheduler.shares.map(\.flow) == [second.index])
    #expect(scheduler.add(weight: 5) == first)
    #expect(scheduler.weight(of: first) == 5)
    #expect(scheduler.share(of: first).engineNanoseconds == 0)
  }

  @Test("weights are held to what virtual time can express", arguments: [(0, 1), (1, 1), (256, 256), (9999, 256)])
  func clampedWeights(given: UInt32, used: UInt32) {
    let flow = scheduler.add(weight: given)
    #expect(scheduler.weight(of: flow) == used)
    scheduler.setWeight(given, of: flow)
    #expect(scheduler.weight(of: flow) == used)
  }

  @Test("closing ends every wait")
  func close() throws {
    let threads = (0..<4).map { _ in Gate() }
    let scheduler = Scheduler(spin: 0)
    for gate in threads {
      _ = try Thread(name: "engine") {
        while scheduler.next() != nil {}
        gate.open()
      }
    }
    scheduler.close()
    for gate in threads { #expect(gate.wait(nanoseconds: patience)) }
    #expect(scheduler.next() == nil)
  }

  @Test("each piece of work is found by an engine, and idle engines sleep", arguments: [UInt64(0), 50_000])
  func noLostWork(spin: UInt64) throws {
    let scheduler = Scheduler(spin: spin)
    let flows = (0..<3).map { _ in scheduler.add(weight: 1) }
    let ended = (0..<3).map { _ in Gate() }
    let state = ServedWork()
    for gate in ended {
      _ = try Thread(name: "engine") {
        while let selection = scheduler.next({ state.wakeUps.wrappingAdd(1, ordering: .relaxed) }) {
          state.served.wrappingAdd(1, ordering: .relaxed)
          scheduler.release(selection, tookJob: true, isBacklogged: false)
          scheduler.charge(selection, nanoseconds: 1)
        }
        gate.open()
      }
    }
    for round in 0..<2_000 {
      scheduler.makeReady(flows[round % 3])
      // Each is served before it is made ready again: otherwise two pieces are one.
      #expect(eventually { state.served.load(ordering: .relaxed) == round + 1 })
    }
    #expect(state.wakeUps.load(ordering: .relaxed) <= 2_000)
    scheduler.close()
    for gate in ended { #expect(gate.wait(nanoseconds: patience)) }
  }

  private final class ServedWork: Sendable {
    let served = Atomic<Int>(0)
    let wakeUps = Atomic<Int>(0)
  }
}
