// Known answers of the modes of SP 800-38A, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the mode `name`; empty for one that is not here.
  static func modes(_ name: String) -> [KnownAnswer] {
    switch name {
    case "cbc(aes)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e22229516"
            + "3ff1caa1681fac09120eca307586e1a7",
          "SP 800-38A F.2.1"),
        cipher(
          key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461"
            + "b2eb05e2c39be9fcda6c19078c6a9d1b",
          "SP 800-38A F.2.5"),
      ]
    case "ctr(aes)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab"
            + "1e031dda2fbe03d1792170a0f3009cee",
          "SP 800-38A F.5.1"),
        cipher(
          key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
          iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988d"
            + "dfc9c58db67aada613c2dd08457941a6",
          "SP 800-38A F.5.5"),
      ]
    case "ecb(aes)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed030688"
            + "7b0c785e27e8ad3f8223207104725dd4",
          "SP 800-38A F.1.1")
      ]
    case "cfb(aes)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4df"
            + "c04b05357c5d1c0eeac4c66f9ff7f2e6",
          "SP 800-38A F.3.13")
      ]
    case "ofb(aes)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
            + "f69f2445df4f9b17ad2b417be66c3710",
          ciphertext:
            "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed8259740051e9c5fecf64344f7a82260edcc"
            + "304c6528f659c77866a510d9c1d6ae5e",
          "SP 800-38A F.4.1")
      ]
    case "ecb(camellia)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef",
          ciphertext:
            "432fc5dcd628115b7c388d770b270c960be1f14023782a22e8384c5abb7fab2ba0a1abcd1893ab6fe0fe5b65df5f8636",
          "SP 800-38A with Camellia, OpenSSL evpciph_camellia.txt")
      ]
    case "cbc(camellia)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef",
          ciphertext:
            "1607cf494b36bbf00daeb0b503c831aba2f2cf671629ef7840c5a5dfb50748870f06165008cf8b8b5a63586362543e54",
          "SP 800-38A with Camellia, OpenSSL evpciph_camellia.txt")
      ]
    case "ctr(camellia)":
      [
        cipher(
          key: "7691be035e5020a8ac6e618529f9a0dc",
          iv: "00e0017b27777f3f4a1786f000000001",
          plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
          ciphertext: "b19d1fcdcb75eb882f849ce24d85cf739ce64b2b5c9d73f14f2d5d9dce9889cddf508696",
          "RFC 5528 section 4, OpenSSL evpciph_camellia.txt")
      ]
    case "cfb(camellia)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext:
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef",
          ciphertext:
            "14f7646187817eb586599146b82bd719a53d28bb82df741103ea4f921a44880b9c2157a664626d1def9ea420fde69b96",
          "SP 800-38A with Camellia, OpenSSL evpciph_camellia.txt")
      ]
    case "ofb(camellia)":
      [
        cipher(
          key: "2b7e151628aed2a6abf7158809cf4f3c",
          iv: "000102030405060708090a0b0c0d0e0f",
          plaintext: "6bc1bee22e409f96e93d7e117393172a",
          ciphertext: "14f7646187817eb586599146b82bd719",
          "OpenSSL evpciph_camellia.txt")
      ]
    case "ecb(aria)":
      [
        cipher(
          key: "00112233445566778899aabbccddeeff",
          iv: "",
          plaintext:
            "11111111aaaaaaaa11111111bbbbbbbb11111111cccccccc11111111dddddddd22222222aaaaaaaa22222222bbbbbbbb"
            + "22222222cccccccc22222222dddddddd33333333aaaaaaaa33333333bbbbbbbb33333333cccccccc33333333dddddddd"
            + "44444444aaaaaaaa44444444bbbbbbbb44444444cccccccc44444444dddddddd55555555aaaaaaaa55555555bbbbbbbb"
            + "55555555cccccccc55555555dddddddd",
          ciphertext:
            "c6ecd08e22c30abdb215cf74e2075e6e29ccaac63448708d331b2f816c51b17d9e133d1528dbf0af5787c7f3a3f5c2bf"
            + "6b6f345907a3055612ce072ff54de7d788424da6e8ccfe8172b391be499354165665ba7864917000a6eeb2ecb4a698ed"
            + "fc7887e7f556377614ab0a282293e6d884dbb84206cdb16ed1754e77a1f243fd086953f752cc1e46c7c794ae85537dca"
            + "ec8dd721f55c93b6edfe2adea43873e8",
          "OpenSSL evpciph_aria.txt")
      ]
    case "cbc(aria)":
      [
        cipher(
          key: "00112233445566778899aabbccddeeff",
          iv: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
          plaintext:
            "11111111aaaaaaaa11111111bbbbbbbb11111111cccccccc11111111dddddddd22222222aaaaaaaa22222222bbbbbbbb"
            + "22222222cccccccc22222222dddddddd33333333aaaaaaaa33333333bbbbbbbb33333333cccccccc33333333dddddddd"
            + "44444444aaaaaaaa44444444bbbbbbbb44444444cccccccc44444444dddddddd55555555aaaaaaaa55555555bbbbbbbb"
            + "55555555cccccccc55555555dddddddd",
          ciphertext:
            "49d61860b14909109cef0d22a9268134fadf9fb23151e9645fba75018bdb1538b53334634bbf7d4cd4b5377033060c15"
            + "5fe3948ca75de1031e1d85619e0ad61eb419a866b3c2dbfd10a4ed18b22149f75897f0b8668b0c1c542c687778835fb7"
            + "cd46e45f85eaa7072437dd9fa6793d6f8d4ccefc4eb1ac641ac1bd30b18c6d64c49bca137eb21c2e04da62712ca2b4f5"
            + "40c57112c38791852cfac7a5d19ed83a",
          "OpenSSL evpciph_aria.txt")
      ]
    case "ctr(aria)":
      [
        cipher(
          key: "00112233445566778899aabbccddeeff",
          iv: "00000000000000000000000000000000",
          plaintext:
            "11111111aaaaaaaa11111111bbbbbbbb11111111cccccccc11111111dddddddd22222222aaaaaaaa22222222bbbbbbbb"
            + "22222222cccccccc22222222dddddddd33333333aaaaaaaa33333333bbbbbbbb33333333cccccccc33333333dddddddd"
            + "44444444aaaaaaaa44444444bbbbbbbb44444444cccccccc44444444dddddddd55555555aaaaaaaa55555555bbbbbbbb"
            + "55555555cccccccc55555555dddddddd",
          ciphertext:
            "ac5d7de805a0bf1c57c854501af60fa11497e2a34519dea1569e91e5b5ccae2ff3bfa1bf975f4571f48be191613546c3"
            + "911163c085f871f0e7ae5f2a085b81851c2a3ddf20ecb8fa51901aec8ee4ba32a35dab67bb72cd9140ad188a967ac0fb"
            + "bdfa94ea6cce47dcf8525ab5a814cfeb2bb60ee2b126e2d9d847c1a9e96f9019e3e6a7fe40d3829afb73db1cc245646a"
            + "ddb62d9b907baaafbe46a73dbc131d3d",
          "OpenSSL evpciph_aria.txt")
      ]
    case "cfb(aria)":
      [
        cipher(
          key: "00112233445566778899aabbccddeeff",
          iv: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
          plaintext:
            "11111111aaaaaaaa11111111bbbbbbbb11111111cccccccc11111111dddddddd22222222aaaaaaaa22222222bbbbbbbb"
            + "22222222cccccccc22222222dddddddd33333333aaaaaaaa33333333bbbbbbbb33333333cccccccc33333333dddddddd"
            + "44444444aaaaaaaa44444444bbbbbbbb44444444cccccccc44444444dddddddd55555555aaaaaaaa55555555bbbbbbbb"
            + "55555555cccccccc55555555dddddddd",
          ciphertext:
            "3720e53ba7d615383406b09f0a05a200c07c21e6370f413a5d132500a68285017c61b434c7b7ca9685a51071861e4d4b"
            + "b873b599b479e2d573dddeafba89f812ac6a9e44d554078eb3be94839db4b33da3f59c063123a7ef6f20e10579fa4fd2"
            + "39100ca73b52d4fcafeadee73f139f78f9b7614c2b3b9dbe010f87db06a89a9435f79ce8121431371f4e87b984e0230c"
            + "22a6dacb32fc42dcc6accef33285bf11",
          "OpenSSL evpciph_aria.txt")
      ]
    case "ofb(aria)":
      [
        cipher(
          key: "00112233445566778899aabbccddeeff",
          iv: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
          plaintext:
            "11111111aaaaaaaa11111111bbbbbbbb11111111cccccccc11111111dddddddd22222222aaaaaaaa22222222bbbbbbbb"
            + "22222222cccccccc22222222dddddddd33333333aaaaaaaa33333333bbbbbbbb33333333cccccccc33333333dddddddd"
            + "44444444aaaaaaaa44444444bbbbbbbb44444444cccccccc44444444dddddddd55555555aaaaaaaa55555555bbbbbbbb"
            + "55555555cccccccc55555555dddddddd",
          ciphertext:
            "3720e53ba7d615383406b09f0a05a2000063063f0560083483faeb041c8adecef30cf80cefb002a0d280759168ec01db"
            + "3d49f61aced260bd43eec0a2731730eec6fa4f2304319cf8ccac2d7be7833e4f8ae6ce967012c1c6badc5d28e7e4144f"
            + "6bf5cebe01253ee202afce4bc61f28dec069a6f16f6c8a7dd2afae44148f6ff4d0029d5c607b5fa6b8c8a6301cde5c70"
            + "33565cd0b8f0974ab490b236197ba04a",
          "OpenSSL evpciph_aria.txt")
      ]
    case "ecb(sm4)":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "",
          plaintext: "0123456789abcdeffedcba9876543210",
          ciphertext: "681edf34d206965e86b3e94f536e4246",
          "draft-ribose-cfrg-sm4-10, OpenSSL evpciph_sm4.txt")
      ]
    case "cbc(sm4)":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "0123456789abcdeffedcba9876543210",
          plaintext: "0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210",
          ciphertext: "2677f46b09c122cc975533105bd4a22af6125f7275ce552c3a2bbcf533de8a3b",
          "draft-ribose-cfrg-sm4-10, OpenSSL evpciph_sm4.txt")
      ]
    case "ctr(sm4)":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "0123456789abcdeffedcba9876543210",
          plaintext:
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffff"
            + "eeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
          ciphertext:
            "c2b4759e78ac3cf43d0852f4e8d5f9fd7256e8a5fcb65a350ee00630912e44492a0b17e1b85b060d0fba612d8a958316"
            + "38b361fd5ffacd942f081485a83ca35d",
          "draft-ribose-cfrg-sm4-10, OpenSSL evpciph_sm4.txt")
      ]
    case "cfb(sm4)":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "0123456789abcdeffedcba9876543210",
          plaintext: "0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210",
          ciphertext: "693d9a535bad5bb1786f53d7253a70569ed258a85a0467cc92aab393dd978995",
          "draft-ribose-cfrg-sm4-10, OpenSSL evpciph_sm4.txt")
      ]
    case "ofb(sm4)":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "0123456789abcdeffedcba9876543210",
          plaintext: "0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210",
          ciphertext: "693d9a535bad5bb1786f53d7253a7056f2075d28b5235f58d50027e4177d2bce",
          "draft-ribose-cfrg-sm4-10, OpenSSL evpciph_sm4.txt")
      ]
    case "ecb(des3_ede)":
      [
        cipher(
          key: "0123456789abcdeff1e0d3c2b5a49786fedcba9876543210",
          iv: "",
          plaintext: "37363534333231204e6f77206973207468652074696d6520666f722000000000",
          ciphertext: "62c10cc9efbf15aaa5ae2e487b690e56d8b1dfb8f5c5b293855e77dd9024b1b1",
          "OpenSSL evpciph_des3_common.txt")
      ]
    case "cbc(des3_ede)":
      [
        cipher(
          key: "0123456789abcdeff1e0d3c2b5a49786fedcba9876543210",
          iv: "fedcba9876543210",
          plaintext: "37363534333231204e6f77206973207468652074696d6520666f722000000000",
          ciphertext: "3fe301c962ac01d02213763c1cbd4cdc799657c064ecf5d41c673812cfde9675",
          "OpenSSL evpciph_des3_common.txt")
      ]
    case "cfb(des3_ede)":
      [
        cipher(
          key: "9e32daa42679a898c2627a2f4ac4975885cb2a68c8c81920",
          iv: "cc20aa6c34214217",
          plaintext: "6b7acd01c975d53f544b35b76103a7d00c63ad9091bd1a10",
          ciphertext: "39be9a6d7702b3477bade6e1664d3d922ccb124204eff794",
          "NIST CAVP TCFB64MMT3")
      ]
    case "ofb(des3_ede)":
      [
        cipher(
          key: "8a8adc611cfb58c41faee97358890d389becc1522aeafd38",
          iv: "84025a09476086ed",
          plaintext: "37ce4076a36437aafdb371c1a62af9ad9b614dfef89708fb",
          ciphertext: "76415ffd58c03e9036914f8a52deb45f906f502c7a7aff87",
          "NIST CAVP TOFBMMT3")
      ]
    default: []
    }
  }
}
