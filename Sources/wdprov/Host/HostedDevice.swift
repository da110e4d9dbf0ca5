// The device of a host: a model with its sockets, the driver that the host runs on it, or both.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import HisiliconZip
import HostControl
import LinuxSystem
import Logging
import WarpDriveQueue

/// What a host serves.
struct HostedDevice: Sendable {
  /// What the device is to be, and who is to have it.
  struct Plan: Sendable {
    var address = DeviceAddress.model(.v3)
    /// Whose members may connect to sockets and have queues; nil for nobody else.
    var groupID: UInt32?
    var model = HostedModel.Plan()
    /// The host's own driver; nil where the physical function is a virtual machine's.
    var driver: HostedDriver.Options?
  }

  /// What the command calls it, after the device that the kernel's driver would make of it.
  let name = "hisi_zip-0"
  let address: DeviceAddress
  let model: HostedModel?
  let driver: HostedDriver?

  /// Makes the device and listens on every socket.
  ///
  /// - Throws: 64 for a plan that no device can have, 69 for a device that cannot be had, 73 for a socket that cannot be
  ///   made; nothing is left then.
  init(
    _ plan: Plan, in directory: RunDirectory, trace: TraceFile?, log: Logger, connections: ConnectionLog
  ) throws(CommandFailure) {
    address = plan.address
    var model: HostedModel?
    if case .model(let revision) = plan.address {
      model = try HostedModel(
        plan.model, revision, groupID: plan.groupID, trace: trace, log: log, connections: connections)
    }
    self.model = model
    guard let options = plan.driver else {
      driver = nil
      return
    }
    do throws(CommandFailure) {
      let function: any DeviceFunction
      do throws(DeviceError) {
        function = if let model { try ModelFunction(model.accelerator) } else { try plan.address.open() }
      } catch {
        throw CommandFailure(.unavailable, "\(plan.address.description): \(error.message)")
      }
      driver = try HostedDriver(
        function, named: name, options, virtualFunctionCount: plan.model.virtualSockets.count, groupID: plan.groupID,
        in: directory, log: log, connections: connections)
    } catch {
      model?.stop()
      throw error
    }
  }

  /// Whether `text` means this device: its name, or its kind and number.
  func answers(to text: String) -> Bool { text == name || text == "\(address.kind)0" }

  /// The socket files that have to go at the end.
  var files: [SocketFile] { model?.services.map(\.file) ?? [] }

  // MARK: Reports

  private var identity: [(key: String, value: JSONValue)] {
    let revision =
      model.map { UInt32($0.accelerator.options.revision.rawValue) } ?? driver?.device.status.revision ?? 0
    let isEmulated = model != nil || driver?.device.attributes.flags.contains(.emulated) ?? false
    return [
      ("name", .string(name)), ("kind", .string(address.kind)), ("emulated", .bool(isEmulated)),
      ("revision", .string(String(revision, radix: 16))), ("address", .string(address.description)),
    ]
  }

  /// The device and its functions.
  var summary: JSONValue {
    .object(identity + [("functions", model?.functions ?? .array([])), ("driver", driver?.summary ?? .null)])
  }

  /// Everything that is counted.
  ///
  /// - Parameter registers: whether each function's registers are to be there, too.
  func status(registers: Bool) -> JSONValue {
    .object(identity + (model?.status(registers: registers) ?? []) + [("driver", driver?.report ?? .null)])
  }

  // MARK: Operations

  /// How many functions there are; 0 is the physical one.
  var functionCount: Int { model?.functionCount ?? 1 }

  /// Resets a function, or all of them; the one that the host drives by its driver, which brings it up again.
  ///
  /// - Returns: the functions that were reset.
  func reset(_ function: Int?) throws(ControlFailure) -> [Int] {
    let functions = function.map { [$0] } ?? Array(0..<functionCount)
    for function in functions {
      if function == 0, let driver {
        try driver.reset()
      } else {
        try model?.reset(function)
      }
    }
    return functions
  }

  /// Ends: what was accepted is answered, within the limit; then clients are disconnected.
  ///
  /// - Returns: whether everything was answered.
  func stop(drainingFor nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    var isDrained = driver?.kernelPath.drain(within: nanoseconds) ?? true
    if let model, !model.drain(within: MonotonicClock.remaining(until: deadline)) { isDrained = false }
    driver?.stop()
    model?.stop()
    return isDrained
  }
}
