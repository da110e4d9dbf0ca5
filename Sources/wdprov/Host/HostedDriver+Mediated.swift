// Mediated devices over the control socket: types, create, list, remove.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import SDMDEV
import WarpDriveQueue

extension HostedDriver {
  private typealias Member = (key: String, value: JSONValue)

  /// The types of which mediated devices can be made.
  var types: JSONValue {
    let attributes = registered.attributes
    return .array([
      .object([
        ("type", .string(registered.typeName)), ("device", .string(registered.name)),
        ("name", .string(registered.driverName)), ("deviceAPI", .string(attributes.deviceAPI)),
        ("algorithms", JSONValue(attributes.algorithms)), ("dmaFlag", .string(attributes.dmaFlags.names)),
        ("availableInstances", .integer(attributes.availableInstances)),
        ("isolated", .bool(attributes.isIsolated)),
      ])
    ])
  }

  /// The mediated devices, those of connections included.
  var mediatedDevices: JSONValue { .array(registered.mediatedDevices.map { .object(report(on: $0)) }) }

  private func report(on mediated: MediatedDevice) -> [Member] {
    [
      ("uuid", .string(mediated.id.description)), ("device", .string(registered.name)),
      ("type", .string(registered.typeName)), ("queue", JSONValue(mediated.queueNumber.map { Int($0) })),
      ("state", .string(mediated.queueState.word)), ("implicit", .bool(mediated.isImplicit)),
      ("user", .integer(Int(mediated.userID))), ("process", JSONValue(mediated.owner.map { Int($0.processID) })),
      ("pasid", JSONValue(mediated.pasid.map { Int($0) })), ("lockedBytes", JSONValue(mediated.lockedByteCount)),
      ("socket", mediated.isImplicit ? .null : .string(socket(of: mediated))),
    ]
  }

  /// Makes one of a type, for a user.
  func create(type: String, uuid: String?, userID: UInt32) throws(ControlFailure) -> [(key: String, value: JSONValue)] {
    guard type == registered.typeName || type == registered.driverName else {
      throw ControlFailure(.notFound, "there is no type '\(type)': there is \(registered.typeName)")
    }
    do throws(QueueError) {
      return report(on: try server.createMediatedDevice(on: registered.name, uuid: uuid, userID: userID))
    } catch {
      throw ControlFailure(error)
    }
  }

  /// Removes one that was created; only its own user's, unless the asker is the owner.
  func remove(uuid: String, by request: ControlRequest) throws(ControlFailure) {
    do throws(QueueError) {
      let found = sdmdevs.mediatedDevice(try MediatedDeviceID(uuid))
      if let found, !request.isOwner, found.userID != request.peer.userID {
        throw QueueError(.denied, "\(uuid) is another user's")
      }
      if let found, found.isImplicit {
        throw QueueError(.busy, "\(uuid) goes with the connection that opened it")
      }
      try server.removeMediatedDevice(uuid)
    } catch {
      throw ControlFailure(error)
    }
  }
}
