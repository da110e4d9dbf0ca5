// The devices of a class in the same process: the user path without a host.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveQueue

/// Opens queues of a class's devices without a socket in between.
public struct InProcessSource: QueueSource {
  /// The class.
  public let sdmdevs: SDMDEVClass

  /// Looks at a class.
  public init(_ sdmdevs: SDMDEVClass) {
    self.sdmdevs = sdmdevs
  }

  /// The class's devices.
  public func devices() throws(QueueError) -> [QueueAttributes] {
    sdmdevs.devices.map(\.attributes)
  }

  /// Makes a mediated device and opens it; it goes when the transport is closed.
  ///
  /// - Throws: as `QueueSource.open`.
  public func open(device: String) throws(QueueError) -> any QueueTransport {
    guard let parent = sdmdevs[device] else {
      throw QueueError(.notFound, "there is no device \(device) in this process")
    }
    let owner = try QueueOwner.thisProcess()
    let mediated = try parent.createMediatedDevice(userID: owner.userID, isImplicit: true)
    do throws(QueueError) {
      return try InProcessTransport(mediated, owner: owner)
    } catch {
      mediated.removeIfImplicit()
      throw error
    }
  }

  /// Opens a mediated device that was created before; it stays when the transport is closed.
  ///
  /// - Throws: `notFound` for a name that there is not, `invalid` for a malformed one, `exists` while it is open.
  public func open(mediatedDevice uuid: String) throws(QueueError) -> any QueueTransport {
    guard let mediated = sdmdevs.mediatedDevice(try MediatedDeviceID(uuid)) else {
      throw QueueError(.notFound, "there is no mediated device \(uuid) in this process")
    }
    return try InProcessTransport(mediated, owner: try QueueOwner.thisProcess())
  }
}
