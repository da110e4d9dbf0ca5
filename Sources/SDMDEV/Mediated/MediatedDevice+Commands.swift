// The commands of a mediated device, as they arrive from its process.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

extension MediatedDevice {
  /// Carries out a command other than `wait`.
  ///
  /// - Throws: `invalid` for a body of another length, `unsupported` for a command that the device does not have, and what
  ///   the command throws.
  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    switch command {
    case QueueCommand.start:
      try Self.check(body, 0)
      try start()
      return []
    case QueueCommand.bindPASID:
      try Self.check(body, 4)
      let bound = try bind(pasid: UInt32(truncatingIfNeeded: UInt64(littleEndianBytes: body)))
      return bound.pasid.littleEndianBytes + bound.flags.rawValue.littleEndianBytes
    case QueueCommand.getBuffer:
      try Self.check(body, 8)
      let pool = try makePool(bytes: UInt64(littleEndianBytes: body))
      return pool.bytes.littleEndianBytes + pool.deviceAddress.littleEndianBytes
    case QueueCommand.deviceAddress:
      try Self.check(body, 8)
      _ = try openQueue()
      return try deviceAddress(ofOwnerAddress: UInt64(littleEndianBytes: body)).littleEndianBytes
    case QueueCommand.wait:
      throw QueueError(.unsupported, "waiting is not a command that is carried out at once")
    default:
      return try withTurn { () throws(QueueError) in
        let queue = try openQueue()
        if queue.state == .stopped { throw Self.wasReset }
        return try queue.perform(command, body)
      }
    }
  }

  /// The time of a WAIT's body, in nanoseconds.
  static func waitTime(_ body: [UInt8]) throws(QueueError) -> UInt64 {
    try check(body, 4)
    let milliseconds = UInt64(littleEndianBytes: body)
    return milliseconds == 0 ? .max : milliseconds * 1_000_000
  }

  private static func check(_ body: [UInt8], _ count: Int) throws(QueueError) {
    guard body.count == count else {
      throw QueueError(.invalid, "the command has a body of \(count) bytes, not \(body.count)")
    }
  }
}
