// `wdprov plugin`: a new project passes its check, and what is wrong with a plugin is found.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Plugins are begun, checked and listed by the command")
struct PluginCommandTests {
  let folder: TemporaryFolder
  let tool: Tool

  init() throws {
    folder = try TemporaryFolder()
    // A crash is what some of these are about.
    tool = Tool(
      folder, environment: ["SWIFT_BACKTRACE": "enable=no", "WDPROV_PLUGIN_PATH": folder.path("plugins")])
  }

  /// Compiles a plugin of `Tests/Plugins`.
  private func compile(_ source: String, _ macro: String = "RIGHT", _ libraries: String = "") throws -> String {
    let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized.path
    let path = folder.path("\(source)-\(macro).so")
    let made = try tool.shell(
      """
      umask 022; cc -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -D\(macro) -fPIC -shared -o '\(path)' \
      -I '\(root)/Sources/CWarpDrivePlugin/include' '\(root)/Tests/Plugins/\(source).c' \(libraries)
      """)
    try #require(made.status == 0, "\(made)")
    return path
  }

  @Test("a new project in C builds with one command, passes its check, and serves where it is installed")
  func newInC() throws {
    #expect(try tool.run("plugin", "new", "example").status == 0)
    let built = try tool.shell("umask 022; make -s -C example")
    try #require(built.status == 0, "\(built)")
    let check = try tool.run("plugin", "check", "example/libwdprov_example.so")
    #expect(check.status == 0, "\(check) \(check.text)")
    #expect(check.text.contains("fnv1a32-example: passed"))
    #expect(try tool.shell("umask 022; mkdir plugins && cp example/*.so plugins").status == 0)
    let digest = try tool.run("hash", "fnv1a32", input: Data("foobar".utf8))
    #expect(digest.text == "bf9cf968  -\n", "\(digest)")
    let again = try tool.run("plugin", "new", "example")
    #expect(again.status == 73)
    #expect(again.errors.contains("example"))
  }

