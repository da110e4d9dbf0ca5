// The table that says which queues belong to which function (VFT), and what its registers store.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// A function's queues as a range of the device's.
struct QueueWindow: Hashable, Sendable {
  /// The device's number of the function's queue 0.
  var base: UInt32
  /// How many queues there are; 0 where the function has none.
  var count: UInt32

  /// No queues.
  static let none = QueueWindow(base: 0, count: 0)

  /// The window as one word, for an atomic.
  var packed: UInt64 { UInt64(base) << 32 | UInt64(count) }

  /// Makes a window.
  init(base: UInt32, count: UInt32) {
    self.base = base
    self.count = count
  }

  /// Unpacks `packed`.
  init(packed: UInt64) {
    base = UInt32(truncatingIfNeeded: packed >> 32)
    count = UInt32(truncatingIfNeeded: packed)
  }

  /// Decodes an entry of the SQC table.
  ///
  /// Revision 0x20 has no number in its entries: the function has every queue from the base on.
  init(entry: UInt64, revision: Revision, total: UInt32) {
    guard entry & HISI_VFT_SQC_VALID != 0 else {
      self = .none
      return
    }
    base = UInt32(truncatingIfNeeded: entry >> HISI_VFT_SQC_BASE_SHIFT & HISI_VFT_SQC_BASE_MASK)
    let number =
      revision == .v1
      ? total - min(base, total)
      : UInt32(truncatingIfNeeded: entry >> HISI_VFT_SQC_NUMBER_SHIFT & HISI_VFT_SQC_NUMBER_MASK) + 1
    count = min(number, total - min(base, total))
  }

  /// The entry of the SQC table that says this.
  var entry: UInt64 {
    guard count > 0 else { return 0 }
    return UInt64(base) << HISI_VFT_SQC_BASE_SHIFT | HISI_VFT_SQC_VALID
      | UInt64(count - 1) << HISI_VFT_SQC_NUMBER_SHIFT
  }
}

/// What the VFT registers have written, by kind and function: storage that reads back.
struct VirtualFunctionTable: Sendable {
  /// An entry's place.
  struct Key: Hashable, Sendable {
    /// `HISI_VFT_TYPE_SQC`, `_CQC` or `_SHAPER`.
    var type: UInt32
    /// The function; of a shaper, with the type of its algorithm from bit 6.
    var function: UInt32
  }

  /// More places than any driver uses; further writes are dropped, so that a guest cannot make the table grow.
  private static let mostEntries = 1024

  private var entries: [Key: UInt64] = [:]

  /// The entry, 0 where none was written.
  subscript(key: Key) -> UInt64 {
    get { entries[key] ?? 0 }
    set {
      if newValue == 0 {
        entries[key] = nil
      } else if entries[key] != nil || entries.count < Self.mostEntries {
        entries[key] = newValue
      }
    }
  }

  /// Forgets every entry.
  mutating func clear() {
    entries.removeAll()
  }
}
