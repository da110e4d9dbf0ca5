// What a set of event counters promises.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@Suite("EventSet")
struct EventSetTests {
  private let set: EventSet
  private let counters: [EventCounter]

  init() throws {
    set = try EventSet()
    counters = try (0..<3).map { _ in try EventCounter() }
    for counter in counters { try set.add(counter) }
  }

  @Test("a wait without a signal ends at its time limit", arguments: [UInt64(0), 1, 5_000_000])
  func timeLimit(nanoseconds: UInt64) {
    let start = MonotonicClock.now()
    #expect(!set.wait(nanoseconds: nanoseconds))
    #expect(MonotonicClock.now() - start >= nanoseconds)
  }

  @Test("each signal ends one wait, although nobody reads the counter")
  func eachSignalOnce() {
    for counter in counters + counters {
      counter.signal()
      #expect(set.wait(nanoseconds: 60_000_000_000))
      #expect(!set.wait(nanoseconds: 0))
    }
  }

  @Test("a counter that its owner empties takes no signal of another away")
  func emptied() {
    counters[0].signal()
    _ = counters[0].take()
    #expect(!set.wait(nanoseconds: 0))
    counters[1].signal()
    counters[0].signal()
    _ = counters[0].take()
    #expect(set.wait(nanoseconds: 60_000_000_000))
  }

  @Test("a counter that holds something counts as signalled when it is added")
  func alreadySignalled() throws {
    let counter = try EventCounter(value: 1)
    try set.add(counter)
    #expect(set.wait(nanoseconds: 60_000_000_000))
  }

  @Test("a counter that was removed ends no wait, and cannot be removed or added twice")
  func removed() throws {
    try set.remove(counters[0])
    counters[0].signal()
    #expect(!set.wait(nanoseconds: 0))
    #expect(throws: SystemError.self) { try set.remove(counters[0]) }
    #expect(throws: SystemError.self) { try set.add(counters[1]) }
  }

  @Test("a signal of another thread ends a wait")
  func otherThread() throws {
    let counter = counters[2]
    _ = try Thread(name: "signal") { counter.signal() }
    #expect(set.wait(nanoseconds: 60_000_000_000))
  }
}
