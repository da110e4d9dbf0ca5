// Signatures on libcrypto: round trips, forms of keys, and what must not verify.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestPrograms
import Testing
import WarpDriveCore

@Suite("Signatures of libcrypto")
struct SignatureTests {
  @Test("what a key signs its public half verifies, and nothing else", arguments: PublicKeys.signatures)
  func roundTrip(name: String) throws {
    let registry = try OpenSSL.registry.get()
    let pair = try PublicKeys.pair(name)
    var signer = try registry.signature(name)
    var verifier = try registry.signature(name)
    try signer.setPrivateKey(pair.private.rawSpan)
    try verifier.setPublicKey(pair.public.rawSpan)
    #expect(try signer.publicKey() == pair.public)
    for length in [0, 1, 100, 5000] {
      let message = OpenSSL.bytes(length)
      let signature = try signer.sign(message)
      try verifier.verify(signature, of: message)
      try signer.verify(signature, of: message)
      var forged: [[UInt8]] = [[], Array(signature.dropLast()), signature + [0], signature.map { _ in 0 }]
      for byte in stride(from: 0, to: signature.count, by: 7) {
        var wrong = signature
        wrong[byte] ^= 1 << (byte % 8)
        forged.append(wrong)
      }
      for wrong in forged {
        let code = errorCode { () throws(ProviderError) in try verifier.verify(wrong, of: message) }
        #expect(code == .authentication)
      }
      let code = errorCode { () throws(ProviderError) in try verifier.verify(signature, of: message + [0]) }
      #expect(code == .authentication)
      try verifier.verify(signature, of: message)
    }
    let code = errorCode { () throws(ProviderError) in try verifier.sign([1]) }
    #expect(code == .missingKey)
    let secret = errorCode { () throws(ProviderError) -> SecretBytes in try verifier.privateKey() }
    #expect(secret == .missingKey)
  }

  @Test(
    "the kernel's names, and object identifiers, find the algorithm that they mean",
    arguments: [
      ("ecdsa-nist-p256", "x962(ecdsa-nist-p256,sha256)"), ("x962(ecdsa-nist-p384)", "x962(ecdsa-nist-p384,sha384)"),
      ("p1363(ecdsa-nist-p521)", "p1363(ecdsa-nist-p521,sha512)"), ("1.3.101.112", "ed25519"), ("1.3.101.113", "ed448"),
      ("pkcs1pad(rsa,sha256)", "pkcs1(rsa,sha256)"), ("1.2.840.113549.1.1.11", "pkcs1(rsa,sha256)"),
      ("1.2.156.10197.1.501", "sm2"), ("x25519", "curve25519"), ("1.3.101.111", "x448"), ("ffdhe2048", "ffdhe2048(dh)"),
      ("1.2.840.113549.1.1.1", "rsa"),
    ])
  func names(alias: String, name: String) throws {
    #expect(try OpenSSL.registry.get().algorithm(alias).name == name)
  }

  @Test("the digest of a message has the signature of the message", arguments: PublicKeys.signatures)
  func digests(name: String) throws {
    let registry = try OpenSSL.registry.get()
    let pair = try PublicKeys.pair(name)
    var handle = try registry.signature(name)
    try handle.setPrivateKey(pair.private.rawSpan)
    let message = OpenSSL.bytes(300)
    let signature = try handle.sign(message)
    let hash = name.hasPrefix("ed") ? nil : String(name.split { $0 == "," || $0 == ")" }.last ?? "sm3")
    guard let hash, name != "sm2" else {
      // SM2 hashes the key with the message, and EdDSA hashes twice.
      let digest = OpenSSL.bytes(name == "sm2" ? 31 : 64)
      let code = errorCode { () throws(ProviderError) in try handle.sign(digest: digest) }
      #expect(code == (name == "sm2" ? .invalidArgument : .unsupported))
      return
    }
    var digester = try registry.hash(hash)
    let digest = try digester.digest(message)
    try handle.verify(signature, ofDigest: digest)
    try handle.verify(try handle.sign(digest: digest), of: message)
    let isCurve = name.contains("ecdsa")
    for wrong in [[], Array(digest.dropLast()), digest + [0], OpenSSL.bytes(65)] {
      let code = errorCode { () throws(ProviderError) in try handle.verify(signature, ofDigest: wrong) }
      // Of a longer digest ECDSA takes the first bits (FIPS 186-5 6.4.1).
      if isCurve, wrong.starts(with: digest), wrong.count <= 64 {
        #expect(code == nil)
      } else {
        #expect(code == (isCurve && (1...64).contains(wrong.count) ? .authentication : .invalidArgument))
      }
    }
  }

