// GHASH: the universal hash of GCM (SP 800-38D section 6.4), without tables, in time that no secret decides.
// SPDX-License-Identifier: Apache-2.0

/// A GHASH in progress.
struct GHASH {
  private let key: Block
  private(set) var value = Block()

  /// Begins with the hash subkey, the encryption of the zero block.
  init(key: Block) { self.key = key }

  /// Takes `bytes`, filled up with zeros to whole blocks.
  mutating func update(_ bytes: RawSpan) {
    var offset = 0
    while bytes.byteCount - offset >= 16 {
      add(bytes.block(at: offset, 16))
      offset += 16
    }
    if offset < bytes.byteCount { add(bytes.paddedBlock(at: offset, bytes.byteCount - offset)) }
  }

  /// Takes the block of the two lengths, given in bytes.
  mutating func update(lengths first: Int, _ second: Int) {
    add(Block(high: UInt64(first) &* 8, low: UInt64(second) &* 8))
  }

  private mutating func add(_ block: Block) { value = Self.multiply(value ^ block, key) }

  /// The product in GCM's field, whose bits count from the most significant one (SP 800-38D section 6.3).
  ///
  /// All 128 steps are taken, with masks instead of branches: neither time nor addresses depend on a factor.
  static func multiply(_ left: Block, _ right: Block) -> Block {
    var product = Block()
    var multiple = right
    var bits = left.high
    var index = 0
    while index < 128 {
      if index == 64 { bits = left.low }
      let mask = 0 &- (bits &>> 63)
      bits = bits &<< 1
      product.high ^= multiple.high & mask
      product.low ^= multiple.low & mask
      // R of section 6.3: 11100001 followed by 120 zeros.
      let carry = 0 &- (multiple.low & 1)
      multiple.low = multiple.low &>> 1 | multiple.high &<< 63
      multiple.high = multiple.high &>> 1 ^ carry & 0xE100_0000_0000_0000
      index += 1
    }
    return product
  }
}
