// What the queue manager tells those who have a queue pair.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveQueue

/// Whoever has a queue pair of a function: the kernel path, or a mediated device.
///
/// A reset calls, in this order: `suspend`, then the device is stopped, `conclude`, then the device comes back or does
/// not, `resume` or `abandon`, and `announce` at last, with no lock of the manager's held.
protocol QueueClient: AnyObject, Sendable {
  /// An event of the queue: completions may be there. On a thread of the device's.
  func completed()

  /// The device is about to be stopped: nothing more is sent.
  func suspend()

  /// The device is stopped and touches no memory: takes what has come, and ends the rest.
  ///
  /// - Parameter error: what the rest is answered with.
  func conclude(_ error: QueueError)

  /// The device works again, with empty rings.
  func resume()

  /// There is no device any more.
  func abandon(_ error: QueueError)

  /// Tells whoever waits how it ended.
  func announce()

  /// The device's event says that the queue cannot go on; on the service thread.
  func fail(_ error: QueueError)

  /// Looks for lost interrupts and passed time limits; on the service thread.
  ///
  /// - Parameter now: the clock, nanoseconds.
  /// - Returns: whether there is anything to wait for.
  func watch(at now: UInt64) -> Bool
}

/// A queue pair that was taken.
struct HardwareQueue: Sendable {
  /// The number in its function.
  let number: UInt16
  /// SQ, CQ and a page with the stop flags.
  let rings: DeviceBlock
  /// Entries of each ring.
  let depth: Int

  /// Sets the TX-stop flag: nothing is to be sent any more.
  func stopSubmissions() {
    rings.release32(1, at: rings.byteCount - 4)
  }

  /// Sets the RX-stop flag: nothing more will come.
  func stopCompletions() {
    rings.release32(1, at: rings.byteCount - 8)
  }

  /// Empties the rings and clears the flags.
  func wipe() {
    rings.wipe(0..<rings.byteCount)
  }
}
