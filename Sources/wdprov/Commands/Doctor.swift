// `wdprov doctor`: what this machine offers, what is missing, and the command that adds it.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import LinuxSystem
import WarpDrive
import WarpDrivePlugins

struct Doctor: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", _superCommandName: "wdprov",
    abstract: "Show what this machine offers and what is missing; exits 1 where something is broken.")

  @Flag(help: "Print JSON.")
  var json = false

  func perform() throws(CommandFailure) -> ExitStatus {
    let examination = Examination()
    try StandardOutput.write(json ? examination.json.document : examination.text)
    return examination.problems.isEmpty ? .success : .checkFailed
  }
}

/// Everything the doctor looked at.
private struct Examination {
  private let machine = MachineDescription.current()
  private let processors = Processor.onlineCount
  private var policyFile: String?
  private var providers: [ProviderReport] = []
  private var drivers = 0
  private var usable = 0
  private var plugins: [PluginReport] = []
  private let runDirectory = RunDirectory.usual
  private let devices = MachineDevices()
  /// What is broken, each with what to do.
  private(set) var problems: [String] = []

  init() {
    var configuration = MachineConfiguration()
    do throws(ProviderError) {
      configuration = try .current()
      policyFile = configuration.policyFile
      if policyFile == nil, let named = CurrentProcess.environmentVariable("WDPROV_CONFIG"), !named.isEmpty {
        problems.append("WDPROV_CONFIG names \(named), which does not exist: there are no rules")
      }
    } catch {
      problems.append(error.message)
    }
    var device: StandardDevice?
    do throws(CommandFailure) {
      device = try DeviceAddress.chosen(nil)?.standardDevice
    } catch {
      problems.append("WDPROV_DEVICE: \(error.description)")
    }
    do throws(ProviderError) {
      try examine(Registry.standard(configuration: configuration, device: device))
    } catch {
      problems.append(error.message)
    }
  }

  private mutating func examine(_ registry: Registry) {
    registry.loadAll()
    plugins = registry.pluginRecords.map { PluginReport($0, in: registry) }
    for plugin in plugins where plugin.state == "refused" {
      problems.append("plugin \(plugin.record.path): \(plugin.reason ?? "refused")")
    }
    providers = registry.providers.map { ProviderReport($0, in: registry) }
    problems += providers.compactMap { provider in provider.problem.map { "\(provider.name): \($0)" } }
    let broken = Set(providers.filter { $0.problem != nil }.map(\.name))
    registry.testAll()
    drivers = registry.algorithms.count
    usable = registry.algorithms.count { $0.state == .live }
    for algorithm in registry.algorithms where !broken.contains(algorithm.providerName) {
      if let reason = algorithm.failureReason { problems.append("\(algorithm.driverName) is in quarantine: \(reason)") }
    }
  }

  /// The plugins of the tree, with the Debian package that each needs to be built.
  private static let knownPlugins = [
    ("libdeflate", "libdeflate-dev"), ("isal", "libisal-dev"), ("zstd", "libzstd-dev"), ("lz4", "liblz4-dev"),
  ]

  /// Those that are not there, and the commands that add them.
  private var missingPlugins: [(name: String, package: String, remedy: String)] {
    Self.knownPlugins.filter { name, _ in !plugins.contains { $0.record.provider == name } }.map { name, package in
      (name, package, "'apt-get install \(package)', then 'make install' in a checkout, adds it")
    }
  }

  /// The features of a processor that cryptography and compression use, in the kernel's words for x86 and Arm.
  private static let relevantFeatures: Set<String> = [
    "sse2", "ssse3", "sse4_2", "avx", "avx2", "avx512f", "avx512bw", "avx512vl", "bmi1", "bmi2", "adx", "aes", "vaes",
    "pclmulqdq", "vpclmulqdq", "sha_ni", "sha512", "gfni", "rdrand", "rdseed", "asimd", "pmull", "sha1", "sha2", "sha3",
    "crc32", "sm3", "sm4", "sve", "sve2",
  ]

