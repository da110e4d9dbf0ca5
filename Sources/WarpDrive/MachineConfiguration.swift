// What this machine's administrator and user decided: the policy file, and where it is looked for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDrivePlugins

/// The settings that a registry of this machine starts with.
public struct MachineConfiguration: Sendable {
  /// The rules for lookups.
  public var policy: Policy
  /// Settings for the registry's whole life.
  public var registry: Registry.Configuration
  /// The file the rules came from; nil where there was none.
  public var policyFile: String?
  /// Which plugins are used.
  public var plugins: PluginLoader.Rules

  /// Makes settings; the default ones have no rules.
  public init(
    policy: Policy = .init(), registry: Registry.Configuration = .init(), policyFile: String? = nil,
    plugins: PluginLoader.Rules = .init()
  ) {
    self.policy = policy
    self.registry = registry
    self.policyFile = policyFile
    self.plugins = plugins
  }

  /// The most bytes that a policy file may have.
  private static let fileLimit = 1 << 20

  /// The places of the policy file, in the order in which they are looked at; the first file that exists counts.
  ///
  /// `$WDPROV_CONFIG` where it is set; else `wdprov/policy.json` in `$XDG_CONFIG_HOME` (or `$HOME/.config`) and then in
  /// `/etc`. A set-user-ID program obeys none of the variables.
  public static var policyPaths: [String] {
    if let named = variable("WDPROV_CONFIG") { return [named] }
    var paths: [String] = []
    if let folder = variable("XDG_CONFIG_HOME") {
      paths.append(folder + "/wdprov/policy.json")
    } else if let home = variable("HOME") {
      paths.append(home + "/.config/wdprov/policy.json")
    }
    return paths + ["/etc/wdprov/policy.json"]
  }

  /// The settings of this machine: the policy file, and `$WDPROV_CORRUPT_SELFTEST`.
  ///
  /// The variable, a list of driver names with commas, makes those drivers' self-tests see wrong answers: it shows what
  /// a failure leads to. Where there is no policy file there are no rules. Drivers of one name are measured, and what came
  /// out is kept in the user's ``MeasurementCache``, unless the policy chooses by priority.
  ///
  /// - Throws: `ProviderError.Code.invalidArgument` for a policy file that is malformed or has a key that does not
  ///   exist, `ProviderError.Code.unavailable` for one that cannot be read: rules are never dropped silently.
  public static func current() throws(ProviderError) -> MachineConfiguration {
    var configuration = MachineConfiguration()
    configuration.registry.measurement = MeasurementSettings(store: MeasurementCache.usual)
    for path in policyPaths {
      guard let contents = try contents(of: path) else { continue }
      try PolicyFile(parsing: contents, path: path).apply(to: &configuration)
      configuration.policyFile = path
      break
    }
    if let drivers = variable("WDPROV_CORRUPT_SELFTEST") {
      configuration.registry.corruptedSelfTests.formUnion(drivers.split(separator: ",").map(String.init))
    }
    return configuration
  }

  /// The bytes of a file, or nil where there is none.
  private static func contents(of path: String) throws(ProviderError) -> [UInt8]? {
    do throws(SystemError) {
      return try FileDescriptor.contents(of: path, limit: fileLimit)
    } catch {
      if error.errno == SystemError.notFound || error.errno == SystemError.notDirectory { return nil }
      throw ProviderError(
        .unavailable,
        "the policy file \(path) cannot be read (\(error.message)): its rules would not hold, so nothing is done")
    }
  }

  /// The value of a variable that is set to something, in a program that obeys it.
  private static func variable(_ name: String) -> String? {
    guard let value = CurrentProcess.environmentVariable(name), !value.isEmpty else { return nil }
    return value
  }
}
