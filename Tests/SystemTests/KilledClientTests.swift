// Clients that are killed with requests in flight: what becomes of the others, of the queue, and of what was in it.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms
import Testing

extension SystemTests {
  @Suite("A client that is killed")
  struct KilledClientTests {
    private static let rounds = SystemTests.isLong ? 200 : 20

    @Test("leaves its queue clean and free, and seven others at work")
    func killed() throws {
      let host = try Host()
      let workers = try host.workers(7)
      let free = host.queueCount - workers.count
      try host.awaitFreeQueues(free)
      var times: [UInt64] = []
      var (descriptors, memory) = (0, 0)
      for round in 0..<Self.rounds {
        let victim = try host.client("flood", 256)
        let number = try #require(try victim.words(after: "ready").first)
        try host.awaitFreeQueues(free - 1)
        #expect(try victim.end(SIGKILL) == .signal(SIGKILL))
        times.append(try host.awaitFreeQueues(free))
        let next = try host.client("inspect", number)
        // The stream that the killed client began is none of the next owner's, whose own goes on.
        let found = try next.finish()
        #expect(found.prefix(4) == ["found", number, "dirty=0", "window=241/0"])
        #expect(found.last?.hasPrefix("own=0/") == true && found.last != "own=0/0")
        try host.awaitFreeQueues(free)
        // By now everything has been made that is made once.
        if round == Self.rounds / 4 { (descriptors, memory) = (try host.descriptorCount, try host.residentKiB) }
      }
      try SystemTests.eventually("as few descriptors as before") { try host.descriptorCount <= descriptors }
      let growth = try host.residentKiB - memory
      if !SystemTests.isSanitized { #expect(growth < 65_536, "the host has \(growth) KiB more") }
      try Host.expectUnharmed(workers)
      let milliseconds = times.map { $0 / 1_000_000 }.sorted()
      print(
        "killed clients: queues free after \(milliseconds[milliseconds.count / 2]) ms, the slowest after",
        "\(milliseconds.suffix(5)) ms, host \(growth) KiB larger")
      if SystemTests.isLong && !SystemTests.isSanitized { #expect(milliseconds.last ?? 0 < 1000) }
      try host.awaitFreeQueues(host.queueCount)
      try host.finish()
    }
  }
}
