// `wdprov test`: self-tests, then the conformance kit's checks on every driver.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import LinuxSystem
import WarpDrive
import WarpDriveConformance

struct Test: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "test", _superCommandName: "wdprov",
    abstract: "Check drivers: self-tests, then cross-checks on random data; exits 1 with the first failing case.",
    discussion: "Without names, --provider, --driver or --all, one driver is checked: the chosen one, of each name.")

  @Argument(help: ArgumentHelp("Names of algorithms; every driver of each is checked.", valueName: "name"))
  var names: [String] = []

  @Option(help: ArgumentHelp("Check the drivers of this provider.", valueName: "provider"))
  var provider: String?

  @Option(help: ArgumentHelp("Check this driver.", valueName: "driver"))
  var driver: String?

  @Flag(help: "Check every driver, the slow ones too.")
  var all = false

  @Option(help: ArgumentHelp("Go on with other seeds for S seconds on each driver.", valueName: "s"))
  var seconds = 0.0

  @Option(help: ArgumentHelp("The seed of the random data; equal seeds give equal cases.", valueName: "n"))
  var seed = Conformance.defaultSeed

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  mutating func validate() throws {
    let selections = [!names.isEmpty, provider != nil, driver != nil, all].count { $0 }
    if selections > 1 {
      throw ValidationError("names, --provider, --driver and --all are four ways to choose: take one")
    }
    if !(seconds >= 0 && seconds <= 86_400) { throw ValidationError("--seconds takes 0 to 86400") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.fullRegistry()
    let chosen = try choose(in: registry)
    let conformance = Conformance(registry: registry, seed: seed, effort: effort)
    var reports: [DriverReport] = []
    for algorithm in chosen {
      let report = conformance.check(algorithm, seconds: seconds)
      reports.append(report)
      // As they come: all drivers together take minutes.
      if !json { try StandardOutput.write(ReportRendering.line(report)) }
    }
    if json {
      try StandardOutput.write(ReportRendering.json(reports, seed: seed).document)
    } else {
      try StandardOutput.write(ReportRendering.summary(reports))
    }
    return reports.contains { $0.failed > 0 } ? .checkFailed : .success
  }

  private var effort: Effort {
    CurrentProcess.environmentVariable("WDPROV_CHECK_EFFORT") == nil ? .normal : .environment
  }

  private func choose(in registry: Registry) throws(CommandFailure) -> [Algorithm] {
    if let driver { return [try find(driver, in: registry)] }
    let every = registry.algorithms
    if all { return every }
    if let provider {
      guard registry.providers.contains(where: { $0.name == provider }) else {
        let names = registry.providers.map(\.name).joined(separator: ", ")
        throw CommandFailure(.usage, "there is no provider '\(provider)': there are \(names)")
      }
      return every.filter { $0.providerName == provider }
    }
    if names.isEmpty { return every.filter { registry.preferred($0.name, $0.kind) === $0 || $0.state == .quarantined } }
    var chosen: [Algorithm] = []
    for name in names {
      let drivers = every.filter { $0.answers(to: name) }
      for algorithm in drivers.isEmpty ? [try find(name, in: registry)] : drivers
      where !chosen.contains(where: { $0 === algorithm }) {
        chosen.append(algorithm)
      }
    }
    return chosen
  }

  /// The driver called `name`, usable or not: one that is not fails its first check.
  private func find(_ name: String, in registry: Registry) throws(CommandFailure) -> Algorithm {
    if let listed = registry.algorithms.first(where: { $0.driverName == name }) { return listed }
    do throws(ProviderError) {
      // A template makes it.
      return try registry.algorithm(name)
    } catch {
      throw CommandFailure(error)
    }
  }
}
