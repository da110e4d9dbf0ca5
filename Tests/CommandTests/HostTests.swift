// `wdprov serve` and `wdprov device`: from the sockets that appear to the end by a signal.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing
import VFIOUser

@Suite("A host serves a model")
struct ServeTests {
  @Test("it listens on every socket before it says so, for its own user alone", arguments: ["20", "21", "30"])
  func start(revision: String) throws {
    let served = try Served([
      "--device", "model:\(revision)", "--pf-socket", "pf", "--vf-socket", "vf", "--engines", "2",
    ])
    for name in ["pf", "vf", "run/control.sock"] { #expect(try served.folder.mode(name) == 0o600, "\(name)") }
    #expect(try served.folder.mode("run") == 0o700)
    let log = try served.log()
    #expect(log.contains("serving hisi_zip-0") && log.contains("revision=\(revision)"))
    for (name, function) in [("pf", "pf"), ("vf", "vf1")] {
      let client = try VFIOUserClient(path: served.folder.path(name))
      // The revision of configuration space (PCI 3.0, 6.2.1).
      #expect(try client.read(region: 7, offset: 8, width: 1) == UInt64(revision, radix: 16))
      #expect(try served.function(function)["connected"] as? Bool == true)
    }
    let list = try served.tool.run("device", "list")
    #expect(list.lines.count >= 3 && list.lines[1].hasPrefix("hisi_zip-0  model  \(revision)"))
    #expect(list.lines[1].hasSuffix("pf,vf1"))
    let device = try #require(
      (try served.tool.run("device", "list", "--json").json()["devices"] as? [[String: Any]])?.first)
    #expect(device["name"] as? String == "hisi_zip-0" && device["kind"] as? String == "model")
    #expect(device["emulated"] as? Bool == true && device["revision"] as? String == revision)
    let functions = try #require(device["functions"] as? [[String: Any]])
    #expect(functions.map { $0["name"] as? String } == ["pf", "vf1"])
    #expect(functions.map { $0["socket"] as? String } == [served.folder.path("pf"), served.folder.path("vf")])
  }

  @Test("a signal ends it with status 0, clients or not, and the sockets go", arguments: [SIGTERM, SIGINT, SIGHUP])
  func end(signal: Int32) throws {
    let served = try Served(["--pf-socket", "pf", "--vf-socket", "vf"])
    let client = try VFIOUserClient(path: served.folder.path("pf"))
    let control = try ControlConnection(served.controlSocket)
    try control.send("{")
    let outcome = try served.end(signal)
    #expect(outcome.status == 0 && outcome.signal == nil, "\(outcome)")
    #expect(outcome.errors.contains("ended\n") && outcome.output.isEmpty)
    #expect(try served.folder.names == ["run"])
    #expect(try DirectoryListing.names(in: served.folder.path("run")).isEmpty)
    #expect(throws: VFIOUserError.self) { try client.read(region: 7, offset: 0, width: 4) }
  }

  @Test("requests that a queue has accepted are answered before it ends")
  func drain() throws {
    let served = try Served(["--pf-socket", "pf"])
    let driver = try SmallDriver(served.folder.path("pf"))
    try driver.start()
    let count = 40
    try driver.submit(count)
    #expect(try served.end().status == 0)
    #expect(driver.completions == count)
  }

  @Test("a socket file that a killed host left is replaced")
  func stale() throws {
    let folder = try TemporaryFolder()
    let first = try Served(["--pf-socket", "pf"], in: folder)
    #expect(try first.end(SIGKILL).signal == SIGKILL)
    #expect(try folder.names == ["pf", "run"])
    let second = try Served(["--pf-socket", "pf"], in: folder)
    _ = try VFIOUserClient(path: folder.path("pf"))
    #expect(try second.end().status == 0)
    #expect(try folder.names == ["run"])
  }

