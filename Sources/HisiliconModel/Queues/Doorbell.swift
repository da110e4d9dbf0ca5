// A doorbell as it is rung: one 64-bit store that names a queue, what is rung, and a position.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// The fields of a doorbell, in the format of the device's revision.
struct Doorbell: Hashable, Sendable {
  /// The queue's number within its function; event queues are rung with 0.
  var queue: UInt16
  /// What is rung: `HISI_DOORBELL_CMD_*`; anything else is nothing the device knows.
  var command: UInt16
  /// What the driver was told to repeat (the context's `w8`); always 0 in the format of revision 0x20.
  var rand: UInt16
  /// The new position: a tail for an SQ, a head for the others.
  var index: UInt16
  /// Bit 0 of a CQ's doorbell arms the queue.
  var priority: UInt8

  /// Whether a CQ's doorbell arms the queue.
  var arms: Bool { priority & 1 != 0 }

  /// Takes a doorbell apart.
  ///
  /// - Parameters:
  ///   - raw: the value as it was stored.
  ///   - revision: the PCI revision; 0x20 has a format of its own.
  init(raw: UInt64, revision: UInt32) {
    if revision == HISI_QM_HW_V1 {
      queue = UInt16(truncatingIfNeeded: raw & HISI_DOORBELL_V1_QN_MASK)
      command = UInt16(truncatingIfNeeded: raw >> HISI_DOORBELL_V1_CMD_SHIFT & HISI_DOORBELL_V1_CMD_MASK)
      rand = 0
    } else {
      queue = UInt16(truncatingIfNeeded: raw & HISI_DOORBELL_QN_MASK)
      command = UInt16(truncatingIfNeeded: raw >> HISI_DOORBELL_CMD_SHIFT & HISI_DOORBELL_CMD_MASK)
      rand = UInt16(truncatingIfNeeded: raw >> HISI_DOORBELL_RAND_SHIFT & HISI_DOORBELL_RAND_MASK)
    }
    index = UInt16(truncatingIfNeeded: raw >> HISI_DOORBELL_INDEX_SHIFT & HISI_DOORBELL_INDEX_MASK)
    priority = UInt8(truncatingIfNeeded: raw >> HISI_DOORBELL_PRIORITY_SHIFT & HISI_DOORBELL_PRIORITY_MASK)
  }

  /// Makes a doorbell from its fields.
  init(queue: UInt16, command: UInt32, rand: UInt16 = 0, index: UInt16, priority: UInt8 = 0) {
    self.queue = queue
    self.command = UInt16(truncatingIfNeeded: command)
    self.rand = rand
    self.index = index
    self.priority = priority
  }

  /// The value that a driver stores.
  func raw(revision: UInt32) -> UInt64 {
    let common =
      UInt64(index) << HISI_DOORBELL_INDEX_SHIFT | UInt64(priority) << HISI_DOORBELL_PRIORITY_SHIFT
    if revision == HISI_QM_HW_V1 {
      return common | UInt64(queue) | UInt64(command) << HISI_DOORBELL_V1_CMD_SHIFT
    }
    return common | UInt64(queue) & HISI_DOORBELL_QN_MASK | UInt64(command) << HISI_DOORBELL_CMD_SHIFT
      | UInt64(rand) << HISI_DOORBELL_RAND_SHIFT
  }
}
