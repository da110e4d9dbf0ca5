// Known answers of the key derivations that go over any hash, by the hash's name.
// SPDX-License-Identifier: Apache-2.0

/// The answers of HKDF, PBKDF2 and the modes of SP 800-108 over one hash.
struct DerivationAnswers {
  /// HKDF whole, by RFC 5869 section 2.
  let whole: KnownAnswer
  /// HKDF's extraction alone, section 2.2.
  let extraction: KnownAnswer
  /// HKDF's expansion alone, section 2.3.
  let expansion: KnownAnswer
  /// PBKDF2 with the password "password", the salt "salt" and 2 iterations.
  let passwordBased: KnownAnswer
  /// SP 800-108's counter mode with 22 bytes 0b as the key, "label" and "context".
  let counterMode: KnownAnswer
  /// SP 800-108's feedback mode with the same, and no IV.
  let feedbackMode: KnownAnswer

  private init(
    secret: String = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: String = "000102030405060708090a0b0c",
    info: String = "f0f1f2f3f4f5f6f7f8f9", _ source: String = "RFC 5869's inputs, CPython 3.11 hmac", key: String,
    output: String, pbkdf2: String, _ passwordSource: String = "RFC 6070's inputs, CPython 3.11 hmac",
    counter: String, feedback: String
  ) {
    whole = KnownAnswer(.keyDerivation(secret: secret, salt: salt, info: info, output: output), source: source)
    extraction = KnownAnswer(.keyDerivation(secret: secret, salt: salt, info: "", output: key), source: source)
    expansion = KnownAnswer(.keyDerivation(secret: key, salt: "", info: info, output: output), source: source)
    passwordBased = KnownAnswer(
      .keyDerivation(secret: "70617373776f7264", salt: "73616c74", info: "", iterations: 2, output: pbkdf2),
      source: passwordSource)
    func keyBased(_ output: String, _ section: String) -> KnownAnswer {
      KnownAnswer(
        .keyDerivation(
          secret: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", salt: "", info: "636f6e74657874",
          label: "6c6162656c", output: output),
        source: "SP 800-108 section \(section), CPython 3.11 hmac")
    }
    counterMode = keyBased(counter, "4.1")
    feedbackMode = keyBased(feedback, "4.2")
  }

