// Known answers of the ciphers, AEADs and generators, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the cipher, AEAD or generator `name`; empty for one that is not here.
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
    case "gcm(aes)":
      [
        .init(
          .aead(
            key: "feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext:
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
              + "b16aedf5aa0de657ba637b39",
            sealed: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
              + "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"),
          source: "McGrew and Viega, GCM, test case 4"),
        .init(
          .aead(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext:
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
              + "b16aedf5aa0de657ba637b39",
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
              + "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"),
          source: "McGrew and Viega, GCM, test case 16"),
      ]
    case "rfc7539(chacha20,poly1305)":
      [
        .init(
          .aead(
            key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            nonce: "070000004041424344454647",
            aad: "50515253c0c1c2c3c4c5c6c7",
            plaintext:
              "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
              + "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
              + "637265656e20776f756c642062652069742e",
            sealed: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
              + "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
              + "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"),
          source: "RFC 8439 section 2.8.2")
      ]
    case "stdrng":
      [.init(.random(count: 32), source: "two outputs differ, FIPS 140-2 4.9.2")]
    default: []
    }
  }
}
