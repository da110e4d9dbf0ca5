// The driver's place in an event queue (EQ or AEQ), which the device writes.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// Reads entries in order, by their phase.
struct EventReader: Sendable {
  let block: DeviceBlock
  /// Where the ring begins in the block, in bytes.
  let offset: Int
  let depth: UInt32
  /// Whether the device was given the ring.
  private(set) var isRunning = false
  private(set) var head: UInt32 = 0
  private var phase = HISI_EQE_PHASE

  init(block: DeviceBlock, offset: Int, depth: UInt32) {
    self.block = block
    self.offset = offset
    self.depth = depth
  }

  var address: UInt64 { block.address + UInt64(offset) }
  static let entrySize = MemoryLayout<hisi_eqe>.size

  /// Empties the ring before the device is given it.
  mutating func restart() {
    block.wipe(offset..<offset + Int(depth) * Self.entrySize)
    head = 0
    phase = HISI_EQE_PHASE
    isRunning = true
  }

  /// Reads nothing more until `restart`.
  mutating func stop() {
    isRunning = false
  }

  /// The next entry, if the device has written it: one word, copied once.
  mutating func next() -> UInt32? {
    guard isRunning else { return nil }
    let entry = block.acquire32(offset + Int(head) * Self.entrySize)
    guard entry & HISI_EQE_PHASE == phase else { return nil }
    head += 1
    if head == depth {
      head = 0
      phase ^= HISI_EQE_PHASE
    }
    return entry
  }
}
