// What the tests of AEADs need of each: a key, a nonce and associated data that it takes.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import OpenSSLProvider

/// One AEAD of libcrypto's and lengths that it takes, in bytes.
struct AEADCase: CustomTestStringConvertible {
  let name: String
  let key: [UInt8]
  let nonce: [UInt8]
  var aad = OpenSSL.bytes(20, from: 5)
  /// Texts are multiples of this.
  var block = 1
  /// The tags that its standard has.
  var tagLengths = [16]

  var testDescription: String { name }

  static let gcmTags = [16, 15, 14, 13, 12, 8, 4]
  static let ccmTags = [16, 14, 12, 10, 8, 6, 4]

  static let all: [AEADCase] = [
    AEADCase(name: "gcm(aes)", key: OpenSSL.bytes(32), nonce: OpenSSL.bytes(12), tagLengths: gcmTags),
    AEADCase(name: "gcm(aria)", key: OpenSSL.bytes(24), nonce: OpenSSL.bytes(12), tagLengths: gcmTags),
    AEADCase(name: "ccm(aes)", key: OpenSSL.bytes(32), nonce: OpenSSL.bytes(12), tagLengths: ccmTags),
    AEADCase(name: "ccm(aria)", key: OpenSSL.bytes(16), nonce: OpenSSL.bytes(11), tagLengths: ccmTags),
    AEADCase(name: "ocb(aes)", key: OpenSSL.bytes(24), nonce: OpenSSL.bytes(15), tagLengths: [16, 12, 8]),
    AEADCase(name: "siv(aes)", key: OpenSSL.bytes(64), nonce: OpenSSL.bytes(16)),
    AEADCase(name: "rfc7539(chacha20,poly1305)", key: OpenSSL.bytes(32), nonce: OpenSSL.bytes(12)),
    packet("rfc4106(gcm(aes))", 36, [16, 12, 8]), packet("rfc4309(ccm(aes))", 19, [16, 12, 8]),
    packet("rfc4543(gcm(aes))", 28, [16]), authenc("sha1", 16, [20, 12]), authenc("sha256", 24, [32, 16]),
    authenc("sha384", 32, [48, 24]), authenc("sha512", 16, [64, 32]),
  ]

  /// The cases under which a nonce may not come again.
  static let watched = all.filter { $0.name != "siv(aes)" }

  private static func packet(_ name: String, _ keyLength: Int, _ tags: [Int]) -> AEADCase {
    AEADCase(
      name: name, key: OpenSSL.bytes(keyLength), nonce: OpenSSL.bytes(8), aad: OpenSSL.bytes(12), tagLengths: tags)
  }

  private static func authenc(_ hash: String, _ keyLength: Int, _ tags: [Int]) -> AEADCase {
    AEADCase(
      name: "authenc(hmac(\(hash)),cbc(aes))",
      key: AEADKeyForm.authencKey(authentication: OpenSSL.bytes(tags[0]), encryption: OpenSSL.bytes(keyLength)),
      nonce: OpenSSL.bytes(16), block: 16, tagLengths: tags)
  }

  /// A text of about `count` bytes.
  func text(_ count: Int) -> [UInt8] { OpenSSL.bytes(count / block * block, from: 77) }

  /// A handle that may seal under one nonce again.
  func handle(tagLength: Int? = nil) throws -> AEAD {
    try OpenSSL.registry.get().aead(name, key: key, tagLength: tagLength, allowingNonceReuse: true)
  }

  /// A handle that may not.
  func watchfulHandle() throws -> AEAD { try OpenSSL.registry.get().aead(name, key: key) }

  /// Its driver.
  func driver() throws -> AuthenticatedCipherDriver {
    AuthenticatedCipherDriver(try #require(AEADAlgorithm.all.first { $0.descriptor.name == name }))
  }
}
