// The command line itself: help, wrong usage, completions, and the manual.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The command explains itself")
struct UsageTests {
  let tool: Tool
  static let subcommands = [
    "list", "providers", "info", "compress", "decompress", "hash", "encrypt", "decrypt", "test", "bench",
    "batch", "serve", "device", "mdev", "plugin", "doctor", "completions",
  ]
  /// Commands below a subcommand; they share its manual page.
  static let nested = [
    "device list", "device status", "device reset", "device inject", "mdev types", "mdev create", "mdev list",
    "mdev remove", "plugin list", "plugin check", "plugin new",
  ]

  init() throws { tool = Tool(try TemporaryFolder(), environment: ["COLUMNS": "80"]) }

  @Test("help is what was approved", arguments: [""] + subcommands + nested)
  func help(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try tool.run(words + ["--help"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    if ProcessInfo.processInfo.environment["WDPROV_RECORD_SNAPSHOTS"] == "1" {
      try Data(outcome.text.utf8).write(to: Snapshot.url(command))
    }
    #expect(try outcome.text == Snapshot.text(command), "record with WDPROV_RECORD_SNAPSHOTS=1 if this is meant")
    #expect(try command.isEmpty || tool.run(["help"] + words).text == outcome.text)
  }

  @Test("the bare command shows its help, --version its version")
  func bare() throws {
    #expect(try tool.run([]).text == tool.run("--help").text)
    #expect(try tool.run("--version").text.split(separator: ".").count == 3)
    #expect(try tool.run("compress", "--version").text == tool.run("--version").text)
  }

  @Test(
    "wrong usage is 64, one line, and says where to look",
    arguments: [
      ["frob"], ["--frob"], ["compress", "--frob"], ["compress", "-Z"], ["decompress", "--limit"], ["hash"], ["info"],
      ["bench"], ["completions"], ["completions", "csh"], ["list", "extra"], ["test", "--seconds", "x"],
      ["bench", "gzip", "--sizes", "1X"], ["bench", "gzip", "--threads", "0"], ["test", "gzip", "--all"],
      ["device", "frob"], ["device", "list", "extra"], ["device", "inject", "hisi_zip-0"], ["device", "--frob"],
      ["mdev", "frob"], ["mdev", "create"], ["mdev", "remove"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("wdprov: "))
    #expect(outcome.errors.contains("--help' shows what there is)\n"))
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
  }

  @Test(
    "an unknown name is 64 and the nearest are named",
    arguments: [
      ["compress", "-a", "gzpi"], ["decompress", "-a", "gzpi"], ["hash", "sha265"], ["info", "sha265"],
      ["test", "sha265"],
      ["bench", "sha265"], ["compress", "--driver", "gzip-zlip"],
    ])
  func unknownNames(arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("did you mean"))
  }

  @Test("a name of another kind is 64, and the error says of which kind it is")
  func otherKind() throws {
    let outcome = try tool.run("compress", "-a", "sha256")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("kind hash, not compression"))
    let driver = try tool.run("compress", "-a", "gzip", "--driver", "deflate-zlib")
    #expect(driver.status == 64)
    #expect(driver.errors.contains("serves deflate, not gzip"))
    #expect(try tool.run("compress", "--driver", "gzip").status == 64, "an algorithm is no driver")
  }

  @Test("completions are scripts that their shells can read", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let outcome = try tool.run("completions", shell)
    #expect(outcome.status == 0)
    for command in Self.subcommands { #expect(outcome.text.contains(command)) }
    let check = shell == "fish" ? "fish --no-execute" : "\(shell) -n"
    #expect(
      try tool.shell("command -v \(shell) >/dev/null || exit 0; \(check) /dev/stdin", input: outcome.output).status == 0
    )
  }

  @Test("every option that help shows stands in the manual page", arguments: [""] + subcommands + nested)
  func manual(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let page = try Snapshot.manual(words.first ?? "")
    let help = try tool.run(words + ["--help"]).text
    for match in help.matches(of: /(?m)^ +(-[^<\n]*?)(?:  |=| <|$)/) {
      for option in match.1.split(separator: ", ").flatMap({ $0.split(separator: "/") }) {
        #expect(page.contains(option.replacing("-", with: "\\-")), "\(option) of wdprov \(command)")
      }
    }
    for status in command.isEmpty ? ["64", "65", "69", "70", "73", "74", "77"] : [] { #expect(page.contains(status)) }
  }

  @Test("the manual pages are free of errors", arguments: [""] + subcommands)
  func manualSyntax(command: String) throws {
    let page = Snapshot.manualURL(command).path
    let outcome = try tool.shell("command -v groff >/dev/null || exit 0; groff -man -Tutf8 -ww -z '\(page)'")
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
  }
}

/// Files of the sources that the tests compare with.
private enum Snapshot {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func url(_ command: String) -> URL {
    root.appending(path: "Tests/Snapshots/help\(command.isEmpty ? "" : "-" + command.replacing(" ", with: "-")).txt")
  }
  static func text(_ command: String) throws -> String { try String(contentsOf: url(command), encoding: .utf8) }

  static func manualURL(_ command: String) -> URL {
    root.appending(path: "Docs/man/wdprov\(command.isEmpty ? "" : "-" + command).1")
  }
  static func manual(_ command: String) throws -> String { try String(contentsOf: manualURL(command), encoding: .utf8) }
}
