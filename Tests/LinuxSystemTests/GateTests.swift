// What a gate promises.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import TestPrograms
import Testing

@Suite("Gate")
struct GateTests {
  @Test("a new gate is closed, an opened one stays open")
  func oneShot() {
    let gate = Gate()
    #expect(!gate.isOpen)
    gate.open()
    gate.open()
    #expect(gate.isOpen)
    #expect(gate.wait(nanoseconds: 0))
    #expect(gate.wait(nanoseconds: .max))
  }

  @Test("a wait before a closed gate ends at its time limit, not before", arguments: [UInt64(0), 1, 20_000_000])
  func timeLimit(nanoseconds: UInt64) {
    let gate = Gate()
    let start = MonotonicClock.now()
    #expect(!gate.wait(nanoseconds: nanoseconds))
    #expect(MonotonicClock.now() - start >= nanoseconds)
    #expect(!gate.isOpen)
  }

  @Test("opening wakes every waiting thread and shows it what was written before")
  func wakesAll() throws {
    let gate = Gate()
    let written = Mailbox()
    let seen = Atomic<Int>(0)
    let threads = try ThreadGroup(count: 8) { _ in
      // Longer than any scheduling delay: a lost wake-up shows as a failure, not as a hang.
      if gate.wait(nanoseconds: 60_000_000_000) {
        seen.wrappingAdd(written.value, ordering: .relaxed)
      }
    }
    _ = Gate().wait(nanoseconds: 5_000_000)
    written.value = 1
    gate.open()
    threads.join()
    #expect(seen.load(ordering: .relaxed) == 8)
  }

  @Test("no wake-up is lost when opening and waiting race")
  func race() throws {
    for _ in 0..<500 {
      let gate = Gate()
      let opened = Atomic<Int>(0)
      let threads = try ThreadGroup(count: 3) { index in
        if index == 0 {
          gate.open()
        } else if gate.wait(nanoseconds: 60_000_000_000) {
          opened.wrappingAdd(1, ordering: .relaxed)
        }
      }
      threads.join()
      #expect(opened.load(ordering: .relaxed) == 2)
    }
  }
}
