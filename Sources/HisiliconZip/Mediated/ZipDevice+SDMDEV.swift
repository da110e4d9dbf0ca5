// A ZIP device as a parent of mediated devices.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
public import SDMDEV
public import WarpDriveQueue

extension ZipDevice: SDMDEVParent {
  /// Whether it is a virtual function (19e5:a251).
  public var isVirtualFunction: Bool { manager.identity.isVirtual }

  /// The addresses of the kernel path's rings, contexts and buffers.
  public var reservedAddresses: ClosedRange<UInt64> { manager.memory.addresses }

  /// A doorbell page, and the rings with their page of flags.
  public var regionSizes: (doorbells: Int, rings: Int) {
    let layout = RingLayout(submissionDepth: manager.queueDepth, completionDepth: manager.queueDepth)
    return (Int(HISI_DOORBELL_PAGE_SIZE), layout.byteCount)
  }

  /// How many errors an hour isolate the device; 0 is never.
  public var isolateStrategy: Int { manager.state.withLock { $0.errors.strategy } }

  /// Takes a queue for a program; kernel queues that nobody uses make room for it.
  ///
  /// - Throws: `busy` where none is free, `resetting`, `deviceLost`, `resourceExhausted`.
  public func getQueue() throws(QueueError) -> any SDMDEVQueue {
    let hardware: HardwareQueue
    do throws(QueueError) {
      hardware = try manager.take()
    } catch {
      guard error.code == .busy, kernelQueues.releaseUnused() else { throw error }
      hardware = try manager.take()
    }
    let queue = ZipQueue(self, hardware)
    manager.attach(queue, to: hardware.number)
    return queue
  }
}
