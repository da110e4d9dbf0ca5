// Answers the requests of the control socket: list, status, reset, inject.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem

/// What a host can be asked.
struct HostRequests: Sendable {
  private static let operations = "list, status, reset and inject"
  /// The most that a count may be.
  static let mostCount = 1_000_000

  let model: HostedModel
  /// Open once the host ends.
  let isEnding: Gate

  /// The reply to a request.
  func answer(_ request: ControlRequest) -> ControlReply {
    do throws(ControlFailure) {
      return ControlReply(try perform(request.value))
    } catch {
      return ControlReply(error)
    }
  }

  private func perform(_ request: JSONValue) throws(ControlFailure) -> [(key: String, value: JSONValue)] {
    guard !isEnding.isOpen else { throw ControlFailure(.deviceLost, "the host is ending") }
    guard let operation = request["op"]?.text else {
      throw ControlFailure(.invalidArgument, "a request has a string 'op': there are \(Self.operations)")
    }
    switch operation {
    case "list": return [("devices", .array([model.summary]))]
    case "status":
      if try text("device", of: request) != nil { _ = try device(of: request) }
      guard let registers = (request["registers"] ?? false).flag else {
        throw ControlFailure(.invalidArgument, "'registers' is true or false")
      }
      return [("devices", .array([model.status(registers: registers)]))]
    case "reset":
      let model = try device(of: request)
      let functions = try model.reset(number("function", of: request, most: model.functionCount - 1))
      return [
        ("device", .string(model.name)), ("functions", JSONValue(functions.map(HostedModel.name(ofFunction:)))),
      ]
    case "inject":
      let model = try device(of: request)
      guard let name = try text("error", of: request) else {
        throw ControlFailure(.invalidArgument, "'error' says what to inject")
      }
      let fault: FaultName
      do throws(FaultName.Problem) {
        fault = try FaultName(name)
      } catch {
        throw ControlFailure(.invalidArgument, error.description)
      }
      let function = try number("function", of: request, most: model.functionCount - 1) ?? 0
      let queue = try number("queue", of: request, most: Int(UInt16.max)) ?? 0
      let count = try number("count", of: request, most: Self.mostCount)
      try model.inject(fault, function: function, queue: UInt16(queue), count: count, until: isEnding)
      return [
        ("device", .string(model.name)), ("function", .string(HostedModel.name(ofFunction: function))),
        ("error", .string(name)),
      ]
    default:
      throw ControlFailure(.invalidArgument, "there is no operation '\(operation)': there are \(Self.operations)")
    }
  }

  private func device(of request: JSONValue) throws(ControlFailure) -> HostedModel {
    guard let name = try text("device", of: request) else {
      throw ControlFailure(.invalidArgument, "'device' names a device")
    }
    guard model.answers(to: name) else {
      throw ControlFailure(.notFound, "there is no device '\(name)': there is \(model.name)")
    }
    return model
  }

  private func text(_ member: String, of request: JSONValue) throws(ControlFailure) -> String? {
    guard let value = request[member], value != .null else { return nil }
    guard let text = value.text else { throw ControlFailure(.invalidArgument, "'\(member)' is a string") }
    return text
  }

  private func number(_ member: String, of request: JSONValue, most: Int) throws(ControlFailure) -> Int? {
    guard let value = request[member], value != .null else { return nil }
    guard let count = value.count, count <= UInt64(most) else {
      throw ControlFailure(.invalidArgument, "'\(member)' is a number from 0 to \(most)")
    }
    return Int(count)
  }
}
