// Pages that are locked as long as a device that cannot fault uses them.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Locked ranges by device address; locks of the kernel do not add up, so that a page shared twice is unlocked last.
struct LockedMemory {
  private var ranges: [UInt64: PageRange] = [:]

  /// Remembers a range that was locked and shared.
  mutating func note(_ address: UInt64, _ pages: PageRange) {
    ranges[address] = pages
  }

  /// Unlocks what was noted for an address.
  mutating func unlock(noted address: UInt64) {
    if let pages = ranges.removeValue(forKey: address) { unlock(pages) }
  }

  /// Unlocks the pages of a range that no noted range needs.
  func unlock(_ pages: PageRange) {
    let size = CurrentProcess.pageSize
    for offset in stride(from: 0, to: pages.byteCount, by: size) {
      let page = unsafe pages.base + offset
      // Pages that are gone meanwhile are not locked any more either.
      if !isNeeded(UInt(bitPattern: page)) { try? unsafe PageRange(start: page, count: size).unlock() }
    }
  }

  /// Unlocks everything.
  mutating func unlockAll() {
    for pages in ranges.values { try? pages.unlock() }
    ranges = [:]
  }

  private func isNeeded(_ page: UInt) -> Bool {
    ranges.values.contains { range in
      let start = unsafe UInt(bitPattern: range.base)
      return page >= start && page < start + UInt(range.byteCount)
    }
  }
}