  /// The answers over `hash`; nil for one that is not here.
  init?(hash: String) {
    switch hash {
    case "sha1":
      self.init(
        secret: "0b0b0b0b0b0b0b0b0b0b0b",
        "RFC 5869 appendix A.4",
        key: "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
        output: "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
        pbkdf2: "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
        "RFC 6070",
        counter:
          "2e2a59e772aa7176b21a30a376ed5be9739eac992b71af985582c1937468424aa74e94a71c20c084de4f777dcb886d36728d4a350edb4a5a2db5cba9aae143e67c24c402e974ccf056d217e1d9f21bb2",
        feedback:
          "2e2a59e772aa7176b21a30a376ed5be9739eac991b29d77314797d0fc7145328670123565a80e8bdbd6537e63ea06d6b5d4d198a07a1c5715dd21c66f12abb660ab295948d21234321efbefb1979e0b3"
      )
    case "sha224":
      self.init(
        key: "94f65bed12265c1fa2747db60cadfcabbbbaede6be5a7a450de78231",
        output: "2f21cd7cbc818ca5c561b933728e2e08e154a87e1432399a820dee13aa222d0cee6152fa539ab70f8e80",
        pbkdf2: "93200ffa96c5776d38fa10abdf8f5bfc0054b9718513df472d2331d2d1e66a3f97b510224f700ce7",
        counter:
          "a94d66acdc4d1496b6437017dce170980c1b6d415ff58d6940d09cebd87aab7444b4be6c03704d1d1e9573847d8d8d665fc2619ed9f7fca04f5cc24f1c5c2c3215979a718eb0d990476dc4fdb563033a",
        feedback:
          "a94d66acdc4d1496b6437017dce170980c1b6d415ff58d6940d09ceb6ca941476af3259111767855f2a27dc7f1894a4c24539c25c3164525fabb6108c062d8cf2b8c1c7b33de380795b7ae2b180eae13"
      )
    case "sha256":
      self.init(
        "RFC 5869 appendix A.1",
        key: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        pbkdf2: "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43",
        "OpenSSL evpkdf_pbkdf2.txt",
        counter:
          "5712d81e0bed67993bcba98e178b59d4528d02442abf5fb6a2d428cb06a0755ebfa1cb3c2a07c0609ade1089b8652c06a80111a3a29d333bcc88ada8819b175c5715cdc6fe77828d2017bdfda6dfb969",
        feedback:
          "5712d81e0bed67993bcba98e178b59d4528d02442abf5fb6a2d428cb06a0755e91225120de51cf36bf8d67c2e8110723752a7074d49dacf45f01ec20d3119d10115b3d950990018238611bfa2cf1766a"
      )
    case "sha384":
      self.init(
        secret: "0cbd136d66d15a4ffefde1303b430821",
        salt: "2614d80275b08a1cf90bae0eb607d4d5",
        info: "ee991de21aeb6baa6a5f683dbb755e6f80db1c1d",
        "Wycheproof hkdf_sha384_test.json 11",
        key: "4854611f8f72d39cbd7d847f1f79c87ee8b3f554074da29bd09ca92de3240ef08b18c7742fbe9d0e2c80f6348e83df38",
        output: "e618b91d9f3d10c007958d025841a3347947eb41b23ec35a3d7927aad74f293c50405a56911d8158e74f",
        pbkdf2: "54f775c6d790f21930459162fc535dbf04a939185127016a04176a0730c6f1f4fb48832ad1261baa",
        counter:
          "d269b6c6a772c22e99cac9ae5a3ef3291ee5d7e2ee8d60ee4a05e5f49a192120b298f3b541d15312a9b997da8ac58b2637f323013a1343f1b7a5c33d2bdd4b74d035f8f871c9ff1f33074069da1acf42",
        feedback:
          "d269b6c6a772c22e99cac9ae5a3ef3291ee5d7e2ee8d60ee4a05e5f49a192120b298f3b541d15312a9b997da8ac58b26e6babbea47c8cbe58b677fe4e5bd04b82caf8c8d4df0c72e78fd29241692c660"
      )
    case "sha512":
      self.init(
        secret: "0cbd136d66d15a4ffefde1303b430821",
        salt: "2614d80275b08a1cf90bae0eb607d4d5",
        info: "ee991de21aeb6baa6a5f683dbb755e6f80db1c1d",
        "Wycheproof hkdf_sha512_test.json 11",
        key:
          "c32f7305e6695712b1252e463f0ace8bf372041e4ad7134a3af47a163149968121e99f64d17cd7d933358962a524476ef8f6a7e169aacc2ed87a5496b649c1f6",
        output: "e51c3bfe5f4e9b4fb0d3c3a67bb33a20c288800e03707621cf143e8581d422dfec3fe658ba8fa2e35c2c",
        pbkdf2: "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f",
        "OpenSSL evpkdf_pbkdf2.txt",
        counter:
          "80b07c130563474729f5e3227458a99b3fe231f48489a0780f3091ba4116775585669e4724b7add19ea5ca1bd71c40d9a6de77d90cb3724f3d99ce3cc059cbabcdfb143a2fef9e4cdf8b36044427ed67",
        feedback:
          "80b07c130563474729f5e3227458a99b3fe231f48489a0780f3091ba4116775585669e4724b7add19ea5ca1bd71c40d9a6de77d90cb3724f3d99ce3cc059cbab82580e8edeb6ea595bc27f8cf2f79408"
      )
    case "sha512-224":
      self.init(
        key: "c0ac5c0e255562203e0d6f743ff2f03197f095f32ef3589d1808f623",
        output: "f8d956e152b0fba831bac400f1a5af54982b91db3d96ae21a75655eff1725f928e491c63f3aedb408296",
        pbkdf2: "b8878ac5e4509c165c1b508961fa3c3afcef3f37b7b081874e718d8daea670147a7b33584f131f9f",
        counter:
          "b70dd87326219e7300fc167c83df2b037428a5c2661ead99f166bf2ae25514ebd518629c15a7d05a0999a087cc1558cb05c96649125725e676305f0c145174b134f8c6ced48b6a9e12943c61db36af98",
        feedback:
          "b70dd87326219e7300fc167c83df2b037428a5c2661ead99f166bf2afb78957412dd02520963dd46c618027a880b51cce3767b9d330cbee910acc0101e0fd193c3e3cc08b69ea9f625b9bd5b11add4bd"
      )
    case "sha512-256":
      self.init(
        key: "1b5fdfd1e817173b2b6fe97499a49ebc45cf216c3f943b3ae682abc17fa0b013",
        output: "789a93e567a1861de449342b2d674c0df737fd8adce2a8e1843237c1938ac413044b496ce267a198ebe3",
        pbkdf2: "fcfd108c99cc888ec0af9f184885aff5f02d19a956afad9ccea4d56a482b851bec1af5635d574bc1",
        counter:
          "41116540d971099d5bd9b08929d083fe8bb66cf9fd3a43db5ae401e0cbf5380170aba4204ecf1f0a6f219733a780abc38ae53f8b15ef38575bf91c8f7b4ff9ebaa5d4336ab71abf75e57ce4dd176445b",
        feedback:
          "41116540d971099d5bd9b08929d083fe8bb66cf9fd3a43db5ae401e0cbf53801cbfa1e97356ee5a3c3718a2cd1b1f147dfa2c82265062a62ad0c7f6ab4cb29e1e470c2e2bd586b0b41de9ca65fedc58b"
      )
    case "sha3-224":
      self.init(
        key: "af44657dfc9946f90d9ff007d083fb106c289171021aad2be48801fb",
        output: "5058867fc7bdb118ce6a703add6edbf8e2ce21f5766cfc2e662e1a36ff6922fa96fc149517cf1e451fe6",
        pbkdf2: "7979d7e05025f5b056e995939694ad55c644f43f1f748895c4ca881177e246578ec1abe6b65f15ec",
        counter:
          "d5d3b50e3fba16cd73eade3fc66fe425a0413e77e4e10a9821e9c451ced50df9af6c8fa3074b6671072a845f942bffb31af53a6791b74d06a3fb3cb6dba13aa2212541be1306e7c6cd41e5ce4f9d784a",
        feedback:
          "d5d3b50e3fba16cd73eade3fc66fe425a0413e77e4e10a9821e9c4516fd47b3cb9eb2ed3856fd3f4b87e0dd58423623db4df2ce047fff34652ab883c2aa1a2d5f677a9dd7623ca1f176c52fc089694db"
      )
    case "sha3-256":
      self.init(
        key: "7d4194836f7a113a44677abc825640ade07af1c1d69a9a4b109b280a8fe54ef0",
        output: "0c5160501d65021deaf2c14f5abce04c5bd2635abceeba61c2edb6e8ed72674900557728f2c9f2c4c179",
        pbkdf2: "4c915baedd1773383e77fcfe38114ca7514010adec24b47290ec170208423f76f876ee35e753a3f7",
        counter:
          "0413aa19a0a99ff34cc404fef421c0d318b9c588791116354ec91857788e4fc608cc3f69fa64c79af83c1cbeddc50b11be093ea689771579013a51be723e77e67851602ffcf5a188afe8de0faea30c94",
        feedback:
          "0413aa19a0a99ff34cc404fef421c0d318b9c588791116354ec91857788e4fc6848c33890b7afb5cef6ef263db6e40d67da93bf53ed15ce55ae9098719de1674bbf66d6517911946933bfc0b093c6b45"
      )
    case "sha3-384":
      self.init(
        key: "7855bc9300a4db532c9cab2593796e1a4bbb77a24d417e66822beaa36fabd412515dcf388810adf27fa23d3d7def84ca",
        output: "138d8521e5a346a9cb770f762b9c04d9ca317409fb6a3ef9cb905228385589ae883bbe8b07b009f0e08b",
        pbkdf2: "0a163df94a9e97f05fb5bf609c4b02854299dc46099e115fad31c00656b317b88e1029d68aef38d9",
        counter:
          "b50a00eb238995183b1554835410c2ad74458eabb880b928e33e14332adcee767487a3a9f138acfaf0f34420475ed61025a95ddd2c2cbf4855aadfad62c0a6ba259184086f63c5ebcaf658a1c49253d0",
        feedback:
          "b50a00eb238995183b1554835410c2ad74458eabb880b928e33e14332adcee767487a3a9f138acfaf0f34420475ed61049ffb71fc06634240cf3c5f9bdfa92bc7d5f161803eeb0a1692fcec00d30d742"
      )
    case "sha3-512":
      self.init(
        key:
          "e1c543094f64f3d6c6658a94a94e3818ba13d0b3e77074b80f88f32e6b8433b703536cb500753967fae2ea977e11e4dd4f45389807cdf255b395e46807c87d5d",
        output: "40e9f17e9bf2ef99425c2b23ccdf20a018ea5513f9ae68e1ea8c626deb57dfa4d56c27ccf2a2a24488a5",
        pbkdf2: "d6824ab17801706ad465f3196eb80dde20378696ab1fd6c68345c35825657a76954a1b24c7bc6589",
        counter:
          "b1c592d7d8b8eb24c1b3c8c9fa370c81a42123941fc43b75d7babcbc709bec98c14e4006a50ec2a0cbbe6c6258a80243d0fa46ef831945522a4b4e5e15cf78e961bb5c99ace4d51196b1585bc412e864",
        feedback:
          "b1c592d7d8b8eb24c1b3c8c9fa370c81a42123941fc43b75d7babcbc709bec98c14e4006a50ec2a0cbbe6c6258a80243d0fa46ef831945522a4b4e5e15cf78e9bbff6cbe499bfb70c943a50042727590"
      )
    case "sm3":
      self.init(
        key: "e0d6f7b0bd056327b7659f1f39ad850561fbcf4fb10fb58e88eafa55cf7cd01e",
        output: "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b",
        pbkdf2: "fee723a2bc966e11dffb66133f4e8df577383c78ade30e3298edbd3e54ed85b7650006f9e15d3798",
        counter:
          "aea21856b24f4f1a7faa888d1293977637b97d7e10724fca5ebe39bb256b74d35921767be2cb486c4e030ff0bde4e6498f0ca08aefde8ec482d746e441b8841224b411b88450799443538aa77f9c5393",
        feedback:
          "aea21856b24f4f1a7faa888d1293977637b97d7e10724fca5ebe39bb256b74d38026ffeecb095c9cf42c93c49e500291fb3656afa18776df5e10d0f199bdacf3fff5011d429d128a3a5a3a78ad731b6d"
      )
    default: return nil
    }
  }
}