  @Test(
    "both encodings of ECDSA are of the same numbers",
    arguments: [("p256", "sha256", 32), ("p384", "sha384", 48), ("p521", "sha512", 66)])
  func encodings(curve: String, hash: String, size: Int) throws {
    let registry = try OpenSSL.registry.get()
    var fixed = try registry.signature("p1363(ecdsa-nist-\(curve))")
    var sequence = try registry.signature("ecdsa-nist-\(curve)")
    #expect(fixed.algorithm.name == "p1363(ecdsa-nist-\(curve),\(hash))")
    #expect(sequence.algorithm.name == "x962(ecdsa-nist-\(curve),\(hash))")
    try fixed.generateKeyPair()
    let key = try fixed.privateKey()
    try sequence.setPrivateKey(key.rawSpan)
    let message = OpenSSL.bytes(50)
    // Numbers with zeros before them, and with a first bit that is set, come up among these.
    for _ in 0..<40 {
      let signature = try fixed.sign(message)
      #expect(signature.count == 2 * size)
      let (r, s) = (Array(signature.prefix(size)), Array(signature.suffix(size)))
      let der = DER.sequence(DER.integer(Array(r.drop { $0 == 0 })), DER.integer(Array(s.drop { $0 == 0 })))
      try sequence.verify(der, of: message)
      try fixed.verify(signature, of: message)
      try sequence.verify(try sequence.sign(message), of: message)
    }
  }

  @Test("raw keys are taken where RFC 8032 and SEC 1 define them")
  func rawKeys() throws {
    let registry = try OpenSSL.registry.get()
    for (name, size) in [("ed25519", 32), ("ed448", 57), ("ecdsa-nist-p256", 32), ("sm2", 32)] {
      let pair = try PublicKeys.pair(name)
      let isCurve = !name.hasPrefix("ed4") && !name.hasPrefix("ed2")
      let octets = Array(pair.public.suffix(isCurve ? 2 * size : size))
      var verifier = try registry.signature(name)
      var signer = try registry.signature(name)
      try signer.setPrivateKey(pair.private.rawSpan)
      let signature = try signer.sign([1, 2, 3])
      for key in isCurve ? [octets, [4] + octets] : [octets] {
        try verifier.setPublicKey(key.rawSpan)
        try verifier.verify(signature, of: [1, 2, 3])
        #expect(try verifier.publicKey() == pair.public)
      }
      #expect(try PublicKeys.refusal(name, public: Array(octets.dropLast())) == .invalidKey)
      #expect(try PublicKeys.refusal(name, public: octets + [0, 0]) == .invalidKey)
      if isCurve {
        var wrong = octets
        wrong[2 * size - 1] ^= 1
        #expect(try PublicKeys.refusal(name, public: wrong) == .invalidKey)
      }
      // Any octets of the right number are a private key, but for 0 on a curve in Weierstrass form.
      let number = [UInt8](repeating: 7, count: size)
      #expect(try PublicKeys.refusal(name, private: number) == nil)
      #expect(try PublicKeys.refusal(name, private: number.map { _ in 0 }) == (isCurve ? .invalidKey : nil))
      #expect(try PublicKeys.refusal(name, private: number + [1]) == .invalidKey)
    }
  }

