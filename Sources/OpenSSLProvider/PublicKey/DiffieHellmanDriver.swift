// Key agreement in finite fields: the groups of RFC 7919, and groups that come with the key.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A group, or all of them.
struct DiffieHellmanGroup: Sendable {
  /// libcrypto's number of it; nil where the key says which group it is of.
  let native: cossl_dh_group?
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(_ native: cossl_dh_group?, _ name: String, length: Int, bits: Int, _ aliases: [AlgorithmAlias] = []) {
    self.native = native
    let driver = name.replacing("(", with: "-").replacing(")", with: "")
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(driver)-openssl", priority: 200,
      properties: .keyAgreement(PublicKeyProperties(maximumOutput: length, securityBits: bits)), aliases: aliases)
  }

  /// Every group, and `dh` for those that keys bring.
  ///
  /// Strengths: NIST SP 800-56A revision 3, table 25. `dh` takes primes of up to 8,192 bits.
  static let all = [
    DiffieHellmanGroup(nil, "dh", length: 1024, bits: 0, ["1.2.840.113549.1.3.1"]),
    DiffieHellmanGroup(COSSL_FFDHE2048, "ffdhe2048(dh)", length: 256, bits: 112, ["ffdhe2048"]),
    DiffieHellmanGroup(COSSL_FFDHE3072, "ffdhe3072(dh)", length: 384, bits: 128, ["ffdhe3072"]),
    DiffieHellmanGroup(COSSL_FFDHE4096, "ffdhe4096(dh)", length: 512, bits: 152, ["ffdhe4096"]),
    DiffieHellmanGroup(COSSL_FFDHE6144, "ffdhe6144(dh)", length: 768, bits: 176, ["ffdhe6144"]),
    DiffieHellmanGroup(COSSL_FFDHE8192, "ffdhe8192(dh)", length: 1024, bits: 200, ["ffdhe8192"]),
  ]
}

/// The driver of one group.
struct DiffieHellmanDriver: KeyAgreementDriver {
  private let group: DiffieHellmanGroup

  init(_ group: DiffieHellmanGroup) { self.group = group }

  var descriptor: AlgorithmDescriptor { group.descriptor }

  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable { try makeTransform(.init()) }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    // A fresh key of dh is of the group with a strength of 128 bits, until a key of another one is set.
    guard let context = unsafe cossl_dh_named(group.native ?? COSSL_FFDHE3072) else {
      throw Libcrypto.missing(group.descriptor.name)
    }
    return unsafe DiffieHellmanTransform(context, isFixed: group.native != nil, options)
  }
}

