// The accelerator that the kernel's own driver has, and gives to programs: the class uacce.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// The kernel's devices that the user path can use.
struct KernelAccelerator: Sendable {
  /// Where people find the devices.
  static let classDirectory = "/sys/class/uacce"

  private let source: UACCESource

  /// The kernel's devices; nil where it shows none that this process can use at its own addresses.
  ///
  /// Nothing is opened. Most machines have not even the class.
  ///
  /// - Parameter source: the kernel's class, or a test's.
  init?(_ source: UACCESource = UACCESource()) {
    let served = HisiliconAdapter().deviceAPIs
    guard let devices = try? source.devices(),
      devices.contains(where: { device in
        device.device.hasPrefix("hisi_zip-") && device.flags.contains(.sharedVirtual)
          && served.contains(device.deviceAPI)
      })
    else { return nil }
    self.source = source
  }

  /// Why there are no queues at present.
  var obstacle: String? { (try? source.devices()).flatMap(QueueDirectory.isolation) }

  /// A queue, for the user path: the nearest device's that has one.
  func request(_ capability: QueueCapability) throws(QueueError) -> Queue {
    try Queue.request(capability, from: [source], adapters: AdapterTable([HisiliconAdapter()]))
  }
}
