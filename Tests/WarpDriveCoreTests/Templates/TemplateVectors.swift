// Published vectors of the modes that Core's templates implement, with the source of each.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// One vector of a cipher; byte strings are hexadecimal.
struct CipherVector: Sendable {
  let name: String
  let key: String
  let iv: String
  let plaintext: String
  let ciphertext: String
  let source: String
}

/// One vector of an AEAD; the tag is the end of what was sealed.
struct AEADVector: Sendable {
  let name: String
  let key: String
  let nonce: String
  let aad: String
  let plaintext: String
  let sealed: String
  let source: String
}

/// One vector of a MAC.
struct MACVector: Sendable {
  let name: String
  let key: String
  let message: String
  let tag: String
  let source: String
}

enum TemplateVectors {
  /// The bytes 0 to 255, as often as asked for.
  static func counting(_ times: Int) -> String {
    String(repeating: Hexadecimal.encode((0...255).map { UInt8($0) }), count: times)
  }

  static let ciphers: [CipherVector] = [
    CipherVector(
      name: "ecb(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      iv: "",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed030688\
        7b0c785e27e8ad3f8223207104725dd4
        """,
      source: "SP 800-38A F.1.1"),
    CipherVector(
      name: "cbc(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      iv: "000102030405060708090a0b0c0d0e0f",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e22229516\
        3ff1caa1681fac09120eca307586e1a7
        """,
      source: "SP 800-38A F.2.1"),
    CipherVector(
      name: "ctr(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab\
        1e031dda2fbe03d1792170a0f3009cee
        """,
      source: "SP 800-38A F.5.1"),
    CipherVector(
      name: "ecb(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      iv: "",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eefef7afd2270e2e60adce0ba2face6444e\
        9a4b41ba738d6c72fb16691603c18e0e
        """,
      source: "SP 800-38A F.1.3"),
    CipherVector(
      name: "cbc(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      iv: "000102030405060708090a0b0c0d0e0f",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e0\
        08b0e27988598881d920a9e64f5615cd
        """,
      source: "SP 800-38A F.2.3"),
    CipherVector(
      name: "ctr(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf7\
        4f78a7f6d29809585a97daec58c6b050
        """,
      source: "SP 800-38A F.5.3"),
    CipherVector(
      name: "ecb(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      iv: "",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870b6ed21b99ca6f4f9f153e7b1beafed1d\
        23304b7a39f9f3ff067d8d8f9e24ecc7
        """,
      source: "SP 800-38A F.1.5"),
    CipherVector(
      name: "cbc(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      iv: "000102030405060708090a0b0c0d0e0f",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461\
        b2eb05e2c39be9fcda6c19078c6a9d1b
        """,
      source: "SP 800-38A F.2.5"),
    CipherVector(
      name: "ctr(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      plaintext: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      ciphertext: """
        601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988d\
        dfc9c58db67aada613c2dd08457941a6
        """,
      source: "SP 800-38A F.5.5"),
    CipherVector(
      name: "xts(aes)",
      key: "1111111111111111111111111111111122222222222222222222222222222222",
      iv: "33333333330000000000000000000000",
      plaintext: "4444444444444444444444444444444444444444444444444444444444444444",
      ciphertext: "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
      source: "IEEE 1619 vector 2"),
    CipherVector(
      name: "xts(aes)",
      key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f022222222222222222222222222222222",
      iv: "33333333330000000000000000000000",
      plaintext: "4444444444444444444444444444444444444444444444444444444444444444",
      ciphertext: "af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89",
      source: "IEEE 1619 vector 3"),
    CipherVector(
      name: "xts(aes)",
      key: "2718281828459045235360287471352631415926535897932384626433832795",
      iv: "00000000000000000000000000000000",
      plaintext: counting(2),
      ciphertext: """
        27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89cc78cf7f5e543445f8333d8fa7f560000\
        05279fa5d8b5e4ad40e736ddb4d35412328063fd2aab53e5ea1e0a9f332500a5df9487d07a5c92cc512c8866c7e860ce\
        93fdf166a24912b422976146ae20ce846bb7dc9ba94a767aaef20c0d61ad02655ea92dc4c4e41a8952c651d33174be51\
        a10c421110e6d81588ede82103a252d8a750e8768defffed9122810aaeb99f9172af82b604dc4b8e51bcb08235a6f434\
        1332e4ca60482a4ba1a03b3e65008fc5da76b70bf1690db4eae29c5f1badd03c5ccf2a55d705ddcd86d449511ceb7ec3\
        0bf12b1fa35b913f9f747a8afd1b130e94bff94effd01a91735ca1726acd0b197c4e5b03393697e126826fb6bbde8ecc\
        1e08298516e2c9ed03ff3c1b7860f6de76d4cecd94c8119855ef5297ca67e9f3e7ff72b1e99785ca0a7e7720c5b36dc6\
        d72cac9574c8cbbc2f801e23e56fd344b07f22154beba0f08ce8891e643ed995c94d9a69c9f1b5f499027a78572aeebd\
        74d20cc39881c213ee770b1010e4bea718846977ae119f7a023ab58cca0ad752afe656bb3c17256a9f6e9bf19fdd5a38\
        fc82bbe872c5539edb609ef4f79c203ebb140f2e583cb2ad15b4aa5b655016a8449277dbd477ef2c8d6c017db738b18d\
        eb4a427d1923ce3ff262735779a418f20a282df920147beabe421ee5319d0568
        """,
      source: "IEEE 1619 vector 4"),
    CipherVector(
      name: "xts(aes)",
      key: """
        271828182845904523536028747135266249775724709369995957496696762731415926535897932384626433832795\
        02884197169399375105820974944592
        """,
      iv: "ff000000000000000000000000000000",
      plaintext: counting(2),
      ciphertext: """
        1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b5d31e276f8fe4a8d66b317f9ac683f44\
        680a86ac35adfc3345befecb4bb188fd5776926c49a3095eb108fd1098baec70aaa66999a72a82f27d848b21d4a741b0\
        c5cd4d5fff9dac89aeba122961d03a757123e9870f8acf1000020887891429ca2a3e7a7d7df7b10355165c8b9a6d0a7d\
        e8b062c4500dc4cd120c0f7418dae3d0b5781c34803fa75421c790dfe1de1834f280d7667b327f6c8cd7557e12ac3a0f\
        93ec05c52e0493ef31a12d3d9260f79a289d6a379bc70c50841473d1a8cc81ec583e9645e07b8d9670655ba5bbcfecc6\
        dc3966380ad8fecb17b6ba02469a020a84e18e8f84252070c13e9f1f289be54fbc481457778f616015e1327a02b140f1\
        505eb309326d68378f8374595c849d84f4c333ec4423885143cb47bd71c5edae9be69a2ffeceb1bec9de244fbe15992b\
        11b77c040f12bd8f6a975a44a0f90c29a9abc3d4d893927284c58754cce294529f8614dcd2aba991925fedc4ae74ffac\
        6e333b93eb4aff0479da9a410e4450e0dd7ae4c6e2910900575da401fc07059f645e8b7e9bfdef33943054ff84011493\
        c27b3429eaedb4ed5376441a77ed43851ad77f16f541dfd269d50d6a5f14fb0aab1cbb4c1550be97f7ab4066193c4caa\
        773dad38014bd2092fa755c824bb5e54c4f36ffda9fcea70b9c6e693e148c151
        """,
      source: "IEEE 1619 vector 10"),
    CipherVector(
      name: "xts(aes)",
      key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      iv: "9a785634120000000000000000000000",
      plaintext: "000102030405060708090a0b0c0d0e0f10",
      ciphertext: "6c1625db4671522d3d7599601de7ca09ed",
      source: "IEEE 1619 vector 15"),
    CipherVector(
      name: "xts(aes)",
      key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      iv: "9a785634120000000000000000000000",
      plaintext: "000102030405060708090a0b0c0d0e0f1011",
      ciphertext: "d069444b7a7e0cab09e24447d24deb1fedbf",
      source: "IEEE 1619 vector 16"),
    CipherVector(
      name: "xts(aes)",
      key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      iv: "9a785634120000000000000000000000",
      plaintext: "000102030405060708090a0b0c0d0e0f101112",
      ciphertext: "e5df1351c0544ba1350b3363cd8ef4beedbf9d",
      source: "IEEE 1619 vector 17"),
    CipherVector(
      name: "xts(aes)",
      key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      iv: "9a785634120000000000000000000000",
      plaintext: "000102030405060708090a0b0c0d0e0f10111213",
      ciphertext: "9d84c813f719aa2c7be3f66171c7c5c2edbf9dac",
      source: "IEEE 1619 vector 18"),
    CipherVector(
      name: "rfc3686(ctr(aes))",
      key: "ae6852f8121067cc4bf7a5765577f39e00000030",
      iv: "0000000000000000",
      plaintext: "53696e676c6520626c6f636b206d7367",
      ciphertext: "e4095d4fb7a7b3792d6175a3261311b8",
      source: "RFC 3686 section 6 vector 1"),
    CipherVector(
      name: "rfc3686(ctr(aes))",
      key: "7e24067817fae0d743d6ce1f32539163006cb6db",
      iv: "c0543b59da48d90b",
      plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      ciphertext: "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28",
      source: "RFC 3686 section 6 vector 2"),
    CipherVector(
      name: "rfc3686(ctr(aes))",
      key: "7691be035e5020a8ac6e618529f9a0dc00e0017b",
      iv: "27777f3f4a1786f0",
      plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
      ciphertext: "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f",
      source: "RFC 3686 section 6 vector 3"),
    CipherVector(
      name: "rfc3686(ctr(aes))",
      key: "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb7851500000048",
      iv: "36733c147d6d93cb",
      plaintext: "53696e676c6520626c6f636b206d7367",
      ciphertext: "4b55384fe259c9c84e7935a003cbe928",
      source: "RFC 3686 section 6 vector 4"),
    CipherVector(
      name: "rfc3686(ctr(aes))",
      key: "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c10400000060",
      iv: "db5672c97aa8f0b2",
      plaintext: "53696e676c6520626c6f636b206d7367",
      ciphertext: "145ad01dbf824ec7560863dc71e3e0c0",
      source: "RFC 3686 section 6 vector 7"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: "4920776f756c64206c696b652074686520",
      ciphertext: "c6353568f2bf8cb4d8a580362da7ff7f97",
      source: "RFC 3962 appendix B, 17 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: "4920776f756c64206c696b65207468652047656e6572616c20476175277320",
      ciphertext: "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
      source: "RFC 3962 appendix B, 31 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: "4920776f756c64206c696b65207468652047656e6572616c2047617527732043",
      ciphertext: "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
      source: "RFC 3962 appendix B, 32 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: """
        4920776f756c64206c696b65207468652047656e6572616c20476175277320436869636b656e2c20706c656173652c
        """,
      ciphertext: """
        97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5
        """,
      source: "RFC 3962 appendix B, 47 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: """
        4920776f756c64206c696b65207468652047656e6572616c20476175277320436869636b656e2c20706c656173652c20
        """,
      ciphertext: """
        97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8
        """,
      source: "RFC 3962 appendix B, 48 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: """
        4920776f756c64206c696b65207468652047656e6572616c20476175277320436869636b656e2c20706c656173652c20\
        616e6420776f6e746f6e20736f75702e
        """,
      ciphertext: """
        97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc840\
        9dad8bbb96c4cdc03bc103e1a194bbd8
        """,
      source: "RFC 3962 appendix B, 64 bytes"),
    CipherVector(
      name: "cts(cbc(aes))",
      key: "636869636b656e207465726979616b69",
      iv: "00000000000000000000000000000000",
      plaintext: "0102030405060708090a0b0c0d0e0f00",
      ciphertext: "011ca8de3bd20ebc2f8701d56dcf768e",
      source: "RFC 3962 appendix B, 16 bytes"),
  ]
}