  @Test("what is in use stays in use (73): a socket, a file, a run folder")
  func inUse() throws {
    let served = try Served(["--pf-socket", "pf"])
    try served.folder.create("file", Data("text".utf8))
    for arguments in [
      ["--run-dir", "other", "--pf-socket", "pf"], ["--run-dir", "other", "--pf-socket", "vf", "--vf-socket", "pf"],
      ["--run-dir", "other", "--pf-socket", "file"], ["--run-dir", "run"], ["--run-dir", "file"],
      ["--run-dir", "no/such/folder"], ["--run-dir", "other", "--trace", "no/such/folder"],
      ["--run-dir", "other", "--pf-socket", String(repeating: "x", count: 200)],
    ] {
      let outcome = try served.tool.run(["serve"] + arguments)
      #expect(outcome.status == 73, "\(arguments): \(outcome)")
    }
    #expect(try served.folder.names == ["file", "other", "pf", "run"], "what was made is gone")
    #expect(try served.folder.contents("file") == Data("text".utf8))
    _ = try VFIOUserClient(path: served.folder.path("pf"))
    #expect(try served.tool.run("device", "list").status == 0)
  }

  @Test("a folder that others may change is refused (77)")
  func foreignFolder() throws {
    let folder = try TemporaryFolder()
    let tool = Tool(folder)
    try FileManager.default.createDirectory(at: folder.url.appending(path: "open"), withIntermediateDirectories: false)
    try folder.set("open", mode: 0o770)
    let open = try tool.run("serve", "--run-dir", "open")
    #expect(open.status == 77 && open.errors.contains("may be changed by others"), "\(open)")
    if geteuid() == 0 {
      try folder.set("open", mode: 0o700)
      try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: folder.path("open"))
      let foreign = try tool.run("serve", "--run-dir", "open")
      #expect(foreign.status == 77 && foreign.errors.contains("belongs to user 65534"), "\(foreign)")
    }
  }

  @Test(
    "what no model can be is wrong usage (64)",
    arguments: [
      ["--device", "model:31"], ["--device", "model:"], ["--device", "model:0x30"], ["--device", "frob"],
      ["--device", ""],
      ["--device", "vfio:frob"], ["--device", "vfio-user:"], ["--engines", "0"], ["--engines", "65"],
      ["--engines", "x"], ["--dma-flag", "frob"], ["--quota", "0"], ["--isolate-strategy", "65536"],
      ["--queue-depth", "1"], ["--pf-socket", "a", "--quota", "1"],
      ["--device", "vfio:0000:75:00.0", "--engines", "1"],
      ["--group", "no such group"], ["--pf-socket", "a", "--vf-socket", "a"], ["--pf-socket", ""],
      (0..<16).flatMap { ["--vf-socket", "\($0)"] }, ["--run-dir", ""], ["extra"],
    ])
  func usage(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool(folder).run(
      ["serve"] + (arguments.contains("--run-dir") ? [] : ["--run-dir", "r"]) + arguments)
    #expect(outcome.status == 64, "\(outcome)")
    #expect(outcome.errors.hasPrefix("wdprov: ") && outcome.errors.filter { $0 == "\n" }.count == 1)
    #expect(try folder.names.isEmpty)
  }

  @Test(
    "a function that is not there is 69, and the error says what to do",
    arguments: [
      ("vfio:FFFF:ff:1f.7", "no PCI function ffff:ff:1f.7: see"), ("vfio:fe:1f.7", "0000:fe:1f.7"),
      ("vfio-user:/nowhere", "is a server running there"),
    ])
  func missing(device: String, advice: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool(folder).run("serve", "--run-dir", "r", "--device", device)
    #expect(outcome.status == 69 && outcome.errors.contains(advice), "\(outcome)")
    #expect(try Tool(folder, environment: ["WDPROV_DEVICE": device]).run("serve", "--run-dir", "r").status == 69)
    #expect(try folder.names == ["r"])
    #expect(try DirectoryListing.names(in: folder.path("r")).isEmpty)
  }

  @Test("a trace has a line for each access, decoded, and keeps what was there")
  func trace() throws {
    let folder = try TemporaryFolder()
    try folder.create("trace", Data("earlier\n".utf8))
    let served = try Served(["--pf-socket", "pf", "--trace", "trace"], in: folder)
    let driver = try SmallDriver(folder.path("pf"))
    try driver.start()
    try driver.submit(1)
    #expect(try served.end().status == 0)
    let lines = String(decoding: try folder.contents("trace"), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "earlier")
    for line in lines.dropFirst() {
      #expect(line.wholeMatch(of: /\d+\.\d{6} f\d+ (R |W |MBOX|DB|IRQ|RESET).*/) != nil, "\(line)")
    }
    for part in ["f0 MBOX  SQC set queue 0 address 0x", "f0 MBOX  CQC queue 0 status 0", "f0 DB    SQ queue 0 index 1"]
    {
      #expect(lines.contains { $0.contains(part) }, "\(part)")
    }
    #expect(try folder.mode("trace") == 0o644 || folder.mode("trace") == 0o600)
  }

  @Test("doctor tells of a host")
  func doctor() throws {
    let served = try Served()
    let folder = try served.tool.run("doctor", "--json").json()["runDirectory"] as? [String: Any]
    #expect(folder?["host"] as? Bool == true)
    #expect(try served.end().status == 0)
    #expect(try served.tool.run("doctor").text.contains("no host is running"))
  }
}

