// Registers as bytes of a message, and the other way round.
// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
  /// The bytes as a little-endian number; of more than 8 bytes, the first 8.
  public var registerValue: UInt64 {
    var value: UInt64 = 0
    for offset in 0..<Swift.min(byteCount, 8) {
      // Within the span, and any bits are a byte.
      value |= UInt64(unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)) << UInt64(8 * offset)
    }
    return value
  }
}

extension MutableRawSpan {
  /// Stores a number into all the bytes, little-endian; those beyond the eighth become 0.
  public mutating func storeRegister(_ value: UInt64) {
    for offset in 0..<byteCount {
      let byte = offset < 8 ? UInt8(truncatingIfNeeded: value >> UInt64(8 * offset)) : 0
      storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
  }
}
