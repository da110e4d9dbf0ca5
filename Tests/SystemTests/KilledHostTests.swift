// A host that is killed while clients work.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms
import Testing

extension SystemTests {
  @Suite("A host that is killed")
  struct KilledHostTests {
    @Test("is a typed error for every client, at once and whatever was in flight")
    func typed() throws {
      let host = try Host()
      let clients = try host.workers(4, "once")
      #expect(try host.program.end(SIGKILL) == .signal(SIGKILL))
      for client in clients {
        #expect(try client.finish(1).prefix(2) == ["error", "19"])
        // Requests in flight end with the queue; those before were answered, each once, and checked.
        #expect(try client.words(after: "answered").first != "0")
      }
    }

    @Test("is followed by another, where its clients go on: each request is answered once")
    func successor() throws {
      // The first one's folder is gone with its object.
      var hosts = [try Host()]
      let workers = try hosts[0].workers(4)
      for _ in 0..<(SystemTests.isLong ? 20 : 2) {
        #expect(try hosts[hosts.count - 1].program.end(SIGKILL) == .signal(SIGKILL))
        hosts.append(try Host(in: hosts[0].runDirectory))
        try hosts[hosts.count - 1].awaitStartedQueues(workers.count)
      }
      let last = hosts[hosts.count - 1]
      for worker in workers {
        #expect(try worker.finish().first == "done")
        #expect(try worker.count("resets") > 0 && worker.count("replayed") > 0)
      }
      try last.awaitFreeQueues(hosts[0].queueCount)
      try last.finish()
    }
  }
}
