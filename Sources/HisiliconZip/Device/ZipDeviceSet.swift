// Which of several devices a request goes to: the nearest one that has room.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// The ZIP devices of a process.
public struct ZipDeviceSet: Sendable {
  /// The devices, in the order that decides between equals.
  public var devices: [ZipDevice]

  /// Makes a set.
  public init(_ devices: [ZipDevice]) {
    self.devices = devices
  }

  /// The working device at the least distance from the processor that the caller runs on; one with a free queue wins over
  /// a nearer one without.
  ///
  /// - Returns: nil where no device works.
  public func nearest() -> ZipDevice? {
    let node = Processor.currentNode
    return nearest { $0.map { Processor.distance(from: node, to: $0) ?? Self.unknownDistance } ?? Self.unknownDistance }
  }

  /// What a device counts as whose place is not known: as far as the next node.
  static let unknownDistance = 20

  /// As `nearest()`, with distances of the caller's.
  ///
  /// - Parameter distance: how far a node is, nil for a device whose node is not known; smaller is nearer.
  public func nearest(distance: (Int?) -> Int) -> ZipDevice? {
    let candidates = devices.enumerated().filter { $0.element.isWorking && !$0.element.attributes.isIsolated }
    let best = candidates.min { left, right in
      rank(left.offset, left.element, distance) < rank(right.offset, right.element, distance)
    }
    return best?.element
  }

  private func rank(_ index: Int, _ device: ZipDevice, _ distance: (Int?) -> Int) -> (Int, Int, Int) {
    let attributes = device.attributes
    // A kernel queue that is there already has room, too.
    let hasRoom = attributes.availableInstances > 0 || device.kernelQueues.count > 0
    return (hasRoom ? 0 : 1, distance(attributes.numaNode), index)
  }
}
