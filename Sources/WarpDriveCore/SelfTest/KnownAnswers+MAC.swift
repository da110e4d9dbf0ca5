// Known answers of hmac(H), by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the MAC `name`; empty for one that is not here.
  ///
  /// All have the inputs of RFC 4231 section 4.3 (key "Jefe"), and the long key of section 4.7, which is hashed first.
  /// Where no RFC gives the tag it was computed with CPython 3.11's hmac module, an implementation independent of ours.
  static func macs(_ name: String) -> [KnownAnswer] {
    switch name {
    case "hmac(md5)":
      tags(
        "RFC 2202 section 2 case 2",
        short: "750c783e6ab0b503eaa86e310a5db738",
        long: "bfecaf4efff90a3a668f3922fec3762d")
    case "hmac(sha1)":
      tags(
        "RFC 2202 section 3 case 2",
        short: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        long: "90d0dace1c1bdc957339307803160335bde6df2b")
    case "hmac(sha224)":
      tags(
        "RFC 4231 section 4.3",
        short: "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        long: "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e")
    case "hmac(sha256)":
      tags(
        "RFC 4231 section 4.3",
        short: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        long: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    case "hmac(sha384)":
      tags(
        "RFC 4231 section 4.3",
        short: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        long: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952")
    case "hmac(sha512)":
      tags(
        "RFC 4231 section 4.3",
        short:
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        long:
          "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
      )
    case "hmac(sha512-224)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde",
        long: "29bef8ce88b54d4226c3c7718ea9e32ace2429026f089e38cea9aeda")
    case "hmac(sha512-256)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456",
        long: "87123c45f7c537a404f8f47cdbedda1fc9bec60eeb971982ce7ef10e774e6539")
    case "hmac(sha3-224)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66",
        long: "b4a1f04c00287a9b7f6075b313d279b833bc8f75124352d05fb9995f")
    case "hmac(sha3-256)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5",
        long: "ed73a374b96c005235f948032f09674a58c0ce555cfc1f223b02356560312c3b")
    case "hmac(sha3-384)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a",
        long: "0fc19513bf6bd878037016706a0e57bc528139836b9a42c3d419e498e0e1fb9616fd669138d33a1105e07c72b6953bcc")
    case "hmac(sha3-512)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short:
          "5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b287baec921fd7ca0ee7a0c31d022a95e1fc92ba9d77df883960275beb4e62024",
        long:
          "00f751a9e50695b090ed6911a4b65524951cdc15a73a5d58bb55215ea2cd839ac79d2b44a39bafab27e83fde9e11f6340b11d991b1b91bf2eee7fc872426c3a4"
      )
    case "hmac(sm3)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882",
        long: "b4fd844e13342002f0b2e0690ea7741f1497d993a70494cea601e657bedf67a0")
    case "hmac(blake2b-512)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short:
          "6ff884f8ddc2a6586b3c98a4cd6ebdf14ec10204b6710073eb5865ade37a2643b8807c1335d107ecdb9ffeaeb6828c4625ba172c66379efcd222c2de11727ab4",
        long:
          "a54b2943b2a20227d41ca46c0945af09bc1faefb2f49894c23aebc557fb79c4889dca74408dc865086667aedee4a3185c53a49c80b814c4c5813ea0c8b38a8f8"
      )
    case "hmac(blake2s-256)":
      tags(
        "RFC 4231's inputs, CPython 3.11 hmac",
        short: "90b6281e2f3038c9056af0b4a7e763cae6fe5d9eb4386a0ec95237890c104ff0",
        long: "d23d79394f53d536a096e6514447eeaabb05ded01be32c1937da6a8f7103bc4e")
    case "hmac(rmd160)":
      tags(
        "RFC 2286 section 2 case 2",
        short: "dda6c0213a485a9e24f4742064a7f033b43c4069",
        long: "71bb52d26408e5a221393d5811b03cc7f94bcd3a")
    default: []
    }
  }

  private static func tags(_ source: String, short: String, long: String) -> [KnownAnswer] {
    [
      .init(
        .mac(
          key: "4a656665", message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f", tag: short),
        source: source),
      .init(
        .mac(
          key: String(repeating: "aa", count: 131),
          message:
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
          tag: long),
        source: "RFC 4231 section 4.7's inputs"),
    ]
  }
}
