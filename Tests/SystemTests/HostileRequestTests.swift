// Clients that ask for what is not theirs, or for more than there is, beside a client that keeps to the rules.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import Testing

extension SystemTests {
  @Suite("A client that does not keep to the rules")
  struct HostileRequestTests {
    /// `QueueError.Code` as the client prints it.
    private enum Code {
      static let denied = "13"
      static let busy = "16"
    }

    /// Where the kernel path's memory is, of which every queue's rings and contexts are a part.
    private static let kernelAddresses = (0..<4).map { 0x0100_0000_0000_0000 + UInt64($0) * 4096 }

    @Test(
      "reaches neither another process's memory, nor the kernel path's, nor what is unmapped or read-only",
      arguments: ["svm", "multi"])
    func addresses(mode: String) throws {
      let host = try Host(["--dma-flag", mode])
      let workers = try host.workers(2)
      let holder = try host.client("hold")
      let foreign = try #require(try holder.words(after: "ready").dropFirst().first)
      let bad = [foreign, "4096", "18446744073709547520"] + Self.kernelAddresses.map(String.init)
      for address in bad {
        try Self.expectRefusal(try host.client("request", address, "own"), "from \(address)")
        try Self.expectRefusal(try host.client("request", "own", address), "to \(address)")
      }
      let readOnly = try host.client("request", "own", "readonly")
      try readOnly.finish()
      #expect(try readOnly.words(after: "status").first != "0" && readOnly.lines().contains("intact"))
      // The same request with good addresses is a good one.
      let good = try host.client("request", "own", "own")
      try good.finish()
      #expect(try good.words(after: "status").first == "0")
      #expect(try holder.finish() == ["intact"])
      try host.expectIntact(workers)
    }

    /// The device says so; the client's memory is as it was, and its queue as good.
    private static func expectRefusal(_ client: Program, _ what: String) throws {
      try client.finish()
      let lines = try client.lines()
      #expect(try client.words(after: "status").first != "0", "\(what): \(lines)")
      #expect(lines.dropFirst() == ["intact", "next 0 4"], "\(what): \(lines)")
    }

    @Test("cannot use the kernel path's memory in a domain that it shares with it, and is the domain's only process")
    func sharedDomain() throws {
      let host = try Host(["--dma-flag", "single"])
      for address in Self.kernelAddresses.map(String.init) + ["4096"] {
        try Self.expectRefusal(try host.client("request", address, "own"), "from \(address)")
        try Self.expectRefusal(try host.client("request", "own", address), "to \(address)")
      }
      let holder = try host.client("hold")
      _ = try holder.words(after: "ready")
      let second = try host.client("request", "own", "own")
      #expect(try second.finish(1).prefix(2) == ["error", Code.busy])
      #expect(try holder.finish() == ["intact"])
      try host.awaitFreeQueues(host.queueCount)
      try host.finish()
    }

    @Test("is not given another's PASID, nor one that nobody has")
    func foreignPASIDs() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let pasids = try host.mediatedDevices().compactMap { $0["pasid"]?.count }
      #expect(pasids.count == 2)
      for pasid in pasids + [1000, 0xF_FFFF, 0x10_0000, 0xFFFF_FFFF] {
        #expect(try host.client("bind", pasid).finish(1).prefix(2) == ["error", Code.denied], "\(pasid)")
      }
      #expect(try host.client("bind", 0).finish().first == "bound")
      try host.expectIntact(workers)
    }

    @Test("learns that a ring is full, and gets all that was in it")
    func fullRing() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let client = try host.client("full")
      try client.finish()
      let accepted = try #require(try client.words(after: "accepted").first)
      #expect(Int(accepted) ?? 0 > 0)
      #expect(try client.words(after: "error").first == Code.busy)
      #expect(try client.words(after: "answered").first == accepted)
      try host.expectIntact(workers)
    }

    @Test("with every queue taken gets busy, and the registry's drivers get software")
    func exhausted() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let hog = try host.client("exhaust")
      #expect(try hog.words(after: "opened").first == "\(host.queueCount - 2)")
      #expect(try hog.words(after: "error").first == Code.busy)
      let file = FileManager.default.temporaryDirectory.appending(path: "wdprov-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: file) }
      let data = Data((0..<5000).map { "line \($0)\n" }.joined().utf8)
      try data.write(to: URL(fileURLWithPath: file))
      for (driver, isTaken) in [("wd-hisi-gzip", true), ("wd-hisi-gzip", false)] {
        if !isTaken {
          try hog.finish()
          try host.awaitFreeQueues(host.queueCount - 2)
        }
        let output = "\(file).\(isTaken)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let compress = try host.wdprov("compress", "-v", "-k", "--driver", driver, "-o", output, file)
        try compress.finish()
        let messages = try compress.errors()
        #expect(messages.contains("fallback") == isTaken, "\(messages)")
        let plain = try Program("/usr/bin/gzip", ["-dc", output])
        try plain.finish()
        #expect(try plain.text() == String(decoding: data, as: UTF8.self))
      }
      try host.expectIntact(workers)
    }

    @Test("that forks has a child without a queue, and keeps its own")
    func fork() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let client = try host.client("fork")
      try client.finish()
      #expect(try client.lines() == ["child \(Code.denied)", "parent 0 9"])
      try host.expectIntact(workers)
    }
  }
}
