// Which ranges of addresses a client has mapped.
// SPDX-License-Identifier: Apache-2.0

/// Ranges that do not overlap, in the order of their addresses.
struct MappingTable {
  private(set) var ranges: [ClosedRange<UInt64>] = []

  /// Whether a range overlaps any that is mapped.
  func overlaps(_ range: ClosedRange<UInt64>) -> Bool {
    let index = firstIndex(endingAtOrAbove: range.lowerBound)
    return index < ranges.count && ranges[index].lowerBound <= range.upperBound
  }

  /// Adds a range that overlaps none.
  mutating func insert(_ range: ClosedRange<UInt64>) {
    ranges.insert(range, at: firstIndex(endingAtOrAbove: range.lowerBound))
  }

  /// Takes out every range within another; nil, and nothing is taken, if that would cut one in two.
  mutating func removeAll(within range: ClosedRange<UInt64>) -> [ClosedRange<UInt64>]? {
    let first = firstIndex(endingAtOrAbove: range.lowerBound)
    var end = first
    while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
      guard ranges[end].lowerBound >= range.lowerBound, ranges[end].upperBound <= range.upperBound else { return nil }
      end += 1
    }
    let removed = Array(ranges[first..<end])
    ranges.removeSubrange(first..<end)
    return removed
  }

  /// The first range whose last address is not below `address`.
  private func firstIndex(endingAtOrAbove address: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
