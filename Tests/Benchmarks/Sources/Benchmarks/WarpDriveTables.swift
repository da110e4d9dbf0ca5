// Tables of both paths, as Markdown: latency by size, throughput by depth, kinds of memory, mixed load.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import Glibc
import WarpDriveQueue

/// A table as it goes into a document.
struct MarkdownTable {
  let title: String
  let heads: [String]
  var rows: [[String]] = []

  var text: String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let rule = "|" + heads.map { _ in "---|" }.joined()
    return ([title, "", line(heads), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }
}

enum WarpDriveTables {
  /// The tables by their names for the command line.
  static let all: [(name: String, measure: @Sendable (WarpDriveOptions) throws -> MarkdownTable)] = [
    ("latency", latency), ("depths", depths), ("memory", memory), ("mixed", mixed),
  ]

  nonisolated private static func size(_ count: Int) -> String {
    count < 1024 ? "\(count) B" : count < 1 << 20 ? "\(count >> 10) KiB" : "\(count >> 20) MiB"
  }

  nonisolated private static func microseconds(_ nanoseconds: Double) -> String {
    fixed(nanoseconds / 1000, nanoseconds < 100_000 ? 1 : 0)
  }

  nonisolated private static func rate(_ bytes: Int, _ nanoseconds: Double) -> String {
    fixed(Double(bytes) / nanoseconds * 1000, 1)
  }

  /// The time of each call, sorted.
  nonisolated private static func times(
    _ count: Int, skipping first: Int = 3, _ body: () throws -> Void
  ) rethrows -> [Double] {
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<count + first {
      let start = clock.now
      try body()
      times.append(nanoseconds(clock.now - start))
    }
    // The first few fill caches.
    return times.dropFirst(first).sorted()
  }

  nonisolated private static func percentile(_ sorted: [Double], _ part: Double) -> Double {
    sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
  }

  /// zlib on a kept stream, once.
  nonisolated private static func deflate(_ data: [UInt8], _ output: inout [UInt8]) {
    unsafe data.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes {
        _ = unsafe baseline_deflate(source.baseAddress, source.count, $0.baseAddress, $0.count, 1)
      }
    }
  }

  // MARK: Latency

  /// One request at a time: the user path with pool memory, by `receive` in a loop and by `receiveSync`, the kernel path
  /// over the control socket, and zlib in the process itself.
  nonisolated private static func latency(_ options: WarpDriveOptions) throws -> MarkdownTable {
    let host = try WarpDriveHost(options.wdprov)
    var table = MarkdownTable(
      title: "One request at a time, µs",
      heads: [
        "size", "user path, spinning, p50", "p99", "user path, sleeping, p50", "p99", "kernel path p50", "p99",
        "zlib p50", "p99", "requests",
      ])
    for (bytes, most) in [(1, 20_000), (512, 10_000), (4096, 5000), (65_536, 600), (1 << 20, 60)] {
      let count = options.isQuick ? max(20, most / 5) : most
      let data = Inputs.text(bytes)
      let client = try WarpDriveClient(host.request(), data, depth: 1)
      var output = [UInt8](repeating: 0, count: max(64, bytes * 2))
      let columns = try RealTime.ahead {
        [
          try times(count) { try client.runSingly(1) }, try times(count) { try client.runWaiting(1) },
          try kernelPath(count, host, data), times(count) { deflate(data, &output) },
        ]
      }
      table.rows.append(
        [size(bytes)] + columns.flatMap { [microseconds(percentile($0, 0.5)), microseconds(percentile($0, 0.99))] }
          + ["\(count)"])
    }
    return table
  }

  /// A connection of its own, made now: a host ends those that say nothing for a while.
  nonisolated private static func kernelPath(
    _ count: Int, _ host: WarpDriveHost, _ data: [UInt8]
  ) throws -> [Double] {
    let control = try ControlClient(host.folder, room: max(64, data.count * 2))
    return try times(count) { try control.run(data) }
  }

  // MARK: Depth