  /// The points of order 1, 2, 4 and 8 (RFC 8032 5.1.3), with either sign, and of Ed448 of order 1, 2 and 4.
  @Test(
    "a public key of small order, with which signatures of anything verify, is refused",
    arguments: [
      ("ed25519", "01" + String(repeating: "00", count: 31)),
      ("ed25519", "01" + String(repeating: "00", count: 30) + "80"),
      ("ed25519", String(repeating: "00", count: 32)), ("ed25519", String(repeating: "00", count: 31) + "80"),
      ("ed25519", "ec" + String(repeating: "ff", count: 30) + "7f"),
      ("ed25519", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      ("ed25519", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
      ("ed25519", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
      ("ed448", "01" + String(repeating: "00", count: 56)), ("ed448", String(repeating: "00", count: 57)),
      ("ed448", "fe" + String(repeating: "ff", count: 27) + "fe" + String(repeating: "ff", count: 27) + "00"),
    ])
  func smallOrder(name: String, key: String) throws {
    let key = try #require(Hexadecimal.decode(key))
    #expect(try PublicKeys.refusal(name, public: key) == .invalidKey)
  }

  @Test("a key of another algorithm or another curve is refused, and the one before it stays")
  func otherKeys() throws {
    let registry = try OpenSSL.registry.get()
    let names = [
      "ecdsa-nist-p256", "ecdsa-nist-p384", "ecdsa-nist-p521", "sm2", "ed25519", "ed448", "pkcs1(rsa,sha256)",
    ]
    let pairs = try names.map { try PublicKeys.pair($0) }
    for (index, name) in names.enumerated() {
      var handle = try registry.signature(name)
      let own = pairs[index]
      try handle.setPrivateKey(own.private.rawSpan)
      let signature = try handle.sign([1])
      for (other, pair) in pairs.enumerated() where other != index {
        let first = errorCode { () throws(ProviderError) in try handle.setPrivateKey(pair.private.rawSpan) }
        let second = errorCode { () throws(ProviderError) in try handle.setPublicKey(pair.public.rawSpan) }
        #expect(first == .invalidKey && second == .invalidKey, "\(names[other]) on \(name)")
      }
      try handle.verify(signature, of: [1])
      try handle.verify(try handle.sign([2]), of: [2])
    }
  }

  @Test("Ed25519 signs the same message in the same way, and ECDSA never does")
  func randomness() throws {
    let registry = try OpenSSL.registry.get()
    for (name, isDeterministic) in [("ed25519", true), ("ed448", true), ("ecdsa-nist-p256", false), ("sm2", false)] {
      var handle = try registry.signature(name)
      try handle.generateKeyPair()
      #expect(try (handle.sign([1, 2]) == handle.sign([1, 2])) == isDeterministic)
    }
  }

  @Test("RSA keys are made as long as asked, and long enough unless asked otherwise")
  func generatedLengths() throws {
    let registry = try OpenSSL.registry.get()
    var handle = try registry.signature("pkcs1(rsa,sha256)")
    try handle.generateKeyPair()
    #expect(try handle.sign([1]).count == 3072 / 8)
    var short = try registry.signature(
      "pkcs1(rsa,sha256)", PublicKeyOptions(rsaModulusBits: 1024, minimumModulusBits: 1024))
    try short.generateKeyPair()
    #expect(try short.sign([1]).count == 128)
    let key = try short.publicKey()
    #expect(try PublicKeys.refusal("pkcs1(rsa,sha256)", public: key) == .invalidKey)
    for (bits, minimum) in [(1024, 2048), (16_385, 2048), (256, 256), (-1, 0)] {
      let options = PublicKeyOptions(rsaModulusBits: bits, minimumModulusBits: minimum)
      var refused = try registry.signature("pss(rsa,sha256)", options)
      let code = errorCode { () throws(ProviderError) in try refused.generateKeyPair() }
      #expect(code == .invalidArgument, "\(bits) bits")
    }
  }

  @Test("a key too short for the hash cannot sign", arguments: ["pkcs1(rsa,sha512)", "pss(rsa,sha512)"])
  func shortForHash(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var handle = try registry.signature(name, PublicKeyOptions(rsaModulusBits: 512, minimumModulusBits: 512))
    try handle.generateKeyPair()
    let code = errorCode { () throws(ProviderError) in try handle.sign([1]) }
    #expect(code == .backendFailure || code == .invalidKey)
  }

  @Test(
    "eight threads with a handle each sign what one verifies",
    arguments: ["ecdsa-nist-p256", "ed25519", "pss(rsa,sha256)", "sm2"])
  func threads(name: String) throws {
    let registry = try OpenSSL.registry.get()
    let pair = try PublicKeys.pair(name)
    let verified = Count()
    try ThreadGroup(count: 8) { index in
      guard var signer = try? registry.signature(name), var verifier = try? registry.signature(name),
        (try? signer.setPrivateKey(pair.private.rawSpan)) != nil,
        (try? verifier.setPublicKey(pair.public.rawSpan)) != nil
      else { return }
      for _ in 0..<5 {
        guard let signature = try? signer.sign([UInt8(index)]),
          (try? verifier.verify(signature, of: [UInt8(index)])) != nil
        else { return }
        verified.increment()
      }
    }.join()
    #expect(verified.value == 40)
  }
}
