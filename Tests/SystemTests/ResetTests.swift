// Resets of the device while clients work: nothing is lost, answered twice or wrong.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import Testing

extension SystemTests {
  @Suite("A device that is reset")
  struct ResetTests {
    private static let rounds = SystemTests.isLong ? 1000 : 100

    @Test("answers every request of eight clients once, some of them on another queue")
    func underLoad() throws {
      let host = try Host()
      let workers = try host.workers(8)
      try host.awaitStartedQueues(workers.count)
      var memory = 0
      for round in 0..<Self.rounds {
        try host.ask("reset", [(key: "device", value: .string(Host.device))])
        // At different moments of a client's work: while it opens its next queue, and after that.
        if round % 4 != 0 { try host.awaitStartedQueues(workers.count) }
        usleep(UInt32(round % 7) * 1000)
        if round == Self.rounds / 4 { memory = try host.residentKiB }
      }
      // Each works on, after the last one too.
      try host.awaitStartedQueues(workers.count)
      let growth = try host.residentKiB - memory
      for worker in workers { #expect(try worker.finish().first == "done") }
      let resets = try workers.reduce(0) { try $0 + $1.count("resets") }
      let replayed = try workers.reduce(0) { try $0 + $1.count("replayed") }
      let requests = try workers.reduce(0) { try $0 + $1.count("requests") }
      print("resets: \(requests) requests, \(replayed) sent again after \(resets) losses, host \(growth) KiB larger")
      #expect(resets >= Self.rounds && replayed > 0)
      if !SystemTests.isSanitized { #expect(growth < 65_536, "the host has \(growth) KiB more") }
      try host.awaitFreeQueues(host.queueCount)
      try host.finish()
    }
  }
}
