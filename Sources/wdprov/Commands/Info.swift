// `wdprov info NAME`: which driver serves a name and why, why the others do not, and what the algorithm takes.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct Info: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "info", _superCommandName: "wdprov",
    abstract: "Show what serves a name and why, and every other candidate with the reason it lost.")

  @Argument(help: "An algorithm's name, an alias, or a driver's name.")
  var name: String

  @Option(help: ArgumentHelp("Also show what a request of SIZE bytes means (K, M, G).", valueName: "size"))
  var size: ByteCount?

  @Option(help: ArgumentHelp("Also show what N requests at a time mean.", valueName: "n"))
  var depth: Int?

  @Option(
    help: ArgumentHelp(
      "Look up with required and ?preferred properties, as in 'hw=yes,?async=yes'.", valueName: "query"))
  var query: String?

  @Option(name: .shortAndLong, help: "The level of compression whose ratio is asked for.")
  var level: Int?

  @Flag(help: "Measure the drivers that compete for the name now, and keep what came out.")
  var measure = false

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  mutating func validate() throws {
    if let depth, depth < 1 { throw ValidationError("--depth takes a number of requests, 1 or more") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.registry()
    let selection: Selection
    let reports: [MeasurementReport]
    do throws(ProviderError) {
      let constraints = LookupConstraints(query: try PropertyQuery(parsing: query ?? ""))
      reports = try Self.reports(registry, name, level, constraints, measures: measure)
      selection = try registry.explain(name, matching: constraints)
    } catch {
      throw CommandFailure(error)
    }
    let request = RequestShape(size: size.map { Int(clamping: $0.value) }, depth: depth)
    let obstacles = registry.obstacles
    if json {
      try StandardOutput.write(SelectionRendering.json(selection, reports, request, obstacles).document)
    } else {
      try StandardOutput.write(SelectionRendering.text(selection, reports, request, obstacles))
    }
    guard selection.chosen != nil else {
      throw CommandFailure(.unavailable, "no driver of \(selection.name) can be used; the reasons stand above")
    }
    return .success
  }

  /// What was measured, for each operation of the name's kind; none for kinds that are not measured.
  private static func reports(
    _ registry: Registry, _ name: String, _ level: Int?, _ constraints: LookupConstraints, measures: Bool
  ) throws(ProviderError) -> [MeasurementReport] {
    // A name that no driver serves has its explanation from the selection.
    guard let found = try? registry.algorithm(name, matching: constraints) else { return [] }
    let operations: [MeasuredOperation] =
      switch found.kind {
      case .compression: [.compress, .decompress]
      case .hash: [.digest]
      default: []
      }
    var reports: [MeasurementReport] = []
    for operation in operations {
      let options = CompressionOptions(level: operation == .compress ? level : nil)
      reports.append(
        measures
          ? try registry.measure(name, operation, options, matching: constraints)
          : try registry.measurement(of: name, operation, options, matching: constraints))
    }
    return reports
  }
}

/// The request that somebody has in mind.
struct RequestShape {
  /// Its size in bytes.
  var size: Int?
  /// How many are under way at a time.
  var depth: Int?
}
