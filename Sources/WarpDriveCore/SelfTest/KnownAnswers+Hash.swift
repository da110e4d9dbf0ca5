// Known answers of the hashes and checksums, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The 112-byte message of the FIPS 180-4 examples, longer than one block of every hash here but SHA-3's.
  private static let twoBlocks =
    "61626364656667686263646566676869636465666768696a6465666768696a6b65666768696a6b6c666768696a6b6c6d6768696a6b6c6d6e"
    + "68696a6b6c6d6e6f696a6b6c6d6e6f706a6b6c6d6e6f70716b6c6d6e6f7071726c6d6e6f707172736d6e6f70717273746e6f707172737475"

  /// The answers for the hash `name`; empty for one that is not here.
  static func hashes(_ name: String) -> [KnownAnswer] {
    switch name {
    case "md5":
      digests(
        "RFC 1321 appendix A.5",
        abc: "900150983cd24fb0d6963f7d28e17f72",
        empty: "d41d8cd98f00b204e9800998ecf8427e",
        twoBlocks: "03dd8807a93175fb062dfb55dc7d359c")
    case "sha1":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "a9993e364706816aba3e25717850c26c9cd0d89d",
        empty: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        twoBlocks: "a49b2446a02c645bf419f995b67091253a04a259")
    case "sha224":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        empty: "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
        twoBlocks: "c97ca9a559850ce97a04a96def6d99a9e0e0e2ab14e6b8df265fc0b3")
    case "sha256":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        empty: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        twoBlocks: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")
    case "sha384":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        empty: "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        twoBlocks: "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039")
    case "sha512":
      digests(
        "FIPS 180-4, NIST example values",
        abc:
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        empty:
          "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        twoBlocks:
          "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
      )
    case "sha512-224":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
        empty: "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4",
        twoBlocks: "23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9")
    case "sha512-256":
      digests(
        "FIPS 180-4, NIST example values",
        abc: "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
        empty: "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
        twoBlocks: "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a")
    case "sha3-224":
      digests(
        "FIPS 202, NIST example values",
        abc: "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
        empty: "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7",
        twoBlocks: "543e6868e1666c1a643630df77367ae5a62a85070a51c14cbf665cbc")
    case "sha3-256":
      digests(
        "FIPS 202, NIST example values",
        abc: "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        empty: "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        twoBlocks: "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18")
    case "sha3-384":
      digests(
        "FIPS 202, NIST example values",
        abc: "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
        empty: "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004",
        twoBlocks: "79407d3b5916b59c3e30b09822974791c313fb9ecc849e406f23592d04f625dc8c709b98b43b3852b337216179aa7fc7")
    case "sha3-512":
      digests(
        "FIPS 202, NIST example values",
        abc:
          "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        empty:
          "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        twoBlocks:
          "afebb2ef542e6579c50cad06d2e578f9f8dd6881d7dc824d26360feebf18a4fa73e3261122948efcfd492e74e82e2189ed0fb440d187f382270cb455f21dd185"
      )
    case "shake128":
      digests(
        "FIPS 202",
        abc: "5881092dd818bf5cf8a3ddb793fbcba7",
        empty: "7f9c2ba4e88f827d616045507605853e",
        twoBlocks: "7b6df6ff181173b6d7898d7ff63fb07b")
    case "shake256":
      digests(
        "FIPS 202",
        abc: "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739",
        empty: "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f",
        twoBlocks: "98be04516c04cc73593fef3ed0352ea9f6443942d6950e29a372a681c3deaf45")
    case "sm3":
      digests(
        "GB/T 32905-2016 appendix A.1",
        abc: "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        empty: "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
        twoBlocks: "78bcfb586acd983d7fae8e6930157f1562019e2caf68f1c98a855f1a95bb89bb")
    case "blake2b-512":
      digests(
        "RFC 7693 appendix A",
        abc:
          "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        empty:
          "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
        twoBlocks:
          "ce741ac5930fe346811175c5227bb7bfcd47f42612fae46c0809514f9e0e3a11ee1773287147cdeaeedff50709aa716341fe65240f4ad6777d6bfaf9726e5e52"
      )
    case "blake2s-256":
      digests(
        "RFC 7693 appendix B",
        abc: "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
        empty: "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9",
        twoBlocks: "358dd2ed0780d4054e76cb6f3a5bce2841e8e2f547431d4d09db21b66d941fc7")
    case "rmd160":
      digests(
        "RIPEMD-160 paper, appendix B",
        abc: "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
        empty: "9c1185a5c5e9fc54612808977ee8f548b2258d31",
        twoBlocks: "6f3fa39b6b503c384f919a49a7aa5c2c08bdfb45")
    case "crc32":
      // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms: of "123456789".
      [
        .init(.hash(message: "313233343536373839", digest: "cbf43926"), source: "CRC-32/ISO-HDLC check value"),
        .init(.hash(message: "", digest: "00000000"), source: "RFC 1952 section 8"),
      ]
    case "adler32":
      [
        .init(.hash(message: "57696b697065646961", digest: "11e60398"), source: "RFC 1950 section 9, of \"Wikipedia\""),
        .init(.hash(message: "", digest: "00000001"), source: "RFC 1950 section 2.2"),
      ]
    default: []
    }
  }

  private static func digests(_ source: String, abc: String, empty: String, twoBlocks: String) -> [KnownAnswer] {
    [
      .init(.hash(message: "616263", digest: abc), source: source),
      .init(.hash(message: "", digest: empty), source: source),
      .init(.hash(message: Self.twoBlocks, digest: twoBlocks), source: source),
    ]
  }
}
