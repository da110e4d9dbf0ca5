// `wdprov device`: the devices of a host; their counters, resets, and faults for a model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct Device: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "device", _superCommandName: "wdprov",
    abstract: "List, watch, reset and disturb the devices of a host that 'wdprov serve' runs.",
    subcommands: [DeviceList.self, DeviceStatus.self, DeviceReset.self, DeviceInject.self])

  func perform() throws(CommandFailure) -> ExitStatus {
    try StandardOutput.write(WDProv.helpMessage(for: Self.self) + "\n")
    return .success
  }
}

/// Which host is asked, and how the answer is printed.
struct HostOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The host's run folder. WDPROV_RUN_DIR, or else /run/wdprov or $XDG_RUNTIME_DIR/wdprov.", valueName: "dir"),
    completion: .directory)
  var runDir: String?

  @Option(help: .hidden)
  var device: String?

  @Flag(help: "Print JSON.")
  var json = false

  mutating func validate() throws {
    if let device {
      throw ValidationError(
        "--device would be a device of this command's own, which has nothing to show: run 'wdprov serve --device"
          + " \(device)', whose device this command can ask for")
    }
  }

  /// Asks the host.
  func ask(_ operation: String, _ members: [(key: String, value: JSONValue)] = []) throws(CommandFailure) -> JSONValue {
    try RunDirectory.named(runDir).ask(operation, members)
  }

  /// Prints the members of a reply that `names` lists, as JSON where that is wanted; otherwise `text`.
  func print(_ reply: JSONValue, _ names: [String], _ text: (JSONValue) -> String) throws(CommandFailure) {
    if json {
      let members = names.map { (key: $0, value: reply[$0] ?? .null) }
      try StandardOutput.write(JSONValue.object([("schema", 1)] + members).document)
    } else {
      try StandardOutput.write(text(reply))
    }
  }
}

struct DeviceList: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list", _superCommandName: "wdprov device",
    abstract: "List the devices of the host, and the accelerators of this machine.",
    discussion: """
      Of this machine: PCI functions (19e5:a250 and a251), whose driver has to be vfio-pci for '--device vfio:BDF', and \
      devices of uacce, whose queues the kernel gives to programs.
      """)

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    let machine = MachineDevices()
    var devices: [JSONValue] = []
    do throws(CommandFailure) {
      devices = try host.ask("list")["devices"]?.elements ?? []
    } catch {
      // Without a host there may still be hardware to tell of.
      guard error.status == .unavailable, !machine.isEmpty, host.runDir == nil else { throw error }
    }
    let reply = JSONValue.object([("devices", .array(devices)), ("machine", machine.json)])
    try host.print(reply, ["devices", "machine"]) { _ in
      let sections = [devices.isEmpty ? "" : DeviceRendering.list(devices), DeviceRendering.machine(machine)]
      return sections.filter { !$0.isEmpty }.joined(separator: "\n")
    }
    return .success
  }
}

struct DeviceStatus: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "status", _superCommandName: "wdprov device",
    abstract: "Show what a device is and has done: counters of functions, queues and engines.",
    discussion: "Looking changes nothing, also where a driver's reading would clear a counter.")

  @Argument(help: "The device, as listed; all, unless it is given.")
  var device: String?

  @Flag(help: "Also show the registers that are not 0, as a driver would read them.")
  var registers = false

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    let reply = try host.ask("status", [("device", JSONValue(device)), ("registers", .bool(registers))])
    try host.print(reply, ["devices"]) {
      ($0["devices"]?.elements ?? []).map(DeviceRendering.status).joined(separator: "\n")
    }
    return .success
  }
}

struct DeviceReset: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", _superCommandName: "wdprov device",
    abstract: "Reset a device's functions, as a function-level reset does.",
    discussion: "Queues stop without an answer and registers are as after power-on; clients stay connected.")

  @Argument(help: "The device, as listed.")
  var device: String

  @Option(help: ArgumentHelp("Only this function: 0 is the physical one. All, unless it is given.", valueName: "n"))
  var function: Int?

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    let reply = try host.ask("reset", [("device", .string(device)), ("function", JSONValue(function))])
    try host.print(reply, ["device", "functions"]) { _ in "" }
    return .success
  }
}

struct DeviceInject: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "inject", _superCommandName: "wdprov device",
    abstract: "Inject a fault into a model, to test the driver that uses it.",
    discussion: """
      The errors, where N is decimal, or hexadecimal with 0x:

      \(FaultName.help)
      """)

  @Argument(help: "The device, as listed.")
  var device: String

  @Argument(help: "The error, as listed above.", completion: .list(FaultName.table.map(\.name)))
  var error: String

  @Option(help: ArgumentHelp("The function: 0 is the physical one.", valueName: "n"))
  var function = 0

  @Option(help: ArgumentHelp("The function's queue, for the errors of a queue.", valueName: "n"))
  var queue = 0

  @Option(help: ArgumentHelp("How often, for the errors that can be counted; otherwise once.", valueName: "n"))
  var count: Int?

  @OptionGroup var host: HostOptions

  mutating func validate() throws {
    do throws(FaultName.Problem) {
      _ = try FaultName(error)
    } catch {
      throw ValidationError(error.description)
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let reply = try host.ask(
      "inject",
      [
        ("device", .string(device)), ("error", .string(error)), ("function", .integer(function)),
        ("queue", .integer(queue)), ("count", JSONValue(count)),
      ])
    try host.print(reply, ["device", "function", "error"]) { _ in "" }
    return .success
  }
}
