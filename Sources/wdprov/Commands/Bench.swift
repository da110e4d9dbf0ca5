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
    parsing: .singleValue,
    help: ArgumentHelp(
      "Measure with this file's bytes instead of generated text; may be given several times.", valueName: "file"),
    completion: .file())
  var file: [String] = []

  @Option(
    name: [.customShort("l"), .long, .customLong("levels")], parsing: .unconditional,
    help: ArgumentHelp(
      "Levels of compression, with commas between several; 1-9 is a range. Each driver is measured at those that it"
        + " takes.", valueName: "levels"))
  var level: LevelList?

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write a page with charts and all figures that needs no other file; - is standard output, in the table's place.",
      valueName: "out"), completion: .file(extensions: ["html"]))
  var html: String?

  @Flag(name: .shortAndLong, help: "Overwrite the page.")
  var force = false

  mutating func validate() throws {
    if !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024") }
    if !(1...65_536).contains(depth) { throw ValidationError("--depth takes 1 to 65536") }
    if !(seconds > 0 && seconds <= 86_400) { throw ValidationError("--seconds takes more than 0 and at most 86400") }
    if sizes.values.contains(where: { $0 == 0 || $0 > 1 << 30 }) { throw ValidationError("--sizes takes 1 byte to 1G") }
    if json, html == "-" { throw ValidationError("--json and --html - both want standard output") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.fullRegistry()
    let subjects = try choose(in: registry)
    try checkLevels(of: subjects)
    // Asked for now: nobody wants to measure for minutes and then hear that the file exists.
    var page: PageTarget?
    if let html { page = try PageTarget(html, replacing: force) }
    let sources = file.isEmpty ? ["generated text"] : file
    var report = BenchReport(threads: threads, depth: depth, sources: sources, levels: level?.values ?? [])
    report.conditions = BenchConditions(measuring: subjects, in: registry, seconds: seconds)
    for subject in subjects where !report.names.contains(subject.name) { report.names.append(subject.name) }
    if isTabular { try StandardOutput.write(report.heading) }
    for source in sources {
      if isTabular { try StandardOutput.write(report.heading(of: source)) }
      try measure(subjects, source, in: registry, &report)
    }
    if json { try StandardOutput.write(report.json.document) }
    if let page = page.take() { try page.write(BenchPage(report: report).html) }
    return report.failures.isEmpty ? .success : .checkFailed
  }

  /// Whether rows are printed as they come.
  private var isTabular: Bool { !json && html != "-" }

  /// The levels at which a driver is measured; nil is its own.
  private func levels(of algorithm: Algorithm) -> [Int?] {
    guard let level, case .compression(let properties) = algorithm.descriptor.properties else { return [nil] }
    return level.values.filter(properties.levels.contains)
  }

  private func checkLevels(of subjects: [Algorithm]) throws(CommandFailure) {
    guard let level else { return }
    let ranges = subjects.compactMap { algorithm in
      if case .compression(let properties) = algorithm.descriptor.properties { properties.levels } else { nil }
    }
    for value in level.values where !ranges.isEmpty && !ranges.contains(where: { $0.contains(value) }) {
      throw CommandFailure(.usage, "no driver of \(names.joined(separator: ", ")) takes level \(value)")
    }
    for subject in subjects where levels(of: subject).isEmpty {
      Diagnostics.say("\(subject.driverName) takes none of these levels, and is not measured")
    }
  }

  /// Measures copies, and every driver at every level, on one set of data.
  private func measure(
    _ subjects: [Algorithm], _ source: String, in registry: Registry, _ report: inout BenchReport
  ) throws(CommandFailure) {
    let sizes = sizes.values.map { Int($0) }
    let data = try BenchData(file: file.isEmpty ? nil : source, largest: sizes.max() ?? 1)
    let run = BenchRun(threads: threads, depth: depth, nanoseconds: UInt64(seconds * 1e9))
    let plain = BenchRun(threads: threads, depth: 1, nanoseconds: run.nanoseconds)
    for size in sizes {
      let copy = BenchSubject(
        registry: registry, algorithm: nil, operation: .copy, size: size, level: nil, data: data)
      try measure(copy, plain, source, &report)
    }
    for algorithm in subjects {
      for level in levels(of: algorithm) {
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
            try measure(subject, run, source, &report)
          }
        }
      }
    }
  }

  private func measure(
    _ subject: BenchSubject, _ run: BenchRun, _ source: String, _ report: inout BenchReport
  ) throws(CommandFailure) {
    let row: BenchReport.Row
    do throws(ProviderError) {
      row = BenchReport.Row(subject, try run.measure(subject), ratio: try subject.ratio(), data: source)
    } catch {
      throw CommandFailure(error)
    }
    report.rows.append(row)
    if isTabular { try report.write(row) }
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
    let count = min(pieces.count, max(1, (1 << 24) / size), 1 << 14)
    var packed = 0
    for index in 0..<count { packed += try task.count(index) }
    return Double(count * size) / Double(max(packed, 1))
  }
}
