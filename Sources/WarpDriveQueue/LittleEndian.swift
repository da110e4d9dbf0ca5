// Numbers as the bytes of commands, and back: least significant byte first on every machine.
// SPDX-License-Identifier: Apache-2.0

extension FixedWidthInteger {
  /// The number's bytes, the least significant first.
  package var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }

  /// The number that bytes are, the least significant first: of as many as it has; those that are missing are 0.
  package init(littleEndianBytes bytes: some BidirectionalCollection<UInt8>) {
    self = bytes.prefix(Self.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
