// Keys in PEM: base64 between two lines that say what it is.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A key of PEM's textual encoding (RFC 7468).
struct PEM: ~Copyable {
  /// What stands between BEGIN and the hyphens, as `PRIVATE KEY`.
  let label: String
  /// The DER.
  let content: SecretBytes

  private static let begin = Array("-----BEGIN ".utf8)
  private static let end = Array("-----END ".utf8)
  private static let hyphens = Array("-----".utf8)
  /// The longest key of 16,384 bits is 12,000 bytes of DER.
  private static let maximumLength = 1 << 16

  /// Whether `bytes` begin as PEM does.
  static func isMarked(_ bytes: RawSpan) -> Bool { starts(bytes, begin, at: 0) }

  /// Reads one key; only line ends may follow it.
  ///
  /// - Throws: ``WarpDriveCore/ProviderError/Code/invalidKey``.
  init(_ bytes: RawSpan) throws(ProviderError) {
    guard bytes.byteCount <= Self.maximumLength else { throw Self.malformed("it is longer than any key") }
    var position = 0
    let label = try Self.label(bytes, &position, Self.begin)
    var text = [UInt8](repeating: 0, count: bytes.byteCount)
    var count = 0
    defer { unsafe text.withUnsafeMutableBytes { unsafe cossl_cleanse($0.baseAddress, $0.count) } }
    while position < bytes.byteCount, octet(bytes, position) != UInt8(ascii: "-") {
      let character = octet(bytes, position)
      position += 1
      if Self.isLineEnd(character) { continue }
      text[count] = character
      count += 1
    }
    guard try Self.label(bytes, &position, Self.end) == label else { throw Self.malformed("its two labels differ") }
    while position < bytes.byteCount {
      guard Self.isLineEnd(octet(bytes, position)) else { throw Self.malformed("there are bytes behind its end") }
      position += 1
    }
    let decoded = try Self.decode(&text, count)
    self.label = label
    content = decoded
  }

  /// Reads `-----BEGIN LABEL-----` or its end, and the line end.
  private static func label(
    _ bytes: RawSpan, _ position: inout Int, _ opening: [UInt8]
  ) throws(ProviderError) -> String {
    guard starts(bytes, opening, at: position) else { throw malformed("a line that begins or ends it is missing") }
    position += opening.count
    let start = position
    while position < bytes.byteCount, octet(bytes, position) != UInt8(ascii: "-"), position - start < 64 {
      position += 1
    }
    guard starts(bytes, hyphens, at: position) else { throw malformed("a label does not end with five hyphens") }
    let label = String(decoding: (start..<position).map { octet(bytes, $0) }, as: UTF8.self)
    position += hyphens.count
    guard position == bytes.byteCount || isLineEnd(octet(bytes, position)) else {
      throw malformed("a label is not alone on its line")
    }
    return label
  }

  /// Decodes base64 (RFC 4648 4) in place, with the padding that it needs and no bits left over.
  private static func decode(_ text: inout [UInt8], _ count: Int) throws(ProviderError) -> SecretBytes {
    guard count > 0, count.isMultiple(of: 4) else { throw malformed("its base64 has no whole groups of four") }
    var padding = 0
    while padding < 2, text[count - 1 - padding] == UInt8(ascii: "=") { padding += 1 }
    var group: UInt32 = 0
    var length = 0
    for index in 0..<count {
      var digit: UInt32 = 0
      if index < count - padding {
        guard let value = value(of: text[index]) else { throw malformed("there is a character that base64 has not") }
        digit = value
      }
      group = group << 6 | digit
      guard index % 4 == 3 else { continue }
      for shift in [16, 8, 0] {
        text[length] = UInt8(truncatingIfNeeded: group >> UInt32(shift))
        length += 1
      }
      group = 0
    }
    for index in length - padding..<length {
      guard text[index] == 0 else { throw malformed("its base64 has bits left over") }
    }
    return SecretBytes(copying: text.rawSpan.extracting(0..<length - padding))
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  private static func starts(_ bytes: RawSpan, _ prefix: [UInt8], at position: Int) -> Bool {
    guard position <= bytes.byteCount - prefix.count else { return false }
    return prefix.indices.allSatisfy { octet(bytes, position + $0) == prefix[$0] }
  }

  private static func isLineEnd(_ character: UInt8) -> Bool {
    character == UInt8(ascii: "\n") || character == UInt8(ascii: "\r")
  }

  private static func malformed(_ why: String) -> ProviderError {
    ProviderError(.invalidKey, "the key is not PEM: \(why); write it again, for example with 'openssl pkey'")
  }
}
