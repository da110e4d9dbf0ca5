// `wdprov mdev`: queues of a host that are made by name and outlive their user.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct MediatedDeviceCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "mdev", _superCommandName: "wdprov",
    abstract: "Make, list and remove mediated devices of a host that 'wdprov serve' runs.",
    discussion: """
      A mediated device is a queue with a name: it is taken when it is made, started when a program opens its socket, \
      stopped when that program closes it or ends, and given back when it is removed. Who only wants a queue opens the \
      device's own socket and needs none of this.
      """,
    subcommands: [MdevTypes.self, MdevCreate.self, MdevList.self, MdevRemove.self])

  func perform() throws(CommandFailure) -> ExitStatus {
    try StandardOutput.write(WDProv.helpMessage(for: Self.self) + "\n")
    return .success
  }
}

struct MdevTypes: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "types", _superCommandName: "wdprov mdev",
    abstract: "List the types of which mediated devices can be made, and how many are left.")

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    try host.print(host.ask("mdev-types"), ["types"]) { MediatedRendering.types($0["types"]?.elements ?? []) }
    return .success
  }
}

struct MdevCreate: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "create", _superCommandName: "wdprov mdev",
    abstract: "Make a mediated device, which takes a queue; prints its UUID.")

  @Argument(help: "The type, as 'wdprov mdev types' lists it.")
  var type: String

  @Option(help: ArgumentHelp("Its name; a random one, unless it is given.", valueName: "uuid"))
  var uuid: String?

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    let reply = try host.ask("mdev-create", [("type", .string(type)), ("uuid", JSONValue(uuid))])
    try host.print(reply, MediatedRendering.members) { ($0["uuid"]?.text ?? "") + "\n" }
    return .success
  }
}

struct MdevList: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list", _superCommandName: "wdprov mdev",
    abstract: "List the mediated devices and who has them open, those of connections included.")

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    try host.print(host.ask("mdev-list"), ["devices"]) { MediatedRendering.list($0["devices"]?.elements ?? []) }
    return .success
  }
}

struct MdevRemove: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", _superCommandName: "wdprov mdev",
    abstract: "Remove a mediated device that nobody has open, which gives its queue back.")

  @Argument(help: "The UUID, as listed.")
  var uuid: String

  @OptionGroup var host: HostOptions

  func perform() throws(CommandFailure) -> ExitStatus {
    try host.print(host.ask("mdev-remove", [("uuid", .string(uuid))]), ["uuid"]) { _ in "" }
    return .success
  }
}