/// One party in a finite field.
///
/// A private key of a named group is its number, big-endian, of any length up to the prime's; one of `dh` brings its
/// group, as PKCS#8 in DER or PEM (PKCS #3's dhKeyAgreement, RFC 2631's dhpublicnumber), which named groups take too.
/// Public keys and secrets are as long as the prime, zeros first (RFC 7919 3 and 5, RFC 8446 7.4.1); a peer may also be
/// a SubjectPublicKeyInfo of the same group.
struct DiffieHellmanTransform: KeyAgreementTransform, ~Copyable {
  private var context: OwnedContext<cossl_dh>
  private let isFixed: Bool
  private let options: PublicKeyOptions

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_dh>, isFixed: Bool, _ options: PublicKeyOptions) {
    unsafe self.context = Self.owned(context)
    self.isFixed = isFixed
    self.options = options
  }

  private static func owned(_ context: UnsafeMutablePointer<cossl_dh>) -> OwnedContext<cossl_dh> {
    unsafe OwnedContext(context) { raw in unsafe cossl_dh_destroy(raw.assumingMemoryBound(to: cossl_dh.self)) }
  }

  private var length: Int { unsafe context.pointer.pointee.length }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    if PEM.isMarked(key) {
      let pem = try PEM(key)
      guard pem.label == "PRIVATE KEY" else {
        throw KeyImport.refusal("PEM that says \(pem.label) has no such key in it")
      }
      try setPrivateInfo(pem.content.rawSpan)
    } else if !isFixed || KeyImport.isPrivateInfo(key) {
      try setPrivateInfo(key)
    } else {
      try setNumber(key, 0..<key.byteCount)
    }
  }

  /// Sets a key in PKCS#8, and its group with it.
  private mutating func setPrivateInfo(_ bytes: RawSpan) throws(ProviderError) {
    var outer = DERReader(bytes)
    var body = try outer.sequence(in: bytes)
    try outer.finish()
    guard try body.smallInteger(in: bytes) == 0 else {
      throw DERReader.malformed("a version is not one that there is")
    }
    let parameters = try DiffieHellmanParameters(&body, in: bytes)
    let content = try body.element(.octetString, in: bytes)
    _ = try body.optional(.explicit0, in: bytes)
    try body.finish()
    var inner = DERReader(in: content)
    let number = try inner.integer(in: bytes)
    try inner.finish()
    if unsafe parameters.isGroup(of: context.pointer, in: bytes) { return try setNumber(bytes, number) }
    guard !isFixed else { throw KeyImport.refusal("it is of another group") }
    let made = try unsafe parameters.makeGroup(options, in: bytes)
    let other = unsafe Self.owned(made)
    guard unsafe Self.set(other.pointer, bytes, number) else { throw Self.outOfRange }
    context = other
  }

  private func setNumber(_ bytes: RawSpan, _ number: Range<Int>) throws(ProviderError) {
    guard unsafe Self.set(context.pointer, bytes, number) else { throw Self.outOfRange }
  }

  private static func set(
    _ context: UnsafeMutablePointer<cossl_dh>, _ bytes: RawSpan, _ number: Range<Int>
  ) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe cossl_dh_set_private(
        context,
        cossl_octets(bytes: buffer.baseAddress.map { unsafe $0 + number.lowerBound }, length: number.count))
    }
  }

  mutating func generateKeyPair() throws(ProviderError) {
    guard unsafe cossl_dh_generate(context.pointer) else { throw Libcrypto.failed(to: "make a private key") }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    let (context, count) = unsafe (context.pointer, length)
    var isDone = false
    let key = [UInt8](capacity: count) { output in
      isDone = unsafe append(count, to: &output) { out in
        unsafe out.map { unsafe cossl_dh_public(context, $0) } ?? false
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "compute a public key") }
    return key
  }

  mutating func privateKey() throws(ProviderError) -> SecretBytes {
    var number = [UInt8](repeating: 0, count: length)
    defer { unsafe number.withUnsafeMutableBytes { unsafe cossl_cleanse($0.baseAddress, $0.count) } }
    let context = unsafe context.pointer
    let isDone = unsafe number.withUnsafeMutableBytes { buffer in
      unsafe buffer.baseAddress.map { unsafe cossl_dh_private(context, $0) } ?? false
    }
    guard isDone else { throw Libcrypto.failed(to: "give a private key") }
    guard !isFixed else { return SecretBytes(copying: number.rawSpan) }
    return unsafe DiffieHellmanParameters.privateInfo(of: context, number.rawSpan)
  }

  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    let (context, count) = unsafe (context.pointer, length)
    var value = 0..<peer.byteCount
    if peer.byteCount != count, peer.byteCount > 0, octet(peer, 0) == DERReader.Tag.sequence.rawValue {
      value = try unsafe DiffieHellmanParameters.publicValue(peer, of: context)
    }
    var status = COSSL_DH_FAILED
    // A SubjectPublicKeyInfo has the number without the zeros before it.
    let padded = [UInt8](repeating: 0, count: max(0, value.count < peer.byteCount ? count - value.count : 0))
    let key = padded + value.map { octet(peer, $0) }
    _ = unsafe key.rawSpan.withUnsafeBytes { bytes in
      unsafe append(count, to: &output) { out in
        guard let out = unsafe out else { return false }
        unsafe status = cossl_dh_derive(context, cossl_octets(bytes: bytes.baseAddress, length: bytes.count), out)
        return status == COSSL_DH_DONE
      }
    }
    switch status {
    case COSSL_DH_DONE: return
    case COSSL_DH_INVALID_PEER:
      throw ProviderError(
        .invalidKey,
        "the peer's public key is none of the group: \(count) bytes with a number from 2 to the prime - 2; ask for another"
      )
    default: throw Libcrypto.failed(to: "compute a shared secret")
    }
  }

  private static let outOfRange = KeyImport.refusal(
    "a private number is 2 to the prime - 2, or to the order - 1 of a group that names one")
}
