// Known answers of HKDF and of its two parts, and of PBKDF2.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers of HKDF over a hash.
  static func hkdf(_ function: String) -> [KnownAnswer] {
    switch function {
    case "sha1":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0b0b0b0b0b0b0b0b0b0b0b", salt: "000102030405060708090a0b0c", info: "f0f1f2f3f4f5f6f7f8f9",
            output: "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"),
          source: "RFC 5869 appendix A.4")
      ]
    case "sha224":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "c1b181ff9efec1483ca7cef67d30e5c4674481c1527b0bf7892d4c40",
            salt:
              "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "4cbc8e8e7047c4520cfacaa4793d481d5976898e4d7e2d72333db59a00c0a80300000400",
            output:
              "4b7ea706687ecb946e73bda76c51a5c7922e5da587969f2827ec8193b376efe7fe3240da39e725b53e9a4812f03bf958ffb98735b7ce749fcf4017abcd4bceeb4c1b27e4c5a56b0ca80876fdaf1bf8e98f53d99b3a8b3ba208524157fcfc220c68a9a27acd64e06d81154d674eb3a516c69f9025e2da46ba938caaf023e319aa"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 11")
      ]
    case "sha256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: "000102030405060708090a0b0c",
            info: "f0f1f2f3f4f5f6f7f8f9",
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
          source: "RFC 5869 appendix A.1")
      ]
    case "sha384":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0cbd136d66d15a4ffefde1303b430821", salt: "2614d80275b08a1cf90bae0eb607d4d5",
            info: "ee991de21aeb6baa6a5f683dbb755e6f80db1c1d",
            output: "e618b91d9f3d10c007958d025841a3347947eb41b23ec35a3d7927aad74f293c50405a56911d8158e74f"),
          source: "Wycheproof hkdf_sha384_test.json 11")
      ]
    case "sha512":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0cbd136d66d15a4ffefde1303b430821", salt: "2614d80275b08a1cf90bae0eb607d4d5",
            info: "ee991de21aeb6baa6a5f683dbb755e6f80db1c1d",
            output: "e51c3bfe5f4e9b4fb0d3c3a67bb33a20c288800e03707621cf143e8581d422dfec3fe658ba8fa2e35c2c"),
          source: "Wycheproof hkdf_sha512_test.json 11")
      ]
    case "sha512-224":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "921d8c8ad7b2d49b99c943af232422f8f29e792e7f60d95ff19c2e3f",
            salt:
              "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "ae2f857dd0f05ad1faf4430fe789719ebcd266c47c6aeab8af8c894676af787a00000400",
            output:
              "f9ee406988e9585676d752710388abd974c8d4e6074526eefb8305c5ce7a6b720617ff5bc823c482053e92a2519ac3371378df7f843c037ab78daf1079c64580f1ee227e908dac058363b13b4e3afb13183450cf630a32c7f16a06553fbf2a746e24236f4a5e97ca7a3b8e62a12db1ac3c0be9fa524e6d030715abcad750febb"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 214")
      ]
    case "sha512-256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "9187a0b3892644ff97f5f100f79b8600bbb3d81bdd658b9a51e5ba072e",
            salt:
              "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "c85ff8e656736630f105d3317a7c0d3504f99d5b93c22e2a374e11e1f4448fc800000400",
            output:
              "697a36dcc095c2342173c5e21358f318c9f41f6921c8b5fdb2e880a6b245394774a35df79fe98ef1e36b8c67fdd2f3f9cad5abf7073522da95d44b6ad159a109ada1a8774b22d7caedcf46e8d534e49f6c7a0beb9ee17db2c103f6d26ee0de3b4a88f0727af3517aa87df4293d2296cbd73fafa16ed9819c89b6adbbe694094b"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 270")
      ]
    case "sha3-224":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "f94720a8b79e3b9b174197fa486b9d2ed9b5fd92ff9bd30006f42119266b",
            salt:
              "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "da21c2e79d365d41f153e90b324a8c4e8ce05e3c82dd8a54e0d1790138971f3400000400",
            output:
              "f85522172b37705e93fa9b7d92598430d5c8da5ac95505972dc6e1569c8216b35336aee5b8cb5250115160f958bbaa0afbb3e3450a45064bab22c9e5bf058d3966f2288e1178bdf3d13569dc009201130b75d83347f810aa299da678fa1b6ec34041388c1a1657c0ac2ac815f42dc9e8cb64f1e3d506ad1af8b6b7a189cbb667"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 322")
      ]
    case "sha3-256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "4a3b5ac6da53140b430be1fd3402011bf9294787ed04eb524b8ff446267ea221",
            salt:
              "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "5bf27eccc11dafaf4a4a7ee3746dca52b0f884b5a1311b3a973fd84ec2534b0400000400",
            output:
              "ad373225472b1d4873ac5fa589650790977a2a1b0140a16b6163029c261efc39beca3a2dfc72d550a480ab1ed46186204344dba1af6fbe025218848907998e7a5129c2742edb0b6ad98d872d14f30f028c96297d71c2469b560b6d9f87253e92345b3d84afedd52f2476da1431f572e6f37bfdfcacda33fd4202ac03280e24f7"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 370")
      ]
    case "sha3-384":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "d776dc1c9a9503a0e99e0d16f69aeeebb7f030e53cc87a1056f83897",
            salt:
              "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "96e7a36e8faea1cdb21eeadeb70760490334395ea39470330869ed5e8cd23f2700000400",
            output:
              "83442114b2615dbfb6259a225a68a56c19c73a5c243d8dd4dee85003ff02fe98e9677c494267229608deab0541a9b26a2ede86a6d771a9c94445b19d9d4bca8d54460f59fa9ceb2ebb43360e94b8468e0962456a6a4459a9c987627990c44d40dd51da415e41b2eb6f9493da7b00d0d23e3ac80c9a1e158cc48dd15f24fbd742"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 406")
      ]
    case "sha3-512":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "eb30c560235c4d8b4641bd635cc777f63a38f74995c35fab216987af9d",
            salt:
              "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            info: "d5c33dd91cee46e8ceca45b6504b12712fe6c0452b621180b3c8f142e20a7a8c00000400",
            output:
              "cf13a4ac3a08357121da8b8bfdcfd5b6c3b7d8a22d1a43ae7933b4fad83646c9f33fc9ac89887c0dd75e3e46b9c96783e45b11fd0940e111a0d225b9113566763c79ba3394ee4a1577d3936bb6c444ed0c0c782b1c97b4552df9694760046dda875c4557a9536724b7d53d06f03d46858b62015d28108febe52d37f396156f0c"
          ), source: "NIST ACVP KDA-HKDF-Sp800-56Cr1, tcId 460")
      ]
    default: []
    }
  }

  /// The answers of its first part.
  static func hkdfExtract(_ function: String) -> [KnownAnswer] {
    switch function {
    case "sha1":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0b0b0b0b0b0b0b0b0b0b0b", salt: "000102030405060708090a0b0c", info: "",
            output: "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243"), source: "RFC 5869 appendix A.4")
      ]
    case "sha256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: "000102030405060708090a0b0c", info: "",
            output: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"), source: "RFC 5869 appendix A.1"
        )
      ]
    case "sha384":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            salt: "", info: "",
            output: "7ee8206f5570023e6dc7519eb1073bc4e791ad37b5c382aa10ba18e2357e716971f9362f2c2fe2a76bfd78dfec4ea9b5"),
          source: "NIST ACVP TLS-v1.3 KDF, OpenSSL evpkdf_tls13_kdf.txt:2528")
      ]
    case "sha512":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "48504b452d763148504b45001200030002736563726574",
            salt:
              "776ab421302f6eff7d7cb5cb1adaea0cd50872c71c2d63c30c4f1d5e43653336fef33b103c67e7a98add2d3b66e2fda95b5b2a667aa9dac7e59cc1d46d30e818",
            info: "",
            output:
              "49fd9f53b0f93732555b2054edfdc0e3101000d75df714b98ce5aa295a37f1b18dfa86a1c37286d805d3ea09a20b72f93c21e83955a1f01eb7c5eead563d21e7"
          ), source: "RFC 9180 appendix A.6.1")
      ]
    default: []
    }
  }

  /// The answers of its second part.
  static func hkdfExpand(_ function: String) -> [KnownAnswer] {
    switch function {
    case "sha1":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243", salt: "", info: "f0f1f2f3f4f5f6f7f8f9",
            output: "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"),
          source: "RFC 5869 appendix A.4")
      ]
    case "sha256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", salt: "",
            info: "f0f1f2f3f4f5f6f7f8f9",
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
          source: "RFC 5869 appendix A.1")
      ]
    case "sha384":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "7ee8206f5570023e6dc7519eb1073bc4e791ad37b5c382aa10ba18e2357e716971f9362f2c2fe2a76bfd78dfec4ea9b5",
            salt: "",
            info:
              "003011746c73313320632065207472616666696330910113657bdc298e97ebedd20511eb096f973f55fee0fcbb2d9cb5a686e7ed200ed417839066bbea4c05209434590daf",
            output: "b7af828d2d478d384d2a3c49e4068156de9ecefce3deebf281e2cb0947cd83dd28d1472bcf4b0484a9e2fd3b33d3cb81"),
          source: "NIST ACVP TLS-v1.3 KDF, OpenSSL evpkdf_tls13_kdf.txt:2533")
      ]
    case "sha512":
      [
        KnownAnswer(
          .keyDerivation(
            secret:
              "49fd9f53b0f93732555b2054edfdc0e3101000d75df714b98ce5aa295a37f1b18dfa86a1c37286d805d3ea09a20b72f93c21e83955a1f01eb7c5eead563d21e7",
            salt: "",
            info:
              "002048504b452d763148504b450012000300026b65790083a27c5b2358ab4dae1b2f5d8f57f10ccccc822a473326f543f239a70aee46347324e84e02d7651a10d08fb3dda739d22d50c53fbfa8122baacd0f9ae5913072ef45baa1f3a4b169e141feb957e48d03f28c837d8904c3d6775308c3d3faa75dd64adfa44e1a1141edf9349959b8f8e5291cbdc56f62b0ed6527d692e85b09a4",
            output: "751e346ce8f0ddb2305c8a2a85c70d5cf559c53093656be636b9406d4d7d1b70"),
          source: "RFC 9180 appendix A.6.1")
      ]
    default: []
    }
  }

  /// The answers of PBKDF2 over `hmac(H)`.
  static func pbkdf2(_ function: String) -> [KnownAnswer] {
    switch function {
    case "hmac(sha1)":
      passwordAndSalt(2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957", "RFC 6070")
    case "hmac(sha224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret:
              "7976776e434b45414b464451474d7467454864784873504e544173686274516c75506f66667542506a544750596c624d525450564e",
            salt: "ebb01a6c19f34e7db5331c5afeca28242e503cfe60e004daaf09716a", info: "", iterations: 398,
            output: "3a6d456a339e2d9be7e9932745fc11ef36490bd1480b451885624732f8f5"),
          source: "NIST ACVP PBKDF-1.0, tcId 24")
      ]
    case "hmac(sha256)":
      passwordAndSalt(
        2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43", "OpenSSL evpkdf_pbkdf2.txt:48")
    case "hmac(sha384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "ffffffffffffffff", salt: "8a359634423ed028", info: "", iterations: 4096,
            output: "08f89be37ee7d29f9c24c67a354effcb"), source: "Wycheproof pbkdf2_hmacsha384_test.json 54")
      ]
    case "hmac(sha512)":
      passwordAndSalt(
        2,
        "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e",
        "OpenSSL evpkdf_pbkdf2.txt:56")
    case "hmac(sha3-224)":
      passwordAndSalt(4096, "691292bc3683d7d41ea2910f5b3eed23", "OpenSSL evpkdf_pbkdf2.txt:133")
    case "hmac(sha3-256)":
      passwordAndSalt(4096, "778b6e237a0f49621549ff70d218d208", "OpenSSL evpkdf_pbkdf2.txt:141")
    case "hmac(sha3-384)":
      passwordAndSalt(4096, "9a5f1e45e8b83f1b259ba72d11c59087", "OpenSSL evpkdf_pbkdf2.txt:149")
    case "hmac(sha3-512)":
      passwordAndSalt(4096, "2bfaf2d5ceb6d10f5e262cd902488cfd", "OpenSSL evpkdf_pbkdf2.txt:157")
    default: []
    }
  }

  /// What PBKDF2 derives from "password" and "salt", which RFC 6070 began with and others took over.
  private static func passwordAndSalt(_ iterations: Int, _ output: String, _ source: String) -> [KnownAnswer] {
    [
      KnownAnswer(
        .keyDerivation(
          secret: "70617373776f7264", salt: "73616c74", info: "", iterations: iterations, output: output),
        source: source)
    ]
  }
}
