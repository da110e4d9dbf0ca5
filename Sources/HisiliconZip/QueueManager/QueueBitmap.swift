// Which queue pairs of a function are taken: the arbiter of kernel and user path.
// SPDX-License-Identifier: Apache-2.0

/// A bitmap of queues; a bit is set for a queue that is taken.
struct QueueBitmap: Hashable, Sendable {
  private var words: [UInt64]
  /// How many queues there are.
  let count: Int
  /// How many of them are free.
  private(set) var freeCount: Int

  /// Makes a bitmap of free queues.
  init(count: Int) {
    self.count = count
    freeCount = count
    words = Array(repeating: 0, count: (count + 63) / 64)
  }

  /// Takes the first free queue.
  mutating func take() -> UInt16? {
    for (index, word) in words.enumerated() where word != .max {
      let number = index * 64 + (~word).trailingZeroBitCount
      guard number < count else { return nil }
      words[index] |= 1 << UInt64(number % 64)
      freeCount -= 1
      return UInt16(number)
    }
    return nil
  }

  /// Gives a queue back; one that was not taken stays as it is.
  mutating func release(_ number: UInt16) {
    let bit: UInt64 = 1 << UInt64(number % 64)
    guard Int(number) < count, words[Int(number) / 64] & bit != 0 else { return }
    words[Int(number) / 64] &= ~bit
    freeCount += 1
  }
}