  private var features: [String] { machine.processorFeatures.filter(Self.relevantFeatures.contains) }

  private var runDirectoryExists: Bool {
    runDirectory.map { (try? Pathname.status(of: $0))?.kind == .directory } ?? false
  }

  /// Whether the host of a device takes connections there.
  private var hasHost: Bool { (try? RunDirectory(runDirectory))?.hasHost ?? false }

  /// Functions that VFIO could give to a process, and what is missing for that.
  private var vfio: String {
    guard let function = devices.functions.first else {
      return devices.hasVFIO ? "ready, and no accelerator to use it for" : "not there, and no accelerator that needs it"
    }
    let addresses = devices.functions.map(\.address).joined(separator: ", ")
    guard devices.hasVFIO else { return "\(addresses); 'modprobe vfio-pci' adds /dev/vfio" }
    guard let ready = devices.functions.first(where: \.isAvailable) else {
      return "\(addresses); 'driverctl set-override \(function.address) vfio-pci' lets '--device"
        + " vfio:\(function.address)' have it"
    }
    return "\(addresses); '--device vfio:\(ready.address)' has one"
  }

  /// Devices whose queues the kernel gives to programs.
  private var uacce: String {
    let names = devices.uacce.map { "/dev/\($0.name)" }.joined(separator: ", ")
    if !names.isEmpty { return names }
    return devices.functions.isEmpty
      ? "none" : "none; 'modprobe hisi_zip uacce_mode=1' makes them, where the machine has shared virtual addressing"
  }

  /// The run folder and whether a host is there, and what starts one.
  private var host: String {
    guard let runDirectory else { return "none" }
    return hasHost
      ? "\(runDirectory) (a host is running)" : "\(runDirectory) (no host is running; 'wdprov serve' starts one)"
  }

  var text: String {
    var text = """
      machine     \(machine.processorModel ?? "unnamed processor"), \(machine.architecture), \(processors) processor(s)
      features    \(features.isEmpty ? "none that matter" : features.joined(separator: " "))
      kernel      Linux \(machine.kernelRelease)
      policy      \(policyFile ?? "no file: no rules")
      run folder  \(host)
      vfio        \(vfio)
      uacce       \(uacce)
      drivers     \(usable) of \(drivers) passed their self-test

      """
    for provider in providers {
      text +=
        "provider    \(provider.name) \(provider.version), \(provider.algorithmCount) algorithms: \(provider.state)\n"
    }
    for plugin in plugins { text += "plugin      \(plugin.record.path): \(plugin.state)\n" }
    for missing in missingPlugins { text += "plugin      \(missing.name) is not installed; \(missing.remedy)\n" }
    text += problems.isEmpty ? "\nNothing is broken.\n" : "\nBroken:\n"
    for problem in problems { text += "  \(problem)\n" }
    return text
  }

  var json: JSONValue {
    .object([
      ("schema", 1),
      (
        "machine",
        .object([
          ("processor", JSONValue(machine.processorModel)), ("architecture", .string(machine.architecture)),
          ("processors", .integer(processors)), ("features", JSONValue(features)),
          ("kernel", .string(machine.kernelRelease)),
        ])
      ),
      ("policy", .object([("file", JSONValue(policyFile)), ("places", JSONValue(MachineConfiguration.policyPaths))])),
      (
        "runDirectory",
        .object([("path", JSONValue(runDirectory)), ("exists", .bool(runDirectoryExists)), ("host", .bool(hasHost))])
      ),
      ("plugins", .array(plugins.map(\.json))),
      (
        "missingPlugins",
        .array(
          missingPlugins.map { .object([("name", .string($0.name)), ("package", .string($0.package))]) })
      ),
      ("devices", devices.json), ("providers", .array(providers.map(\.json))),
      ("drivers", .object([("total", .integer(drivers)), ("usable", .integer(usable))])),
      ("problems", JSONValue(problems)),
    ])
  }
}
