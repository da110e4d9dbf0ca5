// CRC-32 and Adler-32 as hashes.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// A checksum of zlib's.
enum Checksum: String {
  /// CRC-32/ISO-HDLC, as gzip has it (RFC 1952 section 8).
  case crc32
  /// Adler-32 (RFC 1950 section 9).
  case adler32

  /// The checksum of no bytes.
  var initial: UInt32 { self == .crc32 ? 0 : 1 }

  /// The checksum of what `value` is the checksum of, followed by `bytes`.
  func update(_ value: UInt32, _ bytes: RawSpan) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      // Without an address zlib would answer with the initial value.
      guard let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: Bytef.self) else { return value }
      return switch self {
      case .crc32: unsafe UInt32(truncatingIfNeeded: crc32_z(uLong(value), start, buffer.count))
      case .adler32: unsafe UInt32(truncatingIfNeeded: adler32_z(uLong(value), start, buffer.count))
      }
    }
  }

  /// What an exported state begins with: the first letters of the name and the version of the format.
  var stateTag: [UInt8] {
    switch self {
    case .crc32: Array("crc".utf8) + [1]
    case .adler32: Array("adl".utf8) + [1]
    }
  }

  /// Whether `value` can be the checksum of something: both halves of an Adler-32 are less than 65,521.
  func canBe(_ value: UInt32) -> Bool {
    self == .crc32 || (value & 0xffff < 65_521 && value >> 16 < 65_521)
  }
}

/// A checksum as a hash; its digest is the value as zlib and gzip print it, most significant byte first.
struct ChecksumDriver: HashDriver {
  let descriptor: AlgorithmDescriptor
  private let checksum: Checksum

  init(_ checksum: Checksum) {
    self.checksum = checksum
    descriptor = AlgorithmDescriptor(
      name: checksum.rawValue, driverName: "\(checksum.rawValue)-zlib", priority: 100,
      properties: .hash(HashProperties(digestSize: 4, isChecksum: true)), flags: .exportable)
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { ChecksumTransform(checksum) }
}

/// A checksum of the message so far: the value is the state.
struct ChecksumTransform: HashTransform, ~Copyable {
  private let checksum: Checksum
  private var value: UInt32

  init(_ checksum: Checksum, value: UInt32? = nil) {
    self.checksum = checksum
    self.value = value ?? checksum.initial
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) { value = checksum.update(value, bytes) }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    append(value, to: &output)
    value = checksum.initial
  }

  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    append(checksum.update(checksum.initial, bytes), to: &output)
    value = checksum.initial
  }

  mutating func reset() throws(ProviderError) { value = checksum.initial }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    ChecksumTransform(checksum, value: value)
  }

  /// A tag of four bytes, so that the state of one checksum is not taken for another's, and the value.
  mutating func exportState() throws(ProviderError) -> [UInt8] {
    [UInt8](capacity: 8) { output in
      output.append(copying: checksum.stateTag.rawSpan)
      append(value, to: &output)
    }
  }

  mutating func importState(_ state: RawSpan) throws(ProviderError) {
    var imported: UInt32 = 0
    let bytes = [UInt8](copying: state)
    for byte in bytes.suffix(4) { imported = imported << 8 | UInt32(byte) }
    guard bytes.count == 8, Array(bytes.prefix(4)) == checksum.stateTag, checksum.canBe(imported) else {
      throw ProviderError(
        .invalidArgument, "these \(state.byteCount) bytes are no state of \(checksum.rawValue): give what was exported")
    }
    value = imported
  }

  private func append(_ value: UInt32, to output: inout OutputRawSpan) {
    // An integer has no padding.
    unsafe output.append(value.bigEndian, as: UInt32.self)
  }
}
