// Benchmark rows, as a table that grows line by line and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive

/// Everything a benchmark found.
struct BenchReport {
  /// One measurement.
  struct Row {
    let name: String
    let driver: String
    let operation: BenchOperation
    /// Where the data came from.
    let data: String
    /// The level of compression that was asked for; nil for the driver's own, and for other kinds.
    let level: Int?
    /// Plain bytes of a request.
    let size: Int
    let requests: UInt64
    /// Wall-clock speed in 10^6 plain bytes a second.
    let megabytesPerSecond: Double
    /// Processor time of the process in per cent of the wall time; 200 is two busy processors.
    let processorPercent: Double
    let p50: UInt64?
    let p99: UInt64?
    let ratio: Double?
    let fallbacks: UInt64
    let isEmulated: Bool
  }

  let threads: Int
  let depth: Int
  /// Where the data came from: files, or what was generated.
  let sources: [String]
  /// The levels that were asked for; empty for the drivers' own.
  let levels: [Int]
  var conditions = BenchConditions()
  /// The algorithms.
  var names: [String] = []
  var rows: [Row] = []
  /// Drivers that were not measured because they failed their check, with the reason.
  var failures: [(driver: String, reason: String)] = []

  init(threads: Int, depth: Int, sources: [String], levels: [Int]) {
    self.threads = threads
    self.depth = depth
    self.sources = sources
    self.levels = levels
  }

  // Fixed widths: rows are printed as they come, before the widest is known.
  private static let columns: [(heading: String, width: Int)] = [
    ("DRIVER", -28), ("OP", -10), ("LEVEL", 5), ("SIZE", 6), ("MB/s", 10), ("CPU%", 6), ("P50 ns", 11), ("P99 ns", 11),
    ("RATIO", 7), ("FALLBACKS", 9), ("", 0),
  ]

  /// The caveat and the column heads.
  var heading: String {
    """
    Wall-clock MB/s of plain bytes, checked first; \(sources.joined(separator: ", ")), \(threads) thread(s), \
    depth \(depth).
    \(Self.line(Self.columns.map(\.heading)))
    """
  }

  /// The line above the rows of one of several files.
  func heading(of source: String) -> String { sources.count > 1 ? "\(source):\n" : "" }

  /// Prints one row of the table.
  func write(_ row: Row) throws(CommandFailure) {
    try StandardOutput.write(
      Self.line([
        row.driver, row.operation.rawValue, row.level.map { String($0) } ?? "-", ByteCount.exact(UInt64(row.size)),
        Decimals.text(row.megabytesPerSecond, 1), Decimals.text(row.processorPercent, 0),
        row.p50.map { String($0) } ?? "-", row.p99.map { String($0) } ?? "-",
        row.ratio.map { Decimals.text($0, 3) } ?? "-", String(row.fallbacks),
        row.isEmulated ? "a model of a device" : "",
      ]))
  }

  private static func line(_ cells: [String]) -> String {
    var text = ""
    for (cell, column) in zip(cells, columns) {
      let padding = String(repeating: " ", count: max(0, abs(column.width) - cell.count))
      text += (text.isEmpty ? "" : " ") + (column.width < 0 ? cell + padding : padding + cell)
    }
    while text.last == " " { text.removeLast() }
    return text + "\n"
  }

  /// The contract's JSON: speeds in MB/s, latencies in nanoseconds.
  var json: JSONValue {
    .object(
      [
        ("schema", 1), ("data", .string(sources.joined(separator: ", "))), ("threads", .integer(threads)),
        ("depth", .integer(depth)), ("level", JSONValue(levels.count == 1 ? levels[0] : nil)),
        ("levels", .array(levels.map(JSONValue.integer))),
      ] + conditions.json + [
        ("rows", .array(rows.map(\.json))),
        (
          "failures",
          .array(failures.map { .object([("driver", .string($0.driver)), ("reason", .string($0.reason))]) })
        ),
      ])
  }
}

extension BenchReport.Row {
  init(_ subject: BenchSubject, _ result: BenchResult, ratio: Double?, data: String) {
    let wall = Double(max(result.nanoseconds, 1))
    self.init(
      name: subject.algorithm?.name ?? "memcpy", driver: subject.algorithm?.driverName ?? "memcpy",
      operation: subject.operation, data: data, level: subject.level, size: subject.size, requests: result.requests,
      megabytesPerSecond: Double(result.requests) * Double(subject.size) * 1e3 / wall,
      processorPercent: Double(result.processorNanoseconds) * 100 / wall, p50: result.latency.percentile(0.5),
      p99: result.latency.percentile(0.99), ratio: ratio, fallbacks: result.fallbacks,
      isEmulated: subject.algorithm?.descriptor.flags.contains(.emulated) ?? false)
  }

  fileprivate var json: JSONValue {
    .object([
      ("name", .string(name)), ("driver", .string(driver)), ("operation", .string(operation.rawValue)),
      ("data", .string(data)), ("level", JSONValue(level)), ("size", .integer(size)),
      ("requests", JSONValue(requests)), ("megabytesPerSecond", .number(megabytesPerSecond)),
      ("cpuPercent", .number(processorPercent)), ("p50", p50.map { JSONValue($0) } ?? .null),
      ("p99", p99.map { JSONValue($0) } ?? .null), ("ratio", ratio.map(JSONValue.number) ?? .null),
      ("fallbacks", JSONValue(fallbacks)), ("emulated", .bool(isEmulated)),
    ])
  }
}
