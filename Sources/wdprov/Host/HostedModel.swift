// A model of the accelerator with the sockets on which its functions are served.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import HostControl
import LinuxSystem
import Logging
import VFIOUser
import WarpDrive

/// A model that this process hosts.
final class HostedModel: Sendable {
  /// What the model is to be.
  struct Plan: Sendable {
    var engineCount = 1
    /// The physical function's socket file, if it is to be served.
    var physicalSocket: String?
    /// The socket files of the virtual functions, one for each.
    var virtualSockets: [String] = []
  }

  /// A function and the socket on which it is served.
  struct Service: Sendable {
    let function: Int
    let server: VFIOUserServer
    let file: SocketFile
  }

  /// How often an injection may be repeated by one request.
  static let mostRepetitions = 100
  /// How long to wait between repetitions, in nanoseconds: interrupts that come at once are one.
  private static let repetitionPause: UInt64 = 50_000_000

  let accelerator: Accelerator
  let services: [Service]

  /// Makes the model and listens on every socket.
  ///
  /// - Parameters:
  ///   - plan: what it is to be.
  ///   - revision: which hardware.
  ///   - groupID: whose members may connect to the sockets; nil for nobody else.
  ///   - trace: takes every access, if it is there.
  ///   - log: where the model's notices go.
  ///   - connections: notes who connects.
  /// - Throws: 64 for a plan that no model can have, 73 for a socket that cannot be made.
  init(
    _ plan: Plan, _ revision: Revision, groupID: UInt32?, trace: TraceFile?, log: Logger, connections: ConnectionLog
  ) throws(CommandFailure) {
    var options = Accelerator.Options()
    options.revision = revision
    options.engineCount = plan.engineCount
    options.virtualFunctionCount = plan.virtualSockets.count
    options.notice = { line in log.warning("\(line)") }
    if let trace { options.trace = { event in trace.add(event) } }
    do throws(DeviceError) {
      accelerator = try Accelerator(options)
    } catch {
      throw CommandFailure(error)
    }
    let sockets = [plan.physicalSocket] + plan.virtualSockets
    var services: [Service] = []
    for (function, path) in sockets.enumerated() {
      guard let path else { continue }
      services.append(try Self.serve(accelerator, function, path, groupID, connections))
    }
    self.services = services
  }

  private static func serve(
    _ accelerator: Accelerator, _ function: Int, _ path: String, _ group: UInt32?, _ connections: ConnectionLog
  ) throws(CommandFailure) -> Service {
    let name = name(ofFunction: function)
    var options = VFIOUserServer.Options()
    if let group {
      options.mode = 0o660
      options.groupID = group
    }
    options.authorize = { peer in
      connections.note(peer, "a client connects to \(name)")
      return true
    }
    do {
      let server = try VFIOUserServer(FunctionServer(accelerator, function: function), path: path, options: options)
      return Service(function: function, server: server, file: try SocketFile(path))
    } catch let error as VFIOUserError {
      throw CommandFailure(creating: path, SystemError(errno: error.errno, operation: "listen", path: path))
    } catch let error as SystemError {
      throw CommandFailure(creating: path, error)
    } catch let error as DeviceError {
      throw CommandFailure(error)
    } catch {
      throw CommandFailure(.internalError, "\(path): \(error)")
    }
  }

  /// How many functions there are; 0 is the physical one.
  var functionCount: Int { accelerator.functionCount }

  /// The name of a function, such as `pf` or `vf1`.
  static func name(ofFunction index: Int) -> String { index == 0 ? "pf" : "vf\(index)" }

  // MARK: Operations

  /// Resets a function.
  func reset(_ function: Int) throws(ControlFailure) {
    do throws(DeviceError) { try accelerator.reset(function: function) } catch { throw ControlFailure(error) }
  }

  /// Injects a fault.
  ///
  /// - Parameters:
  ///   - fault: what it is.
  ///   - count: how often; what that means depends on the fault.
  ///   - isEnding: ends repetitions early.
  func inject(
    _ fault: FaultName, function: Int, queue: UInt16, count: Int?, until isEnding: Gate
  ) throws(ControlFailure) {
    var injection = Injection(fault.row.kind, function: function, queue: queue, value: fault.value)
    var repetitions = 1
    switch fault.row.count {
    case .none:
      guard count == nil || count == 1 else {
        throw ControlFailure(.invalidArgument, "'\(fault.text)' happens once: leave the count away")
      }
    case .budget: injection.count = count ?? 1
    case .repeated:
      repetitions = count ?? 1
      guard (1...Self.mostRepetitions).contains(repetitions) else {
        throw ControlFailure(
          .invalidArgument, "'\(fault.text)' can be repeated 1 to \(Self.mostRepetitions) times, not \(repetitions)"
        )
      }
    }
    do throws(DeviceError) {
      for repetition in 0..<repetitions {
        if repetition > 0, isEnding.wait(nanoseconds: Self.repetitionPause) { return }
        try accelerator.inject(injection)
      }
    } catch {
      throw ControlFailure(error)
    }
  }

  /// Lets queues answer what they have accepted; false where they take longer.
  func drain(within nanoseconds: UInt64) -> Bool { accelerator.drain(within: nanoseconds) }

  /// Ends: clients are disconnected, and what is not answered yet is dropped; see `drain`.
  func stop() {
    for service in services { service.server.stop() }
    accelerator.shutdown(drainingFor: 0)
  }
}

extension CommandFailure {
  /// What the model reported.
  init(_ error: DeviceError) {
    let failure = ControlFailure(error)
    self.init(failure.code.status, failure.message)
  }
}

extension ControlFailure {
  /// What the model reported.
  init(_ error: DeviceError) {
    let code: Code =
      switch error.code {
      case .invalid: .invalidArgument
      case .lost: .deviceLost
      case .failed: .backendFailure
      }
    self.init(code, error.message)
  }
}
