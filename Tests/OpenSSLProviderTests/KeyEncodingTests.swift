// Encodings of keys that must be refused: DER that is not strict, PEM that is damaged, and numbers that are no key.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Encodings of keys")
struct KeyEncodingTests {
  private static let p256 = "ecdsa-nist-p256"
  private static let rsa = "pkcs1(rsa,sha256)"

  @Test("keys are taken as DER and as PEM, with either line end", arguments: [p256, rsa, "ed25519", "ed448", "sm2"])
  func taken(name: String) throws {
    let pair = try PublicKeys.pair(name)
    for lineEnd in ["\n", "\r\n"] {
      #expect(
        try PublicKeys.refusal(name, private: PublicKeys.pem("PRIVATE KEY", pair.private, lineEnd: lineEnd)) == nil)
      #expect(try PublicKeys.refusal(name, public: PublicKeys.pem("PUBLIC KEY", pair.public, lineEnd: lineEnd)) == nil)
    }
  }

  @Test("every bit of a key on a curve counts: with any other it is refused", arguments: [p256, "sm2"])
  func flippedBits(name: String) throws {
    let pair = try PublicKeys.pair(name)
    for bit in 0..<pair.private.count * 8 {
      var key = pair.private
      key[bit / 8] ^= 1 << (bit % 8)
      #expect(try PublicKeys.refusal(name, private: key) == .invalidKey, "bit \(bit)")
    }
    for bit in 0..<pair.public.count * 8 {
      var key = pair.public
      key[bit / 8] ^= 1 << (bit % 8)
      #expect(try PublicKeys.refusal(name, public: key) == .invalidKey, "bit \(bit)")
    }
  }

  @Test("a key that is cut or goes on is refused", arguments: [p256, rsa, "ed25519", "ed448"])
  func lengths(name: String) throws {
    let pair = try PublicKeys.pair(name)
    for count in 0..<pair.private.count where count != 32 && count != 57 {
      #expect(try PublicKeys.refusal(name, private: Array(pair.private.prefix(count))) == .invalidKey, "\(count) bytes")
    }
    for count in 0..<pair.public.count where count != 32 && count != 57 {
      #expect(try PublicKeys.refusal(name, public: Array(pair.public.prefix(count))) == .invalidKey, "\(count) bytes")
    }
    #expect(try PublicKeys.refusal(name, private: pair.private + [0]) == .invalidKey)
    #expect(try PublicKeys.refusal(name, public: pair.public + [0]) == .invalidKey)
    #expect(try PublicKeys.refusal(name, private: pair.private + pair.private) == .invalidKey)
  }

  @Test("DER with indefinite, padded and huge parts is refused")
  func strictness() throws {
    let key = try PublicKeys.rsa.get()
    // 30 82 LL LL in front of the rest.
    let body = Array(key.public.dropFirst(4))
    #expect(try PublicKeys.refusal(Self.rsa, public: [0x30, 0x80] + body + [0, 0]) == .invalidKey)
    #expect(
      try PublicKeys.refusal(Self.rsa, public: [0x30, 0x83, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body)
        == .invalidKey)
    #expect(try PublicKeys.refusal(Self.rsa, public: [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF] + body) == .invalidKey)
    #expect(try PublicKeys.refusal(Self.rsa, public: [0x30, 0xFF] + body) == .invalidKey)
    let modulus = [0x80] + OpenSSL.bytes(254) + [1]
    let exponent: [UInt8] = [1, 0, 1]
    #expect(try PublicKeys.refusal(Self.rsa, public: DER.rsaKey(modulus, exponent)) == nil)
    let wrong: [[UInt8]] = [
      DER.sequence(DER.element(2, [0, 0] + modulus), DER.integer(exponent)),
      DER.sequence(DER.element(2, modulus), DER.integer(exponent)),
      DER.sequence(DER.integer(modulus), DER.element(2, [0] + exponent)),
      DER.sequence(DER.integer(modulus), DER.element(2, [])),
      DER.sequence(DER.integer(modulus), DER.integer(exponent), DER.integer(exponent)),
      DER.sequence(DER.integer(modulus)),
      DER.sequence(),
      DER.sequence(DER.integer(modulus), DER.element(4, exponent)),
      DER.element(0x31, DER.integer(modulus) + DER.integer(exponent)),
    ]
    for key in wrong { #expect(try PublicKeys.refusal(Self.rsa, public: key) == .invalidKey) }
  }

  @Test("RSA keys that are short, long, even or without an exponent are refused")
  func weakNumbers() throws {
    func code(_ modulus: [UInt8], _ exponent: [UInt8]) throws -> ProviderError.Code? {
      try PublicKeys.refusal(Self.rsa, public: DER.rsaKey(modulus, exponent))
    }
    func modulus(_ bits: Int) -> [UInt8] {
      let first = UInt8(1) << UInt8((bits - 1) % 8)
      return [first] + OpenSSL.bytes((bits + 7) / 8 - 2) + [1]
    }
    #expect(try code(modulus(2048), [1, 0, 1]) == nil)
    #expect(try code(modulus(2048), [3]) == nil)
    #expect(try code(modulus(2047), [1, 0, 1]) == .invalidKey)
    #expect(try code(modulus(1024), [1, 0, 1]) == .invalidKey)
    #expect(try code(modulus(16_384), [1, 0, 1]) == nil)
    #expect(try code(modulus(16_385), [1, 0, 1]) == .invalidKey)
    #expect(try code(modulus(100_000), [1, 0, 1]) == .invalidKey)
    for exponent: [UInt8] in [[], [1], [2], [1, 0, 0], [1] + [UInt8](repeating: 0, count: 7) + [1]] {
      #expect(try code(modulus(2048), exponent) == .invalidKey)
    }
    var even = modulus(2048)
    even[even.count - 1] = 2
    #expect(try code(even, [1, 0, 1]) == .invalidKey)
    let options = PublicKeyOptions(minimumModulusBits: 1024)
    var handle = try OpenSSL.registry.get().signature(Self.rsa, options)
    let short = DER.rsaKey(modulus(1024), [1, 0, 1])
    try handle.setPublicKey(short.rawSpan)
  }

  @Test("PKCS#1 has the numbers of PKCS#8, and those that do not belong together are refused")
  func pkcs1() throws {
    let key = try PublicKeys.rsa.get().private
    // Version, algorithm and the octet string's head are 26 bytes in front of an RSAPrivateKey of 2,048 bits.
    let inner = Array(key.dropFirst(26))
    #expect(try PublicKeys.refusal(Self.rsa, private: inner) == nil)
    #expect(try PublicKeys.refusal(Self.rsa, private: PublicKeys.pem("RSA PRIVATE KEY", inner)) == nil)
    #expect(try PublicKeys.refusal(Self.rsa, private: PublicKeys.pem("PRIVATE KEY", inner)) == .invalidKey)
    #expect(try PublicKeys.refusal(Self.rsa, private: PublicKeys.pem("RSA PRIVATE KEY", key)) == .invalidKey)
    // A byte of the modulus, and one of a prime.
    for index in [100, 700] {
      var wrong = inner
      wrong[index] ^= 0x10
      #expect(try PublicKeys.refusal(Self.rsa, private: wrong) == .invalidKey)
    }
    var version = inner
    version[6] = 1
    #expect(try PublicKeys.refusal(Self.rsa, private: version) == .invalidKey)
  }

  @Test("a damaged RSA key is refused, or is still the private half of the same public key")
  func damagedRSA() throws {
    let pair = try PublicKeys.rsa.get()
    var handle = try OpenSSL.registry.get().signature(Self.rsa)
    var refused = 0
    for index in stride(from: 0, to: pair.private.count, by: 11) {
      var key = pair.private
      key[index] ^= UInt8(truncatingIfNeeded: index * 37 | 1)
      let code = errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
      #expect(code == nil || code == .invalidKey, "byte \(index)")
      if code != nil { refused += 1 } else { #expect(try handle.publicKey() == pair.public, "byte \(index)") }
    }
    // Every byte of the modulus and of the primes counts, which are half of the key.
    #expect(refused > pair.private.count / 11 * 2 / 5)
  }

  @Test("SEC 1's own form names its curve, and has the public key that belongs to it")
  func sec1() throws {
    let pair = try PublicKeys.pair(Self.p256)
    let number = [UInt8](pair.private[36..<68])
    let point = Array(pair.public.suffix(65))
    let curve = DER.element(0xA0, DER.element(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]))
    let other = DER.element(0xA0, DER.element(6, [0x2B, 0x81, 0x04, 0x00, 0x22]))
    func key(_ version: UInt8, _ parts: [UInt8]...) -> [UInt8] {
      DER.element(0x30, [2, 1, version] + DER.element(4, number) + parts.flatMap { $0 })
    }
    let published = DER.element(0xA1, DER.element(3, [0] + point))
    #expect(try PublicKeys.refusal(Self.p256, private: key(1, curve, published)) == nil)
    #expect(try PublicKeys.refusal(Self.p256, private: key(1, curve)) == nil)
    #expect(try PublicKeys.refusal(Self.p256, private: PublicKeys.pem("EC PRIVATE KEY", key(1, curve))) == nil)
    #expect(try PublicKeys.refusal(Self.p256, private: key(1)) == .invalidKey)
    #expect(try PublicKeys.refusal(Self.p256, private: key(1, other)) == .invalidKey)
    #expect(try PublicKeys.refusal(Self.p256, private: key(0, curve)) == .invalidKey)
    let stranger = Array(try PublicKeys.pair(Self.p256).public.suffix(65))
    let wrong = DER.element(0xA1, DER.element(3, [0] + stranger))
    #expect(try PublicKeys.refusal(Self.p256, private: key(1, curve, wrong)) == .invalidKey)
    // A bit string that is not of whole bytes.
    #expect(
      try PublicKeys.refusal(Self.p256, private: key(1, curve, DER.element(0xA1, DER.element(3, [1] + point))))
        == .invalidKey)
  }

  @Test("RFC 5958's public key beside a private one must belong to it")
  func oneAsymmetricKey() throws {
    let pair = try PublicKeys.pair("ed25519")
    let stranger = try PublicKeys.pair("ed25519").public
    func key(_ version: UInt8, _ octets: ArraySlice<UInt8>) -> [UInt8] {
      // 30 2e 02 01 VV in front of the algorithm and the key.
      DER.element(0x30, [2, 1, version] + pair.private.dropFirst(5) + DER.element(0x81, [0] + octets))
    }
    #expect(try PublicKeys.refusal("ed25519", private: key(1, pair.public.suffix(32))) == nil)
    #expect(try PublicKeys.refusal("ed25519", private: key(1, stranger.suffix(32))) == .invalidKey)
    #expect(try PublicKeys.refusal("ed25519", private: key(0, pair.public.suffix(32))) == .invalidKey)
    #expect(try PublicKeys.refusal("ed25519", private: key(2, pair.public.suffix(32))) == .invalidKey)
  }

  @Test("damaged PEM is refused")
  func damagedPEM() throws {
    let pair = try PublicKeys.pair(Self.p256)
    let text = String(decoding: PublicKeys.pem("PRIVATE KEY", pair.private), as: UTF8.self)
    func code(_ text: String) throws -> ProviderError.Code? {
      try PublicKeys.refusal(Self.p256, private: Array(text.utf8))
    }
    #expect(try code(text) == nil)
    #expect(try code(text + "\n\n") == nil)
    #expect(try code(text + "x") == .invalidKey)
    #expect(try code(text + text) == .invalidKey)
    #expect(try code(text.replacing("END PRIVATE", with: "END PUBLIC")) == .invalidKey)
    #expect(try code(text.replacing("PRIVATE KEY", with: "PUBLIC KEY")) == .invalidKey)
    #expect(try code(text.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")) == .invalidKey)
    #expect(try code(text.replacing("-----\n", with: "-----")) == .invalidKey)
    #expect(try code(text.replacing("MIG", with: "M?G")) == .invalidKey)
    #expect(try code(text.replacing("MIG", with: "MI")) == .invalidKey)
    #expect(try code("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n") == .invalidKey)
    for count in 0..<text.utf8.count - 1 where count != 32 && count != text.utf8.count - 1 {
      #expect(try code(String(text.prefix(count))) == .invalidKey, "\(count) characters")
    }
    let publicText = String(decoding: PublicKeys.pem("PUBLIC KEY", pair.public), as: UTF8.self)
    #expect(try PublicKeys.refusal(Self.p256, public: Array(publicText.utf8)) == nil)
    #expect(try PublicKeys.refusal(Self.p256, public: Array(text.utf8)) == .invalidKey)
  }

  @Test("errors say nothing of the key, and descriptions neither")
  func secrecy() throws {
    let pair = try PublicKeys.pair(Self.p256)
    let number = Hexadecimal.encode([UInt8](pair.private[36..<68]))
    var thrown: ProviderError?
    var handle = try OpenSSL.registry.get().signature(Self.p256)
    let wrong = pair.private + [0]
    do throws(ProviderError) { try handle.setPrivateKey(wrong.rawSpan) } catch { thrown = error }
    let error = try #require(thrown)
    let text = "\(error) \(error.message) \(error.backend?.stack ?? [])"
    #expect(!text.lowercased().contains(number.prefix(8)))
    #expect(error.message.contains("DER"))
  }
}
