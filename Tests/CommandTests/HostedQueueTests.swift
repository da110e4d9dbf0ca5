// Programs on one host: queues of their own, requests over the control socket, mediated devices, and what goes wrong.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Programs use the device of one host")
struct HostedQueueTests {
  private static let drivers = ["wd-hisi-gzip", "hisi-gzip-acomp"]

  @Test("list shows both paths' drivers, and what the device is", arguments: ["20", "21", "30"])
  func listing(revision: String) throws {
    let served = try Served(["--device", "model:\(revision)"])
    let object = try served.tool.run("list", "--kind", "compression", "--json").json()
    let all = try #require(object["algorithms"] as? [[String: Any]])
    for driver in Self.drivers {
      let found = try #require(all.first { $0["driver"] as? String == driver })
      #expect(found["emulated"] as? Bool == true && found["selftest"] as? String == "passed", "\(found)")
    }
    #expect(try served.tool.run("list", "--no-test").text.contains("wd-hisi-gzip"))
    let types = try served.tool.run("mdev", "types", "--json").json()["types"] as? [[String: Any]]
    let api = ["20": "hisi_qm_v1", "21": "hisi_qm_v2", "30": "hisi_qm_v3"][revision]
    #expect(types?.first?["deviceAPI"] as? String == api && types?.first?["dmaFlag"] as? String == "SVM")
  }

  @Test(
    "a program's queue reaches its memory in every mode", arguments: ["single", "multi", "svm", "svm-no-fault", "phy"])
  func modes(mode: String) throws {
    let served = try Served(["--dma-flag", mode])
    try served.folder.create("f", Sample.text)
    let outcome = try served.tool.run("compress", "-v", "-k", "--driver", "wd-hisi-gzip", "f")
    #expect(outcome.status == 0 && outcome.errors.contains("(wd-hisi-gzip)"), "\(outcome)")
    #expect(try served.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
    let driver = try #require(try served.status()["driver"] as? [String: Any])
    let name = ["single": "SINGLE_PROC_MAP", "multi": "MULTI_PROC_MAP", "svm": "SVM", "svm-no-fault": "SVM_NO_FAULT"]
    #expect(driver["dmaFlag"] as? String == name[mode] ?? "PHY")
  }

  @Test("list and info say that a device is isolated after too many errors, and software answers")
  func isolation() throws {
    let served = try Served(["--isolate-strategy", "1"])
    let before = try served.tool.run("list", "--kind", "compression", "--json").json()
    let all = try #require(before["algorithms"] as? [[String: Any]])
    #expect(all.allSatisfy { $0["obstacle"] is NSNull })
    #expect(try served.tool.run("device", "reset", "hisi_zip-0").status == 0)
    for driver in Self.drivers {
      let listed = try served.tool.run("list", "--kind", "compression").text
      #expect(listed.contains("\n\(driver): hisi_zip-0 is isolated after too many errors"), "\(listed)")
      let explained = try served.tool.run("info", driver)
      #expect(explained.text.contains("\n\(driver): hisi_zip-0 is isolated"), "\(explained)")
      let object = try served.tool.run("info", driver, "--json").json()
      let candidates = try #require(object["candidates"] as? [[String: Any]])
      let obstacle = candidates.first { $0["driver"] as? String == driver }?["obstacle"] as? String
      #expect(obstacle?.hasPrefix("hisi_zip-0 is isolated") == true)
      try served.folder.create(driver, Sample.text)
      let outcome = try served.tool.run("compress", "-v", "-k", "--driver", driver, driver)
      #expect(outcome.status == 0 && outcome.errors.contains("zlib"), "\(outcome)")
      #expect(try served.tool.shell("gzip -dc \(driver).gz | cmp - \(driver)").status == 0)
    }
  }

