// The published vectors of AEADs, valid and forged, through the registry's handles.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

@Suite("Published vectors of AEADs on libcrypto")
struct AEADVectorTests {
  /// Vectors by source file; what is left of each is in NotApplicable.tsv with the reason.
  private static let expected = [
    "openssl-evp/evpciph_aes_ccm_cavs.txt": 2865, "openssl-evp/evpciph_aes_common.txt": 46,
    "openssl-evp/evpciph_aes_ocb.txt": 31, "openssl-evp/evpciph_aes_siv.txt": 4,
    "openssl-evp/evpciph_aria.txt": 12, "openssl-evp/evpciph_chacha.txt": 8,
  ]

  @Test("all pass; forged messages are refused")
  func aeads() throws {
    let registry = try OpenSSL.registry.get()
    var counts: [String: Int] = [:]
    var results: [VectorResult: Int] = [:]
    for vector in try Vectors.aeads() {
      try check(vector, registry)
      counts[String(vector.id.prefix { $0 != ":" }), default: 0] += 1
      results[vector.result, default: 0] += 1
    }
    for (file, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(file): \(count) vectors") }
    #expect(counts == Self.expected)
    #expect(results == [.valid: 2481, .invalid: 483, .refused: 2])
  }

  private func check(_ vector: AEADVector, _ registry: Registry) throws {
    var aead = try registry.aead(vector.algorithm, key: vector.key, tagLength: vector.tag.count)
    #expect(aead.algorithm.driverName.hasSuffix("-openssl"))
    guard vector.result != .refused else {
      let code = errorCode { () throws(ProviderError) in
        try aead.seal(vector.plaintext, nonce: vector.iv, aad: vector.aad)
      }
      #expect(code == .invalidIVLength, "\(vector.id)")
      return
    }
    if vector.operations.contains(.seal), vector.result == .valid {
      let sealed = try aead.seal(vector.plaintext, nonce: vector.iv, aad: vector.aad)
      #expect(sealed == vector.ciphertext + vector.tag, "\(vector.id)")
    }
    guard vector.operations.contains(.open) else { return }
    let sealed = vector.ciphertext + vector.tag
    if vector.result == .valid {
      #expect(try aead.open(sealed, nonce: vector.iv, aad: vector.aad) == vector.plaintext, "\(vector.id)")
    } else {
      let code = errorCode { () throws(ProviderError) in
        try aead.open(sealed, nonce: vector.iv, aad: vector.aad)
      }
      #expect(code == .authentication, "\(vector.id)")
    }
  }
}
