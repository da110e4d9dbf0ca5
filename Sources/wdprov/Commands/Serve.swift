// `wdprov serve`: the host of an accelerator.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HisiliconModel
import HostControl
import LinuxSystem
import WarpDrive
import WarpDriveQueue

struct Serve: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", _superCommandName: "wdprov",
    abstract: "Host an accelerator: for programs of this machine, and its functions for virtual machines.",
    discussion: """
      Listens on every socket, then logs to standard error, until SIGTERM or SIGINT: queues answer what they have \
      accepted, and the status is 0. A second signal ends it at once.

      Programs have queues of their own on the run folder's sockets (the user path), or send their requests over its \
      control socket (the kernel path). Each function of a model may have a vfio-user socket, to which a virtual \
      machine connects one device; with --pf-socket the whole device is the virtual machine's, and programs here have \
      none of it. 'wdprov device' asks a host for counters, resets functions and injects faults; 'wdprov mdev' makes \
      queues that outlive their user.
      """)

  @Option(
    help: ArgumentHelp("The device: \(DeviceAddress.forms). WDPROV_DEVICE, or else model:30.", valueName: "device"),
    completion: .list(["model:30", "model:21", "model:20"]))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the sockets. WDPROV_RUN_DIR, or else /run/wdprov or $XDG_RUNTIME_DIR/wdprov.",
      valueName: "dir"), completion: .directory)
  var runDir: String?

  @Option(
    help: ArgumentHelp(
      "Give a model's physical function to a virtual machine, on this socket.", valueName: "socket"),
    completion: .file())
  var pfSocket: String?

  @Option(
    help: ArgumentHelp(
      "The socket of a model's virtual function; there are as many, with 64 queues each, as this is given.",
      valueName: "socket"), completion: .file())
  var vfSocket: [String] = []

  @Option(
    help: ArgumentHelp("The model's engine threads, 1 to \(Accelerator.Options.mostEngines).", valueName: "n"))
  var engines: Int?

  @Option(
    help: ArgumentHelp("Append a line for each access to a model's function to FILE.", valueName: "file"),
    completion: .file())
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "How queues reach programs' memory: \(DMAMode.words). The device's best, unless it is given.", valueName: "mode"),
    completion: .list(DMAMode.allCases.map(\.rawValue)))
  var dmaFlag: DMAMode?

  @Option(
    help: ArgumentHelp("Also let this group's members have queues and send requests.", valueName: "group"))
  var group: String?

  @Option(help: ArgumentHelp("The most queues of one user at a time.", valueName: "n"))
  var quota: Int?

  @Option(
    help: ArgumentHelp("Isolate the device after N errors within an hour; 0, the default, is never.", valueName: "n"))
  var isolateStrategy: Int?

  @Option(help: ArgumentHelp("Requests that a queue has room for, 2 to 4096; the device's, or less.", valueName: "n"))
  var queueDepth: Int?

  mutating func validate() throws {
    if let engines, !(1...Accelerator.Options.mostEngines).contains(engines) {
      throw ValidationError("--engines takes a number from 1 to \(Accelerator.Options.mostEngines)")
    }
    guard vfSocket.count <= Accelerator.Options.mostVirtualFunctions else {
      throw ValidationError("there are at most \(Accelerator.Options.mostVirtualFunctions) virtual functions")
    }
    let sockets = (pfSocket.map { [$0] } ?? []) + vfSocket
    if sockets.contains("") { throw ValidationError("a socket has a path") }
    if Set(sockets).count < sockets.count { throw ValidationError("each function has a socket of its own") }
    if let quota, !(1...65_536).contains(quota) { throw ValidationError("--quota takes a number from 1 to 65536") }
    if let isolateStrategy, !(0...65_535).contains(isolateStrategy) {
      throw ValidationError("--isolate-strategy takes a number from 0 to 65535")
    }
    if let queueDepth, !(2...4096).contains(queueDepth) {
      throw ValidationError("--queue-depth takes a number from 2 to 4096")
    }
    if pfSocket != nil, dmaFlag != nil || quota != nil || isolateStrategy != nil || queueDepth != nil {
      throw ValidationError(
        "--dma-flag, --quota, --isolate-strategy and --queue-depth are for queues of this machine's programs, and with"
          + " --pf-socket there are none")
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let address = try DeviceAddress.chosen(device) ?? .model(.v3)
    if case .model = address {
    } else if pfSocket != nil || !vfSocket.isEmpty || engines != nil || trace != nil {
      throw CommandFailure(
        .usage, "--pf-socket, --vf-socket, --engines and --trace are for models, and \(address.description) is none")
    }
    let model = HostedModel.Plan(engineCount: engines ?? 1, physicalSocket: pfSocket, virtualSockets: vfSocket)
    var plan = HostedDevice.Plan(address: address, groupID: try groupID, model: model)
    if pfSocket == nil {
      plan.driver = HostedDriver.Options(
        dmaFlags: dmaFlag?.flags, queueDepth: queueDepth, isolateStrategy: isolateStrategy ?? 0, quota: quota)
    }
    try Host.run(plan, in: RunDirectory.named(runDir), trace: trace)
    return .success
  }

  private var groupID: UInt32? {
    get throws(CommandFailure) {
      guard let group else { return nil }
      do throws(SystemError) {
        return try GroupDatabase.groupID(named: group)
      } catch {
        throw CommandFailure(
          .usage, error.errno == SystemError.notFound ? "there is no group '\(group)'" : "\(group): \(error.message)")
      }
    }
  }
}

/// The modes of a device's memory, as the command line names them.
enum DMAMode: String, CaseIterable, ExpressibleByArgument {
  case single
  case multi
  case svm
  case svmNoFault = "svm-no-fault"
  case phy

  /// The words for all modes.
  static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// The bit of `params/dma_flag`.
  var flags: DMAFlags {
    switch self {
    case .single: .singleProcess
    case .multi: .multiProcess
    case .svm: .sharedVirtual
    case .svmNoFault: .sharedVirtualLocked
    case .phy: .physical
    }
  }
}
