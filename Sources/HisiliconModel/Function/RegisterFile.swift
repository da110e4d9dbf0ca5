// Registers that are plain storage: 32-bit words, 0 until written.
// SPDX-License-Identifier: Apache-2.0

/// The bits of a 32-bit register that one access covers: all of them, or those of one or two bytes.
struct Lanes: Sendable {
  /// A one for every bit that is written.
  let mask: UInt32

  /// A whole register.
  static let all = Lanes(mask: .max)

  /// `width` bytes (1, 2 or 4) from byte `offset` (0 to 3) of a register.
  init(offset: UInt32, width: Int) {
    mask = width >= 4 ? .max : ((1 << (UInt32(width) * 8)) - 1) << (offset * 8)
  }

  private init(mask: UInt32) {
    self.mask = mask
  }

  /// A register's value after a write of `value` to these lanes.
  func merge(_ value: UInt32, into old: UInt32) -> UInt32 {
    old & ~mask | value & mask
  }
}

/// The storage behind a register region; a page of it exists once it was written.
struct RegisterFile: Sendable {
  private static let pageShift: UInt32 = 12
  private static let wordsPerPage = 1 << (Int(pageShift) - 2)

  private var pages: [UInt32: [UInt32]] = [:]

  /// The word at an offset, which is a multiple of 4.
  func load(_ offset: UInt32) -> UInt32 {
    guard let page = pages[offset >> Self.pageShift] else { return 0 }
    return page[Self.word(offset)]
  }

  /// Writes the covered bits of the word at an offset, which is a multiple of 4.
  mutating func store(_ value: UInt32, at offset: UInt32, lanes: Lanes = .all) {
    let index = offset >> Self.pageShift
    let merged = lanes.merge(value, into: load(offset))
    if merged == 0 && pages[index] == nil { return }
    pages[index, default: Array(repeating: 0, count: Self.wordsPerPage)][Self.word(offset)] = merged
  }

  /// Forgets everything written.
  mutating func clear() {
    pages.removeAll()
  }

  private static func word(_ offset: UInt32) -> Int {
    Int(offset >> 2) & (wordsPerPage - 1)
  }
}