  @Test("two programs compress at the same time, on both paths")
  func together() throws {
    let served = try Served(["--engines", "2"])
    var data = Data()
    for _ in 0..<8 { data += Sample.text + Sample.noise(30_000) }
    try served.folder.create("f", data)
    let running = try Self.drivers.flatMap { driver in
      try (0..<2).map { index in
        try served.tool.start(
          Tool.path, ["compress", "-v", "-k", "--driver", driver, "-o", "\(driver).\(index).gz", "f"])
      }
    }
    let outcomes = try running.map { try $0.wait() }
    for outcome in outcomes { #expect(outcome.status == 0 && !outcome.errors.contains("fallback"), "\(outcome)") }
    #expect(try served.tool.shell("for x in *.gz; do gzip -dc $x | cmp - f || exit 1; done").status == 0)
  }

  @Test("with every queue taken, software answers, and the refusal is typed")
  func exhausted() throws {
    let served = try Served(["--quota", "1"])
    try served.folder.create("f", Sample.text)
    #expect(try served.tool.run("mdev", "create", "hisi_zip-hisi_zip").status == 0)
    let second = try served.tool.run("mdev", "create", "hisi_zip-hisi_zip")
    #expect(second.status == 69 && second.errors.contains("which is the limit"), "\(second)")
    let outcome = try served.tool.run("compress", "-v", "-k", "-a", "gzip", "f")
    #expect(outcome.status == 0)
    let pinned = try served.tool.run("compress", "-v", "-k", "-f", "--driver", "hisi-gzip-acomp", "f")
    #expect(pinned.status == 0 && pinned.errors.contains("(hisi-gzip-acomp)"), "the kernel path has its own: \(pinned)")
    #expect(try served.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
  }

  @Test("the output is right when the host is killed while a program compresses", arguments: drivers)
  func killedHost(driver: String) throws {
    try Served().expectRightOutput(killedDuring: ["--driver", driver])
  }

  @Test("a program that outlives a host uses the next one")
  func nextHost() throws {
    let first = try Served()
    let client = try first.tool.start(Tool.path, ["batch"], input: nil)
    let input = try #require(client.process.input)
    let request = #"{"op":"compress","alg":"gzip","driver":"hisi-gzip-acomp","in":"616263"}"# + "\n"
    try input.write(contentsOf: Data(request.utf8))
    let deadline = Date(timeIntervalSinceNow: 60)
    while try !client.output().hasSuffix("\n"), Date() < deadline { usleep(10_000) }
    #expect(try first.end().status == 0)
    let second = try Served([], in: first.folder)
    try input.write(contentsOf: Data(request.utf8))
    try input.close()
    let replies = try client.wait().lines
    #expect(replies.count == 3 && replies[0] == replies[1] && replies[0].contains(#""ok":true"#), "\(replies)")
    #expect(!replies[1].contains("fallback"))
    #expect(try second.end().status == 0)
  }

  @Test("everything of a host goes at SIGTERM: sockets, tree, mediated devices, queues that are in use")
  func removal() throws {
    let served = try Served(["--vf-socket", "vf"])
    #expect(try served.tool.run("mdev", "create", "hisi_zip-hisi_zip").status == 0)
    let client = try VFIOUserClient(path: served.folder.path("run/hisi_zip-0.sock"))
    #expect(
      try DirectoryListing.names(in: served.folder.path("run"))
        == ["class", "control.sock", "hisi_zip-0.sock", "mdev", "version"])
    let outcome = try served.end()
    #expect(outcome.status == 0 && outcome.errors.contains("ended\n"), "\(outcome)")
    #expect(try served.folder.names == ["run"])
    #expect(try DirectoryListing.names(in: served.folder.path("run")).isEmpty)
    _ = consume client
  }

  @Test("what a killed host left is replaced by the next")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    let first = try Served([], in: folder)
    #expect(try first.tool.run("mdev", "create", "hisi_zip-hisi_zip").status == 0)
    #expect(try first.end(SIGKILL).signal == SIGKILL)
    try folder.create("f", Sample.text)
    #expect(try first.tool.run("compress", "-k", "--driver", "wd-hisi-gzip", "f").status == 0, "without a host, too")
    let second = try Served([], in: folder)
    #expect((try second.tool.run("mdev", "list", "--json").json()["devices"] as? [Any])?.isEmpty == true)
    let outcome = try second.tool.run("compress", "-v", "-f", "-k", "--driver", "wd-hisi-gzip", "f")
    #expect(outcome.status == 0 && outcome.errors.contains("(wd-hisi-gzip)"), "\(outcome)")
    #expect(try second.end().status == 0)
    #expect(try DirectoryListing.names(in: folder.path("run")).isEmpty)
  }

  @Test("a reset brings the device up again, for both paths")
  func reset() throws {
    let served = try Served()
    try served.folder.create("f", Sample.text)
    for round in 0..<3 {
      #expect(try served.tool.run("device", "reset", "hisi_zip-0").status == 0)
      for driver in Self.drivers {
        let outcome = try served.tool.run("compress", "-v", "-f", "-k", "--driver", driver, "f")
        #expect(outcome.errors.contains("(\(driver))"), "round \(round): \(outcome)")
        #expect(try served.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
      }
    }
    let driver = try #require(try served.status()["driver"] as? [String: Any])
    #expect(driver["resets"] as? Int == 3 && driver["working"] as? Bool == true)
    #expect(try served.tool.run("device", "status").text.contains("3 resets, 0 failed"))
  }

  @Test("a host of another version is refused (69), and software answers in its place")
  func version() throws {
    let served = try Served()
    try served.folder.create("run/version", Data("2\n".utf8))
    let list = try served.tool.run("device", "list")
    #expect(list.status == 69 && list.errors.contains("version '2'"), "\(list)")
    try served.folder.create("f", Sample.text)
    #expect(try served.tool.run("compress", "-k", "f").status == 0)
    #expect(try served.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
  }

  @Test("a run folder that belongs to somebody else, or that anybody may write, is refused (77)")
  func untrusted() throws {
    let served = try Served()
    try served.folder.create("f", Sample.text)
    try served.folder.set("run", mode: 0o707)
    #expect(try served.tool.run("device", "list").status == 77)
    #expect(try served.tool.run("mdev", "list").status == 77)
    #expect(try served.tool.run("compress", "-c", "f").status == 0, "software does without")
    try served.folder.set("run", mode: 0o700)
    if geteuid() == 0 {
      try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: served.folder.path("run"))
      let outcome = try served.tool.run("device", "list")
      #expect(outcome.status == 77 && outcome.errors.contains("user 65534"), "\(outcome)")
      #expect(try served.tool.run("compress", "-c", "f").status == 0)
    }
  }

  @Test("with --pf-socket the device is a virtual machine's: no queues here, and the error says why")
  func physicalFunctionGivenAway() throws {
    let served = try Served(["--pf-socket", "pf"])
    for arguments in [["types"], ["list"], ["create", "hisi_zip-hisi_zip"]] {
      let outcome = try served.tool.run(["mdev"] + arguments)
      #expect(outcome.status == 64 && outcome.errors.contains("--pf-socket"), "\(outcome)")
    }
    #expect(try served.status()["driver"] is NSNull)
    #expect(try DirectoryListing.names(in: served.folder.path("run")) == ["control.sock", "version"])
  }
}

