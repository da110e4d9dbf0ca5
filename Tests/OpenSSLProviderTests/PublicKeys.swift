// What the tests of public keys share: the names, a writer of DER and PEM, and keys that are made once.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OpenSSLProvider
import Synchronization
import Testing
import WarpDriveCore

/// The public-key algorithms of libcrypto.
enum PublicKeys {
  static let curves = ["ecdh-nist-p256", "ecdh-nist-p384", "ecdh-nist-p521", "curve25519", "x448"]
  static let fields = [2048, 3072, 4096, 6144, 8192].map { "ffdhe\($0)(dh)" }
  static let agreements = curves + ["dh"] + fields
  static let ecdsa = [("p256", "sha256"), ("p384", "sha384"), ("p521", "sha512")].flatMap { curve, hash in
    ["x962(ecdsa-nist-\(curve),\(hash))", "p1363(ecdsa-nist-\(curve),\(hash))"]
  }
  static let rsaSignatures =
    ["sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"].map { "pkcs1(rsa,\($0))" }
    + ["sha1", "sha224", "sha256", "sha384", "sha512"].map { "pss(rsa,\($0))" }
  static let signatures = ecdsa + ["ed25519", "ed448", "sm2"] + rsaSignatures
  static let ciphers = ["rsa"] + ["sha1", "sha224", "sha256", "sha384", "sha512"].map { "oaep(rsa,\($0))" }

  /// `NAME: DRIVER PRIORITY` of each, as DescriptorTests has them.
  static let descriptions = (agreements + signatures + ciphers).map { name in
    let driver = name.replacing("(", with: "-").replacing(",", with: "-").replacing(")", with: "")
    let isBuilt = name.contains(",")
    return "\(name): \(driver)-openssl \(isBuilt ? 300 : 200)"
  }

  /// A pair of 2,048 bits, PKCS#8 and SubjectPublicKeyInfo, made once.
  static let rsa = Result { () throws(ProviderError) -> (private: [UInt8], public: [UInt8]) in
    var handle = try OpenSSL.registry.get().signature("pkcs1(rsa,sha256)", PublicKeyOptions(rsaModulusBits: 2048))
    try handle.generateKeyPair()
    let secret = try handle.privateKey()
    return ([UInt8](copying: secret.rawSpan), try handle.publicKey())
  }

  /// A pair of an algorithm that makes one quickly.
  static func pair(_ algorithm: String) throws -> (private: [UInt8], public: [UInt8]) {
    if algorithm.contains("rsa") { return try rsa.get() }
    var handle = try OpenSSL.registry.get().signature(algorithm)
    try handle.generateKeyPair()
    let secret = try handle.privateKey()
    return ([UInt8](copying: secret.rawSpan), try handle.publicKey())
  }

  /// The code of the error with which an algorithm refuses a private key; nil where it takes it.
  static func refusal(_ algorithm: String, private key: [UInt8]) throws -> ProviderError.Code? {
    var handle = try OpenSSL.registry.get().signature(algorithm)
    return errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
  }

  /// The code of the error with which an algorithm refuses a public key; nil where it takes it.
  static func refusal(_ algorithm: String, public key: [UInt8]) throws -> ProviderError.Code? {
    var handle = try OpenSSL.registry.get().signature(algorithm)
    return errorCode { () throws(ProviderError) in try handle.setPublicKey(key.rawSpan) }
  }

  /// A key in PEM.
  static func pem(_ label: String, _ der: [UInt8], lineEnd: String = "\n") -> [UInt8] {
    let text = Array(Data(der).base64EncodedString())
    let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
    return Array(
      (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----", ""]).joined(separator: lineEnd).utf8)
  }
}

/// How often something went well on any thread.
final class Count: Sendable {
  private let count = Atomic<Int>(0)

  func increment() { count.wrappingAdd(1, ordering: .relaxed) }

  var value: Int { count.load(ordering: .relaxed) }
}

/// Writes DER, right or wrong.
enum DER {
  static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    if count < 0x80 { return [tag, UInt8(count)] + content }
    if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
    return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
  }

  static func sequence(_ elements: [UInt8]...) -> [UInt8] { element(0x30, elements.flatMap { $0 }) }

  static func integer(_ digits: [UInt8]) -> [UInt8] {
    element(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
  }

  /// An RSAPublicKey.
  static func rsaKey(_ modulus: [UInt8], _ exponent: [UInt8]) -> [UInt8] {
    sequence(integer(modulus), integer(exponent))
  }
}
