// Which addresses of the function's own address space are the kernel path's, and which of them are free.
// SPDX-License-Identifier: Apache-2.0

/// A first-fit allocator of page-aligned device addresses.
struct AddressAllocator: Sendable {
  private static let page: UInt64 = 4096

  /// Free ranges, ascending, not touching each other.
  private var free: [Range<UInt64>]

  /// Makes an allocator of all of a range.
  init(_ addresses: ClosedRange<UInt64>) {
    free = [addresses.lowerBound..<addresses.upperBound + 1]
  }

  /// The kernel path's range in an address space of so many bits: a part that no program's memory is in where there is
  /// room for that, else all from 4 GiB to the middle.
  static func range(addressWidth: Int) -> ClosedRange<UInt64> {
    if addressWidth >= 57 { return 0x0100_0000_0000_0000...0x01ff_ffff_ffff_ffff }
    // An IOMMU of 33 bits or fewer has no room above 4 GiB below its middle.
    let end: UInt64 = 1 << UInt64(max(addressWidth, 17) - 1)
    let start: UInt64 = end > 1 << 33 ? 1 << 32 : end / 2
    return start...end - 1
  }

  /// Takes addresses for at least `count` bytes; nil where there is no room.
  mutating func allocate(_ count: UInt64) -> UInt64? {
    let size = (max(count, 1) + Self.page - 1) & ~(Self.page - 1)
    guard let place = free.firstIndex(where: { $0.upperBound - $0.lowerBound >= size }) else { return nil }
    let start = free[place].lowerBound
    if free[place].upperBound - start == size {
      free.remove(at: place)
    } else {
      free[place] = start + size..<free[place].upperBound
    }
    return start
  }

  /// Gives addresses back, as they were taken.
  mutating func release(_ address: UInt64, _ count: UInt64) {
    let size = (max(count, 1) + Self.page - 1) & ~(Self.page - 1)
    var range = address..<address + size
    var place = free.firstIndex { $0.lowerBound >= range.upperBound } ?? free.endIndex
    if place < free.endIndex && free[place].lowerBound == range.upperBound {
      range = range.lowerBound..<free.remove(at: place).upperBound
    }
    if place > 0 && free[place - 1].upperBound == range.lowerBound {
      place -= 1
      range = free.remove(at: place).lowerBound..<range.upperBound
    }
    free.insert(range, at: place)
  }
}
