// `wdprov providers`: who brings drivers, and whether what they need is here.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct Providers: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "providers", _superCommandName: "wdprov",
    abstract: "List the providers, and whether the libraries and devices behind them can be used.")

  @OptionGroup var device: DeviceOption

  @Flag(help: "Print JSON.")
  var json = false

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try device.fullRegistry()
    let providers = registry.providers.map { ProviderReport($0, in: registry) }
    if json {
      let document = JSONValue.object([("schema", 1), ("providers", .array(providers.map(\.json)))])
      try StandardOutput.write(document.document)
    } else {
      var table = TextTable([
        .init(heading: "NAME"), .init(heading: "VERSION"), .init(heading: "SOURCE"),
        .init(heading: "DEVICES", isNumeric: true), .init(heading: "ALGORITHMS", isNumeric: true),
        .init(heading: "STATE"), .init(heading: "REASON"),
      ])
      for provider in providers {
        table.add([
          provider.name, provider.version.isEmpty ? "-" : provider.version, provider.source,
          String(provider.devices.count), String(provider.algorithmCount), provider.state,
          provider.problem ?? "",
        ])
      }
      try StandardOutput.write(table.text)
    }
    return .success
  }
}

/// What is known about one provider.
struct ProviderReport {
  let name: String
  let version: String
  let source: String
  let algorithmCount: Int
  /// The devices behind it: those of an accelerator's drivers.
  let devices: [String]
  /// Why it cannot be used, with the command that adds what is missing; nil where it can.
  let problem: String?

  /// Asks `provider`, which opens its library.
  init(_ provider: any Provider, in registry: Registry) {
    name = provider.name
    source = provider.source
    let own = registry.algorithms.filter { $0.providerName == provider.name }
    algorithmCount = own.count
    let onDevice = own.contains { !$0.descriptor.flags.isDisjoint(with: [.hardware, .emulated]) }
    devices = onDevice ? [provider.source] : []
    var problem: String?
    do throws(ProviderError) { try provider.checkAvailability() } catch { problem = error.message }
    self.problem = problem
    version = provider.version
  }

  /// The word for people and scripts.
  var state: String { problem == nil ? "available" : "unavailable" }

  /// The contract's JSON.
  var json: JSONValue {
    .object([
      ("name", .string(name)), ("version", .string(version)), ("source", .string(source)),
      ("devices", JSONValue(devices)),
      ("algorithms", .integer(algorithmCount)), ("state", .string(state)), ("reason", JSONValue(problem)),
    ])
  }
}
