// Levels of compression on the command line: one, several, or a range.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A list of levels, with commas between them; `1-9` stands for all from 1 to 9.
struct LevelList: ExpressibleByArgument, Equatable {
  /// More than any library has.
  private static let mostLevels = 64

  /// The levels, without repetition, in the order in which they were named.
  let values: [Int]

  init?(argument: String) {
    var values: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = Self.range(String(part)) else { return nil }
      for level in range where !values.contains(level) { values.append(level) }
    }
    guard values.count <= Self.mostLevels else { return nil }
    self.values = values
  }

  /// `6`, `-3`, `1-9` or `-7--1`: the hyphen behind the first digit is that of a range.
  private static func range(_ text: String) -> ClosedRange<Int>? {
    if let level = Int(text) { return level...level }
    guard let digit = text.firstIndex(where: \.isNumber), let hyphen = text[digit...].firstIndex(of: "-"),
      let first = Int(text[..<hyphen]), let last = Int(text[text.index(after: hyphen)...]), first <= last,
      // No library has such levels, and of these the difference is a number too.
      first.magnitude < 1 << 20, last.magnitude < 1 << 20, last - first < mostLevels
    else { return nil }
    return first...last
  }
}
