// Stops, kills and restarts: nothing is answered twice, nothing is left behind, and nothing waits for ever.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Queue stops")
struct QueueStopTests {
  private let engines: ScriptedEngines
  private let rig: QueueRig

  init() throws {
    engines = try ScriptedEngines(engines: 2)
    rig = try QueueRig(engines.scheduler)
    try rig.start()
  }

  @Test("a stop returns when everything that was accepted is answered")
  func drains() throws {
    let gate = engines.script.hold(2)
    for tag in 0..<8 as Range<UInt32> { rig.push(QueueRig.request(tag: tag)) }
    rig.ring()
    rig.queue.beginStop()
    #expect(!rig.queue.isRunning)
    #expect(eventually { engines.script.started.count == 8 })
    #expect(rig.queue.counters.completions < 8)
    gate.open()
    #expect(rig.queue.finishStop(within: patience) == .drained)
    #expect(rig.queue.counters.completions == 8)
    #expect(rig.consume(8).map(\.tag) == Array(0..<8))
  }

  @Test("a stopped queue ignores doorbells until there is a new submission context")
  func ignoresDoorbells() throws {
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.queue.stop(within: patience) == .drained)
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.queue.counters.stoppedDoorbells == 1)
    // What was completed before can still be consumed.
    #expect(rig.consume(1).map(\.tag) == [0])
    #expect(rig.queue.counters.stoppedDoorbells == 1)

    try rig.queue.startSQ(rig.submissionContext(), memory: rig.space)
    rig.overwrite(0, QueueRig.request(tag: 9))
    rig.queue.ringSQ(index: 1, rand: 0)
    // The completion queue went on where it was.
    #expect(rig.consume(1) == [.init(slot: 0, queue: 0, tag: 9, status: 0)])
    #expect(!engines.script.started.contains(1))
  }

  @Test("a doorbell during a stop is ignored")
  func doorbellDuringStop() {
    let gate = engines.script.hold(0)
    rig.submit(QueueRig.request(tag: 0))
    rig.queue.beginStop()
    rig.submit(QueueRig.request(tag: 1))
    gate.open()
    #expect(rig.queue.finishStop(within: patience) == .drained)
    #expect(engines.script.started == [0])
    #expect(rig.queue.counters.stoppedDoorbells == 1)
  }

  @Test("a stop of a queue without requests, or that never ran, is done at once")
  func nothingToDrain() throws {
    #expect(rig.queue.stop(within: 0) == .drained)
    #expect(rig.queue.stop(within: 0) == .drained)
    let other = try QueueRig(engines.scheduler, number: 1)
    #expect(other.queue.stop(within: 0) == .drained)
    #expect(other.queue.kill(within: 0))
  }

  @Test("a stop that runs out of time stops all the same, and nothing is answered later")
  func expires() throws {
    let gate = engines.script.hold(0)
    for tag in 0..<5 as Range<UInt32> { rig.push(QueueRig.request(tag: tag, isStateful: true)) }
    rig.ring()
    #expect(eventually { engines.script.started == [0] })
    #expect(rig.queue.stop(within: 1_000_000) == .expired)
    #expect(!rig.queue.isRunning)
    #expect(!rig.queue.isIdle)
    #expect(rig.queue.counters.dropped == 5)
    gate.open()
    #expect(rig.settle())
    #expect(rig.queue.counters.completions == 0)
    #expect(rig.sqe(0).consumed == 0)
    #expect(engines.script.started == [0])
    #expect(rig.poll() == nil)
  }

  @Test("a queue may start anew while an engine is still at a request of its life before")
  func restartWithStraggler() throws {
    let gate = engines.script.hold(0)
    rig.submit(QueueRig.request(tag: 0))
    #expect(eventually { engines.script.started == [0] })
    #expect(rig.queue.stop(within: 0) == .expired)
    try rig.start()
    rig.submit(QueueRig.request(tag: 1), QueueRig.request(tag: 2))
    #expect(rig.consume(2).map(\.tag) == [1, 2])
    gate.open()
    #expect(rig.settle())
    #expect(rig.poll() == nil)
    #expect(rig.queue.counters.completions == 2)
    #expect(rig.queue.counters.dropped == 1)
  }

  @Test("a stop does not wait for room in a full completion queue")
  func fullCompletionQueue() throws {
    let small = try QueueRig(engines.scheduler, number: 1, depth: 16, completionDepth: 2)
    try small.start()
    for tag in 0..<6 as Range<UInt32> { small.push(QueueRig.request(tag: tag)) }
    small.ring()
    #expect(small.queue.stop(within: patience) == .drained)
    #expect(small.queue.counters.completions == 2)
    #expect(small.queue.counters.dropped == 4)
  }

  @Test("a kill with a thousand requests under way drops them, waits for those that run, and writes nothing after")
  func killThousand() throws {
    let big = try QueueRig(engines.scheduler, number: 1, depth: 1024)
    try big.start()
    let gates = [engines.script.hold(0), engines.script.hold(1)]
    for tag in 0..<1000 as Range<UInt32> { big.push(QueueRig.request(tag: tag)) }
    big.ring()
    #expect(eventually { engines.script.started.count == 2 })
    #expect(!big.queue.kill(within: 0))
    let killed = Gate()
    _ = try Thread(name: "kill") {
      if big.queue.kill(within: patience) { killed.open() }
    }
    for gate in gates { gate.open() }
    #expect(killed.wait(nanoseconds: patience))
    #expect(engines.script.started.count == 2)
    #expect(big.queue.counters.dropped == 1000)
    #expect(big.queue.counters.completions == 0)
    #expect(big.sqe(0).consumed == 0 && big.poll() == nil)
    // The other queue of the same engines has felt nothing.
    rig.submit(QueueRig.request(tag: 5000))
    #expect(rig.consume(1).map(\.tag) == [5000])
  }

  @Test("all queues of a function stop within one time limit")
  func flush() throws {
    let rigs = try (1..<9).map { try QueueRig(engines.scheduler, number: UInt16($0)) }
    for other in rigs {
      try other.start()
      for tag in 0..<10 as Range<UInt32> { other.push(QueueRig.request(tag: tag)) }
      other.ring()
    }
    for other in rigs { other.queue.beginStop() }
    for other in rigs { #expect(other.queue.finishStop(within: patience) == .drained) }
    for other in rigs { #expect(other.consume(10).count == 10) }
  }

  @Test("a queue that goes away takes its place in the scheduler with it")
  func goesAway() throws {
    let before = engines.scheduler.shares.count
    do {
      let other = try QueueRig(engines.scheduler, number: 1)
      try other.start()
      other.submit(QueueRig.request(tag: 0))
      #expect(other.consume(1).count == 1)
      #expect(other.queue.kill(within: patience))
    }
    #expect(eventually { engines.scheduler.shares.count == before })
  }

  @Test("restarts, stops and kills that race with doorbells and engines lose no request and hang nobody")
  func race() throws {
    let round = Guarded(0)
    let ringing = Gate()
    let done = Gate()
    let racer = try QueueRig(engines.scheduler, number: 1, depth: 32)
    let queue = racer.queue
    _ = try Thread(name: "ring") {
      defer { ringing.open() }
      var index: UInt16 = 0
      while !done.isOpen {
        index = (index + 7) % 32
        queue.ringSQ(index: index, rand: 0)
        queue.ringCQ(index: index, rand: 0, arm: index % 2 == 0)
      }
    }
    for step in 0..<300 {
      try racer.queue.startSQ(racer.submissionContext(), memory: racer.space)
      try racer.queue.startCQ(racer.completionContext(isArmed: true), memory: racer.space)
      switch step % 3 {
      case 0: _ = queue.stop(within: 100_000)
      case 1: #expect(queue.kill(within: patience))
      default: break
      }
      round.withLock { $0 += 1 }
    }
    done.open()
    #expect(ringing.wait(nanoseconds: patience))
    #expect(queue.kill(within: patience))
    #expect(queue.isIdle)
    let counters = queue.counters
    #expect(counters.completions <= counters.requests)
  }
}
