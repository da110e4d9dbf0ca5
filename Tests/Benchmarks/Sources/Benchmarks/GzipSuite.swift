// What `gzip` by its name is served with, beside zlib as a C programmer calls it: `Benchmarks gzip FILE`.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

/// The compression rows of the goals table, over a file in blocks of one size.
///
/// Our side asks for `gzip` at a level and gets what was measured fastest among the drivers whose output is no larger
/// than zlib's. Its peer is zlib itself at that level, on streams that it keeps. Both decompress the same streams,
/// zlib's of level 6: streams of different compressors take differently long, by up to 15 % for the same plain bytes.
struct GzipSuite {
  /// A goal: so many times as fast as zlib at blocks of a size.
  private typealias Goal = (size: Int, label: String, times: Double)

  /// Both sides are measured in turn so many times, each time with other blocks from all over the file.
  private static let rounds = 31
  private static let defaultLevel: Int32 = 6

  private let registry: Registry
  private let data: [UInt8]

  /// - Parameter data: the file's bytes; at least a block for each round, of the largest size.
  init(_ data: [UInt8]) throws {
    registry = try SelectionSuite.registry("gzip")
    self.data = data
  }

  /// The rows, two for each goal of compression: speed, and size of the output.
  func rows() throws -> [Figure] {
    var rows: [Figure] = []
    let usual: [Goal] = [(4 << 10, "4 KiB", 1.6), (64 << 10, "64 KiB", 1.9), (1 << 20, "1 MiB", 2.0)]
    for goal in usual { rows += try compression(Self.defaultLevel, goal) }
    rows += try compression(1, (64 << 10, "64 KiB", 4.5))
    let plain: [Goal] = [(4 << 10, "4 KiB", 2.0), (64 << 10, "64 KiB", 2.3), (1 << 20, "1 MiB", 2.4)]
    for goal in plain { rows.append(try decompression(goal)) }
    return rows
  }

  private func compression(_ level: Int32, _ goal: Goal) throws -> [Figure] {
    let options = CompressionOptions(level: Int(level))
    let report = try registry.measure("gzip", .compress, options)
    let blocks = blocks(of: goal.size)
    let room = Self.room(goal.size)
    let ours = Side(room: room, Held(try registry.compression("gzip", options)).compress)
    let zlib = Side.zlib(room: room, level: level)
    let check = Side.zlib(room: goal.size, level: nil)
    var written = (ours: 0, zlib: 0)
    for block in blocks {
      written.ours += try ours.run(block.rawSpan)
      let packed = ours.last
      _ = try check.run(packed.rawSpan)
      guard check.last == block else { throw BenchmarkFailure("a block of \(goal.label) does not come back") }
      written.zlib += try zlib.run(block.rawSpan)
    }
    let total = Double(blocks.count * goal.size)
    let (mine, peers) = (total / Double(written.ours), total / Double(written.zlib))
    return [
      try speed("gzip, level \(level), \(goal.label)", by: report, goal, ours, zlib, blocks),
      Figure(
        name: "  its ratio", measured: fixed(mine, 3), peer: "zlib: \(fixed(peers, 3))",
        result: "\(fixed(mine / peers, 3)) x", goal: ">= 1.0", holds: mine >= peers),
    ]
  }

  private func decompression(_ goal: Goal) throws -> Figure {
    let report = try registry.measure("gzip", .decompress)
    let blocks = blocks(of: goal.size)
    let packer = Side.zlib(room: Self.room(goal.size), level: Self.defaultLevel)
    let streams = try blocks.map { block in
      _ = try packer.run(block.rawSpan)
      return packer.last
    }
    let ours = Side(room: goal.size, Held(try registry.compression("gzip")).decompress)
    for (stream, block) in zip(streams, blocks) {
      _ = try ours.run(stream.rawSpan)
      guard ours.last == block else { throw BenchmarkFailure("a stream of \(goal.label) gives something else") }
    }
    return try speed(
      "gunzip, \(goal.label)", by: report, goal, ours, Side.zlib(room: goal.size, level: nil), streams)
  }

  /// Times both sides over the same inputs in each round.
  private func speed(
    _ name: String, by report: MeasurementReport, _ goal: Goal, _ ours: Side, _ zlib: Side, _ inputs: [[UInt8]]
  ) throws -> Figure {
    guard let segment = report.plan?.segment(for: goal.size) else {
      throw BenchmarkFailure("\(name): \(report.reason)")
    }
    func timer(_ side: Side) -> () throws -> Double {
      var round = 0
      return {
        let chosen = stride(from: round, to: inputs.count, by: Self.rounds).map { inputs[$0] }
        round += 1
        return try Paired.time(chosen.count) { _ in for input in chosen { _ = try side.run(input.rawSpan) } }
      }
    }
    let pair = try Paired.measure(rounds: Self.rounds, ours: timer(ours), theirs: timer(zlib))
    let level = segment.level.map { " \($0)" } ?? ""
    let times = 1 / pair.ratio
    return Figure(
      name: name, measured: "\(fixed(Double(goal.size) * 1e3 / pair.ours, 0)) MB/s",
      peer: "zlib: \(fixed(Double(goal.size) * 1e3 / pair.theirs, 0)) MB/s",
      result: "\(fixed(times, 3)) x, \(segment.driver)\(level)", goal: ">= \(goal.times)", holds: times >= goal.times)
  }

  /// The data in whole blocks.
  private func blocks(of size: Int) -> [[UInt8]] {
    stride(from: 0, through: data.count - size, by: size).map { Array(data[$0..<$0 + size]) }
  }

  /// Enough for what does not compress, and for the words that libraries write past the end.
  private static func room(_ size: Int) -> Int { size + size / 8 + 256 }
}

/// A handle that closures share.
private final class Held {
  private var handle: Compression

  init(_ handle: consuming Compression) { self.handle = handle }

  func compress(_ input: RawSpan, _ output: inout OutputRawSpan) throws {
    _ = try handle.compress(input, into: &output)
  }

  func decompress(_ input: RawSpan, _ output: inout OutputRawSpan) throws {
    _ = try handle.decompress(input, into: &output)
  }
}

/// One side: what it does with an input, and where it writes.
private final class Side {
  typealias Request = (RawSpan, inout OutputRawSpan) throws -> Void

  private let request: Request
  private var output: [UInt8]
  private var written = 0

  init(room: Int, _ request: @escaping Request) {
    self.request = request
    output = [UInt8](repeating: 0, count: room)
  }

  /// zlib, which compresses at a level or, without one, decompresses.
  static func zlib(room: Int, level: Int32?) -> Side {
    Side(room: room) { input, output in
      unsafe input.withUnsafeBytes { source in
        unsafe output.withUnsafeMutableBytes { space, count in
          if let level {
            count = unsafe baseline_gzip(level, source.baseAddress, source.count, space.baseAddress, space.count)
          } else {
            count = unsafe baseline_gunzip(source.baseAddress, source.count, space.baseAddress, space.count)
          }
        }
      }
    }
  }

  /// What the last request wrote.
  var last: [UInt8] { Array(output[..<written]) }

  /// Does one input and returns how many bytes that gave.
  func run(_ input: borrowing RawSpan) throws -> Int {
    written = try unsafe output.withUnsafeMutableBytes { buffer in
      var space = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      try request(input, &space)
      return unsafe space.finalize(for: buffer)
    }
    return written
  }
}
