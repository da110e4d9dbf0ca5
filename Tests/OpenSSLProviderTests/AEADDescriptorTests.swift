// What the provider says of its AEADs, and the names they are found by.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Descriptors of libcrypto's AEADs")
struct AEADDescriptorTests {
  /// Every AEAD by the kernel's name, and its driver without the provider.
  static let names: [String: String] = {
    var names = [
      "gcm(aes)": "gcm-aes", "gcm(aria)": "gcm-aria", "ccm(aes)": "ccm-aes", "ccm(aria)": "ccm-aria",
      "ocb(aes)": "ocb-aes", "siv(aes)": "siv-aes", "rfc7539(chacha20,poly1305)": "rfc7539-chacha20-poly1305",
      "rfc4106(gcm(aes))": "rfc4106-gcm-aes", "rfc4309(ccm(aes))": "rfc4309-ccm-aes",
      "rfc4543(gcm(aes))": "rfc4543-gcm-aes",
    ]
    for hash in ["sha1", "sha256", "sha384", "sha512"] {
      names["authenc(hmac(\(hash)),cbc(aes))"] = "authenc-hmac-\(hash)-cbc-aes"
    }
    if cossl_built_with_sm4_aead() {
      names["gcm(sm4)"] = "gcm-sm4"
      names["ccm(sm4)"] = "ccm-sm4"
    }
    return names
  }()

  private func properties(_ name: String) throws -> AEADProperties {
    let descriptors = OpenSSLProvider().drivers.map(\.descriptor)
    let descriptor = try #require(descriptors.first { $0.name == name })
    guard case .aead(let properties) = descriptor.properties else {
      throw ProviderError(.invalidArgument, "\(name) is no AEAD")
    }
    return properties
  }

  @Test("sizes are those of the standards")
  func sizes() throws {
    let aes = KeyLengths(16, 32, step: 8)
    #expect(
      try properties("gcm(aes)")
        == .init(keyLengths: aes, ivSize: 12, tagLengths: [16, 15, 14, 13, 12, 8, 4], nonceLengths: 1...128))
    #expect(
      try properties("ccm(aes)")
        == .init(
          keyLengths: aes, ivSize: 12, tagLengths: [16, 14, 12, 10, 8, 6, 4], nonceLengths: 7...13,
          nonceAndLengthBytes: 15))
    #expect(
      try properties("rfc7539(chacha20,poly1305)")
        == .init(keyLengths: KeyLengths(32, 32), ivSize: 12, tagLengths: [16]))
    #expect(
      try properties("rfc4106(gcm(aes))")
        == .init(keyLengths: KeyLengths(20, 36, step: 8), ivSize: 8, tagLengths: [16, 12, 8], aadLengths: [8, 12]))
    #expect(try !properties("rfc4543(gcm(aes))").isConfidential)
    #expect(try properties("siv(aes)").isMisuseResistant)
    #expect(try properties("authenc(hmac(sha256),cbc(aes))").keyForm == .authenc)
  }

  @Test(
    "an algorithm is found by its usual names and by its object identifier",
    arguments: [
      ("aes-ccm", "ccm(aes)"), ("AES-192-CCM", "ccm(aes)"), ("id-aes256-CCM", "ccm(aes)"), ("aes-128-ocb", "ocb(aes)"),
      ("2.16.840.1.101.3.4.1.27", "ccm(aes)"), ("aria-256-gcm", "gcm(aria)"), ("ARIA-128-CCM", "ccm(aria)"),
      ("1.2.410.200046.1.1.34", "gcm(aria)"), ("1.2.410.200046.1.1.39", "ccm(aria)"), ("aes-siv", "siv(aes)"),
    ])
  func found(alias: String, name: String) throws {
    #expect(try OpenSSL.registry.get().algorithm(alias).name == name)
  }

  @Test("an alias of SIV that names AES's key takes twice its length", arguments: [(128, 32), (192, 48), (256, 64)])
  func sivKeys(bits: Int, bytes: Int) throws {
    for length in [32, 48, 64] {
      let code = errorCode { () throws(ProviderError) in
        try OpenSSL.registry.get().aead("aes-\(bits)-siv", key: OpenSSL.bytes(length))
      }
      #expect(code == (length == bytes ? nil : .invalidKeyLength))
    }
  }
}
