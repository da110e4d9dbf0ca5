// Keys from their encodings: raw, PKCS#8, SubjectPublicKeyInfo, PKCS#1 and SEC 1, each as DER or PEM.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// Reads keys of one type.
///
/// The encodings are taken apart here, strictly; libcrypto is given numbers and octets alone, so that no decoder of its
/// own guesses what a file might be.
struct KeyImport: Sendable {
  /// The one type that is taken.
  let type: KeyType
  /// Limits.
  let options: PublicKeyOptions

  init(_ type: KeyType, _ options: PublicKeyOptions) {
    self.type = type
    self.options = options
  }

  /// Reads a private key.
  ///
  /// - Throws: ``WarpDriveCore/ProviderError/Code/invalidKey``.
  func privateKey(_ bytes: RawSpan) throws(ProviderError) -> NativeKey {
    try Libcrypto.open()
    if PEM.isMarked(bytes) {
      let pem = try PEM(bytes)
      switch pem.label {
      case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY": return try privateDER(pem.content.rawSpan, pem.label)
      case "ENCRYPTED PRIVATE KEY": throw Self.refusal("it is encrypted: decrypt it first, with 'openssl pkey'")
      default: throw Self.refusal("PEM that says \(pem.label) has no private key in it")
      }
    }
    // Ed25519's PKCS#8 is as long as P-384's number, which begins like it once in 2^48.
    if type.size > 0, bytes.byteCount == type.size, !Self.isPrivateInfo(bytes) {
      return try privateOctets(bytes, 0..<bytes.byteCount)
    }
    return try privateDER(bytes, nil)
  }

  /// Whether bytes begin as PKCS#8 does, to their very length.
  static func isPrivateInfo(_ bytes: RawSpan) -> Bool {
    var outer = DERReader(bytes)
    guard var body = try? outer.sequence(in: bytes), outer.isAtEnd else { return false }
    guard let version = try? body.smallInteger(in: bytes) else { return false }
    return version <= 1 && body.nextTag(in: bytes) == .sequence
  }

  /// Reads a public key.
  ///
  /// - Throws: ``WarpDriveCore/ProviderError/Code/invalidKey``.
  func publicKey(_ bytes: RawSpan) throws(ProviderError) -> NativeKey {
    try Libcrypto.open()
    if PEM.isMarked(bytes) {
      let pem = try PEM(bytes)
      guard pem.label == "PUBLIC KEY" || pem.label == "RSA PUBLIC KEY" else {
        throw Self.refusal("PEM that says \(pem.label) has no public key in it")
      }
      return try publicDER(pem.content.rawSpan)
    }
    if type.isWeierstrass {
      // The kernel's form, x and y; and SEC 1's (2.3.3), which has 04 before them.
      if bytes.byteCount == 2 * type.size { return try publicCoordinates(bytes) }
      if bytes.byteCount == 1 + 2 * type.size { return try publicOctets(bytes, 0..<bytes.byteCount) }
    } else if type.size > 0, bytes.byteCount == type.size {
      return try publicOctets(bytes, 0..<bytes.byteCount)
    }
    return try publicDER(bytes)
  }

  // MARK: DER

  /// PKCS#8, PKCS#1 or SEC 1, which what follows the version tells apart; a label of PEM must agree.
  private func privateDER(_ bytes: RawSpan, _ label: String?) throws(ProviderError) -> NativeKey {
    var outer = DERReader(bytes)
    var body = try outer.sequence(in: bytes)
    try outer.finish()
    let version = try body.smallInteger(in: bytes)
    switch (body.nextTag(in: bytes), label) {
    case (.sequence, nil), (.sequence, "PRIVATE KEY"): return try pkcs8(&body, version, in: bytes)
    case (.integer, nil) where type == .rsa, (.integer, "RSA PRIVATE KEY") where type == .rsa:
      return try rsaPrivate(&body, version, in: bytes)
    case (.octetString, nil) where type.isWeierstrass, (.octetString, "EC PRIVATE KEY") where type.isWeierstrass:
      return try sec1(&body, version, isCurveKnown: false, in: bytes)
    default: throw Self.refusal("it is no private key of \(type.name) in PKCS#8, PKCS#1 or SEC 1")
    }
  }

