// Known answers of the ciphers and generators, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the cipher or generator `name`; empty for one that is not here.
  static func symmetric(_ name: String) -> [KnownAnswer] {
    switch name {
    case "cbc(aes)":
      [
        .init(
          .cipher(
            key: "2b7e151628aed2a6abf7158809cf4f3c",
            iv: "000102030405060708090a0b0c0d0e0f",
            plaintext:
              "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
              + "f69f2445df4f9b17ad2b417be66c3710",
            ciphertext:
              "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e22229516"
              + "3ff1caa1681fac09120eca307586e1a7"),
          source: "SP 800-38A F.2.1"),
        .init(
          .cipher(
            key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            iv: "000102030405060708090a0b0c0d0e0f",
            plaintext:
              "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
              + "f69f2445df4f9b17ad2b417be66c3710",
            ciphertext:
              "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461"
              + "b2eb05e2c39be9fcda6c19078c6a9d1b"),
          source: "SP 800-38A F.2.5"),
      ]
    case "ctr(aes)":
      [
        .init(
          .cipher(
            key: "2b7e151628aed2a6abf7158809cf4f3c",
            iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            plaintext:
              "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
              + "f69f2445df4f9b17ad2b417be66c3710",
            ciphertext:
              "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab"
              + "1e031dda2fbe03d1792170a0f3009cee"),
          source: "SP 800-38A F.5.1"),
        .init(
          .cipher(
            key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            plaintext:
              "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
              + "f69f2445df4f9b17ad2b417be66c3710",
            ciphertext:
              "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988d"
              + "dfc9c58db67aada613c2dd08457941a6"),
          source: "SP 800-38A F.5.5"),
      ]
    default: []
    }
  }
}
