// Selection by measurement against every fixed choice, over a mixed workload: `Benchmarks selection [NAME] [FILE]`.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import WarpDrive

/// The goal: never slower than the best fixed choice by more than 3 %, in either direction, and faster than every one
/// over the workload compressed and decompressed.
///
/// A fixed choice is a driver at one of its levels whose output over the whole workload is no larger than the
/// reference's at its default level. One that gives less than the reference in some octave of sizes is shown and not
/// judged: it saves time there by giving requests less than they asked for, which selection does not. The workload has
/// sizes from 64 B to 1 MiB, each octave with about as many bytes.
struct SelectionSuite {
  private struct Request {
    let offset: Int
    let size: Int
  }

  /// A fixed choice, and nanoseconds of the workload by measurement and by it.
  private struct Row {
    let driver: String
    let label: String
    /// The largest octave of which it gives less than was asked for; nil for a choice that is judged.
    let lacking: Int?
    let time: Comparison
  }

  private let registry: Registry
  private let name: String
  private let data: [UInt8]
  private let requests: [Request]
  /// Both sides are measured in turn so many times.
  private static let rounds = 9
  private static let limit = 1.03

  /// - Parameters:
  ///   - registry: any registry that measures and has several drivers of `name`.
  ///   - name: the algorithm.
  ///   - data: what requests are cut out of; at least 1 MiB.
  init(_ registry: Registry, name: String, data: [UInt8]) {
    self.registry = registry
    self.name = name
    self.data = data
    var requests: [Request] = []
    var state: UInt64 = 0x2545_F491_4F6C_DD1D
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state >> 8) % max(limit, 1)
    }
    var octave = 64
    while octave < 1 << 20 {
      for _ in 0..<max(1, (1 << 19) / octave) {
        let size = min(octave + random(octave), data.count)
        requests.append(Request(offset: random(data.count - size + 1), size: size))
      }
      octave *= 2
    }
    // Mixed: a size is not told by the one before.
    for index in requests.indices.reversed() { requests.swapAt(index, random(index + 1)) }
    self.requests = requests
  }

  /// A registry that measures, with libdeflate beside the built-in drivers where no other has two drivers of `name`.
  nonisolated static func registry(_ name: String) throws -> Registry {
    var configuration = try MachineConfiguration.current()
    // Measured here and now, not by another run; the benchmark says when.
    configuration.registry.measurement = MeasurementSettings(startsFrom: nil)
    let registry = try Registry.standard(configuration: configuration, kinds: [.compression])
    let drivers = registry.algorithms.filter { $0.name == name && !$0.descriptor.flags.contains(.emulated) }
    if drivers.count < 2, name == "deflate", let rival = RivalProvider() { try registry.register(rival) }
    return registry
  }

  /// Prints a row for each fixed choice; false where the goal was missed.
  nonisolated func run() throws -> Bool {
    var rows: [MeasuredOperation: [Row]] = [:]
    for operation in [MeasuredOperation.compress, .decompress] {
      let report = try registry.measure(name, operation)
      guard let plan = report.plan, let reference = report.reference else {
        throw BenchmarkFailure("\(name), \(operation.rawValue): \(report.reason)")
      }
      print("\(name), \(operation.rawValue), \(requests.count) requests: \(report.reason)")
      let ratios = report.table.cells.filter { $0.driver == reference && $0.level == report.level ?? 0 }
        .map { "\($0.size): \(shown($0.ratio))" }
      print("  the sample's ratio by the reference: \(ratios.joined(separator: ", "))")
      var first = 0
      for segment in plan.segments {
        print("  from \(first) bytes: \(segment.driver)\(segment.level.map { " at level \($0)" } ?? "")")
        first = segment.upTo == .max ? first : segment.upTo + 1
      }
      rows[operation] = try compare(operation, report, reference: reference)
    }
    let isNearest = rows.values.joined().allSatisfy { $0.lacking != nil || $0.time.ratio <= Self.limit }
    return isFastest(compress: rows[.compress] ?? [], decompress: rows[.decompress] ?? []) && isNearest
  }

  /// Prints how each fixed choice does over both directions; false where one is as fast.
  private func isFastest(compress: [Row], decompress: [Row]) -> Bool {
    var isHeld = true
    for one in compress {
      guard let other = decompress.first(where: { $0.driver == one.driver }) else { continue }
      let (ours, theirs) = (one.time.ours + other.time.ours, one.time.theirs + other.time.theirs)
      isHeld = isHeld && (ours < theirs || one.lacking != nil)
      show("both directions", one.label, ours, theirs, ours / theirs, limit: 1, lacking: one.lacking)
    }
    return isHeld
  }

  private func show(
    _ what: String, _ label: String, _ ours: Double, _ theirs: Double, _ ratio: Double, limit: Double, lacking: Int?
  ) {
    print(
      padded("  \(name), \(what)", 38), padded(label, 28), padded("\(shown(ours / 1e6)) ms", 12),
      padded("\(shown(theirs / 1e6)) ms", 12), padded(fixed(ratio, 3), 7),
      lacking.map { "gives less up to \($0 * 2 - 1) bytes" }
        ?? (ratio < 1 ? "faster" : ratio <= limit ? "within 3 %" : "MISSED"))
  }

  private func compare(
    _ operation: MeasuredOperation, _ report: MeasurementReport, reference: String
  ) throws -> [Row] {
    let measured = try Runner(registry.compression(name), self, operation)
    var fixed: [(driver: String, label: String, runner: Runner, lacking: Int?)] = []
    let referring = try Runner(registry.compression(reference), self, .compress)
    let asked = try referring.outputBytes()
    for driver in report.competitors {
      guard let algorithm = registry.algorithms.first(where: { $0.driverName == driver }),
        case .compression(let properties) = algorithm.descriptor.properties
      else { continue }
      guard operation == .compress else {
        fixed.append((driver, driver, try Runner(registry.compression(driver), self, operation), nil))
        continue
      }
      // The two lowest levels that give the ratio: a higher one takes longer for more than is asked for.
      var found = 0
      for level in properties.levels where found < 2 {
        let runner = try Runner(registry.compression(driver, .init(level: level)), self, operation)
        guard try Double(runner.outputBytes()) <= Double(asked) * 1.001 else { continue }
        fixed.append((driver, "\(driver) level \(level)", runner, runner.largestOctave(above: referring)))
        found += 1
      }
    }
    var rows: [Row] = []
    for choice in fixed {
      let time = try Paired.measure(
        rounds: Self.rounds, ours: { try Paired.time(1) { _ in try measured.run() } },
        theirs: { try Paired.time(1) { _ in try choice.runner.run() } })
      show(
        "mixed 64 B to 1 MiB", choice.label, time.ours, time.theirs, time.ratio, limit: Self.limit,
        lacking: choice.lacking)
      rows.append(Row(driver: choice.driver, label: choice.label, lacking: choice.lacking, time: time))
    }
    if operation == .compress {
      let ratio = Double(try measured.outputBytes()) / Double(asked)
      print("  output \(Benchmarks.fixed(ratio, 4)) of the reference's")
    }
    return rows
  }

  private func shown(_ value: Double) -> String { Benchmarks.fixed(value, 2) }

  /// One handle over the whole workload.
  final class Runner {
    private var handle: Compression
    private let messages: [[UInt8]]
    private let operation: MeasuredOperation
    private var output: [UInt8]
    /// What the last run wrote, by the largest power of two in the size of the message.
    private var octaves: [Int: Double] = [:]

    fileprivate init(_ handle: consuming Compression, _ suite: SelectionSuite, _ operation: MeasuredOperation) throws {
      self.operation = operation
      let plain = suite.requests.map { Array(suite.data[$0.offset..<$0.offset + $0.size]) }
      output = [UInt8](repeating: 0, count: handle.bound(2 << 20))
      if operation == .compress {
        messages = plain
      } else {
        var packer = try suite.registry.compression(suite.name)
        messages = try plain.map { try packer.compress($0) }
      }
      self.handle = handle
      try run()
    }

    func run() throws { _ = try outputBytes() }

    /// The largest octave of sizes for which this wrote more than `other`, by more than a thousandth; nil for none.
    func largestOctave(above other: Runner) -> Int? {
      octaves.filter { $0.value > (other.octaves[$0.key] ?? 0) * 1.001 }.keys.max()
    }

    /// Does every request and counts what they wrote.
    func outputBytes() throws -> Int {
      var sum = 0
      var counts = [Int](repeating: 0, count: 64)
      try unsafe output.withUnsafeMutableBytes { buffer in
        for message in messages {
          var space = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
          let result =
            operation == .compress
            ? try handle.compress(message.rawSpan, into: &space)
            : try handle.decompress(message.rawSpan, into: &space)
          sum += result.produced
          counts[63 - message.count.leadingZeroBitCount] += result.produced
          _ = unsafe space.finalize(for: buffer)
        }
      }
      octaves = [:]
      for (power, count) in counts.enumerated() where count > 0 { octaves[1 << power] = Double(count) }
      return sum
    }
  }
}

/// Prints the rows of selection by measurement.
func measureSelection(_ words: ArraySlice<String>) throws {
  let name = words.first ?? "deflate"
  // Without a file, source text and this program's code: half and half, as files are. libssl-dev is there to build this.
  let data: [UInt8]
  if let path = words.dropFirst().first {
    data = Inputs.bytes(of: path, limit: 2 << 20)
  } else {
    data =
      Inputs.bytes(matching: "/usr/include/openssl/*.h", limit: 2 << 20)
      + Inputs.bytes(of: "/proc/self/exe", limit: 2 << 20)
  }
  guard data.count >= 1 << 20 else { throw BenchmarkFailure("the workload needs 1 MiB of data to be cut from") }
  let suite = SelectionSuite(try SelectionSuite.registry(name), name: name, data: data)
  print(try suite.run() ? "the goal holds" : "the goal is MISSED")
}