  @Test("a new project in Swift has what it needs, in its own folders")
  func newInSwift() throws {
    #expect(try tool.run("plugin", "new", "sample", "--language", "swift").status == 0)
    let kit = "sample/Sources/WarpDrivePluginKit"
    let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized
    for file in ["Plugin.swift", "PluginHost.swift", "HashImplementation.swift", "CompressionImplementation.swift"] {
      #expect(
        try folder.contents("\(kit)/\(file)")
          == Data(contentsOf: root.appending(path: "Sources/WarpDrivePluginKit/\(file)")), "\(file)")
    }
    let package = String(decoding: try folder.contents("sample/Package.swift"), as: UTF8.self)
    #expect(package.contains("wdprov_sample"))
    #expect(!package.contains("@NAME@"))
    // The sources are the kit's, which the package builds; that the project builds is seen by the examples' stage.
    #expect(try tool.run("plugin", "new", "Sample").status == 64)
    #expect(try tool.run("plugin", "new", "x", "--language", "cobol").status == 64)
  }

  @Test(
    "what is wrong with a hash is found, with the check that found it",
    arguments: [
      ("FORGETS", "digest in two parts is wrong"), ("HANGS", "does not come back"), ("READS_PAST", "crashed"),
      ("WRITES_PAST", "crashed"), ("LEAKS", "fnv1a32-faulty"),
    ])
  func faultyHash(macro: String, finding: String) throws {
    let plugin = try compile("faulty_hash", macro)
    let check = try tool.run("plugin", "check", "--time-limit", macro == "HANGS" ? "3" : "60", plugin)
    #expect(check.status == 1, "\(check) \(check.text)")
    #expect(check.text.contains("something is wrong"))
    // A sanitizer ends a process that would crash by a status of its own.
    let isFound = check.text.contains(finding) || (finding == "crashed" && check.text.contains("ended the process"))
    #expect(isFound, "\(check.text)")
  }

  @Test(
    "what is wrong with a format and its queue is found",
    arguments: [
      ("WRONG", "the data that the reference compressed is wrong"), ("LENGTHS", "more than there were"),
      ("NEVER", "requests are never answered"), ("TWICE", "has answered before"),
    ])
  func faultyFormat(macro: String, finding: String) throws {
    let check = try tool.run("plugin", "check", try compile("faulty_gzip", macro, "-lz"))
    #expect(check.status == 1, "\(check) \(check.text)")
    #expect(check.text.contains(finding), "\(check.text)")
  }

  @Test("plugins without faults pass, their queues too, and the report is the same as JSON")
  func right() throws {
    let plugin = try compile("faulty_gzip", "RIGHT", "-lz")
    let check = try tool.run("plugin", "check", "--json", plugin)
    #expect(check.status == 0, "\(check) \(check.text)")
    let report = try check.json()
    #expect(report["passed"] as? Bool == true)
    let checks = try #require(report["checks"] as? [[String: Any]])
    let queue = checks.first { $0["check"] as? String == "queue" }
    #expect(queue?["outcome"] as? String == "passed")
    #expect(checks.contains { $0["check"] as? String == "resources" && $0["outcome"] as? String == "passed" })
  }

  private static let tree = ProcessInfo.processInfo.environment["WDPROV_TEST_PLUGINS"] ?? ""

  @Test(
    "the plugins of the tree pass every check",
    .enabled(if: !tree.isEmpty, "'make plugins' builds them, and 'make test' says where they are"),
    arguments: ["null", "libdeflate", "isal", "zstd", "lz4"])
  func plugins(name: String) throws {
    let check = try tool.run("plugin", "check", "\(Self.tree)/libwdprov_\(name).so")
    #expect(check.status == 0, "\(check) \(check.text)")
  }

  @Test(
    "the best driver of a name is a plugin's where there is one, and other tools read what it wrote",
    .enabled(if: !tree.isEmpty, "'make plugins' builds them, and 'make test' says where they are"))
  func bestDriver() throws {
    let tool = Tool(folder, environment: ["WDPROV_PLUGIN_PATH": Self.tree])
    let info = try tool.run("info", "gzip", "--json").json()
    #expect(info["chosen"] as? String == "gzip-libdeflate", "\(info)")
    let text = Data(String(repeating: "one driver after the other ", count: 4000).utf8)
    let packed = try tool.run("compress", "-c", input: text)
    #expect(packed.status == 0, "\(packed)")
    #expect(try tool.shell("gzip -dc", input: packed.output).output == text)
    // The header's name is written whichever driver does the work, for one member and for several.
    for count in [100, 40_000] {
      try folder.create("named", Data(String(repeating: "one driver after the other ", count: count).utf8))
      #expect(try tool.run("compress", "-kf", "named").status == 0)
      #expect(try tool.shell("mv named.gz other.gz && gzip -lN other.gz").text.contains(" named\n"))
    }
    // Of a driver that takes whole messages alone the first room that is tried is too small.
    let hex = packed.output.map { String(format: "%02x", $0) }.joined()
    let request = #"{"id":1,"op":"decompress","alg":"gzip","driver":"gzip-libdeflate","in":"\#(hex)"}"#
    let reply = try tool.run("batch", input: Data((request + "\n").utf8))
    #expect(reply.text.contains(#""driver":"gzip-libdeflate""#), "\(reply.text.prefix(300))")
    #expect(reply.text.contains(text.map { String(format: "%02x", $0) }.joined()))
    for name in ["zstd", "lz4", "lz4hc"] {
      let frame = try tool.run("compress", "-a", name, "-c", input: text)
      #expect(frame.status == 0, "\(frame)")
      #expect(try tool.run("decompress", "-c", input: frame.output).output == text, "\(name)")
    }
  }

  @Test("a file that is no plugin, or none, is told apart")
  func none() throws {
    try folder.create("text.so", Data("no shared object".utf8))
    let text = try tool.run("plugin", "check", "text.so")
    #expect(text.status == 1)
    #expect(text.text.contains("start: failed: it cannot be loaded"), "\(text.text)")
    #expect(try tool.run("plugin", "check", "missing.so").status == 69)
  }

  @Test("list says what is loaded, and what is refused and why; the others serve")
  func list() throws {
    let plugin = try compile("faulty_hash")
    #expect(
      try tool.shell("umask 022; mkdir plugins && cp '\(plugin)' plugins/good.so && cp /bin/true plugins/bad.so").status
        == 0)
    #expect(try tool.shell("cp '\(plugin)' plugins/open.so && chmod o+w plugins/open.so").status == 0)
    let object = try tool.run("plugin", "list", "--json").json()
    let plugins = try #require(object["plugins"] as? [[String: Any]])
    var states: [String: (String, String)] = [:]
    for plugin in plugins {
      let name = (plugin["path"] as? String)?.split(separator: "/").last.map(String.init) ?? ""
      states[name] = (plugin["state"] as? String ?? "", plugin["reason"] as? String ?? "")
    }
    #expect(states["good.so"]?.0 == "loaded")
    #expect(states["bad.so"]?.0 == "refused")
    #expect(states["open.so"]?.0 == "refused")
    #expect(states["open.so"]?.1.contains("chmod go-w") == true)
    let providers = try tool.run("providers", "--json").json()
    let names = (providers["providers"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names?.contains("faulty") == true)
    #expect(try tool.run("list", "--provider", "faulty").text.contains("fnv1a32-faulty"))
  }
}
