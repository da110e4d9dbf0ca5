// The registers of a function as its driver uses them, with limits on every wait.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import WarpDriveQueue

/// BAR 2 and the configuration space of a function.
struct FunctionRegisters: Sendable {
  /// Configuration space among the regions.
  private static let configuration = 7
  /// How often a register is looked at before the thread pauses in between.
  private static let busyLooks = 50
  private static let pause: UInt64 = 20_000

  let function: any DeviceFunction

  func read(_ offset: UInt32) throws(QueueError) -> UInt32 {
    UInt32(truncatingIfNeeded: try access(Int(HISI_BAR_REGISTERS), UInt64(offset), width: 4))
  }

  func read64(_ offset: UInt32) throws(QueueError) -> UInt64 {
    try access(Int(HISI_BAR_REGISTERS), UInt64(offset), width: 8)
  }

  func write(_ value: UInt32, _ offset: UInt32) throws(QueueError) {
    try store(UInt64(value), Int(HISI_BAR_REGISTERS), UInt64(offset), width: 4)
  }

  func write64(_ value: UInt64, _ offset: UInt32) throws(QueueError) {
    try store(value, Int(HISI_BAR_REGISTERS), UInt64(offset), width: 8)
  }

  /// A doorbell: one 64-bit store.
  func ring(_ value: UInt64, region: Int, offset: UInt64) throws(QueueError) {
    try store(value, region, offset, width: 8)
  }

  /// Clears bits of a register, then sets others.
  func modify(_ offset: UInt32, clearing: UInt32 = 0, setting: UInt32 = 0) throws(QueueError) {
    try write(try read(offset) & ~clearing | setting, offset)
  }

  func configuration(_ offset: UInt64, width: Int) throws(QueueError) -> UInt64 {
    try access(Self.configuration, offset, width: width)
  }

  func setConfiguration(_ value: UInt64, _ offset: UInt64, width: Int) throws(QueueError) {
    try store(value, Self.configuration, offset, width: width)
  }

  /// Looks at a register until `mask` of it is `value`.
  ///
  /// - Returns: false where that did not happen in time.
  func wait(
    _ offset: UInt32, mask: UInt32, value: UInt32, nanoseconds: UInt64
  ) throws(QueueError) -> Bool {
    try Self.wait(nanoseconds: nanoseconds) { () throws(QueueError) in try read(offset) & mask == value }
  }

  /// Looks again and again until a condition holds, for what makes no event.
  ///
  /// - Returns: false where it did not in time.
  static func wait(
    nanoseconds: UInt64, _ condition: () throws(QueueError) -> Bool
  ) throws(QueueError) -> Bool {
    for _ in 0..<busyLooks where try condition() { return true }
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    let sleep = TimedSemaphore(value: 0)
    while true {
      let isLast = MonotonicClock.now() >= deadline
      if try condition() { return true }
      if isLast { return false }
      _ = sleep.wait(nanoseconds: pause)
    }
  }

  private func access(_ region: Int, _ offset: UInt64, width: Int) throws(QueueError) -> UInt64 {
    do throws(DeviceError) {
      return try function.read(region: region, offset: offset, width: width)
    } catch {
      throw QueueError(error)
    }
  }

  private func store(_ value: UInt64, _ region: Int, _ offset: UInt64, width: Int) throws(QueueError) {
    do throws(DeviceError) {
      try function.write(value, region: region, offset: offset, width: width)
    } catch {
      throw QueueError(error)
    }
  }
}

extension QueueError {
  /// What a function's error means to a user of its queues.
  init(_ error: DeviceError) {
    switch error.code {
    case .lost: self.init(.deviceLost, error.message)
    case .invalid, .failed: self.init(.failed, error.message)
    }
  }
}
