// The published vectors of public keys in Tests/Vectors, through the registry's handles.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

@Suite("Published vectors of public keys on libcrypto")
struct PublicKeyVectorTests {
  /// Old vectors have short keys.
  private static let options = PublicKeyOptions(minimumModulusBits: 512)

  /// How many vectors of each source file there are.
  private static func counts(_ identifiers: [String]) -> [String: Int] {
    Dictionary(grouping: identifiers) { id in
      String(id.prefix { $0 != ":" }.split(separator: "/").last ?? "")
    }.mapValues(\.count)
  }

  @Test("key agreements; a peer's key that is none is refused with no secret")
  func agreements() throws {
    let registry = try OpenSSL.registry.get()
    let vectors = try Vectors.agreements()
    #expect(
      Self.counts(vectors.map(\.id)) == [
        "evppkey_dh.txt": 5, "evppkey_ecc.txt": 9, "evppkey_ecdh.txt": 20, "evppkey_ecx.txt": 14,
        "evppkey_ffdhe.txt": 11, "evppkey_kas.txt": 75,
      ])
    for vector in vectors {
      var handle = try registry.keyAgreement(vector.algorithm)
      #expect(handle.algorithm.driverName.hasSuffix("-openssl"))
      try handle.setPrivateKey(vector.privateKey.rawSpan)
      if vector.result == .valid {
        #expect(try handle.sharedSecret(vector.peer) == vector.secret, "\(vector.id)")
      } else {
        let code = errorCode { () throws(ProviderError) in try handle.sharedSecret(vector.peer) }
        #expect(code == .invalidKey, "\(vector.id)")
      }
    }
  }

  @Test("a private key has the public key that was published with it, and no other")
  func keyPairs() throws {
    let registry = try OpenSSL.registry.get()
    let vectors = try Vectors.keyPairs()
    #expect(
      Self.counts(vectors.map(\.id)) == [
        "evppkey_ecc.txt": 6, "evppkey_ecdh.txt": 20, "evppkey_ecdsa.txt": 1, "evppkey_ecx.txt": 26,
        "evppkey_ffdhe.txt": 10, "evppkey_kas.txt": 75, "evppkey_mismatch.txt": 5, "evppkey_rsa.txt": 1,
        "evppkey_rsa_common.txt": 3,
      ])
    for vector in vectors {
      var publicKey: [UInt8] = []
      if try registry.algorithm(vector.algorithm).kind == .keyAgreement {
        var handle = try registry.keyAgreement(vector.algorithm)
        try handle.setPrivateKey(vector.privateKey.rawSpan)
        publicKey = try handle.publicKey()
        if vector.result == .refused {
          let code = errorCode { () throws(ProviderError) in try handle.sharedSecret(vector.publicKey) }
          #expect(code == .invalidKey, "\(vector.id)")
        }
      } else {
        var handle = try registry.signature(vector.algorithm)
        try handle.setPrivateKey(vector.privateKey.rawSpan)
        publicKey = try handle.publicKey()
        if vector.result == .refused {
          let code = errorCode { () throws(ProviderError) in try handle.setPublicKey(vector.publicKey.rawSpan) }
          #expect(code == .invalidKey, "\(vector.id)")
        }
      }
      #expect((publicKey == vector.publicKey) == (vector.result == .valid), "\(vector.id)")
    }
  }

  @Test("signatures of messages and of digests; what is not right does not verify")
  func signatures() throws {
    let registry = try OpenSSL.registry.get()
    let vectors = try Vectors.signatures()
    #expect(
      Self.counts(vectors.map(\.id)) == [
        "evppkey_ecdsa.txt": 12, "evppkey_ecx.txt": 25, "evppkey_rsa.txt": 47, "evppkey_rsa_common.txt": 41,
        "evppkey_sm2.txt": 2,
      ])
    for vector in vectors {
      var handle = try registry.signature(vector.algorithm, Self.options)
      let code = errorCode { () throws(ProviderError) in
        switch vector.half {
        case .private: try handle.setPrivateKey(vector.key.rawSpan)
        case .public: try handle.setPublicKey(vector.key.rawSpan)
        }
        if vector.kind == .message {
          try handle.verify(vector.signature, of: vector.input)
        } else {
          try handle.verify(vector.signature, ofDigest: vector.input)
        }
      }
      switch vector.result {
      case .valid: #expect(code == nil, "\(vector.id)")
      case .invalid: #expect(code == .authentication, "\(vector.id)")
      case .refused: #expect(code == .invalidArgument || code == .invalidKey, "\(vector.id)")
      }
      guard vector.operation == .sign, vector.result == .valid else { continue }
      let signature =
        vector.kind == .message ? try handle.sign(vector.input) : try handle.sign(digest: vector.input)
      #expect(signature == vector.signature, "\(vector.id)")
    }
  }

  @Test("encryption; a wrong ciphertext gives one error and nothing else")
  func encryptions() throws {
    let registry = try OpenSSL.registry.get()
    let vectors = try Vectors.encryptions()
    #expect(Self.counts(vectors.map(\.id)) == ["evppkey_rsa_common.txt": 63])
    for vector in vectors {
      var handle = try registry.asymmetricCipher(vector.algorithm, Self.options)
      try handle.setPrivateKey(vector.privateKey.rawSpan)
      if vector.result == .valid {
        #expect(try handle.decrypt(vector.ciphertext) == vector.plaintext, "\(vector.id)")
        let again = try handle.encrypt(vector.plaintext)
        #expect(try handle.decrypt(again) == vector.plaintext, "\(vector.id)")
      } else {
        let code = errorCode { () throws(ProviderError) in try handle.decrypt(vector.ciphertext) }
        #expect(code == .corruptInput, "\(vector.id)")
      }
    }
  }
}
