// Reads DER strictly: what is not the one encoding of its value is refused.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// A place in DER (ITU-T X.690), from which one element after another is read.
///
/// Refused are lengths that are indefinite or longer than they need be, elements that end behind what they are in,
/// integers that are negative, padded or longer than any key's, and whatever is left over.
struct DERReader {
  /// The tags that keys have (X.690 8.1.2, X.680 table 1).
  enum Tag: UInt8 {
    case integer = 0x02
    case bitString = 0x03
    case octetString = 0x04
    case null = 0x05
    case objectIdentifier = 0x06
    case sequence = 0x30
    /// [0] with an element in it: a curve of SEC 1's key, or attributes of PKCS#8.
    case explicit0 = 0xA0
    /// [1] with an element in it: the public key beside SEC 1's.
    case explicit1 = 0xA1
    /// [1] without: the public key beside RFC 5958's.
    case implicit1 = 0x81
  }

  /// Where the next element begins.
  private var position: Int
  /// Where the last one ends.
  private let end: Int

  /// Reads all of `bytes`.
  init(_ bytes: RawSpan) {
    position = 0
    end = bytes.byteCount
  }

  /// Reads what an element has in it.
  init(in content: Range<Int>) {
    position = content.lowerBound
    end = content.upperBound
  }

  /// Whether everything has been read.
  var isAtEnd: Bool { position == end }

  /// The tag of the next element; nil at the end, and for one that no key has.
  func nextTag(in bytes: RawSpan) -> Tag? {
    position < end ? Tag(rawValue: octet(bytes, position)) : nil
  }

  /// Reads an element; its content, which the caller looks into.
  mutating func element(_ tag: Tag, in bytes: RawSpan) throws(ProviderError) -> Range<Int> {
    guard nextTag(in: bytes) == tag else { throw Self.malformed("an element is missing or of another type") }
    let start = position + 1
    guard start < end else { throw Self.malformed("it ends in the middle of an element") }
    let first = octet(bytes, start)
    var length = Int(first)
    var content = start + 1
    if first >= 0x80 {
      // One byte says how many follow (X.690 8.1.3.5): none is an indefinite length, and no key needs more than two.
      let count = Int(first & 0x7F)
      guard count > 0 else { throw Self.malformed("a length is indefinite, which is BER and not DER") }
      guard count <= 2, content + count <= end else { throw Self.malformed("a length is too long for any key") }
      length = (0..<count).reduce(0) { $0 << 8 | Int(octet(bytes, content + $1)) }
      guard length >= (count == 1 ? 0x80 : 0x100) else {
        throw Self.malformed("a length has a longer form than it needs")
      }
      content += count
    }
    guard length <= end - content else { throw Self.malformed("an element is longer than what it is in") }
    position = content + length
    return content..<position
  }

  /// Reads an element if it is the next.
  mutating func optional(_ tag: Tag, in bytes: RawSpan) throws(ProviderError) -> Range<Int>? {
    guard nextTag(in: bytes) == tag else { return nil }
    return try element(tag, in: bytes)
  }

  /// Reads a sequence; what is in it.
  mutating func sequence(in bytes: RawSpan) throws(ProviderError) -> DERReader {
    DERReader(in: try element(.sequence, in: bytes))
  }

  /// Reads an integer that is not negative; its digits to the base of 256, without zeros before them.
  mutating func integer(in bytes: RawSpan) throws(ProviderError) -> Range<Int> {
    let content = try element(.integer, in: bytes)
    guard !content.isEmpty else { throw Self.malformed("an integer has no digits") }
    let first = octet(bytes, content.lowerBound)
    guard first < 0x80 else { throw Self.malformed("an integer is negative") }
    var digits = content
    if first == 0 {
      guard content.count == 1 || octet(bytes, content.lowerBound + 1) >= 0x80 else {
        throw Self.malformed("an integer is padded")
      }
      digits = content.lowerBound + 1..<content.upperBound
    }
    guard digits.count <= PublicKeyOptions.maximumModulusBits / 8 else {
      throw Self.malformed("an integer has more than \(PublicKeyOptions.maximumModulusBits) bits")
    }
    return digits
  }

  /// Reads an integer below 256.
  mutating func smallInteger(in bytes: RawSpan) throws(ProviderError) -> UInt8 {
    let digits = try integer(in: bytes)
    guard digits.count <= 1 else { throw Self.malformed("a version is not one that there is") }
    return digits.isEmpty ? 0 : octet(bytes, digits.lowerBound)
  }

  /// Reads a bit string of whole bytes.
  mutating func bitString(in bytes: RawSpan) throws(ProviderError) -> Range<Int> {
    try Self.wholeBytes(of: element(.bitString, in: bytes), in: bytes)
  }

  /// The bytes of a bit string's content; its first byte says how many bits of the last are none (X.690 8.6.2).
  static func wholeBytes(of content: Range<Int>, in bytes: RawSpan) throws(ProviderError) -> Range<Int> {
    guard let first = content.first, octet(bytes, first) == 0 else {
      throw malformed("a bit string is not of whole bytes")
    }
    return content.dropFirst()
  }

  /// Checks that nothing is left.
  func finish() throws(ProviderError) {
    guard isAtEnd else { throw Self.malformed("there are bytes behind its end") }
  }

  /// The error for what is not DER.
  static func malformed(_ why: String) -> ProviderError {
    ProviderError(.invalidKey, "the key is not strict DER: \(why); write it again, for example with 'openssl pkey'")
  }
}

/// One byte of a span.
@inline(__always)
func octet(_ bytes: RawSpan, _ index: Int) -> UInt8 {
  precondition(index >= 0 && index < bytes.byteCount, "a byte outside of a span was asked for")
  return unsafe bytes.unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
}
