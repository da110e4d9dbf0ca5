// Known answers of hmac(H), by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the MAC `name`; empty for one that is not here.
  ///
  /// Where a source has one, a key that is longer than a block, and is hashed first, is among them.
  static func macs(_ name: String) -> [KnownAnswer] {
    switch name {
    case "hmac(md5)":
      requests(
        jefe: "750c783e6ab0b503eaa86e310a5db738", "RFC 2202 section 2 case 2",
        longKey: 80, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd", "RFC 2202 section 2 case 6")
    case "hmac(sha1)":
      requests(
        jefe: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "RFC 2202 section 3 case 2",
        longKey: 80, "aa4ae5e15272d00e95705637ce8a3b55ed402112", "RFC 2202 section 3 case 6")
    case "hmac(rmd160)":
      requests(
        jefe: "dda6c0213a485a9e24f4742064a7f033b43c4069", "RFC 2286 section 2 case 2",
        longKey: 80, "6466ca07ac5eac29e1bd523e5ada7605b791fd8b", "RFC 2286 section 2 case 6")
    case "hmac(sha224)":
      requests(
        jefe: "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44", "RFC 4231 section 4.3",
        longKey: 131, "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e", "RFC 4231 section 4.7")
    case "hmac(sha256)":
      requests(
        jefe: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "RFC 4231 section 4.3",
        longKey: 131, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "RFC 4231 section 4.7")
    case "hmac(sha384)":
      requests(
        jefe: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "RFC 4231 section 4.3",
        longKey: 131,
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        "RFC 4231 section 4.7")
    case "hmac(sha512)":
      requests(
        jefe:
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        "RFC 4231 section 4.3",
        longKey: 131,
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        "RFC 4231 section 4.7")
    case "hmac(sha3-224)":
      [
        KnownAnswer(
          .mac(
            key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e",
            tag: "332cfd59347fdb8e576e77260be4aba2d6dc53117b3bfb52c6d18c04"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:154"),
        KnownAnswer(
          .mac(
            key:
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaab",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3e626c6f636b6c656e",
            tag: "078695eecc227c636ad31d063a15dd05a7e819a66ec6d8de1e193e59"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:168"),
      ]
    case "hmac(sha3-256)":
      [
        KnownAnswer(
          .mac(
            key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e",
            tag: "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:174"),
        KnownAnswer(
          .mac(
            key:
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3e626c6f636b6c656e",
            tag: "9bcf2c238e235c3ce88404e813bd2f3a97185ac6f238c63d6229a00b07974258"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:188"),
      ]
    case "hmac(sha3-384)":
      [
        KnownAnswer(
          .mac(
            key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e",
            tag: "d588a3c51f3f2d906e8298c1199aa8ff6296218127f6b38a90b6afe2c5617725bc99987f79b22a557b6520db710b7f42"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:194"),
        KnownAnswer(
          .mac(
            key:
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f9091929394959697",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3e626c6f636b6c656e",
            tag: "e5ae4c739f455279368ebf36d4f5354c95aa184c899d3870e460ebc288ef1f9470053f73f7c6da2a71bcaec38ce7d6ac"),
          source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:208"),
      ]
    case "hmac(sha3-512)":
      [
        KnownAnswer(
          .mac(
            key:
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e",
            tag:
              "4efd629d6c71bf86162658f29943b1c308ce27cdfa6db0d9c3ce81763f9cbce5f7ebe9868031db1a8f8eb7b6b95e5c5e3f657a8996c86a2f6527e307f0213196"
          ), source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:214"),
        KnownAnswer(
          .mac(
            key:
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687",
            message: "53616d706c65206d65737361676520666f72206b65796c656e3e626c6f636b6c656e",
            tag:
              "5f464f5e5b7848e3885e49b2c385f0694985d0e38966242dc4a5fe3fea4b37d46b65ceced5dcf59438dd840bab22269f0ba7febdb9fcf74602a35666b2a32915"
          ), source: "NIST example values of HMAC-SHA3, OpenSSL evpmac_common.txt:228"),
      ]
    case "hmac(sm3)":
      [
        KnownAnswer(
          .mac(
            key: "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
            message:
              "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f70716162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071",
            tag: "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"),
          source: "GM/T 0042-2015 appendix D.3, OpenSSL evpmac_sm3.txt:16"),
        KnownAnswer(
          .mac(
            key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", message: "4869205468657265",
            tag: "c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"),
          source: "GM/T 0042-2015 appendix D.3, OpenSSL evpmac_sm3.txt:28"),
      ]
    case "hmac(blake2b-512)":
      [
        KnownAnswer(
          .mac(
            key: "4a656665", message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            tag:
              "6ff884f8ddc2a6586b3c98a4cd6ebdf14ec10204b6710073eb5865ade37a2643b8807c1335d107ecdb9ffeaeb6828c4625ba172c66379efcd222c2de11727ab4"
          ), source: "Erlang/OTP crypto_SUITE.erl, blake2_hmac_hmac(blake2b) 2")
      ]
    case "hmac(blake2s-256)":
      [
        KnownAnswer(
          .mac(
            key: "4a656665", message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            tag: "90b6281e2f3038c9056af0b4a7e763cae6fe5d9eb4386a0ec95237890c104ff0"),
          source: "Erlang/OTP crypto_SUITE.erl, blake2_hmac_hmac(blake2s) 2")
      ]
    case "hmac(sha512-224)":
      [
        KnownAnswer(
          .mac(
            key: "caa864179f66e826a0ef3b5edbe3",
            message: "73f64253706ce6b5094c24ee012ece9ac2495283dcd8c7f1114e81e4587d8ea4",
            tag: "80abd30d83e3e6dc89b14eee6f875a06f0b4b807abde66900129daae"),
          source: "Wycheproof hmac_sha512_224_test.json 164")
      ]
    case "hmac(sha512-256)":
      [
        KnownAnswer(
          .mac(
            key:
              "21178e26bc28ffc27c06f762ba190a627075856d7ca6feab79ac63149b17126e34fd9e5590e0e90aac801df09505d8af2dd0a2703b352c573ac9d2cb063927f2af",
            message: "7d5f1d6b993452b1b53a4375760d10a20d46a0ab9ec3943fc4b07a2ce735e731",
            tag: "9bae00d08a9dfc0eb02c225a57e9ffb3ae38a096da54f025dc901cd174a9212f"),
          source: "Wycheproof hmac_sha512_256_test.json 172")
      ]
    default: []
    }
  }

  /// The requests of RFC 2202 that RFC 2286 and RFC 4231 have too: the key "Jefe", and a key of bytes 0xaa.
  private static func requests(
    jefe tag: String, _ source: String, longKey count: Int, _ longTag: String, _ longSource: String
  ) -> [KnownAnswer] {
    [
      // "what do ya want for nothing?"
      KnownAnswer(
        .mac(
          key: "4a656665", message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f", tag: tag),
        source: source),
      // "Test Using Larger Than Block-Size Key - Hash Key First"
      KnownAnswer(
        .mac(
          key: String(repeating: "aa", count: count),
          message:
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
          tag: longTag),
        source: longSource),
    ]
  }
}
