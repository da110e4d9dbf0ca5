// `wdprov list`: every driver, with its self-test's verdict and the one that a lookup chooses.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct List: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list", _superCommandName: "wdprov",
    abstract: "List the drivers; '*' marks the one that serves its name.",
    discussion: """
      Known-answer tests of what is listed are run first, except those that take long, which stay untested until first \
      use or --all. HW says whether it runs in hardware, and 'model' where that is a model of a device.
      """)

  @Option(
    help: ArgumentHelp("Only this kind: \(AlgorithmKind.words).", valueName: "kind"),
    completion: .list(AlgorithmKind.allCases.map(\.rawValue)), transform: AlgorithmKind.init(argument:))
  var kind: AlgorithmKind?

  @Option(help: ArgumentHelp("Only the drivers of this provider.", valueName: "provider"))
  var provider: String?

  @Flag(help: "Also run the slow tests, and list internal algorithms and templates' instances.")
  var all = false

  @Flag(name: .customLong("no-test"), help: "Run no test.")
  var skipsTests = false

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print the layout of /proc/crypto.")
  var proc = false

  mutating func validate() throws {
    if json, proc { throw ValidationError("--json and --proc are two formats") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.fullRegistry()
    if let provider, !registry.providers.contains(where: { $0.name == provider }) {
      let names = registry.providers.map(\.name).joined(separator: ", ")
      throw CommandFailure(.usage, "there is no provider '\(provider)': there are \(names)")
    }
    // An instance is built on tested parts alone.
    if all, !skipsTests { registry.instantiateTemplates() }
    let listed = registry.algorithms.filter(isListed)
    if !skipsTests {
      // What nobody gets needs no test.
      let permitted = listed.filter { registry.objection(to: $0) == nil }
      for algorithm in permitted where all || !algorithm.descriptor.flags.contains(.slowTest) {
        // The verdict is recorded with the algorithm, which the listing reads.
        _ = try? registry.ensureTested(algorithm)
      }
    }
    let obstacles = registry.obstacles
    let entries = listed.map { algorithm in
      ListedAlgorithm(
        algorithm: algorithm, isChosen: registry.preferred(algorithm.name, algorithm.kind) === algorithm,
        obstacle: obstacles[algorithm.providerName], objection: registry.objection(to: algorithm))
    }
    if json {
      try StandardOutput.write(AlgorithmListing.json(entries).document)
    } else if proc {
      try StandardOutput.write(ProcCryptoListing.text(listed))
    } else {
      try StandardOutput.write(AlgorithmListing.table(entries))
    }
    return .success
  }

  private func isListed(_ algorithm: Algorithm) -> Bool {
    if let kind, algorithm.kind != kind { return false }
    if let provider, algorithm.providerName != provider { return false }
    return all || algorithm.descriptor.flags.isDisjoint(with: [.internalOnly, .instance])
  }
}

extension AlgorithmKind {
  /// The words for all kinds.
  fileprivate static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }

  fileprivate init(argument: String) throws {
    guard let kind = AlgorithmKind(rawValue: argument) else {
      throw ValidationError("there is no kind '\(argument)': there are \(Self.words)")
    }
    self = kind
  }
}

extension Registry {
  /// Makes every instance that a template of one argument can make of a registered driver.
  fileprivate func instantiateTemplates() {
    for template in templates where template.argumentKinds.count == 1 {
      for algorithm in algorithms where template.argumentKinds == [algorithm.kind] {
        // Those that the template refuses, such as hmac of a checksum, do not exist.
        _ = try? self.algorithm("\(template.name)(\(algorithm.driverName))")
      }
    }
  }
}
