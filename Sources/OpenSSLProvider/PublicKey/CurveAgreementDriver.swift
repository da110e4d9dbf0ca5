// Key agreement on curves: ECDH over NIST's, X25519 and X448.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A curve that secrets are agreed on with.
struct AgreementCurve: Sendable {
  /// The kind of its keys.
  let type: KeyType
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(_ type: KeyType, _ name: String, bits: Int, _ aliases: [AlgorithmAlias] = []) {
    self.type = type
    // The secret is x, as long as the field's numbers (SP 800-56A 5.7.1.2, RFC 7748 6).
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(name)-openssl", priority: 200,
      properties: .keyAgreement(PublicKeyProperties(maximumOutput: type.size, securityBits: bits)), aliases: aliases)
  }

  /// Every curve.
  ///
  /// Strengths: SP 800-57 part 1 table 2, RFC 7748 section 7. Identifiers: RFC 8410 3.
  static let all = [
    AgreementCurve(.p256, "ecdh-nist-p256", bits: 128),
    AgreementCurve(.p384, "ecdh-nist-p384", bits: 192),
    AgreementCurve(.p521, "ecdh-nist-p521", bits: 256),
    AgreementCurve(.x25519, "curve25519", bits: 128, ["x25519", "1.3.101.110"]),
    AgreementCurve(.x448, "x448", bits: 224, ["curve448", "1.3.101.111"]),
  ]
}

/// The driver of one curve.
struct CurveAgreementDriver: KeyAgreementDriver {
  private let curve: AgreementCurve

  init(_ curve: AgreementCurve) { self.curve = curve }

  var descriptor: AlgorithmDescriptor { curve.descriptor }

  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable { try makeTransform(.init()) }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    try Libcrypto.open()
    return CurveAgreementTransform(KeyImport(curve.type, options))
  }
}

/// One party on a curve.
///
/// Keys are raw as the kernel has them: the private number of ECDH big-endian and the public point as x and y, both as
/// long as the field's numbers; X25519 and X448 as RFC 7748 has them. Taken are also SEC 1's uncompressed point, PKCS#8,
/// SEC 1's private key and SubjectPublicKeyInfo, as DER and as PEM.
struct CurveAgreementTransform: KeyAgreementTransform, ~Copyable {
  private let keys: KeyImport
  private var key: OwnedContext<cossl_pkey>?

  init(_ keys: KeyImport) {
    self.keys = keys
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) { own(try keys.privateKey(key)) }

  mutating func generateKeyPair() throws(ProviderError) { own(try NativeKey.generate(keys.type)) }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    let octets = unsafe NativeKey.publicOctets(try native())
    guard !octets.isEmpty else { throw Libcrypto.failed(to: "give a public key") }
    return keys.type.isWeierstrass ? Array(octets.dropFirst()) : octets
  }

  mutating func privateKey() throws(ProviderError) -> SecretBytes { try unsafe NativeKey.privateOctets(native()) }

  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    let own = try unsafe native()
    let other = try keys.publicKey(peer)
    let size = keys.type.size
    let isDone = unsafe append(size, to: &output) { out in
      guard let out = unsafe out else { return false }
      return unsafe other.withPointer { unsafe cossl_pkey_derive(own, $0, out, size) }
    }
    guard isDone else {
      throw Libcrypto.failure(
        .invalidKey, "the peer's public key is of low order or of another kind: no secret comes of it; ask for another")
    }
  }

  private mutating func own(_ key: consuming NativeKey) {
    var taken: OwnedContext<cossl_pkey>?
    _ = unsafe key.give { pointer in
      unsafe taken = OwnedContext(pointer) { raw in
        unsafe cossl_pkey_destroy(raw.assumingMemoryBound(to: cossl_pkey.self))
      }
      return true
    }
    self.key = taken
  }

  private func native() throws(ProviderError) -> UnsafeMutablePointer<cossl_pkey> {
    guard let key = unsafe pointer else {
      throw ProviderError(.missingKey, "there is no private key: set or generate one first")
    }
    return unsafe key
  }

  private var pointer: UnsafeMutablePointer<cossl_pkey>? {
    switch key {
    case .some(let owned): unsafe owned.pointer
    case .none: nil
    }
  }
}
