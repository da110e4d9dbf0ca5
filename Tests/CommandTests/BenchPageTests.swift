// The page of bench: what it holds for given figures, and how the command writes it.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import wdprov

@Suite("bench writes a page that stands alone")
struct BenchPageTests {
  let tool: Tool

  init() throws { tool = Tool(try TemporaryFolder()) }

  @Test("each figure has a mark in the charts and a row in the table")
  func marks() {
    let page = Self.page(drivers: ["gzip-a", "gzip-b"], levels: [1, 6])
    // Two drivers, two levels, two directions: at two sizes against size, at one against ratio.
    #expect(Self.count("class=\"mark ", in: page) == 16 + 8)
    #expect(Self.count("<svg class=\"chart ratios\"", in: page) == 2)
    #expect(Self.count("<svg class=\"chart sizes\"", in: page) == 4)
    #expect(Self.count("<th scope=\"row\">", in: page) == 16 + 2)
    #expect(Self.count("role=\"img\"", in: page) == 6 && Self.count("<desc", in: page) == 6)
    #expect(page.contains("gzip-b is faster than gzip-a"))
  }

  @Test("the levels of a single driver are the series, and have no crossovers")
  func levels() {
    let page = Self.page(drivers: ["gzip-a"], levels: [1, 6, 9])
    #expect(Self.count("class=\"mark s2\"", in: page) == 4 + 2, "the third level")
    #expect(page.contains(">level 9</text>"))
    #expect(!page.contains("is faster than"))
  }

  @Test("of many levels of several drivers three are drawn against size, all against ratio")
  func manyLevels() {
    let page = Self.page(drivers: ["gzip-a", "gzip-b"], levels: [1, 2, 3, 4, 5])
    #expect(Self.count("<svg class=\"chart sizes\"", in: page) == 3 * 2)
    #expect(Self.count("class=\"mark ", in: page) == 3 * 8 + 5 * 4)
    #expect(page.contains("Of 5 levels the first, the middle and the last are drawn"))
  }

  @Test("the page needs nothing outside of it, and takes nothing from names")
  func alone() {
    var report = Self.report(drivers: ["<b>&\"x'"], levels: [], source: "</title><script>alert(1)</script>")
    report.failures = [("gzip-c", "wrong <i>")]
    report.conditions.command = "wdprov bench '<img src=x>'"
    let page = BenchPage(report: report).html
    for forbidden in ["<script", "<link", "<img", "http", "url(", "@import", "<b>&\"", "<i>"] {
      #expect(!page.contains(forbidden), "\(forbidden)")
    }
    #expect(page.contains("wrong &lt;i&gt;"))
  }