  /// The rest of a PrivateKeyInfo (RFC 5208) or OneAsymmetricKey (RFC 5958).
  private func pkcs8(_ body: inout DERReader, _ version: UInt8, in bytes: RawSpan) throws(ProviderError) -> NativeKey {
    guard version <= 1 else { throw DERReader.malformed("a version is not one that there is") }
    try requireAlgorithm(&body, in: bytes)
    let content = try body.element(.octetString, in: bytes)
    _ = try body.optional(.explicit0, in: bytes)
    var published: Range<Int>?
    // RFC 5958 2: there is a public key in version 2, which is written as 1, and in no other.
    if version == 1 { published = try DERReader.wholeBytes(of: body.element(.implicit1, in: bytes), in: bytes) }
    try body.finish()
    var inner = DERReader(in: content)
    let key: NativeKey
    switch type {
    case .rsa, .p256, .p384, .p521, .sm2:
      var sequence = try inner.sequence(in: bytes)
      let version = try sequence.smallInteger(in: bytes)
      key =
        type == .rsa
        ? try rsaPrivate(&sequence, version, in: bytes)
        : try sec1(&sequence, version, isCurveKnown: true, in: bytes)
    case .ed25519, .ed448, .x25519, .x448:
      // RFC 8410 7: an octet string in the octet string.
      key = try privateOctets(bytes, inner.element(.octetString, in: bytes))
    }
    try inner.finish()
    if let published, !key.hasPublicOctets(published, of: bytes) { throw Self.mismatch }
    return key
  }

  /// A SubjectPublicKeyInfo (RFC 5280 4.1), or an RSAPublicKey (RFC 8017 A.1.1).
  private func publicDER(_ bytes: RawSpan) throws(ProviderError) -> NativeKey {
    var outer = DERReader(bytes)
    var body = try outer.sequence(in: bytes)
    try outer.finish()
    if type == .rsa, body.nextTag(in: bytes) == .integer { return try rsaPublic(&body, in: bytes) }
    try requireAlgorithm(&body, in: bytes)
    let content = try body.bitString(in: bytes)
    try body.finish()
    guard type == .rsa else { return try publicOctets(bytes, content) }
    var inner = DERReader(in: content)
    var sequence = try inner.sequence(in: bytes)
    try inner.finish()
    return try rsaPublic(&sequence, in: bytes)
  }

  /// Reads an AlgorithmIdentifier and checks that it is this type's, parameters included.
  private func requireAlgorithm(_ reader: inout DERReader, in bytes: RawSpan) throws(ProviderError) {
    var algorithm = try reader.sequence(in: bytes)
    let identifier = try algorithm.element(.objectIdentifier, in: bytes)
    guard matches(bytes, identifier, type.identifier) else { throw Self.refusal("it is a key of another algorithm") }
    if type.isWeierstrass {
      try requireCurve(&algorithm, in: bytes)
    } else if type == .rsa {
      let parameters = try algorithm.element(.null, in: bytes)
      guard parameters.isEmpty else { throw DERReader.malformed("a null is not empty") }
    }
    try algorithm.finish()
  }

  private func requireCurve(_ reader: inout DERReader, in bytes: RawSpan) throws(ProviderError) {
    guard reader.nextTag(in: bytes) == .objectIdentifier else {
      throw Self.refusal("its curve is given by numbers: a curve is taken by its name alone")
    }
    let curve = try reader.element(.objectIdentifier, in: bytes)
    guard matches(bytes, curve, type.curve) else { throw Self.refusal("it is of another curve than \(type.name)") }
  }

  /// The rest of an ECPrivateKey (RFC 5915 3).
  private func sec1(
    _ body: inout DERReader, _ version: UInt8, isCurveKnown: Bool, in bytes: RawSpan
  ) throws(ProviderError) -> NativeKey {
    guard version == 1 else { throw DERReader.malformed("a version is not one that there is") }
    let number = try body.element(.octetString, in: bytes)
    if let parameters = try body.optional(.explicit0, in: bytes) {
      var inner = DERReader(in: parameters)
      try requireCurve(&inner, in: bytes)
      try inner.finish()
    } else if !isCurveKnown {
      throw Self.refusal("it does not say of which curve it is")
    }
    var published: Range<Int>?
    if let outer = try body.optional(.explicit1, in: bytes) {
      var inner = DERReader(in: outer)
      published = try inner.bitString(in: bytes)
      try inner.finish()
    }
    try body.finish()
    let key = try privateOctets(bytes, number)
    if let published, !key.hasPublicOctets(published, of: bytes) { throw Self.mismatch }
    return key
  }

  // MARK: RSA

  /// The rest of an RSAPrivateKey (RFC 8017 A.1.2).
  private func rsaPrivate(
    _ body: inout DERReader, _ version: UInt8, in bytes: RawSpan
  ) throws(ProviderError) -> NativeKey {
    guard version == 0 else { throw Self.refusal("it has more than two primes, which no algorithm here takes") }
    var numbers: [Range<Int>] = []
    for _ in 0..<8 {
      let number = try body.integer(in: bytes)
      guard !number.isEmpty else { throw Self.refusal("one of its numbers is 0") }
      numbers.append(number)
    }
    try body.finish()
    return try rsa(numbers, in: bytes)
  }

  private func rsaPublic(_ body: inout DERReader, in bytes: RawSpan) throws(ProviderError) -> NativeKey {
    let modulus = try body.integer(in: bytes)
    let exponent = try body.integer(in: bytes)
    try body.finish()
    return try rsa([modulus, exponent], in: bytes)
  }

