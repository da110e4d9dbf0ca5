// The texts of a gzip header as bytes: the same limits for every driver that writes one.
// SPDX-License-Identifier: Apache-2.0

extension GzipHeader {
  /// The most bytes of an extra field (RFC 1952 section 2.3.1.1).
  package static let longestExtra = 65_535

  /// The name and the comment as a header has them, without the zero byte behind each; nil for those that there are not.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for text with a zero byte or beyond ISO 8859-1, and for too long an
  ///   extra field.
  package func encoded() throws(ProviderError) -> (name: [UInt8]?, comment: [UInt8]?) {
    let texts = (try Self.latin1(name, "name"), try Self.latin1(comment, "comment"))
    if let extra, extra.count > Self.longestExtra {
      throw ProviderError(
        .invalidArgument, "the extra field of a gzip header has at most \(Self.longestExtra) bytes, not \(extra.count)")
    }
    return texts
  }

  /// The text of a field that was read: every byte is a character of ISO 8859-1.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
    return String(scalars)
  }

  private static func latin1(_ text: String?, _ field: String) throws(ProviderError) -> [UInt8]? {
    guard let text else { return nil }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value), byte != 0 else {
        throw ProviderError(
          .invalidArgument,
          "the \(field) in a gzip header consists of ISO 8859-1 characters other than zero: leave out U+"
            + String(scalar.value, radix: 16, uppercase: true))
      }
      bytes.append(byte)
    }
    return bytes
  }
}

extension GzipHeader {
  /// The header of a member, from its magic to the byte before its data (RFC 1952 section 2.3).
  ///
  /// - Parameter extraFlags: XFL: 2 for the slowest level, 4 for the fastest, else 0.
  /// - Throws: as ``encoded()``.
  func bytes(extraFlags: UInt8) throws(ProviderError) -> [UInt8] {
    let texts = try encoded()
    // FTEXT, FHCRC, FEXTRA, FNAME and FCOMMENT are bits 0 to 4.
    let flags: [Bool] = [isText, hasChecksum, extra != nil, texts.name != nil, texts.comment != nil]
    var bytes: [UInt8] = [0x1F, 0x8B, 8]
    bytes.append(flags.indices.reduce(0) { flags[$1] ? $0 | 1 << UInt8($1) : $0 })
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: modificationTime >> (8 * $0)) }
    bytes += [extraFlags, operatingSystem]
    if let extra { bytes += [UInt8(truncatingIfNeeded: extra.count), UInt8(extra.count >> 8)] + extra }
    if let name = texts.name { bytes += name + [0] }
    if let comment = texts.comment { bytes += comment + [0] }
    if hasChecksum {
      let checksum = Self.crc32(bytes)
      bytes += [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)]
    }
    return bytes
  }

  /// CRC-32 of a header (RFC 1952 section 8), bit by bit: it is short, and has one once in a file.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xEDB8_8320 }
    }
    return ~remainder
  }
}