@Suite("The devices of a host are looked at, reset and disturbed")
struct DeviceTests {
  let served: Served
  let client: VFIOUserClient

  init() throws {
    served = try Served(["--pf-socket", "pf", "--vf-socket", "vf"])
    client = try VFIOUserClient(path: served.folder.path("pf"))
  }

  @Test("counters and registers are those of the device, and looking changes none")
  func status() throws {
    try client.write(0xabcd, region: 2, offset: 0x10_0060, width: 4)
    #expect(try served.register(0x10_0060) == 0xabcd)
    let first = try served.function("pf")
    #expect((first["server"] as? [String: Int])?["clients"] == 1)
    #expect((first["server"] as? [String: Int])?["commands"] ?? 0 > 0)
    #expect(first["connected"] as? Bool == true && first["queues"] is [Any])
    #expect(try served.function("pf") as NSDictionary == first as NSDictionary)
    #expect(try served.function("vf1")["queueCount"] as? Int == 64)
    let plain = try served.status("hisi_zip-0")
    #expect((plain["functions"] as? [[String: Any]])?.first?["registers"] == nil)
    #expect((plain["engines"] as? [[String: Any]])?.count == 1)
    let text = try served.tool.run("device", "status", "--registers").text
    #expect(text.contains("FUNCTION  CLIENT") && text.contains("pf        0x100060  0x0000abcd"))
  }

  @Test("a reset clears a function's registers and leaves its client")
  func reset() throws {
    try client.write(0xabcd, region: 2, offset: 0x10_0060, width: 4)
    #expect(try served.tool.run("device", "reset", "hisi_zip-0", "--function", "1").status == 0)
    #expect(try served.register(0x10_0060) == 0xabcd, "another function")
    let outcome = try served.tool.run("device", "reset", "hisi_zip-0", "--json")
    #expect(try outcome.json()["functions"] as? [String] == ["pf", "vf1"])
    #expect(try served.register(0x10_0060) == 0)
    #expect(try served.function("pf")["resets"] as? Int == 1 && served.function("vf1")["resets"] as? Int == 2)
    #expect(try client.read(region: 2, offset: 0x10_0060, width: 4) == 0)
  }

  @Test(
    "injected errors show in the error registers", arguments: [("qm-3", 0x10_0000, 0x8), ("zip-11", 0x30_10a0, 0x800)])
  func inject(error: String, register: Int, value: UInt64) throws {
    let outcome = try served.tool.run("device", "inject", "model0", error)
    #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
    #expect(try client.read(region: 2, offset: UInt64(register), width: 4) == value)
  }

