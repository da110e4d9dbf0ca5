// Doorbells in registers: where they are, what they mean, and what is none.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

/// The first half of a doorbell that a 32-bit processor stores in two.
struct SplitDoorbell: Sendable {
  /// Where the low half was stored.
  var offset: UInt64?
  /// The low half.
  var low: UInt32 = 0
}

extension Function {
  /// Whether an offset of BAR 2, a multiple of 8, is a doorbell at this revision.
  func isDoorbell(_ offset: UInt32) -> Bool {
    switch offset {
    case HISI_DOORBELL_V1: revision == .v1
    case HISI_DOORBELL_SQ_CQ, HISI_DOORBELL_EQ_AEQ: revision != .v1
    default: false
    }
  }

  /// A store to a doorbell of BAR 2.
  func writeDoorbell(_ value: UInt64, _ offset: UInt32, width: Int) {
    guard let raw = complete(value, UInt64(offset), width: width) else { return }
    let doorbell = Doorbell(raw: raw, revision: revision.hardwareVersion)
    // Of revision 0x21 on, each of the two registers has its own commands.
    let isEvent = doorbell.command == HISI_DOORBELL_CMD_EQ || doorbell.command == HISI_DOORBELL_CMD_AEQ
    if revision != .v1 && isEvent != (offset & ~7 == HISI_DOORBELL_EQ_AEQ) {
      ignore(doorbell)
    } else {
      ring(doorbell)
    }
  }

  /// A store to a queue's own page in BAR 4: its doorbell can only be that queue's.
  func writeIsolatedDoorbell(_ value: UInt64, _ offset: UInt64, width: Int) {
    let stride = UInt64(HISI_BAR_DOORBELLS_STRIDE)
    guard offset % stride & ~7 == UInt64(HISI_DOORBELL_SQ_CQ), let raw = complete(value, offset, width: width) else {
      return
    }
    let doorbell = Doorbell(raw: raw, revision: revision.hardwareVersion)
    let isQueue = doorbell.command == HISI_DOORBELL_CMD_SQ || doorbell.command == HISI_DOORBELL_CMD_CQ
    if isQueue && UInt64(doorbell.queue) == offset / stride {
      ring(doorbell)
    } else {
      ignore(doorbell)
    }
  }

  private func ring(_ doorbell: Doorbell) {
    platform.trace(
      index,
      .doorbell(
        command: doorbell.command, queue: doorbell.queue, index: doorbell.index, priority: doorbell.priority))
    switch UInt32(doorbell.command) {
    case HISI_DOORBELL_CMD_SQ:
      guard let queue = queue(doorbell.queue) else { return ignore(doorbell) }
      doorbellCount.wrappingAdd(1, ordering: .relaxed)
      queue.ringSQ(index: doorbell.index, rand: doorbell.rand)
    case HISI_DOORBELL_CMD_CQ:
      guard let queue = queue(doorbell.queue) else { return ignore(doorbell) }
      doorbellCount.wrappingAdd(1, ordering: .relaxed)
      queue.ringCQ(index: doorbell.index, rand: doorbell.rand, arm: doorbell.priority & 1 != 0)
    case HISI_DOORBELL_CMD_EQ, HISI_DOORBELL_CMD_AEQ:
      doorbellCount.wrappingAdd(1, ordering: .relaxed)
      events.ring(asynchronous: doorbell.command == HISI_DOORBELL_CMD_AEQ, index: doorbell.index)
    default:
      ignore(doorbell)
    }
  }

  /// A doorbell of nobody: it is counted, and no error is raised, since a client could make a storm of it.
  private func ignore(_ doorbell: Doorbell) {
    invalidDoorbellCount.wrappingAdd(1, ordering: .relaxed)
    platform.notice(index, "a doorbell of command \(doorbell.command) for queue \(doorbell.queue) is none of its own")
  }

  /// The whole doorbell of a store, once it is whole: the low half alone rings nothing.
  private func complete(_ value: UInt64, _ offset: UInt64, width: Int) -> UInt64? {
    if width == 8 { return value }
    guard width == 4 else { return nil }
    let half = UInt32(truncatingIfNeeded: value)
    return state.withLock { state in
      if offset & 4 == 0 {
        state.split = SplitDoorbell(offset: offset, low: half)
        return nil
      }
      guard state.split.offset == offset & ~4 else { return nil }
      state.split.offset = nil
      return UInt64(half) << 32 | UInt64(state.split.low)
    }
  }
}
