// Groups of Diffie-Hellman in DER, and the keys that bring them.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The prime, the generator and the subgroup's order of a key in DER.
struct DiffieHellmanParameters {
  /// dhKeyAgreement (PKCS #3) and dhpublicnumber (RFC 3279 2.3.3), as content octets.
  private static let agreement: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01]
  private static let publicNumber: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01]
  /// The longest prime: what takes longer is nobody's key.
  private static let maximumBits = 8192

  private let prime: Range<Int>
  private let generator: Range<Int>
  /// Empty where the prime is to be a safe one.
  private let order: Range<Int>

  /// Reads an AlgorithmIdentifier.
  init(_ reader: inout DERReader, in bytes: RawSpan) throws(ProviderError) {
    var algorithm = try reader.sequence(in: bytes)
    let identifier = try algorithm.element(.objectIdentifier, in: bytes)
    var numbers = try algorithm.sequence(in: bytes)
    prime = try numbers.integer(in: bytes)
    generator = try numbers.integer(in: bytes)
    if matches(bytes, identifier, Self.agreement) {
      order = 0..<0
      // How long private keys are to be: a wish of whoever made the group.
      if !numbers.isAtEnd { _ = try numbers.integer(in: bytes) }
      try numbers.finish()
    } else if matches(bytes, identifier, Self.publicNumber) {
      order = try numbers.integer(in: bytes)
      // The cofactor and the seed that the group was made from say nothing that is not checked here.
      if numbers.nextTag(in: bytes) == .integer { _ = try numbers.integer(in: bytes) }
      _ = try numbers.optional(.sequence, in: bytes)
      try numbers.finish()
    } else {
      throw KeyImport.refusal("it is a key of another algorithm")
    }
    try algorithm.finish()
  }

  /// Whether this is the group of a party.
  func isGroup(of context: UnsafeMutablePointer<cossl_dh>, in bytes: RawSpan) -> Bool {
    unsafe Self.digits(context, cossl_dh_prime) == prime.map { octet(bytes, $0) }
      && Self.digits(context, cossl_dh_generator) == generator.map { octet(bytes, $0) }
  }

  /// Makes a party of this group, after checking that it is one.
  func makeGroup(
    _ options: PublicKeyOptions, in bytes: RawSpan
  ) throws(ProviderError) -> UnsafeMutablePointer<cossl_dh> {
    let bits = KeyImport.bits(prime, in: bytes)
    guard bits >= options.minimumModulusBits else {
      throw KeyImport.refusal(
        "its prime has \(bits) bits, fewer than \(options.minimumModulusBits): take a group of RFC 7919, or ask for short "
          + "ones with PublicKeyOptions.minimumModulusBits")
    }
    guard bits <= Self.maximumBits else {
      throw KeyImport.refusal("its prime has \(bits) bits, more than \(Self.maximumBits)")
    }
    let made = unsafe bytes.withUnsafeBytes { buffer in
      func part(_ range: Range<Int>) -> cossl_octets {
        unsafe cossl_octets(
          bytes: buffer.baseAddress.map { unsafe $0 + range.lowerBound }, length: range.count)
      }
      return unsafe cossl_dh_create(part(prime), part(generator), part(order))
    }
    guard let made = unsafe made else {
      throw Libcrypto.failure(
        .invalidKey,
        "the key's group is refused: its prime is no safe one and no order of a subgroup is given, or they are not primes; "
          + "take a group of RFC 7919")
    }
    return unsafe made
  }

  /// The public number in a SubjectPublicKeyInfo of the same group.
  static func publicValue(
    _ bytes: RawSpan, of context: UnsafeMutablePointer<cossl_dh>
  ) throws(ProviderError) -> Range<Int> {
    var outer = DERReader(bytes)
    var body = try outer.sequence(in: bytes)
    try outer.finish()
    let parameters = try DiffieHellmanParameters(&body, in: bytes)
    let content = try body.bitString(in: bytes)
    try body.finish()
    var inner = DERReader(in: content)
    let number = try inner.integer(in: bytes)
    try inner.finish()
    guard unsafe parameters.isGroup(of: context, in: bytes) else {
      throw KeyImport.refusal("the peer's is of another group")
    }
    return number
  }

  /// A number of a party, without zeros before it.
  private static func digits(
    _ context: UnsafeMutablePointer<cossl_dh>,
    _ read: (UnsafePointer<cossl_dh>, UnsafeMutableRawPointer) -> Bool
  ) -> [UInt8] {
    let count = unsafe context.pointee.length
    let digits = [UInt8](capacity: count) { output in
      _ = unsafe append(count, to: &output) { out in unsafe out.map { unsafe read(context, $0) } ?? false }
    }
    return Array(digits.drop { $0 == 0 })
  }

  /// A private key as PKCS#8 with PKCS #3's parameters.
  static func privateInfo(of context: UnsafeMutablePointer<cossl_dh>, _ number: RawSpan) -> SecretBytes {
    let group = unsafe integer(digits(context, cossl_dh_prime)) + integer(digits(context, cossl_dh_generator))
    let algorithm = element(0x30, element(0x06, agreement) + element(0x30, group))
    var first = 0
    while first < number.byteCount - 1, octet(number, first) == 0 { first += 1 }
    var key = integer((first..<number.byteCount).map { octet(number, $0) })
    var info = element(0x30, [0x02, 0x01, 0x00] + algorithm + element(0x04, key))
    defer {
      unsafe key.withUnsafeMutableBytes { unsafe cossl_cleanse($0.baseAddress, $0.count) }
      unsafe info.withUnsafeMutableBytes { unsafe cossl_cleanse($0.baseAddress, $0.count) }
    }
    return SecretBytes(copying: info.rawSpan)
  }

  private static func integer(_ digits: [UInt8]) -> [UInt8] {
    element(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
  }

  private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    if count < 0x80 { return [tag, UInt8(count)] + content }
    if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
    return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
  }
}
