// `wdprov plugin`: what is loaded and refused, and checks of a plugin.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive
import WarpDrivePlugins

struct PluginCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", _superCommandName: "wdprov",
    abstract: "List plugins and what became of them, check one, or begin a new one.",
    discussion: """
      A plugin is a shared object that exports wdprov_provider_init of wdprov.h. It is looked for in \
      WDPROV_PLUGIN_PATH, the user's data directory, /usr/local/lib/wdprov/providers and /usr/lib/wdprov/providers.
      """,
    subcommands: [PluginList.self, PluginCheck.self, PluginNew.self])

  func perform() throws(CommandFailure) -> ExitStatus {
    try StandardOutput.write(WDProv.helpMessage(for: Self.self) + "\n")
    return .success
  }
}

struct PluginList: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list", _superCommandName: "wdprov plugin",
    abstract: "List every file in the plugin directories: loaded, or refused and why.")

  @Flag(help: "Print JSON.")
  var json = false

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try Registry.machine()
    registry.loadAll()
    let plugins = registry.pluginRecords.map { PluginReport($0, in: registry) }
    if json {
      let document = JSONValue.object([
        ("schema", 1), ("directories", JSONValue(PluginDirectories.usual)),
        ("plugins", .array(plugins.map(\.json))),
      ])
      try StandardOutput.write(document.document)
    } else if plugins.isEmpty {
      try StandardOutput.write("There are no plugins in \(PluginDirectories.usual.joined(separator: ", ")).\n")
    } else {
      var table = TextTable([
        .init(heading: "PROVIDER"), .init(heading: "VERSION"), .init(heading: "STATE"),
        .init(heading: "DRIVERS", isNumeric: true), .init(heading: "MANIFEST"), .init(heading: "PATH"),
        .init(heading: "REASON"),
      ])
      for plugin in plugins {
        table.add([
          plugin.record.provider.isEmpty ? "-" : plugin.record.provider,
          plugin.record.version.isEmpty ? "-" : plugin.record.version, plugin.state,
          String(plugin.record.drivers.count),
          plugin.record.hasManifest ? "yes" : "no", plugin.record.path, plugin.reason ?? "",
        ])
      }
      try StandardOutput.write(table.text)
    }
    return .success
  }
}

extension Registry {
  /// What became of each file in the plugin directories.
  var pluginRecords: [PluginRecord] { loaders.compactMap { $0 as? PluginLoader }.flatMap(\.records) }
}

/// One plugin for people and scripts.
struct PluginReport {
  let record: PluginRecord
  /// The drivers that failed their self-test.
  let failed: [(driver: String, reason: String)]

  init(_ record: PluginRecord, in registry: Registry) {
    self.record = record
    failed = registry.algorithms.filter { record.isLoaded && record.drivers.contains($0.driverName) }.compactMap {
      algorithm in
      _ = try? registry.ensureTested(algorithm)
      return algorithm.failureReason.map { (algorithm.driverName, $0) }
    }
  }

  /// `loaded`, `ready` or `refused`; `failing` where a driver of it is out of service.
  var state: String {
    switch record.state {
    case .ready: "ready"
    case .loaded: failed.isEmpty ? "loaded" : "failing"
    case .refused: "refused"
    }
  }

  /// Why it is refused, or failing.
  var reason: String? {
    if case .refused(let error) = record.state { return error.message }
    return failed.first.map { "\($0.driver): \($0.reason)" }
  }

  var json: JSONValue {
    .object([
      ("path", .string(record.path)), ("provider", .string(record.provider)), ("version", .string(record.version)),
      ("state", .string(state)), ("reason", JSONValue(reason)), ("manifest", .bool(record.hasManifest)),
      ("algorithms", JSONValue(record.algorithms)), ("drivers", JSONValue(record.drivers)),
    ])
  }
}
