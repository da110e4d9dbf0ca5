// Triple DES by SP 800-67, bit by bit: the block cipher of eight bytes that modes are tested with.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// DES (SP 800-67 section 2 and appendix A).
struct ToyDES: Sendable {
  private let roundKeys: [UInt64]

  private static let permutation = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4,
    25,
  ]
  private static let choice1 = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55,
    47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
  ]
  private static let choice2 = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
    40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
  ]
  /// The S-boxes, a digit for each entry, row after row.
  private static let boxes = [
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
  ].map { $0.utf8.compactMap { Self.digit($0) } }

  private static func digit(_ character: UInt8) -> UInt64? {
    switch character {
    case 48...57: UInt64(character - 48)
    case 97...102: UInt64(character - 87)
    default: nil
    }
  }

  private static let initial = (0..<64).map { 58 + 2 * ($0 / 8 % 4) - 8 * ($0 % 8) - ($0 / 32) }
  private static let final = (1...64).map { place in (initial.firstIndex(of: place) ?? 0) + 1 }
  private static let expansion = (0..<48).map { ($0 / 6 * 4 + $0 % 6 + 31) % 32 + 1 }

  /// The bits of a word of `width` bits at the places of `table`, which count from the most significant one.
  private static func pick(_ table: [Int], _ word: UInt64, _ width: Int) -> UInt64 {
    table.reduce(0) { $0 << 1 | word >> UInt64(width - $1) & 1 }
  }

  init(_ key: [UInt8]) {
    let chosen = Self.pick(Self.choice1, key.reduce(0) { $0 << 8 | UInt64($1) }, 64)
    var (left, right) = (chosen >> 28, chosen & 0xFFF_FFFF)
    var keys: [UInt64] = []
    for round in 0..<16 {
      for _ in 0..<([0, 1, 8, 15].contains(round) ? 1 : 2) {
        left = (left << 1 | left >> 27) & 0xFFF_FFFF
        right = (right << 1 | right >> 27) & 0xFFF_FFFF
      }
      keys.append(Self.pick(Self.choice2, left << 28 | right, 56))
    }
    roundKeys = keys
  }

  func transform(_ block: UInt64, _ direction: CipherDirection) -> UInt64 {
    let start = Self.pick(Self.initial, block, 64)
    var (left, right) = (start >> 32, start & 0xFFFF_FFFF)
    for key in direction == .encrypt ? roundKeys : roundKeys.reversed() {
      let mixed = Self.pick(Self.expansion, right, 32) ^ key
      var replaced: UInt64 = 0
      for box in 0..<8 {
        let six = Int(mixed >> UInt64(42 - 6 * box) & 63)
        replaced = replaced << 4 | Self.boxes[box][((six >> 5) << 1 | six & 1) * 16 + ((six >> 1) & 15)]
      }
      (left, right) = (right, left ^ Self.pick(Self.permutation, replaced, 32))
    }
    return Self.pick(Self.final, right << 32 | left, 64)
  }
}

extension ToyBlockCipher {
  /// Triple DES with three keys, with the block of zeros of SP 800-38B.
  static func tripleDES() -> ToyBlockCipher {
    ToyBlockCipher(
      "des3_ede", driver: "des3_ede-toy", keyLengths: KeyLengths(24, 24), blockSize: 8,
      [
        KnownAnswer(
          .cipher(
            key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5", iv: "", plaintext: "0000000000000000",
            ciphertext: "c8cc74e98a7329a2"), source: "SP 800-38B D.4")
      ]
    ) { key in
      let parts = (0..<3).map { ToyDES(Array(key[8 * $0..<8 * $0 + 8])) }
      return ToyKeyedCipher { direction, block in
        var word = block.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let other: CipherDirection = direction == .encrypt ? .decrypt : .encrypt
        for (index, part) in (direction == .encrypt ? parts : parts.reversed()).enumerated() {
          word = part.transform(word, index == 1 ? other : direction)
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
      }
    }
  }
}