@Suite("Mediated devices of a host")
struct MediatedDeviceTests {
  private static let uuid = "22e09922-7a82-11e8-9cf6-d74cffa9e87b"
  let served: Served

  init() throws { served = try Served() }

  private func devices() throws -> [[String: Any]] {
    try #require(try served.tool.run("mdev", "list", "--json").json()["devices"] as? [[String: Any]])
  }

  private func available() throws -> Int {
    let types = try served.tool.run("mdev", "types", "--json").json()["types"] as? [[String: Any]]
    return try #require(types?.first?["availableInstances"] as? Int)
  }

  @Test("one takes a queue when it is made, is one program's while it is open, and gives the queue back when removed")
  func life() throws {
    let before = try available()
    let made = try served.tool.run("mdev", "create", "hisi_zip-hisi_zip", "--uuid", Self.uuid.uppercased())
    #expect(made.status == 0 && made.text == Self.uuid + "\n", "\(made)")
    #expect(try available() == before - 1)
    var device = try #require(try devices().first)
    #expect(device["uuid"] as? String == Self.uuid && device["state"] as? String == "INIT")
    #expect(device["process"] is NSNull && device["implicit"] as? Bool == false)
    let socket = served.folder.path("run/mdev/\(Self.uuid).sock")
    #expect(device["socket"] as? String == socket)
    #expect(
      FileManager.default.fileExists(
        atPath: served.folder.path(
          "run/class/sdmdev/hisi_zip-0/device/mdev_supported_types/hisi_zip-hisi_zip/devices/\(Self.uuid)")))
    var client: VFIOUserClient? = try VFIOUserClient(path: socket)
    device = try #require(try devices().first)
    #expect(device["process"] as? Int == Int(getpid()))
    let busy = try served.tool.run("mdev", "remove", Self.uuid)
    #expect(busy.status == 69, "\(busy)")
    client = nil
    _ = client
    let deadline = Date(timeIntervalSinceNow: 60)
    while try served.tool.run("mdev", "remove", Self.uuid).status != 0, Date() < deadline { usleep(10_000) }
    #expect(try devices().isEmpty)
    #expect(try available() == before)
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test("a connection to the device's own socket is a mediated device that goes with it")
  func implicit() throws {
    var client: VFIOUserClient? = try VFIOUserClient(path: served.folder.path("run/hisi_zip-0.sock"))
    let device = try #require(try devices().first)
    #expect(device["implicit"] as? Bool == true && device["socket"] is NSNull)
    let uuid = try #require(device["uuid"] as? String)
    let outcome = try served.tool.run("mdev", "remove", uuid)
    #expect(outcome.status == 69 && outcome.errors.contains("goes with the connection"), "\(outcome)")
    #expect(try served.tool.run("mdev", "list").text.contains(uuid))
    client = nil
    _ = client
    let deadline = Date(timeIntervalSinceNow: 60)
    while try !devices().isEmpty, Date() < deadline { usleep(10_000) }
    #expect(try devices().isEmpty)
  }

  @Test("what cannot be is refused: unknown types, malformed and taken names, names that there are not")
  func refusals() throws {
    #expect(try served.tool.run("mdev", "create", "hisi_zip-hisi_zip", "--uuid", Self.uuid).status == 0)
    for arguments in [
      ["create", "frob"], ["create", "hisi_zip-hisi_zip", "--uuid", "x"],
      ["create", "hisi_zip-hisi_zip", "--uuid", Self.uuid], ["remove", "x"],
      ["remove", "22e09922-7a82-11e8-9cf6-d74cffa9e87c"],
    ] {
      let outcome = try served.tool.run(["mdev"] + arguments)
      #expect(outcome.status == 64 && outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome)")
    }
    #expect(try devices().count == 1)
    let folder = try TemporaryFolder()
    for arguments in [["types"], ["list"], ["create", "x"], ["remove", Self.uuid]] {
      let outcome = try Tool(folder).run(["mdev"] + arguments + ["--run-dir", "none"])
      #expect(outcome.status == 69 && outcome.errors.contains("'wdprov serve'"), "\(outcome)")
    }
  }
}
