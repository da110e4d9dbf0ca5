// The kernel path over several devices.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite("Kernel path of several devices") struct NearestDeviceTests {
  /// Which devices were opened, in order.
  private final class Openings: Sendable {
    private let numbers = Guarded<[Int]>([])
    var all: [Int] { numbers.withLock { $0 } }
    func note(_ number: Int) { numbers.withLock { $0.append(number) } }
  }

  /// Two devices, on nodes 0 and 1, of which the caller is on node 1.
  private let far: ZipRig
  private let near: ZipRig
  private let openings = Openings()
  private let distance: @Sendable (Int?) -> Int = { $0 == 1 ? 10 : 20 }

  init() throws {
    far = try ZipRig(wrap: { FaultyFunction($0, numaNode: 0) })
    near = try ZipRig(wrap: { FaultyFunction($0, numaNode: 1) })
  }

  private func devices(nearIsThere: Bool = true) -> KernelPathDevices {
    let first = far.device
    let second = near.device
    let openings = openings
    let distance = distance
    let openFirst: KernelPathDevices.Opening = { () throws(QueueError) -> ZipDevice in
      openings.note(0)
      return first
    }
    let openSecond: KernelPathDevices.Opening = { () throws(QueueError) -> ZipDevice in
      openings.note(1)
      guard nearIsThere else { throw QueueError(.notFound, "not there") }
      return second
    }
    return KernelPathDevices([openFirst, openSecond], choose: { $0.nearest(distance: distance) })
  }

  @Test("a stream's queue is the nearest device's, and another's once that is lost")
  func nearest() throws {
    let devices = devices()
    #expect(try devices.device() === near.device)
    _ = try devices.queue(.compress, .gzip)
    #expect(near.device.kernelQueues.count == 1)
    #expect(far.device.kernelQueues.count == 0)
    near.device.shutdown()
    _ = try devices.queue(.compress, .gzip)
    #expect(far.device.kernelQueues.count == 1)
    #expect(openings.all == [0, 1])
  }

  @Test("a device that cannot be opened is passed over; without any the first one's error is told")
  func missing() throws {
    #expect(try devices(nearIsThere: false).device() === far.device)
    far.device.shutdown()
    let error = #expect(throws: QueueError.self) { _ = try devices(nearIsThere: false).device() }
    #expect(error?.code == .notFound)
  }
}
