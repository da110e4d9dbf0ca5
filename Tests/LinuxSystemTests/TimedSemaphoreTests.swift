// What a semaphore promises.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import TestPrograms
import Testing

@Suite("TimedSemaphore")
struct TimedSemaphoreTests {
  @Test("as many waits succeed as there are permits", arguments: [0, 1, 5])
  func permits(value: Int) {
    let semaphore = TimedSemaphore(value: value)
    for _ in 0..<value {
      #expect(semaphore.tryWait())
    }
    #expect(!semaphore.tryWait())
    semaphore.signal()
    #expect(semaphore.wait(nanoseconds: .max))
    #expect(!semaphore.wait(nanoseconds: 0))
  }

  @Test("a wait without a permit ends at its time limit, not before", arguments: [UInt64(1), 20_000_000])
  func timeLimit(nanoseconds: UInt64) {
    let semaphore = TimedSemaphore(value: 0)
    let start = MonotonicClock.now()
    #expect(!semaphore.wait(nanoseconds: nanoseconds))
    #expect(MonotonicClock.now() - start >= nanoseconds)
    semaphore.signal()
    #expect(semaphore.tryWait(), "the wait that gave up must not have taken a permit")
  }

  @Test("a signal wakes one sleeping thread and shows it what was written before")
  func wakesOne() throws {
    let semaphore = TimedSemaphore(value: 0)
    let finished = TimedSemaphore(value: 0)
    let turns = Mailbox()
    let threads = try ThreadGroup(count: 4) { _ in
      guard semaphore.wait(nanoseconds: 60_000_000_000) else { return }
      turns.value += 1
      finished.signal()
    }
    for turn in 1...4 {
      semaphore.signal()
      try #require(finished.wait(nanoseconds: 60_000_000_000))
      #expect(turns.value == turn)
    }
    threads.join()
  }

  @Test("at most as many threads as permits are inside at once, and none is forgotten", arguments: [1, 2])
  func contention(permits: Int) throws {
    let semaphore = TimedSemaphore(value: permits)
    let inside = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    let entries = Atomic<Int>(0)
    let threads = try ThreadGroup(count: 4) { _ in
      for _ in 0..<2_000 where semaphore.wait(nanoseconds: 60_000_000_000) {
        most.max(inside.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
        entries.wrappingAdd(1, ordering: .relaxed)
        inside.wrappingSubtract(1, ordering: .relaxed)
        semaphore.signal()
      }
    }
    threads.join()
    #expect(entries.load(ordering: .relaxed) == 8_000)
    #expect(most.load(ordering: .relaxed) <= permits)
  }

  @Test("a semaphore of one permit orders what its holders write")
  func mutualExclusion() throws {
    let semaphore = TimedSemaphore(value: 1)
    let total = Mailbox()
    let threads = try ThreadGroup(count: 4) { _ in
      for _ in 0..<2_000 where semaphore.wait(nanoseconds: 60_000_000_000) {
        total.value += 1
        semaphore.signal()
      }
    }
    threads.join()
    #expect(total.value == 8_000)
  }
}
