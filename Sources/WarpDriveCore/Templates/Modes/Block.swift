// A block of a block cipher as two words, and the arithmetic that modes do on it.
// SPDX-License-Identifier: Apache-2.0

/// A block of 8 or 16 bytes, read as a big-endian number; one of 8 bytes has nothing in ``low``.
struct Block: Sendable, Equatable {
  /// The first eight bytes.
  var high: UInt64 = 0
  /// The last eight bytes.
  var low: UInt64 = 0

  static func ^ (left: Block, right: Block) -> Block {
    Block(high: left.high ^ right.high, low: left.low ^ right.low)
  }

  static func ^= (left: inout Block, right: Block) { left = left ^ right }

  /// Adds `byte` to the one at `index` without carry.
  mutating func add(_ byte: UInt8, at index: Int) {
    let shift = UInt64(56 - 8 * (index & 7))
    if index < 8 { high ^= UInt64(byte) &<< shift } else { low ^= UInt64(byte) &<< shift }
  }

  /// Adds one to the whole number, of `size` bytes, modulo its range (SP 800-38A appendix B.1).
  mutating func increment(_ size: Int) {
    guard size > 8 else {
      high &+= 1
      return
    }
    low &+= 1
    if low == 0 { high &+= 1 }
  }

  /// Adds one to the last four bytes, modulo their range (inc32 of SP 800-38D section 6.2).
  mutating func incrementLast32() {
    low = low & 0xFFFF_FFFF_0000_0000 | (low &+ 1) & 0xFFFF_FFFF
  }

  /// Twice the block in the field that CMAC's subkeys are made in (SP 800-38B sections 5.3 and 6.1).
  func doubled(_ size: Int) -> Block {
    // No branch on the secret: the mask is all ones where a bit is carried out.
    let carry = 0 &- (high &>> 63)
    guard size > 8 else { return Block(high: high &<< 1 ^ carry & 0x1B) }
    return Block(high: high &<< 1 | low &>> 63, low: low &<< 1 ^ carry & 0x87)
  }

  /// Twice the block in XTS's field, whose bytes count from the least significant one (IEEE 1619 section 5.2).
  func doubledAsTweak() -> Block {
    let (first, last) = (high.byteSwapped, low.byteSwapped)
    let carry = 0 &- (last &>> 63)
    let (newFirst, newLast) = (first &<< 1 ^ carry & 0x87, last &<< 1 | first &>> 63)
    return Block(high: newFirst.byteSwapped, low: newLast.byteSwapped)
  }
}

extension RawSpan {
  /// The block of `size` bytes, 8 or 16, at `offset`.
  func block(at offset: Int, _ size: Int) -> Block {
    Block(high: word(at: offset), low: size > 8 ? word(at: offset + 8) : 0)
  }

  /// At most 16 bytes from `offset` as a block that is filled up with zeros.
  func paddedBlock(at offset: Int, _ count: Int) -> Block {
    var block = Block()
    var index = 0
    while index < count {
      block.add(byte(at: offset + index), at: index)
      index += 1
    }
    return block
  }

  /// The byte at `offset`.
  func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  private func word(at offset: Int) -> UInt64 {
    UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

extension MutableRawSpan {
  /// Writes the block's `size` bytes, 8 or 16, to `offset`.
  @_lifetime(self: copy self)
  mutating func store(_ block: Block, at offset: Int, _ size: Int) {
    storeBytes(of: block.high.bigEndian, toByteOffset: offset, as: UInt64.self)
    if size > 8 { storeBytes(of: block.low.bigEndian, toByteOffset: offset + 8, as: UInt64.self) }
  }

  /// Writes a byte to `offset`.
  @_lifetime(self: copy self)
  mutating func store(byte: UInt8, at offset: Int) { storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }

  /// Adds `count` bytes from the start of `other` to those at `offset`, without carry.
  @_lifetime(self: copy self)
  mutating func add(_ other: RawSpan, _ count: Int, at offset: Int) {
    var index = 0
    while count - index >= 8 {
      let sum =
        unsafe unsafeLoadUnaligned(fromByteOffset: offset + index, as: UInt64.self)
        ^ other.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      storeBytes(of: sum, toByteOffset: offset + index, as: UInt64.self)
      index += 8
    }
    while index < count {
      store(byte: bytes.byte(at: offset + index) ^ other.byte(at: index), at: offset + index)
      index += 1
    }
  }

  /// Copies all of `other` to `offset`.
  @_lifetime(self: copy self)
  mutating func store(_ other: RawSpan, at offset: Int) {
    precondition(offset >= 0 && other.byteCount <= byteCount - offset, "store past the end of a span")
    guard other.byteCount > 0 else { return }
    // Checked above; a span that can be written overlaps no other.
    unsafe other.withUnsafeBytes { source in
      unsafe withUnsafeMutableBytes { target in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
      }
    }
  }
}
