// Schedulers and one-call contexts.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveQueue

@Suite("Scheduler") struct SchedulerTests {
  private func entries(
    _ devices: [(String, UInt16, QueueScheduler.Mode)], node: Int? = nil
  ) throws -> [QueueScheduler.Entry] {
    let source = DummySource(Set(devices.map(\.0)).sorted().map { dummy($0, free: 8, node: node) })
    return try devices.map { name, type, mode in
      let capability = QueueCapability(type: type, device: name)
      return QueueScheduler.Entry(
        try Queue.request(capability, from: [source], adapters: AdapterTable()), mode: mode)
    }
  }

  @Test("round robin takes the queues of a kind in turn")
  func roundRobin() throws {
    let entries = try entries([
      ("a-0", 0, .synchronous), ("a-0", 1, .synchronous), ("a-0", 0, .synchronous), ("a-0", 0, .asynchronous),
    ])
    let scheduler = try QueueScheduler(.roundRobin, entries)
    let picks = try (0..<4).map { _ in try ObjectIdentifier(scheduler.pick(type: 0)) }
    #expect(Set(picks) == [ObjectIdentifier(entries[0].queue), ObjectIdentifier(entries[2].queue)])
    #expect(picks[0] == picks[2] && picks[1] == picks[3])
    #expect(try scheduler.pick(type: 1) === entries[1].queue)
    #expect(code { _ = try scheduler.pick(type: 1, mode: .asynchronous) } == .notFound)
  }

  @Test("round robin prefers queues near the caller")
  func near() throws {
    let entries =
      try entries([("far-0", 0, .synchronous)], node: 1) + entries([("near-0", 0, .synchronous)], node: 0)
    let scheduler = try QueueScheduler(.roundRobin, entries)
    for _ in 0..<4 { #expect(try scheduler.pick(type: 0, node: 0).attributes.device == "near-0") }
    let others = try (0..<2).map { _ in try scheduler.pick(type: 0, node: 5).attributes.device }
    #expect(Set(others) == ["far-0", "near-0"])
  }

  @Test("none, single and device keep to their queues")
  func others() throws {
    let entries = try entries([
      ("a-0", 0, .synchronous), ("b-0", 0, .synchronous), ("b-0", 0, .asynchronous), ("a-0", 0, .synchronous),
    ])
    let none = try QueueScheduler(.none, entries)
    #expect(try none.pick(type: 1, mode: .asynchronous) === entries[0].queue)
    let single = try QueueScheduler(.single, entries)
    #expect(try single.pick(type: 0) === entries[0].queue)
    #expect(try single.pick(type: 0, mode: .asynchronous) === entries[2].queue)
    let device = try QueueScheduler(.device, entries)
    for session in 0..<4 {
      for _ in 0..<3 {
        let name = try device.pick(type: 0, session: session).attributes.device
        #expect(name == (session % 2 == 0 ? "a-0" : "b-0"))
      }
    }
    #expect(code { _ = try QueueScheduler(.none, []) } == .invalid)
  }

  @Test("polling takes the asynchronous queues' answers, up to a limit")
  func polling() throws {
    let entries = try entries([
      ("a-0", 0, .asynchronous), ("a-0", 0, .asynchronous), ("a-0", 0, .synchronous),
    ])
    let scheduler = try QueueScheduler(.roundRobin, entries)
    for (index, entry) in entries.enumerated() {
      for byte in 0..<3 { try entry.queue.send(message(UInt8(10 * index + byte))) }
    }
    var seen: [UInt8] = []
    #expect(try scheduler.poll(limit: 2) { _, bytes in seen.append(unsafe bytes.unsafeLoad(as: UInt8.self)) } == 2)
    #expect(try scheduler.poll { _, bytes in seen.append(unsafe bytes.unsafeLoad(as: UInt8.self)) } == 4)
    #expect(try scheduler.poll { _, _ in } == 0)
    #expect(seen.sorted() == [0, 1, 2, 10, 11, 12])
  }

  @Test("one call makes the queues that options or variables ask for")
  func context() throws {
    let source = DummySource([dummy("a-0", free: 4, node: 0)])
    func context(_ variables: [String: String]) throws -> QueueContext {
      try QueueContext(algorithm: "dummy", from: [source], adapters: AdapterTable(), environment: { variables[$0] })
    }
    func kinds(_ context: QueueContext) -> [String] {
      context.scheduler.entries.map { "\($0.mode.rawValue) \($0.type)" }
    }
    #expect(kinds(try context([:])) == ["sync 0", "sync 1"])
    #expect(
      kinds(try context(["WD_COMP_CTX_NUM": "sync-comp:2@0,async-decomp:1", "WD_COMP_EPOLL_EN": "0"]))
        == ["sync 0", "sync 0", "async 1"])
    // What could not be completed is given back.
    #expect(code { _ = try context(["WD_COMP_CTX_NUM": "sync-comp:5"]) } == .busy)
    #expect(code { _ = try context(["WD_COMP_CTX_NUM": "sync-comp:1@7"]) } == .notFound)
    #expect(code { _ = try context(["WD_COMP_EPOLL_EN": "yes"]) } == .invalid)
    #expect(QueueDirectory.availableCount(QueueCapability(), in: [source]) == 4)
  }

  @Test("numbers of queues are read strictly")
  func counts() throws {
    #expect(
      try QueueContextCount.parse("async-comp:1024@12") == [
        QueueContextCount(type: 0, mode: .asynchronous, count: 1024, node: 12)
      ])
    let wrong = [
      "", "sync", "sync-comp", "sync-comp:", "sync-comp:0", "sync-comp:1025", "sync-comp:1@", "sync-comp:-1",
      "sync-comp:+1", "sync-comp: 1", "sync-comp:1@0@0", "sync-comp:1,", ",sync-comp:1", "sync-deflate:1", "comp:1",
      "SYNC-comp:1", "sync-comp:1:2", "sync-comp:1@x", "sync-comp-x:1", "sync-comp:9999999",
    ]
    for text in wrong { #expect(code { _ = try QueueContextCount.parse(text) } == .invalid, "\(text)") }
  }
}
