// Answers the requests of the control socket: the kernel path, mediated devices, and the device itself.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import WarpDrive

/// What a host can be asked.
struct HostRequests: Sendable {
  private typealias Members = [(key: String, value: JSONValue)]

  private static let operations =
    "list, status, reset, inject, compress, decompress, mdev-types, mdev-create, mdev-list and mdev-remove"
  /// The most that a count may be.
  static let mostCount = 1_000_000

  let hosted: HostedDevice
  /// Open once the host ends.
  let isEnding: Gate

  /// The reply to a request.
  func answer(_ request: ControlRequest) -> ControlReply {
    do throws(ControlFailure) {
      return try perform(request)
    } catch {
      return ControlReply(error)
    }
  }

  private func perform(_ request: ControlRequest) throws(ControlFailure) -> ControlReply {
    guard !isEnding.isOpen else { throw ControlFailure(.deviceLost, "the host is ending") }
    guard let operation = request.value["op"]?.text else {
      throw ControlFailure(.invalidArgument, "a request has a string 'op': there are \(Self.operations)")
    }
    switch operation {
    case "compress": return try driver.kernelPath.perform(.compress, request)
    case "decompress": return try driver.kernelPath.perform(.decompress, request)
    case "list": return ControlReply([("devices", .array([hosted.summary]))])
    case "status": return ControlReply(try status(request.value))
    case "reset", "inject":
      guard request.isOwner else {
        throw ControlFailure(.denied, "only the host's own user and root may \(operation) a device")
      }
      return ControlReply(operation == "reset" ? try reset(request.value) : try inject(request.value))
    case "mdev-types": return ControlReply([("types", try driver.types)])
    case "mdev-list": return ControlReply([("devices", try driver.mediatedDevices)])
    case "mdev-create":
      let type = try request.value.requiredText("type")
      let uuid = try request.value.optionalText("uuid")
      return ControlReply(try driver.create(type: type, uuid: uuid, userID: request.peer.userID))
    case "mdev-remove":
      let uuid = try request.value.requiredText("uuid")
      try driver.remove(uuid: uuid, by: request)
      return ControlReply([("uuid", .string(uuid))])
    default:
      throw ControlFailure(.invalidArgument, "there is no operation '\(operation)': there are \(Self.operations)")
    }
  }

  /// The host's own driver.
  private var driver: HostedDriver {
    get throws(ControlFailure) {
      guard let driver = hosted.driver else {
        throw ControlFailure(
          .unsupported,
          "this host's physical function is a virtual machine's: run 'wdprov serve' without --pf-socket to use it here")
      }
      return driver
    }
  }

  private func status(_ request: JSONValue) throws(ControlFailure) -> Members {
    if let name = try request.optionalText("device") { try check(name) }
    guard let registers = (request["registers"] ?? false).flag else {
      throw ControlFailure(.invalidArgument, "'registers' is true or false")
    }
    return [("devices", .array([hosted.status(registers: registers)]))]
  }

  private func reset(_ request: JSONValue) throws(ControlFailure) -> Members {
    try checkDevice(of: request)
    let functions = try hosted.reset(request.number("function", most: hosted.functionCount - 1))
    return [
      ("device", .string(hosted.name)), ("functions", JSONValue(functions.map(HostedModel.name(ofFunction:)))),
    ]
  }

  private func inject(_ request: JSONValue) throws(ControlFailure) -> Members {
    try checkDevice(of: request)
    guard let name = try request.optionalText("error") else {
      throw ControlFailure(.invalidArgument, "'error' says what to inject")
    }
    let fault: FaultName
    do throws(FaultName.Problem) {
      fault = try FaultName(name)
    } catch {
      throw ControlFailure(.invalidArgument, error.description)
    }
    let function = try request.number("function", most: hosted.functionCount - 1) ?? 0
    let queue = try request.number("queue", most: Int(UInt16.max)) ?? 0
    let count = try request.number("count", most: Self.mostCount)
    guard let model = hosted.model else {
      throw ControlFailure(.unsupported, "\(hosted.name) is no model of this host: only those have faults to inject")
    }
    try model.inject(fault, function: function, queue: UInt16(queue), count: count, until: isEnding)
    return [
      ("device", .string(hosted.name)), ("function", .string(HostedModel.name(ofFunction: function))),
      ("error", .string(name)),
    ]
  }

  private func checkDevice(of request: JSONValue) throws(ControlFailure) {
    guard let name = try request.optionalText("device") else {
      throw ControlFailure(.invalidArgument, "'device' names a device")
    }
    try check(name)
  }

  private func check(_ name: String) throws(ControlFailure) {
    guard hosted.answers(to: name) else {
      throw ControlFailure(.notFound, "there is no device '\(name)': there is \(hosted.name)")
    }
  }
}