  private func rsa(_ numbers: [Range<Int>], in bytes: RawSpan) throws(ProviderError) -> NativeKey {
    let (modulus, exponent) = (numbers[0], numbers[1])
    let bits = Self.bits(modulus, in: bytes)
    guard bits >= options.minimumModulusBits else {
      throw Self.refusal(
        "its modulus has \(bits) bits, fewer than \(options.minimumModulusBits): make another key, or ask for short ones "
          + "with PublicKeyOptions.minimumModulusBits")
    }
    guard bits <= PublicKeyOptions.maximumModulusBits else {
      throw Self.refusal("its modulus has \(bits) bits, more than \(PublicKeyOptions.maximumModulusBits)")
    }
    guard Self.isOdd(modulus, in: bytes) else { throw Self.refusal("its modulus is even") }
    // RFC 8017 3.1: odd and at least 3; FIPS 186-5 A.1.1 has it above 2^16 for new keys. libcrypto takes no more than
    // 64 bits of it with long moduli.
    guard Self.isOdd(exponent, in: bytes) else { throw Self.refusal("its public exponent is even") }
    guard (2...64).contains(Self.bits(exponent, in: bytes)) else {
      throw Self.refusal("its public exponent is 1 or has more than 64 bits")
    }
    let made = unsafe bytes.withUnsafeBytes { buffer in
      func part(_ index: Int) -> cossl_octets {
        guard index < numbers.count else { return unsafe cossl_octets(bytes: nil, length: 0) }
        return unsafe cossl_octets(
          bytes: buffer.baseAddress.map { unsafe $0 + numbers[index].lowerBound }, length: numbers[index].count)
      }
      var native = unsafe cossl_rsa_numbers(
        modulus: part(0), public_exponent: part(1), private_exponent: part(2), prime1: part(3), prime2: part(4),
        exponent1: part(5), exponent2: part(6), coefficient: part(7))
      return unsafe cossl_pkey_rsa(&native)
    }
    guard let key = unsafe NativeKey(made) else {
      throw Libcrypto.failure(.invalidKey, "the key's numbers do not belong together: it is damaged")
    }
    return key
  }

  /// Bits of a number, which begins with no zero.
  static func bits(_ number: Range<Int>, in bytes: RawSpan) -> Int {
    guard let first = number.first else { return 0 }
    return number.count * 8 - octet(bytes, first).leadingZeroBitCount
  }

  private static func isOdd(_ number: Range<Int>, in bytes: RawSpan) -> Bool {
    guard let last = number.last else { return false }
    return octet(bytes, last) & 1 == 1
  }

  // MARK: octets

  private func privateOctets(_ bytes: RawSpan, _ range: Range<Int>) throws(ProviderError) -> NativeKey {
    let isCurve = type.isWeierstrass
    let native = type.native
    let made = unsafe Self.withOctets(bytes, range) { octets in
      isCurve ? unsafe cossl_pkey_ec_private(native, octets) : unsafe cossl_pkey_raw(native, octets, true)
    }
    guard let key = unsafe NativeKey(made) else {
      throw Libcrypto.failure(
        .invalidKey,
        isCurve
          ? "a private key of \(type.name) is a number from 1 to the curve's order - 1, of at most \(type.size) bytes"
          : "a private key of \(type.name) has \(type.size) bytes")
    }
    return key
  }

  private func publicOctets(_ bytes: RawSpan, _ range: Range<Int>) throws(ProviderError) -> NativeKey {
    guard !type.isOfSmallOrder(bytes, range) else {
      throw Self.refusal("it is of small order: signatures of anything would verify with it")
    }
    let isCurve = type.isWeierstrass
    let native = type.native
    let made = unsafe Self.withOctets(bytes, range) { octets in
      isCurve ? unsafe cossl_pkey_ec_public(native, octets) : unsafe cossl_pkey_raw(native, octets, false)
    }
    guard let key = unsafe NativeKey(made) else {
      throw Libcrypto.failure(
        .invalidKey,
        isCurve
          ? "the public key is no point of \(type.name), uncompressed, with coordinates of \(type.size) bytes"
          : "a public key of \(type.name) has \(type.size) bytes")
    }
    return key
  }

  /// A point without SEC 1's first byte.
  private func publicCoordinates(_ bytes: RawSpan) throws(ProviderError) -> NativeKey {
    let point = [0x04] + [UInt8](copying: bytes)
    return try publicOctets(point.rawSpan, 0..<point.count)
  }

  private static func withOctets<Result>(
    _ bytes: RawSpan, _ range: Range<Int>, _ body: (cossl_octets) -> Result
  ) -> Result {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe body(
        cossl_octets(bytes: buffer.baseAddress.map { unsafe $0 + range.lowerBound }, length: range.count))
    }
  }

  // MARK: errors

  static func refusal(_ why: String) -> ProviderError { ProviderError(.invalidKey, "the key is refused: \(why)") }

  private static let mismatch = refusal("its private and its public half are of different pairs")
}