  @Test("interrupts are injected as often as that, one after the other")
  func interrupts() throws {
    let counter = try EventCounter()
    try client.setInterrupts(index: 1, start: 0, count: 1, action: .trigger, data: .counters([counter]))
    #expect(try served.tool.run("device", "inject", "hisi_zip-0", "spurious-interrupt", "--count", "3").status == 0)
    #expect(counter.take() == 3)
    #expect((try served.function("pf")["interrupts"] as? [Int])?.first == 3)
  }

  @Test("every error that help lists can be injected, with a number where it has one")
  func everyError() throws {
    let help = try served.tool.run("device", "inject", "--help").text
    let names = help.matches(of: /(?m)^([a-z-]+)(-N|\[-N\])?  +\S/).map { (String($0.1), $0.2.map(String.init)) }
    #expect(names.count == 22)
    for (name, number) in names {
      for error in number == nil ? [name] : number == "-N" ? ["\(name)-1", "\(name)-0x5"] : [name] {
        let outcome = try served.tool.run("device", "inject", "hisi_zip-0", error, "--function", "1")
        #expect(outcome.status == 0, "\(error): \(outcome)")
      }
    }
    for error in ["sqe-status-0x10", "fifo-overflow-2", "unknown-event-15", "mailbox-failure-15", "mem-init-stuck"] {
      #expect(
        try served.tool.run("device", "inject", "hisi_zip-0", error, "--function", "1", "--count", "1").status == 0)
    }
  }

  @Test(
    "what cannot be injected is wrong usage (64)",
    arguments: [
      ["frob"], ["qm"], ["qm-15"], ["qm-"], ["qm-x"], ["zip-13"], ["qm-3-"], ["cq-overflow-1"], ["sqe-status"],
      ["sqe-status-256"], ["unknown-event-2"], ["qm-3", "--count", "2"], ["spurious-interrupt", "--count", "101"],
      ["spurious-interrupt", "--count", "0"], ["qm-3", "--function", "2"], ["sqe-status-1", "--queue", "64"],
      ["sqe-status-1", "--queue", "-1"], ["sqe-status-1", "--count", "1000001"], [],
    ])
  func wrongErrors(arguments: [String]) throws {
    let outcome = try served.tool.run(["device", "inject", "hisi_zip-0", "--function", "1"] + arguments)
    #expect(outcome.status == 64 && outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome)")
  }

  @Test("a device that is not there is 64 and the others are named")
  func unknownDevice() throws {
    for arguments in [["status", "frob"], ["reset", "frob"], ["inject", "frob", "qm-3"]] {
      let outcome = try served.tool.run(["device"] + arguments)
      #expect(outcome.status == 64 && outcome.errors.contains("there is hisi_zip-0"), "\(outcome)")
    }
  }
}

@Suite("Without a host")
struct NoHostTests {
  @Test(
    "nothing answers (69), and the error says what to run",
    arguments: [["list"], ["status"], ["reset", "hisi_zip-0"], ["inject", "hisi_zip-0", "qm-3"]])
  func unavailable(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    try folder.create("file")
    for directory in ["none", ".", "file"] {
      let outcome = try Tool(folder).run(["device"] + arguments + ["--run-dir", directory])
      #expect(outcome.status == 69 && outcome.errors.contains("'wdprov serve'"), "\(outcome)")
      #expect(outcome.output.isEmpty)
    }
    #expect(try Tool(folder).run(["device"] + arguments + ["--device", "model"]).status == 64)
  }

  @Test("a host that says nonsense, or nothing, is not believed", arguments: ["nonsense\n", "", "{\"ok\":1}\n"])
  func nonsense(answer: String) throws {
    let folder = try TemporaryFolder()
    let listener = try UnixSocket.listen(on: folder.path("control.sock"))
    let running = try Tool(folder).start(Tool.path, ["device", "list", "--run-dir", "."])
    guard let client = try listener.accept(nanoseconds: 60_000_000_000) else { throw ToolError("nobody connects") }
    if !answer.isEmpty { try unsafe client.sendAll(Array(answer.utf8).span.bytes) }
    client.shutDown()
    let outcome = try running.wait()
    #expect(outcome.status == (answer.isEmpty ? 69 : 70), "\(outcome)")
  }
}
