// Known answers of the MACs that are none over a hash, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the MAC `name`; empty for one that is not here.
  static func keyedMACs(_ name: String) -> [KnownAnswer] {
    switch name {
    case "cmac(aes)":
      [
        tag(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          message: "",
          tag: "bb1d6929e95937287fa37d129b756746",
          source: "SP 800-38B D.1, RFC 4493 section 4"),
        tag(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          message: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
          tag: "dfa66747de9ae63030ca32611497c827",
          source: "SP 800-38B D.1, RFC 4493 section 4"),
      ]
    case "cmac(des3_ede)":
      [
        tag(
          key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
          message: "",
          tag: "b7a688e122ffaf95",
          source: "SP 800-38B D.4"),
        tag(
          key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
          message: "6bc1bee22e409f96e93d7e117393172aae2d8a57",
          tag: "743ddbe0ce2dc2ed",
          source: "SP 800-38B D.4"),
      ]
    case "cmac(camellia)":
      [
        tag(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          message: "",
          tag: "ba925782aaa1f5d9a00f89648094fc71",
          source: "draft-kato-ipsec-camellia-cmac96and128"),
        tag(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          message: "6bc1bee22e409f96e93d7e117393172a",
          tag: "6d962854a3b9fda56d7d45a95ee17993",
          source: "draft-kato-ipsec-camellia-cmac96and128"),
      ]
    case "gmac(aes)":
      [
        tag(
          key: "77be63708971c4e240d1cb79e8d77feb",
          message: "7a43ec1d9c0a5a78a0b16533a6213cab",
          tag: "209fcc8d3675ed938e9c7166709dd946",
          options: .init(iv: [0xE0, 0xE0, 0x0F, 0x19, 0xFE, 0xD7, 0xBA, 0x01, 0x36, 0xA7, 0x97, 0xF3]),
          source: "NIST CAVP, OpenSSL evpmac_common.txt")
      ]
    case "poly1305":
      [
        tag(
          key: "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
          message: "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
          tag: "a8061dc1305136c6c22b8baf0c0127a9",
          source: "RFC 8439 section 2.5.2")
      ]
    case "siphash":
      [
        tag(
          key: "000102030405060708090a0b0c0d0e0f",
          message: "000102030405060708090a0b0c0d0e",
          tag: "e545be4961ca29a1",
          source: "Aumasson and Bernstein, SipHash, appendix A"),
        tag(
          key: "000102030405060708090a0b0c0d0e0f",
          message: "000102030405060708",
          tag: "264499060ad9baabc47f8b02bb6d71ed",
          options: .init(tagSize: 16),
          source: "OpenSSL evpmac_siphash.txt"),
      ]
    case "kmac128":
      [
        tag(
          key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
          message: "00010203",
          tag: "e5780b0d3ea6f7d3a429c5706aa43a00fadbd7d49628839e3187243f456ee14e",
          source: "SP 800-185, NIST KMAC sample 1"),
        tag(
          key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
          message: "00010203",
          tag: "3b1fba963cd8b0b59e8c1a6d71888b7143651af8ba0a7070c0979e2811324aa5",
          options: .init(customization: Array("My Tagged Application".utf8)),
          source: "SP 800-185, NIST KMAC sample 2"),
      ]
    case "kmac256":
      [
        tag(
          key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
          message: "00010203",
          tag:
            "20c570c31346f703c9ac36c61c03cb64c3970d0cfc787e9b79599d273a68d2f7f69d4cc3de9d104a351689f27cf6f595"
            + "1f0103f33f4f24871024d9c27773a8dd",
          options: .init(customization: Array("My Tagged Application".utf8)),
          source: "SP 800-185, NIST KMAC sample 4")
      ]
    case "kmacxof128":
      [
        tag(
          key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
          message: "00010203",
          tag: "cd83740bbd92ccc8cf032b1481a0f4460e7ca9dd12b08a0c4031178bacd6ec35",
          source: "SP 800-185, NIST KMACXOF sample 1")
      ]
    case "kmacxof256":
      [
        tag(
          key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
          message: "00010203",
          tag:
            "1755133f1534752aad0748f2c706fb5c784512cab835cd15676b16c0c6647fa96faa7af634a0bf8ff6df39374fa00fad"
            + "9a39e322a7c92065a64eb1fb0801eb2b",
          options: .init(customization: Array("My Tagged Application".utf8)),
          source: "SP 800-185, NIST KMACXOF sample 4")
      ]
    case "blake2bmac":
      [
        tag(
          key:
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
            + "303132333435363738393a3b3c3d3e3f",
          message: "0001020304",
          tag:
            "098084b51fd13deae5f4320de94a688ee07baea2800486689a8636117b46c1f4c1f6af7f74ae7c857600456a58a3af25"
            + "1dc4723a64cc7c0a5ab6d9cac91c20bb",
          source: "BLAKE2 reference implementation, OpenSSL evpmac_blake.txt")
      ]
    case "blake2smac":
      [
        tag(
          key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          message: "0001020304",
          tag: "49c1f21188dfd769aea0e911dd6b41f14dab109d2b85977aa3088b5c707e8598",
          source: "BLAKE2 reference implementation, OpenSSL evpmac_blake.txt")
      ]
    default: []
    }
  }

  private static func tag(
    key: String, message: String, tag: String, options: MACOptions = .init(), source: String
  ) -> KnownAnswer {
    KnownAnswer(.parameterizedMAC(key: key, options: options, message: message, tag: tag), source: source)
  }
}
