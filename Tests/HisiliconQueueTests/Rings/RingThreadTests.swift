// Many threads on one ring pair.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Synchronization
import Testing
import WarpDriveQueue

@Suite("Threads of a ring pair") struct RingThreadTests {
  /// What the threads agree on.
  private final class Run: Sendable {
    let count: UInt32
    let next = Atomic<UInt32>(0)
    let received = Atomic<UInt32>(0)
    let failures = Guarded<[String]>([])
    let seen: Guarded<[UInt8]>
    private let never = Gate()
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)

    init(_ count: UInt32) {
      self.count = count
      seen = Guarded([UInt8](repeating: 0, count: Int(count)))
    }

    var isOver: Bool {
      received.load(ordering: .acquiring) >= count || MonotonicClock.now() > deadline
    }

    /// Leaves the processor to another thread for a moment.
    private func rest() { _ = never.wait(nanoseconds: 1) }

    func fail(_ reason: String) { failures.withLock { if $0.count < 10 { $0.append(reason) } } }

    func send(_ pair: RingPair) {
      while true {
        let tag = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard tag < count else { return }
        while !isOver {
          do throws(QueueError) {
            _ = try pair.send(request(tag: tag))
            break
          } catch {
            guard error.code == .busy else { return fail("\(error)") }
            rest()
          }
        }
      }
    }

    func receive(_ pair: RingPair) {
      while !isOver {
        do throws(QueueError) {
          guard let (_, sqe) = try pair.receive() else {
            rest()
            continue
          }
          guard sqe.tag < count, sqe.produced == sqe.tag &+ 1 else {
            fail("an answer of tag \(sqe.tag) says \(sqe.produced)")
            continue
          }
          seen.withLock { $0[Int(sqe.tag)] &+= 1 }
          received.wrappingAdd(1, ordering: .releasing)
        } catch {
          return fail("\(error)")
        }
      }
    }

    /// Answers the slots of each doorbell backwards.
    func serve(_ device: FakeRings) {
      while !isOver {
        let slots = device.takeSlots()
        for slot in slots.reversed() { device.answer(slot) }
        if slots.isEmpty { rest() }
      }
    }
  }

  @Test("every request of many threads is answered once, to one of them", arguments: [(8, 8), (64, 64), (33, 17)])
  func manyThreads(submissionDepth: Int, completionDepth: Int) throws {
    let device = try FakeRings(submissionDepth: submissionDepth, completionDepth: completionDepth)
    let pair = try device.makePair()
    let run = Run(20_000)
    let server = try Thread(name: "fake-device") { run.serve(device) }
    var workers: [Worker] = []
    for _ in 0..<3 { workers.append(try Worker { run.send(pair) }) }
    for _ in 0..<3 { workers.append(try Worker { run.receive(pair) }) }
    for worker in workers { worker.join() }
    server.join()
    #expect(run.failures.withLock { $0 } == [])
    #expect(run.seen.withLock { seen in seen.allSatisfy { $0 == 1 } })
    #expect(pair.inFlight == 0)
  }

  /// A thread that an array can hold.
  private final class Worker: Sendable {
    private let thread: Guarded<LinuxSystem.Thread?>

    init(_ body: @escaping @Sendable () -> Void) throws {
      thread = Guarded(try Thread(name: "ring-user", body))
    }

    func join() { thread.withLock { $0.take() }?.join() }
  }
}
