// An accelerator that this process drives: its driver and its mediated devices, made when they are first needed.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconQueue
import HisiliconZip
import LinuxSystem
import SDMDEV
import WarpDriveQueue

/// A function with its driver, for both paths.
final class OwnAccelerator: Sendable {
  private struct Opened: Sendable {
    let device: ZipDevice
    let source: InProcessSource
  }
  private let description: StandardDevice
  private let opened = Guarded<Opened?>(nil)
  /// Bringing a device up takes a while: one thread does, the others wait.
  private let turn = TimedSemaphore(value: 1)
  private static let turnLimit: UInt64 = 60_000_000_000

  init(_ description: StandardDevice) { self.description = description }

  /// The driver, for the kernel path.
  func device() throws(QueueError) -> ZipDevice { try current().device }

  /// Why the device, where it is open, answers nothing at present.
  var obstacle: String? {
    opened.withLock { $0 }.flatMap { QueueDirectory.isolation(of: [$0.device.attributes]) }
  }

  /// A queue, for the user path.
  func request(_ capability: QueueCapability) throws(QueueError) -> Queue {
    try Queue.request(capability, from: [try current().source], adapters: AdapterTable([HisiliconAdapter()]))
  }

  private func current() throws(QueueError) -> Opened {
    if let opened = opened.withLock({ $0 }), opened.device.isWorking { return opened }
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "\(description.name) is being opened for too long: use software")
    }
    defer { turn.signal() }
    if let opened = opened.withLock({ $0 }), opened.device.isWorking { return opened }
    // What was lost ends first: a function has one driver at a time.
    let lost = opened.withLock { $0.take() }
    lost?.device.shutdown()
    _ = consume lost
    let function: any DeviceFunction
    do throws(DeviceError) {
      function = try description.open()
    } catch {
      throw QueueError(error.code == .lost ? .deviceLost : .notFound, "\(description.name): \(error.message)")
    }
    let device = try ZipDevice(function)
    let sdmdevs = SDMDEVClass()
    _ = try sdmdevs.register(device)
    let made = Opened(device: device, source: InProcessSource(sdmdevs))
    opened.withLock { $0 = made }
    return made
  }
}
