// The table of libcrypto's signature algorithms: names, hashes, keys and object identifiers.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One signature algorithm.
///
/// A signature here is one of a message, as the name with a hash says; the kernel's sig, which takes digests, has the
/// names without: `x962(ecdsa-nist-p256)` and `p1363(ecdsa-nist-p256)` (since Linux 6.13), and `ecdsa-nist-p256`, which
/// is the former. They are aliases for the hash as strong as the curve. `pkcs1pad(rsa,sha256)` was the kernel's name of
/// `pkcs1(rsa,sha256)`.
struct SignatureScheme: Sendable {
  /// How libcrypto makes it.
  let native: cossl_signature_scheme
  /// The hash; nil where the algorithm hashes for itself.
  let digest: Digest?
  /// The kind of its keys.
  let type: KeyType
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(
    _ native: cossl_signature_scheme, _ hash: String?, _ type: KeyType, _ name: String, _ driver: String,
    priority: Int = 300, maximum: Int = 0, bits: Int = 0, _ aliases: [AlgorithmAlias] = []
  ) {
    self.native = native
    digest = Digest.all.first { $0.name == hash }
    self.type = type
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(driver)-openssl", priority: priority,
      properties: .signature(PublicKeyProperties(maximumOutput: maximum, securityBits: bits)), aliases: aliases)
  }

  /// ECDSA on a curve, in both encodings; strengths: SP 800-57 part 1 table 2.
  private static func ecdsa(_ type: KeyType, _ curve: String, _ hash: String, bits: Int) -> [SignatureScheme] {
    let key = "ecdsa-nist-\(curve)"
    // Two integers, each with a byte that keeps it positive; a long sequence has one more byte of length.
    let numbers = 2 * (type.size + 3)
    // The leading bit of P-521's numbers is never set.
    let longest = type == .p521 ? numbers - 2 + 3 : numbers + 2
    return [
      SignatureScheme(
        COSSL_ECDSA_X962, hash, type, "x962(\(key),\(hash))", "x962-\(key)-\(hash)", maximum: longest, bits: bits,
        [AlgorithmAlias("x962(\(key))"), AlgorithmAlias(key)]),
      SignatureScheme(
        COSSL_ECDSA_P1363, hash, type, "p1363(\(key),\(hash))", "p1363-\(key)-\(hash)", maximum: 2 * type.size,
        bits: bits, [AlgorithmAlias("p1363(\(key))")]),
    ]
  }

  private static func pkcs1(_ hash: String, _ identifier: String) -> SignatureScheme {
    SignatureScheme(
      COSSL_RSA_PKCS1, hash, .rsa, "pkcs1(rsa,\(hash))", "pkcs1-rsa-\(hash)",
      [AlgorithmAlias("pkcs1pad(rsa,\(hash))"), AlgorithmAlias(identifier)])
  }

  private static func pss(_ hash: String) -> SignatureScheme {
    SignatureScheme(COSSL_RSA_PSS, hash, .rsa, "pss(rsa,\(hash))", "pss-rsa-\(hash)")
  }

  /// Every signature algorithm.
  ///
  /// Identifiers: RFC 8017 A.2.4 and its errata, NIST's sigAlgs (csrc.nist.gov, CSOR) for SHA-3, RFC 8410 3, GM/T 0006.
  static let all: [SignatureScheme] =
    ecdsa(.p256, "p256", "sha256", bits: 128) + ecdsa(.p384, "p384", "sha384", bits: 192)
    + ecdsa(.p521, "p521", "sha512", bits: 256) + [
      SignatureScheme(
        COSSL_EDDSA, nil, .ed25519, "ed25519", "ed25519", priority: 200, maximum: 64, bits: 128, ["1.3.101.112"]),
      SignatureScheme(
        COSSL_EDDSA, nil, .ed448, "ed448", "ed448", priority: 200, maximum: 114, bits: 224, ["1.3.101.113"]),
      SignatureScheme(
        COSSL_SM2_SM3, "sm3", .sm2, "sm2", "sm2", priority: 200, maximum: 72, bits: 128,
        ["sm2(sm3)", "1.2.156.10197.1.501"]),
      pkcs1("sha1", "1.2.840.113549.1.1.5"), pkcs1("sha224", "1.2.840.113549.1.1.14"),
      pkcs1("sha256", "1.2.840.113549.1.1.11"), pkcs1("sha384", "1.2.840.113549.1.1.12"),
      pkcs1("sha512", "1.2.840.113549.1.1.13"), pkcs1("sha3-256", "2.16.840.1.101.3.4.3.14"),
      pkcs1("sha3-384", "2.16.840.1.101.3.4.3.15"), pkcs1("sha3-512", "2.16.840.1.101.3.4.3.16"),
      pss("sha1"), pss("sha224"), pss("sha256"), pss("sha384"), pss("sha512"),
    ]
}

/// The driver of one signature algorithm.
struct SignatureSchemeDriver: SignatureDriver {
  private let scheme: SignatureScheme

  init(_ scheme: SignatureScheme) { self.scheme = scheme }

