// A host's accelerator: queues over its sockets, whole messages over its control socket.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import HisiliconZip
import HostControl
import LinuxSystem
import WarpDriveCore
import WarpDriveQueue

/// The accelerator of a host that runs on this machine.
final class HostedAccelerator: Sendable {
  /// The host's run directory.
  let path: String
  private let connection = Guarded<ControlConnection?>(nil)

  /// The host that this user's programs find, if one runs: its directory has a control socket.
  static func usual() -> HostedAccelerator? {
    RunDirectorySource.usualPaths.first { (try? Pathname.status(of: "\($0)/control.sock")) != nil }
      .map(HostedAccelerator.init)
  }

  init(_ path: String) { self.path = path }

  /// Whether the host's devices are models; also where the host does not say.
  var isEmulated: Bool {
    guard let devices = try? RunDirectorySource(path).devices(), !devices.isEmpty else { return true }
    return devices.contains { $0.flags.contains(.emulated) }
  }

  /// Why the host's devices answer nothing at present.
  var obstacle: String? { (try? RunDirectorySource(path).devices()).flatMap(QueueDirectory.isolation) }

  /// A queue, for the user path.
  func request(_ capability: QueueCapability) throws(QueueError) -> Queue {
    try Queue.request(
      capability, from: [RunDirectorySource(path)], adapters: AdapterTable([HisiliconAdapter()]))
  }

  /// Asks for the kernel path's answer to a whole message.
  func ask(_ request: RemoteZipRequest, _ input: RawSpan) throws(ProviderError) -> RemoteZipAnswer {
    var members: [(key: String, value: JSONValue)] = [
      ("alg", .string(request.algorithm)), ("room", .integer(request.room)),
    ]
    if let level = request.level { members.append(("level", .integer(level))) }
    if let bits = request.windowBits { members.append(("window", .integer(bits))) }
    do throws(ControlFailure) {
      let reply = try reply(to: request.direction.rawValue, members, input)
      guard let consumed = reply.value["consumed"]?.count.flatMap({ Int(exactly: $0) }) else {
        throw ControlFailure(.version, "the host at \(path) does not say how much it used: update it")
      }
      return RemoteZipAnswer(bytes: reply.payload, consumed: consumed)
    } catch {
      throw ProviderError(error)
    }
  }

  /// Asks over the connection that is kept, or over a new one.
  private func reply(
    to operation: String, _ members: [(key: String, value: JSONValue)], _ input: RawSpan
  ) throws(ControlFailure) -> ControlReply {
    // A connection carries one request at a time: whoever finds it in use makes another.
    if let kept = connection.withLock({ $0.take() }), kept.isUsable {
      do throws(ControlFailure) {
        return try ask(kept, operation, members, input)
      } catch {
        // The host ends those that were idle for long, or it was started again: that says nothing of a new one.
        guard error.code == .unavailable else { throw error }
      }
    }
    return try ask(try ControlConnection(try RunDirectory(path)), operation, members, input)
  }

  private func ask(
    _ connection: ControlConnection, _ operation: String, _ members: [(key: String, value: JSONValue)], _ input: RawSpan
  ) throws(ControlFailure) -> ControlReply {
    defer { if connection.isUsable { self.connection.withLock { $0 = connection } } }
    return try connection.ask(operation, members, payload: input)
  }
}

extension ProviderError {
  /// The registry's error for one of a host: the input's where the input is to blame, else the driver's.
  fileprivate init(_ failure: ControlFailure) {
    let code: Code =
      switch failure.code {
      case .corruptInput: .corruptInput
      case .truncatedInput: .truncatedInput
      case .outputTooSmall: .outputTooSmall
      case .limitExceeded: .limitExceeded
      case .busy: .busy
      case .timedOut: .timedOut
      case .resetting, .deviceLost: .deviceLost
      case .resourceExhausted: .resourceExhausted
      case .unavailable, .denied, .version, .notFound, .unsupported: .unavailable
      default: .backendFailure
      }
    self.init(code, failure.message)
  }
}
