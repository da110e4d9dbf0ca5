// What the provider says of its drivers, and the names they are found by.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Descriptors of libcrypto's drivers")
struct DescriptorTests {
  private let descriptors = OpenSSLProvider().drivers.map(\.descriptor)

  @Test("every algorithm is there, under the kernel's names and the project's driver names")
  func names() {
    var expected = Set(OpenSSL.hashes.map { "\($0): \($0)-openssl 200" })
    expected.formUnion(OpenSSL.hmacs.map { "hmac(\($0)): hmac-\($0)-openssl 300" })
    expected.formUnion([
      "chacha20: chacha20-openssl 200",
      "stdrng: stdrng-openssl 300",
    ])
    expected.formUnion(
      AEADDescriptorTests.names.map { "\($0.key): \($0.value)-openssl \($0.key.hasPrefix("authenc") ? 4000 : 300)" })
    expected.formUnion(DRBGTests.names.enumerated().map { "stdrng: \($1) \(200 + $0)" })
    expected.formUnion(OpenSSL.derivations.map { "\($0): \(OpenSSL.driverName($0)) 300" })
    expected.formUnion(PublicKeys.descriptions)
    expected.formUnion((OpenSSL.ciphers + OpenSSL.primitiveMACs).map { "\($0): \($0)-openssl 200" })
    for name in OpenSSL.modes + OpenSSL.wholeMessages + OpenSSL.cipherMACs {
      let words = name.split { "()".contains($0) }.joined(separator: "-")
      expected.insert("\(name): \(words)-openssl 300")
    }
    let actual = descriptors.map { "\($0.name): \($0.driverName) \($0.priority)" }
    #expect(Set(actual) == expected)
    #expect(actual.count == expected.count)
  }

  @Test("no alias is ambiguous, or hides a name")
  func aliases() {
    let aliases = descriptors.flatMap(\.aliases).map { $0.name.lowercased() }
    #expect(Set(aliases).count == aliases.count)
    #expect(Set(aliases).isDisjoint(with: descriptors.map(\.name)))
  }

  @Test("state is exportable exactly where libcrypto's headers give it")
  func exportable() {
    let flagged = descriptors.filter { $0.flags.contains(.exportable) }.map(\.name)
    #expect(Set(flagged) == Set(OpenSSL.exportable))
  }

  @Test("sizes are those of the standards")
  func sizes() throws {
    func descriptor(_ name: String) throws -> AlgorithmDescriptor {
      try #require(descriptors.first { $0.name == name })
    }
    #expect(try descriptor("sha3-512").blockSize == 72)
    #expect(try descriptor("sha512-224").properties == .hash(.init(digestSize: 28)))
    #expect(try descriptor("shake128").properties == .hash(.init(digestSize: 32, isExtendable: true)))
    let aes = KeyLengths(16, 32, step: 8)
    #expect(
      try descriptor("cbc(aes)").properties == .cipher(.init(keyLengths: aes, ivSize: 16, chunkSize: 16)))
    #expect(try descriptor("ctr(aes)").properties == .cipher(.init(keyLengths: aes, ivSize: 16, chunkSize: 16)))
    #expect(
      try descriptor("xts(aes)").properties
        == .cipher(
          .init(
            keyLengths: KeyLengths(32, 64, step: 32), ivSize: 16, chunkSize: CipherProperties.wholeMessage,
            minimumLength: 16)))
  }

  @Test(
    "an algorithm is found by its usual names and by its object identifier",
    arguments: [
      ("SHA-256", "sha256"), ("SHA2-256", "sha256"), ("2.16.840.1.101.3.4.2.1", "sha256"), ("SHA1", "sha1"),
      ("SHA-512/256", "sha512-256"), ("SHA512-256", "sha512-256"), ("ripemd160", "rmd160"), ("RIPEMD-160", "rmd160"),
      ("1.3.36.3.2.1", "rmd160"), ("BLAKE2b512", "blake2b-512"), ("SHAKE-256", "shake256"),
      ("1.2.156.10197.1.401", "sm3"), ("hmac-sha256", "hmac(sha256)"), ("HMAC-SHA-256", "hmac(sha256)"),
      ("hmacWithSHA512", "hmac(sha512)"), ("hmac(SHA2-384)", "hmac(sha384)"), ("1.2.840.113549.2.9", "hmac(sha256)"),
      ("aes-gcm", "gcm(aes)"), ("chacha20-poly1305", "rfc7539(chacha20,poly1305)"), ("AES-256-CBC", "cbc(aes)"),
      ("aes-128-ctr", "ctr(aes)"), ("2.16.840.1.101.3.4.1.46", "gcm(aes)"), ("2.16.840.1.101.3.4.1.22", "cbc(aes)"),
      ("2.16.840.1.101.3.4.1.1", "ecb(aes)"), ("2.16.840.1.101.3.4.1.44", "cfb(aes)"),
      ("2.16.840.1.101.3.4.1.23", "ofb(aes)"), ("id-aes256-wrap", "kw(aes)"), ("1.3.111.2.1619.0.1.2", "xts(aes)"),
      ("AES-256-XTS", "xts(aes)"), ("aes-192-cbc-cts", "cts(cbc(aes))"), ("CAMELLIA-128-OFB", "ofb(camellia)"),
      ("1.2.392.200011.61.1.1.1.4", "cbc(camellia)"), ("0.3.4401.5.3.1.9.29", "ctr(camellia)"),
      ("1.2.410.200046.1.1.9", "ofb(aria)"), ("1.2.410.200046.1.1.12", "cbc(aria)"),
      ("1.2.156.10197.1.104.7", "ctr(sm4)"), ("SM4-CBC", "cbc(sm4)"), ("1.2.840.113549.3.7", "cbc(des3_ede)"),
      ("DES-EDE3-CFB", "cfb(des3_ede)"), ("aes-cmac", "cmac(aes)"), ("KMAC-256", "kmac256"),
    ])
  func found(alias: String, name: String) throws {
    #expect(try OpenSSL.registry.get().algorithm(alias).name == name)
  }

  @Test("an alias that names a key length takes no other", arguments: [(128, 16), (192, 24), (256, 32)])
  func keyLengths(bits: Int, bytes: Int) throws {
    let registry = try OpenSSL.registry.get()
    let cbcIdentifier = "2.16.840.1.101.3.4.1.\(2 + (bits - 128) / 64 * 20)"
    for length in [16, 24, 32] {
      let key = OpenSSL.bytes(length)
      let expected: ProviderError.Code? = length == bytes ? nil : .invalidKeyLength
      #expect(errorCode { () throws(ProviderError) in try registry.aead("aes-\(bits)-gcm", key: key) } == expected)
      #expect(errorCode { () throws(ProviderError) in try registry.cipher("AES-\(bits)-CBC", key: key) } == expected)
      #expect(errorCode { () throws(ProviderError) in try registry.cipher("aes-\(bits)-ctr", key: key) } == expected)
      #expect(errorCode { () throws(ProviderError) in try registry.cipher(cbcIdentifier, key: key) } == expected)
    }
  }

  @Test("every driver passes its known-answer tests")
  func selfTests() throws {
    let registry = try OpenSSL.registry.get()
    registry.testAll(includingSlow: true)
    for driver in descriptors.map(\.driverName) {
      let algorithm = try #require(registry.algorithms.first { $0.driverName == driver })
      #expect(algorithm.selfTest.word == "passed", "\(driver)")
    }
  }
}
