// A key of libcrypto's with one owner, and what is read out of it.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A key that is destroyed at the end, unless another owner takes it.
@safe struct NativeKey: ~Copyable {
  @unsafe private let pointer: UnsafeMutablePointer<cossl_pkey>

  /// Takes ownership of a key; nil where there is none.
  @unsafe init?(_ pointer: UnsafeMutablePointer<cossl_pkey>?) {
    guard let pointer = unsafe pointer else { return nil }
    unsafe self.pointer = pointer
  }

  deinit { unsafe cossl_pkey_destroy(pointer) }

  /// Makes a fresh key pair; `bits` is for RSA.
  static func generate(_ type: KeyType, bits: Int = 0) throws(ProviderError) -> NativeKey {
    guard let key = unsafe NativeKey(cossl_pkey_generate(type.native, UInt32(bits))) else {
      throw Libcrypto.failed(to: "make a key pair of \(type.name)")
    }
    return key
  }

  /// Gives the key to `take`, which owns it if it returns true.
  consuming func give(to take: (UnsafeMutablePointer<cossl_pkey>) -> Bool) -> Bool {
    guard unsafe take(pointer) else {
      _ = consume self
      return false
    }
    discard self
    return true
  }

  /// Lends the key to `body`.
  borrowing func withPointer<Result>(_ body: (UnsafePointer<cossl_pkey>) -> Result) -> Result {
    unsafe body(UnsafePointer(pointer))
  }

  /// Whether its public octets are those of a range.
  func hasPublicOctets(_ range: Range<Int>, of bytes: RawSpan) -> Bool {
    let octets = unsafe Self.publicOctets(pointer)
    return matches(bytes, range, octets)
  }

  /// The public point (04, x and y) or octets of a key; empty where libcrypto fails.
  @unsafe static func publicOctets(_ key: UnsafePointer<cossl_pkey>) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: Int(COSSL_POINT_MAX))
    let count = unsafe octets.withUnsafeMutableBytes { buffer in
      unsafe buffer.baseAddress.map { unsafe cossl_pkey_public_octets(key, $0, buffer.count) } ?? 0
    }
    return Array(octets.prefix(count))
  }

  /// The private number or octets of a key.
  @unsafe static func privateOctets(_ key: UnsafePointer<cossl_pkey>) throws(ProviderError) -> SecretBytes {
    var octets = [UInt8](repeating: 0, count: Int(COSSL_POINT_MAX))
    let count = unsafe octets.withUnsafeMutableBytes { buffer in
      unsafe buffer.baseAddress.map { unsafe cossl_pkey_private_octets(key, $0, buffer.count) } ?? 0
    }
    let secret = SecretBytes(copying: octets.rawSpan.extracting(0..<count))
    unsafe octets.withUnsafeMutableBytes { unsafe cossl_cleanse($0.baseAddress, $0.count) }
    guard count > 0 else { throw Libcrypto.failed(to: "give a private key") }
    return secret
  }

  /// The SubjectPublicKeyInfo of a key, in DER.
  @unsafe static func publicInfo(_ key: UnsafePointer<cossl_pkey>?) throws(ProviderError) -> [UInt8] {
    var count = 0
    guard let key = unsafe key, let der = unsafe cossl_pkey_spki(key, &count) else {
      throw Libcrypto.failed(to: "write a public key")
    }
    defer { unsafe cossl_free(der, count) }
    return unsafe Array(UnsafeBufferPointer(start: der, count: count))
  }

  /// The PKCS#8 PrivateKeyInfo of a key, in DER.
  @unsafe static func privateInfo(_ key: UnsafePointer<cossl_pkey>?) throws(ProviderError) -> SecretBytes {
    var count = 0
    guard let key = unsafe key, let der = unsafe cossl_pkey_pkcs8(key, &count) else {
      throw Libcrypto.failed(to: "write a private key")
    }
    defer { unsafe cossl_free(der, count) }
    let bytes = unsafe UnsafeRawBufferPointer(start: der, count: count)
    return unsafe SecretBytes(copying: bytes.bytes)
  }
}
