// `wdprov bench`: how fast drivers are on this machine, checked first, with the speed of memory as the ceiling.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import LinuxSystem
import WarpDrive

struct Bench: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", _superCommandName: "wdprov",
    abstract: "Measure drivers: speed, latency, ratio, fallbacks, beside a plain copy as the ceiling.",
    discussion: """
      Wall-clock MB/s of plain bytes (1 MB is 10^6 bytes); latencies in nanoseconds for one request, averaged over \
      short ones that are timed together. Every driver is checked on the data first; one that is wrong is not measured \
      (exit 1).
      """)

  @Argument(help: ArgumentHelp("Names of algorithms; every driver of each is measured.", valueName: "name"))
  var names: [String]

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Only this driver; may be given several times.", valueName: "driver"))
  var driver: [String] = []

  @Option(help: ArgumentHelp("Plain bytes of a request, with commas between several.", valueName: "sizes"))
  var sizes = ByteCountList([64, 1 << 10, 1 << 16, 1 << 20])

  @Option(help: ArgumentHelp("Threads, each with its own handle.", valueName: "n"))
  var threads = 1

  @Option(help: ArgumentHelp("Requests under way at a time, through a queue; compression only.", valueName: "n"))
  var depth = 1

  @Option(help: ArgumentHelp("Seconds for each row.", valueName: "s"))
  var seconds = 0.5

  @Option(
    help: ArgumentHelp("Measure with this file's bytes instead of generated text.", valueName: "file"),
    completion: .file())
  var file: String?

  @Option(name: .shortAndLong, help: "The level of compression.")
  var level: Int?

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  mutating func validate() throws {
    if !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024") }
    if !(1...65_536).contains(depth) { throw ValidationError("--depth takes 1 to 65536") }
    if !(seconds > 0 && seconds <= 86_400) { throw ValidationError("--seconds takes more than 0 and at most 86400") }
    if sizes.values.contains(where: { $0 == 0 || $0 > 1 << 30 }) { throw ValidationError("--sizes takes 1 byte to 1G") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.registry()
    let subjects = try choose(in: registry)
    let sizes = sizes.values.map { Int($0) }
    let data = try BenchData(file: file, largest: sizes.max() ?? 1)
    let run = BenchRun(threads: threads, depth: depth, nanoseconds: UInt64(seconds * 1e9))
    var report = BenchReport(threads: threads, depth: depth, source: file ?? "generated text", level: level)
    if !json { try StandardOutput.write(report.heading) }
    for size in sizes {
      let copy = BenchSubject(
        registry: registry, algorithm: nil, operation: .copy, size: size, level: nil, data: data)
      let plain = BenchRun(threads: threads, depth: 1, nanoseconds: run.nanoseconds)
      try measure(copy, plain, &report)
    }
    for algorithm in subjects {
      do throws(ProviderError) {
        try BenchVerification(algorithm, data, level: level, in: registry).run()
      } catch {
        Diagnostics.say(error.description)
        report.failures.append((algorithm.driverName, error.description))
        continue
      }
      for operation in BenchOperation.all(of: algorithm.kind) {
        for size in sizes {
          let subject = BenchSubject(
            registry: registry, algorithm: algorithm, operation: operation, size: size, level: level, data: data)
          try measure(subject, run, &report)
        }
      }
    }
    if json { try StandardOutput.write(report.json.document) }
    return report.failures.isEmpty ? .success : .checkFailed
  }

  private func measure(
    _ subject: BenchSubject, _ run: BenchRun, _ report: inout BenchReport
  ) throws(CommandFailure) {
    let row: BenchReport.Row
    do throws(ProviderError) {
      row = BenchReport.Row(subject, try run.measure(subject), ratio: try subject.ratio())
    } catch {
      throw CommandFailure(error)
    }
    report.rows.append(row)
    if !json { try report.write(row) }
  }

  private func choose(in registry: Registry) throws(CommandFailure) -> [Algorithm] {
    var chosen: [Algorithm] = []
    for name in names {
      let found: Algorithm
      do throws(ProviderError) { found = try registry.algorithm(name) } catch { throw CommandFailure(error) }
      guard !BenchOperation.all(of: found.kind).isEmpty else {
        throw CommandFailure(.usage, "\(name) is of kind \(found.kind.rawValue), which is not measured by bytes")
      }
      if depth > 1, found.kind != .compression {
        throw CommandFailure(.usage, "\(name) is of kind \(found.kind.rawValue), and --depth is for compression")
      }
      let drivers = found.driverName == name ? [found] : registry.algorithms.filter { $0.name == found.name }
      for algorithm in drivers where driver.isEmpty || driver.contains(algorithm.driverName) {
        if !chosen.contains(where: { $0 === algorithm }) { chosen.append(algorithm) }
      }
    }
    if let missing = driver.first(where: { name in !chosen.contains { $0.driverName == name } }) {
      throw CommandFailure(.usage, "\(missing) is no driver of \(names.joined(separator: ", "))")
    }
    return chosen
  }
}

extension BenchSubject {
  /// Plain bytes for each compressed byte over the whole data, in requests of the subject's size; nil for other kinds.
  fileprivate func ratio() throws(ProviderError) -> Double? {
    guard let algorithm, operation == .compress else { return nil }
    var task = try makeCompressor(algorithm.driverName)
    // 16 MiB say enough, and small requests are many.
    let count = min(data.pieceCount(size), max(1, (1 << 24) / size), 1 << 14)
    var packed = 0
    for index in 0..<count { packed += try task.count(index) }
    return Double(count * size) / Double(max(packed, 1))
  }
}
