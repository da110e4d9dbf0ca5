// NIST's CAVP vectors of public keys, where Scripts/cavp.sh has made tables of them.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

@Suite(
  "CAVP vectors of public keys on libcrypto",
  .enabled(if: CAVP.folder != nil, CAVP.hint))
struct PublicKeyCAVPTests {
  private func tables() throws -> PublicKeyCAVP { try PublicKeyCAVP(in: #require(CAVP.folder)) }

  @Test("ECDSA and RSA signatures, right and wrong")
  func signatures() throws {
    let registry = try OpenSSL.registry.get()
    let vectors = try tables().signatures
    #expect(vectors.count == 900)
    for vector in vectors {
      var handle = try registry.signature(vector.algorithm, PublicKeyOptions(minimumModulusBits: 1024))
      try handle.setPublicKey(vector.key.rawSpan)
      let code = errorCode { () throws(ProviderError) in
        if vector.kind == .message {
          try handle.verify(vector.signature, of: vector.input)
        } else {
          try handle.verify(vector.signature, ofDigest: vector.input)
        }
      }
      #expect(code == (vector.result == .valid ? nil : .authentication), "\(vector.id)")
    }
  }

  @Test("a private number has the published point")
  func keyPairs() throws {
    let vectors = try tables().keyPairs
    #expect(vectors.count == 30)
    for vector in vectors {
      var handle = try OpenSSL.registry.get().keyAgreement(vector.algorithm)
      try handle.setPrivateKey(vector.privateKey.rawSpan)
      #expect(try handle.publicKey() == vector.publicKey, "\(vector.id)")
    }
  }

  @Test("points that are not on the curve, or have coordinates out of range, are refused")
  func points() throws {
    let vectors = try tables().points
    #expect(vectors.count == 36)
    for vector in vectors {
      let code = try PublicKeys.refusal(vector.algorithm, public: vector.key)
      #expect(code == (vector.isValid ? nil : .invalidKey), "\(vector.id)")
    }
  }
}
