// `wdprov serve`: the host of an accelerator.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HisiliconModel
import HostControl
import WarpDrive

struct Serve: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", _superCommandName: "wdprov",
    abstract: "Host an accelerator and serve its functions to virtual machines.",
    discussion: """
      Listens on every socket, then logs to standard error, until SIGTERM or SIGINT: queues answer what they have \
      accepted, and the status is 0. A second signal ends it at once.

      Each function has a vfio-user socket, to which a virtual machine connects one device. \
      'wdprov device' asks a host for counters, resets functions and injects faults.
      """)

  @Option(
    help: ArgumentHelp("The device: \(DeviceAddress.forms). WDPROV_DEVICE, or else model:30.", valueName: "device"),
    completion: .list(["model:30", "model:21", "model:20"]))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the control socket. WDPROV_RUN_DIR, or else /run/wdprov or $XDG_RUNTIME_DIR/wdprov.",
      valueName: "dir"), completion: .directory)
  var runDir: String?

  @Option(
    help: ArgumentHelp("The socket of the physical function.", valueName: "socket"), completion: .file())
  var pfSocket: String?

  @Option(
    help: ArgumentHelp(
      "The socket of a virtual function; there are as many, with 64 queues each, as this is given.",
      valueName: "socket"), completion: .file())
  var vfSocket: [String] = []

  @Option(
    help: ArgumentHelp("The model's engine threads, 1 to \(Accelerator.Options.mostEngines).", valueName: "n"))
  var engines = 1

  @Option(
    help: ArgumentHelp("Append a line for each access to a function to FILE.", valueName: "file"), completion: .file())
  var trace: String?

  mutating func validate() throws {
    guard (1...Accelerator.Options.mostEngines).contains(engines) else {
      throw ValidationError("--engines takes a number from 1 to \(Accelerator.Options.mostEngines)")
    }
    guard vfSocket.count <= Accelerator.Options.mostVirtualFunctions else {
      throw ValidationError("there are at most \(Accelerator.Options.mostVirtualFunctions) virtual functions")
    }
    let sockets = (pfSocket.map { [$0] } ?? []) + vfSocket
    if sockets.contains("") { throw ValidationError("a socket has a path") }
    if Set(sockets).count < sockets.count { throw ValidationError("each function has a socket of its own") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    var plan = HostedModel.Plan(engineCount: engines, physicalSocket: pfSocket, virtualSockets: vfSocket)
    plan.revision = try revision
    try Host.run(plan, in: RunDirectory.named(runDir), trace: trace)
    return .success
  }

  /// The revision of the model that is asked for.
  private var revision: Revision {
    get throws(CommandFailure) {
      let named = device ?? DeviceAddress.ofEnvironment ?? "model"
      guard let address = DeviceAddress(named) else {
        throw CommandFailure(.usage, "there is no device '\(named)': \(DeviceAddress.forms)")
      }
      switch address {
      case .model(let revision): return revision
      case .vfio, .vfioUser:
        throw CommandFailure(
          .unavailable,
          "\(named) cannot be served: the driver for it is not there yet (issue 4 of the project);"
            + " 'wdprov serve --device model' serves a model")
      }
    }
  }
}