  var descriptor: AlgorithmDescriptor { scheme.descriptor }

  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable { try makeTransform(.init()) }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any SignatureTransform & ~Copyable {
    guard
      let context = unsafe cossl_signature_create(
        scheme.native, scheme.digest?.algorithm ?? COSSL_SHA512, scheme.digest?.size ?? 0)
    else { throw Libcrypto.missing(scheme.descriptor.name) }
    return unsafe SignatureSchemeTransform(context, scheme, options)
  }
}

/// A signature algorithm with its key.
///
/// Keys are PKCS#8 and SubjectPublicKeyInfo, PKCS#1's and SEC 1's own, each as DER and PEM; raw ones are the octets of
/// RFC 8032, and on a curve the private number and the point, with SEC 1's 04 or without.
struct SignatureSchemeTransform: SignatureTransform, ~Copyable {
  private let context: OwnedContext<cossl_signature>
  private let scheme: SignatureScheme
  private let keys: KeyImport

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_signature>, _ scheme: SignatureScheme, _ options: PublicKeyOptions) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_signature_destroy(raw.assumingMemoryBound(to: cossl_signature.self))
    }
    self.scheme = scheme
    keys = KeyImport(scheme.type, options)
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) { try own(keys.privateKey(key)) }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) { try own(keys.publicKey(key)) }

  mutating func generateKeyPair() throws(ProviderError) {
    try own(NativeKey.generate(scheme.type, bits: scheme.type == .rsa ? keys.options.checkedRSABits() : 0))
  }

  private func own(_ key: consuming NativeKey) throws(ProviderError) {
    let context = unsafe context.pointer
    guard unsafe key.give(to: { unsafe cossl_signature_set_key(context, $0) }) else {
      throw Libcrypto.failure(.invalidKey, "libcrypto takes the key for no use with \(scheme.descriptor.name)")
    }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    try unsafe NativeKey.publicInfo(cossl_signature_key(context.pointer))
  }

  mutating func privateKey() throws(ProviderError) -> SecretBytes {
    try unsafe NativeKey.privateInfo(cossl_signature_key(context.pointer))
  }

  mutating func sign(_ message: RawSpan) throws(ProviderError) -> [UInt8] { try sign(COSSL_MESSAGE, message) }

  mutating func sign(digest: RawSpan) throws(ProviderError) -> [UInt8] {
    try requireDigest(digest)
    return try sign(COSSL_DIGEST, digest)
  }

  mutating func isValid(_ signature: RawSpan, of message: RawSpan) throws(ProviderError) -> Bool {
    verify(signature, COSSL_MESSAGE, message)
  }

  mutating func isValid(_ signature: RawSpan, ofDigest digest: RawSpan) throws(ProviderError) -> Bool {
    try requireDigest(digest)
    return verify(signature, COSSL_DIGEST, digest)
  }

  private func requireDigest(_ digest: RawSpan) throws(ProviderError) {
    guard let hash = scheme.digest else {
      throw ProviderError(
        .unsupported, "\(scheme.descriptor.name) signs messages and no digests of them: give the message")
    }
    // ECDSA takes any digest: those longer than the order are cut (FIPS 186-5 6.4.1).
    let isCurve = scheme.native == COSSL_ECDSA_X962 || scheme.native == COSSL_ECDSA_P1363
    let lengths = isCurve ? 1...64 : hash.size...hash.size
    guard lengths.contains(digest.byteCount) else {
      throw ProviderError(
        .invalidArgument,
        "a digest of \(digest.byteCount) bytes is none of \(hash.name), which has \(hash.size): give the whole digest")
    }
  }

  private func sign(_ input: cossl_signature_input, _ data: RawSpan) throws(ProviderError) -> [UInt8] {
    let context = unsafe context.pointer
    let capacity = unsafe cossl_signature_maximum(context)
    var count = 0
    let signature = [UInt8](capacity: capacity) { output in
      unsafe data.withUnsafeBytes { source in
        unsafe output.withUnsafeMutableBytes { buffer, initialized in
          guard let out = buffer.baseAddress else { return }
          count = unsafe cossl_signature_sign(context, input, source.baseAddress, source.count, out, buffer.count)
          initialized = count
        }
      }
    }
    guard count > 0 else { throw Libcrypto.failed(to: "sign a message") }
    return signature
  }

  private func verify(_ signature: RawSpan, _ input: cossl_signature_input, _ data: RawSpan) -> Bool {
    let context = unsafe context.pointer
    return unsafe signature.withUnsafeBytes { value in
      unsafe data.withUnsafeBytes { source in
        unsafe cossl_signature_verify(
          context, input, source.baseAddress, source.count, value.baseAddress, value.count)
      }
    }
  }
}

extension PublicKeyOptions {
  /// The length of RSA moduli to be generated.
  ///
  /// - Throws: ``WarpDriveCore/ProviderError/Code/invalidArgument`` for one that is out of range.
  func checkedRSABits() throws(ProviderError) -> Int {
    guard (max(minimumModulusBits, 512)...Self.maximumModulusBits).contains(rsaModulusBits) else {
      throw ProviderError(
        .invalidArgument,
        "an RSA key of \(rsaModulusBits) bits is not made: choose \(minimumModulusBits) to \(Self.maximumModulusBits)")
    }
    return rsaModulusBits
  }
}
