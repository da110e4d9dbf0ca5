// A lock for what may take time.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// One holder at a time, who may wait for a device meanwhile; the others wait with a time limit.
final class Turn: Sendable {
  /// Longer than any function takes for what is done within a turn.
  private static let limit: UInt64 = 60_000_000_000

  private let permit = TimedSemaphore(value: 1)

  /// Runs `body` alone.
  ///
  /// - Throws: `timedOut` where another holder does not end, and what `body` throws.
  func take<Result>(_ body: () throws(QueueError) -> Result) throws(QueueError) -> Result {
    guard permit.wait(nanoseconds: Self.limit) else {
      throw QueueError(.timedOut, "the device does not finish what it is at: reset it")
    }
    defer { permit.signal() }
    return try body()
  }

  /// Runs `body` alone, or beside a holder that does not end: for what has to be given back.
  func takeOrGoOn<Result>(_ body: () -> Result) -> Result {
    let hasPermit = permit.wait(nanoseconds: Self.limit)
    defer { if hasPermit { permit.signal() } }
    return body()
  }
}