  @Test("the page says when, where and on what it was measured, and that a model is no device")
  func conditions() {
    var report = Self.report(drivers: ["gzip-a"], levels: [], isEmulated: true)
    report.conditions = BenchConditions(
      date: "2026-02-03T04:05:06Z", processor: "Some CPU", processors: 2, architecture: "x86_64", kernel: "6.1",
      command: "wdprov bench gzip", seconds: 0.5, providers: [.init(name: "zlib", version: "1.3", source: "built-in")])
    let page = BenchPage(report: report).html
    for text in [
      "2026-02-03 04:05:06 UTC", "Some CPU, 2 processors, x86_64, Linux 6.1", "<code>wdprov bench gzip</code>",
      "zlib 1.3", "A model, no hardware:", "<em>(model)</em>",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test(
    "a time is written as RFC 3339 says",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_827_696, "2000-02-29T12:34:56Z"), (1_798_761_599, "2026-12-31T23:59:59Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
    ])
  func timestamp(seconds: Int, text: String) { #expect(BenchConditions.timestamp(seconds) == text) }

  @Test("the command line is one that a shell can read again")
  func shellLine() throws {
    let arguments = ["printf", "%s|", "a b", "it's", "", "$HOME", "x=1,2", "*"]
    #expect(BenchConditions.shellLine(arguments) == "printf '%s|' 'a b' 'it'\\''s' '' '$HOME' x=1,2 '*'")
    #expect(
      try tool.shell(BenchConditions.shellLine(arguments)).text == arguments.dropFirst(2).joined(separator: "|") + "|")
  }

  @Test(
    "levels are numbers, lists and ranges",
    arguments: [
      ("6", [6]), ("1,6,9", [1, 6, 9]), ("1-3,9", [1, 2, 3, 9]), ("-3", [-3]), ("-2-1", [-2, -1, 0, 1]),
      ("-7--5", [-7, -6, -5]), ("3,1-3", [3, 1, 2]),
    ])
  func levelList(text: String, levels: [Int]) { #expect(LevelList(argument: text)?.values == levels) }

  @Test(
    "what is no list of levels is refused",
    arguments: [
      "", ",", "1,", "9-1", "x", "1-", "-", "--", "0-1000000000000", "-9223372036854775808-9223372036854775807",
    ])
  func badLevelList(text: String) { #expect(LevelList(argument: text) == nil) }

  @Test("the command writes the page once, and replaces it with -f")
  func file() throws {
    let quick = ["bench", "crc32", "--sizes", "64,4K", "--seconds", "0.001", "--html", "page.html"]
    let outcome = try tool.run(quick)
    #expect(outcome.status == 0 && outcome.lines.contains { $0.hasPrefix("crc32-zlib") }, "\(outcome)")
    let page = String(decoding: try tool.folder.contents("page.html"), as: UTF8.self)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("wdprov bench crc32 --sizes 64,4K"))
    let again = try tool.run(quick)
    #expect(again.status == 73 && again.output.isEmpty, "refused before anything is measured")
    #expect(String(decoding: try tool.folder.contents("page.html"), as: UTF8.self) == page)
    #expect(try tool.run(quick + ["-f"]).status == 0)
    #expect(try tool.folder.names == ["page.html"])
    #expect(try tool.run(Array(quick.dropLast()) + ["no/page.html"]).status == 73)
  }

  @Test("- is standard output, in the place of the table")
  func stream() throws {
    let quick = ["bench", "crc32", "--sizes", "64", "--seconds", "0.001", "--html", "-"]
    #expect(try tool.run(quick).text.hasPrefix("<!DOCTYPE html>"))
    #expect(try tool.run(quick + ["--json"]).status == 64)
  }

  @Test("several levels and files are measured, each where it can be, and told apart in JSON")
  func several() throws {
    try tool.folder.create("a", Sample.text)
    try tool.folder.create("b", Sample.noise(5000))
    let quick = ["bench", "gzip", "--driver", "gzip-zlib", "--sizes", "1K", "--seconds", "0.001"]
    let object = try tool.run(quick + ["--levels", "1,9", "--file", "a", "--file", "b", "--json"]).json()
    let rows = try #require(object["rows"] as? [[String: Any]])
    #expect(rows.map { $0["data"] as? String } == Array(repeating: "a", count: 5) + Array(repeating: "b", count: 5))
    #expect(rows.map { $0["level"] as? Int } == [nil, 1, 1, 9, 9, nil, 1, 1, 9, 9])
    #expect(object["levels"] as? [Int] == [1, 9] && object["level"] is NSNull)
    #expect((object["machine"] as? [String: Any])?["processors"] as? Int ?? 0 > 0)
    #expect((object["providers"] as? [[String: Any]])?.map { $0["name"] as? String } == ["zlib"])
    let refused = try tool.run(quick + ["--levels", "1,99"])
    #expect(refused.status == 64 && refused.errors.contains("takes level 99"))
    #expect(try tool.run(quick + ["--level", "1-"]).status == 64)
  }

  private static func count(_ text: String, in page: String) -> Int { page.components(separatedBy: text).count - 1 }

  private static func page(drivers: [String], levels: [Int]) -> String {
    BenchPage(report: report(drivers: drivers, levels: levels)).html
  }

  /// Figures in which every further driver is slower with small requests and faster with large ones.
  private static func report(
    drivers: [String], levels: [Int], source: String = "generated text", isEmulated: Bool = false
  ) -> BenchReport {
    var report = BenchReport(threads: 1, depth: 1, sources: [source], levels: levels)
    report.names = ["gzip"]
    let sizes = [1024, 65_536]
    func row(_ driver: String, _ operation: BenchOperation, _ level: Int?, _ size: Int, _ speed: Double)
      -> BenchReport.Row
    {
      BenchReport.Row(
        name: operation == .copy ? "memcpy" : "gzip", driver: driver, operation: operation, data: source, level: level,
        size: size, requests: 10, megabytesPerSecond: speed, processorPercent: 100, p50: 1000, p99: 2000,
        ratio: operation == .compress ? 2 + Double(level ?? 6) / 10 : nil, fallbacks: 0, isEmulated: isEmulated)
    }
    report.rows = sizes.map { row("memcpy", .copy, nil, $0, 9000) }
    for (index, driver) in drivers.enumerated() {
      for level in levels.isEmpty ? [nil] : levels.map(Optional.some) {
        for operation in [BenchOperation.compress, .decompress] {
          for size in sizes {
            let speed = 100.0 / Double(level ?? 6) * (size == 1024 ? 1 / Double(index + 1) : 2 * Double(index + 1))
            report.rows.append(row(driver, operation, level, size, speed))
          }
        }
      }
    }
    return report
  }
}