  /// Many requests under way: empty ones in batches, others with `receiveSync`.
  nonisolated private static func depths(_ options: WarpDriveOptions) throws -> MarkdownTable {
    let host = try WarpDriveHost(options.wdprov)
    var table = MarkdownTable(
      title: "Throughput by requests under way, one engine",
      heads: ["depth", "1 B, million/s", "4 KiB, MB/s", "64 KiB, MB/s", "zlib 64 KiB, MB/s"])
    let span = options.isQuick ? 100_000_000.0 : 500_000_000
    var output = [UInt8](repeating: 0, count: 2 * 65_536)
    let text = Inputs.text(65_536)
    for depth in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
      let empty = try WarpDriveClient(host.request(), [65], depth: depth)
      let rate = 1000 / (try best(3) { try Paired.time(200_000) { try empty.runBatched($0, window: depth) } })
      var row = ["\(depth)", fixed(rate, 2)]
      for bytes in [4096, 65_536] {
        let client = try WarpDriveClient(host.request(), Inputs.text(bytes), depth: depth)
        let count = max(2 * depth, Int(span / (Double(bytes) * 41)))
        let each = try RealTime.ahead { try Paired.time(count) { try client.runWaiting($0, window: depth) } }
        row.append(self.rate(bytes, each))
      }
      let zlib = Paired.time(max(2, Int(span / 2_700_000))) { for _ in 0..<$0 { deflate(text, &output) } }
      table.rows.append(row + [self.rate(65_536, zlib)])
    }
    return table
  }

  nonisolated private static func best(_ count: Int, _ body: () throws -> Double) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<count { times.append(try body()) }
    return Paired.median(times)
  }

  // MARK: Memory

  /// The same 64 KiB requests, one at a time, with memory of several kinds.
  nonisolated private static func memory(_ options: WarpDriveOptions) throws -> MarkdownTable {
    let host = try WarpDriveHost(options.wdprov)
    var table = MarkdownTable(
      title: "One request at a time by kind of memory (SVM), µs",
      heads: ["size", "pool, no copy", "touched, copied", "untouched, faults and copied", "requests"])
    for (bytes, most) in [(4096, 2000), (65_536, 300), (1 << 20, 40)] {
      let count = options.isQuick ? max(20, most / 5) : most
      let data = Inputs.text(bytes)
      let pool = try WarpDriveClient(host.request(), data, depth: 1)
      let queue = try host.request()
      let touched = try WarpDriveClient(queue, data, depth: 1, memory: PlainMemory(data, isTouched: true))
      let kinds = try RealTime.ahead {
        [
          try times(count) { try pool.runWaiting(1) }, try times(count) { try touched.runWaiting(1) },
          try untouched(count, queue, data),
        ]
      }
      guard pool.output() == touched.output() else { throw BenchmarkFailure("the kinds of memory disagree") }
      table.rows.append([size(bytes)] + kinds.map { microseconds(percentile($0, 0.5)) } + ["\(count)"])
    }
    return table
  }

  /// Each request on pages that this process has not touched; making them is not measured.
  nonisolated private static func untouched(_ count: Int, _ queue: Queue, _ data: [UInt8]) throws -> [Double] {
    var times: [Double] = []
    for _ in 0..<count {
      let client = try WarpDriveClient(
        queue, data, depth: 1, memory: PlainMemory(data, isTouched: false), keepsQueue: true)
      times += try self.times(1, skipping: 0) { try client.runWaiting(1) }
    }
    return times.sorted()
  }

  // MARK: Mixed load

  /// Both paths at once on one engine: a client of the control socket, and a queue with 16 requests under way.
  nonisolated private static func mixed(_ options: WarpDriveOptions) throws -> MarkdownTable {
    let host = try WarpDriveHost(options.wdprov)
    let seconds = options.isQuick ? 1.0 : 4.0
    let kernel = try WarpDriveProcess.measure([.kernel], on: host, seconds: seconds)
    let user = try WarpDriveProcess.measure([.user], on: host, seconds: seconds)
    let both = try WarpDriveProcess.measure([.kernel, .user], on: host, seconds: seconds)
    func cell(_ rate: Double) -> String { fixed(rate * 65_536 / 1e6, 1) }
    return MarkdownTable(
      title: "Both paths on one engine, 64 KiB, MB/s",
      heads: ["load", "kernel path, one at a time", "user path, depth 16", "sum"],
      rows: [
        ["kernel path alone", cell(kernel[0]), "", cell(kernel[0])],
        ["user path alone", "", cell(user[0]), cell(user[0])],
        ["both at once", cell(both[0]), cell(both[1]), cell(both[0] + both[1])],
      ])
  }
}
