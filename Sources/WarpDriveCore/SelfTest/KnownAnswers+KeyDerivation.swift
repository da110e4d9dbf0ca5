// Known answers of key derivations, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the derivation `name`; empty for one that is not here.
  ///
  /// Where no standard and no published file has an answer for a hash, it was computed on a published one's inputs with
  /// CPython 3.11's hmac module, an implementation independent of ours; those of CMAC with an AES written for it.
  static func keyDerivations(_ name: String) -> [KnownAnswer] {
    if name == "scrypt" { return scrypt }
    if name.hasPrefix("kbkdf-kmac") { return kmac(name) }
    guard let parsed = try? AlgorithmName(parsing: name), let argument = parsed.arguments.first else { return [] }
    let function = argument.description
    // The hash of hmac(H).
    let hash = argument.base == "hmac" ? argument.arguments.first?.description ?? "" : ""
    switch parsed.base {
    case "hkdf": return DerivationAnswers(hash: function).map { [$0.whole] } ?? []
    case "hkdf-extract": return DerivationAnswers(hash: function).map { [$0.extraction] } ?? []
    case "hkdf-expand": return DerivationAnswers(hash: function).map { [$0.expansion] } ?? []
    case "pbkdf2": return DerivationAnswers(hash: hash).map { [$0.passwordBased] } ?? []
    case "kbkdf-counter":
      return counterMode(function) + (DerivationAnswers(hash: hash).map { [$0.counterMode] } ?? [])
    case "kbkdf-feedback":
      return function == "cmac(aes)" ? [feedbackCMAC] : DerivationAnswers(hash: hash).map { [$0.feedbackMode] } ?? []
    case "kbkdf-counter-fixed": return fixedCounterMode(function)
    case "kbkdf-feedback-fixed": return fixedFeedbackMode(function)
    case "tls1-prf": return tls(function)
    default: return []
    }
  }

  /// RFC 7914 section 12, the one that takes no time.
  private static let scrypt = [
    KnownAnswer(
      .keyDerivation(
        secret: "", salt: "", info: "", memoryCost: 4, parallelism: 1, blockSize: 1,
        output:
          "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
      ), source: "RFC 7914 section 12")
  ]

  private static func counterMode(_ function: String) -> [KnownAnswer] {
    switch function {
    case "hmac(sha256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "3705d96080c17728a0e800eab6e0d23c", salt: "", info: "", label: "00000002aa",
            output: "9b197dd1e8c5609d6e67c3e37c62c72e"), source: "RFC 8009 appendix A, Ke of aes128-cts-hmac-sha256-128"
        )
      ]
    case "hmac(sha384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52", salt: "", info: "",
            label: "00000002aa", output: "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49"),
          source: "RFC 8009 appendix A, Ke of aes256-cts-hmac-sha384-192")
      ]
    case "cmac(aes)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "000102030405060708090a0b0c0d0e0f", salt: "", info: "636f6e74657874", label: "6c6162656c",
            output: "3fc9b552ad320ef843abf45fe0209ce553353235b587ffa35dfd387b410da1c1a60066f8b9f805ce"),
          source: "SP 800-108 section 4.1, computed with an independent AES")
      ]
    default: []
    }
  }

  private static let feedbackCMAC = KnownAnswer(
    .keyDerivation(
      secret: "000102030405060708090a0b0c0d0e0f", salt: "101112131415161718191a1b1c1d1e1f", info: "636f6e74657874",
      label: "6c6162656c", output: "074a284da58302b40e6bdb2fd0b3f26efa322c7e9941c5965b26e7083a7ffa322dd1d4a66fb610cc"),
    source: "SP 800-108 section 4.2, computed with an independent AES")

  /// NIST's CAVP vectors of SP 800-108 with the counter of 32 bits before the fixed input data.
  private static func fixedCounterMode(_ function: String) -> [KnownAnswer] {
    switch function {
    case "hmac(sha1)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "c1efb8d25affc61ed060d994fcd5017c2adfc388", salt: "",
            info:
              "b92fc055057fec71b9c53e7c44872423a57ed186d6ba66d980fecd1253bf71479320b7bf38d505ef79ca4d62d78ca662642cdcedb99503ea04c1dbe8",
            output: "8db784cf90b573b06f9b7c7dca63a1ea16d93ee7d70ff9d87fa2558e83dc4eaa"),
          source: "NIST CAVP KBKDF CounterMode, HMAC_SHA1 count 10")
      ]
    case "hmac(sha224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "992815121d88ffb26c337606723c02ef317713086e2cfbbd37e1a167", salt: "",
            info:
              "152d974eb2719b9027d32054a327312361125959df9d96a1832e2056c2571d4f1cf45f6e8f6544c87f15861cef627d2f16e9b0b4ab799bb3362f4aae",
            output: "475eda3a32d569932e043db64dbf0e9bb0945b54dcdfa203be1a28524c147075"),
          source: "NIST CAVP KBKDF CounterMode, HMAC_SHA224 count 10")
      ]
    case "hmac(sha256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "c4bedbddb66493e7c7259a3bbbc25f8c7e0ca7fe284d92d431d9cd99a0d214ac", salt: "",
            info:
              "1c69c54766791e315c2cc5c47ecd3ffab87d0d273dd920e70955814c220eacace6a5946542da3dfe24ff626b4897898cafb7db83bdff3c14fa46fd4b",
            output: "1da47638d6c9c4d04d74d4640bbd42ab814d9e8cc22f4326695239f96b0693f12d0dd1152cf44430"),
          source: "NIST CAVP KBKDF CounterMode, HMAC_SHA256 count 30")
      ]
    case "hmac(sha384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "216ed044769c4c3908188ece61601af8819c30f501d12995df608e06f5e0e607ab54f542ee2da41906dfdb4971f20f9d",
            salt: "",
            info:
              "638e9506a2c7be69ea346b84629a010c0e225b7548f508162c89f29c1ddbfd70472c2b58e7dc8aa6a5b06602f1c8ed4948cda79c62708218e26ac0e2",
            output: "d4b144bb40c7cabed13963d7d4318e72"), source: "NIST CAVP KBKDF CounterMode, HMAC_SHA384 count 0")
      ]
    case "hmac(sha512)":
      [
        KnownAnswer(
          .keyDerivation(
            secret:
              "dd5dbd45593ee2ac139748e7645b450f223d2ff297b73fd71cbcebe71d41653c950b88500de5322d99ef18dfdd30428294c4b3094f4c954334e593bd982ec614",
            salt: "",
            info:
              "b50b0c963c6b3034b8cf19cd3f5c4ebe4f4985af0c03e575db62e6fdf1ecfe4f28b95d7ce16df85843246e1557ce95bb26cc9a21974bbd2eb69e8355",
            output: "e5993bf9bd2aa1c45746042e12598155"), source: "NIST CAVP KBKDF CounterMode, HMAC_SHA512 count 0")
      ]
    case "cmac(aes)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "695f1b1a16c949cea51cdf2554ec9d42", salt: "",
            info:
              "4fce5942832a390aa1cbe8a0bf9d202cb799e986c9d6b51f45e4d597a6b57f06a4ebfec6467335d116b7f5f9c5b954062f661820f5db2a5bbb3e0625",
            output: "d34b601ec18c34dfa0f9e0b7523e218bdddb9befe8d08b6c0202d75ace0dba89"),
          source: "NIST CAVP KBKDF CounterMode, CMAC_AES128 count 10"),
        KnownAnswer(
          .keyDerivation(
            secret: "dc866a038c4f78f22d46caca65892bcdb15c1eb49b275827", salt: "",
            info:
              "b4a123bad4890c7a791f5e192bd8b6e9c8c3620329f99249f11e1eb517a5b27b9e5b047a6591b45f6fff53e6d04b32d82e052af2eb8519bd21c10f93",
            output: "731a2e23ab2e58551490254041ee8fabd9c5a1918d76307f1048535be0763b20"),
          source: "NIST CAVP KBKDF CounterMode, CMAC_AES192 count 10"),
        KnownAnswer(
          .keyDerivation(
            secret: "d54b6fd94f7cf98fd955517f937e9927f9536caebe148fba1818c1ba46bba3a4", salt: "",
            info:
              "94c4a0c69526196c1377cebf0a2ae0fb4b57797c61bea8eeb0518ca08652d14a5e1bd1b116b1794ac8a476acbdbbcd4f6142d7b8515bad09ec72f7af",
            output: "2e1efed4aef3fdd324e098c0a07c0d97f8fd2c748a996ce29861ca042474daea"),
          source: "NIST CAVP KBKDF CounterMode, CMAC_AES256 count 10"),
      ]
    default: []
    }
  }

  /// NIST's CAVP vectors of the feedback mode with a counter of 32 bits behind the iteration variable: first 64 bytes.
  private static func fixedFeedbackMode(_ function: String) -> [KnownAnswer] {
    switch function {
    case "hmac(sha256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b",
            salt: "9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e",
            info:
              "53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80",
            output:
              "bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e079a933b756365afb5541f253fee43c6fd788a44041038509e9eeb68f7d65ffbb5f95"
          ), source: "NIST CAVP KBKDF FeedbackModeNOzeroiv, HMAC_SHA256 count 0")
      ]
    case "cmac(aes)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "86db7c92a6997bf50d594329a4c116f2", salt: "19b16a433a73823995ce72500d8163fd",
            info:
              "b09af6a81075bd8372bed23937e66571a3cea2f2882bf79281058c74ec79aab29d2c79a570783886dc8b558bce020c5654bca8",
            output:
              "363802b7990b635155b21c202df505f590c3e9969983fffef8defc7d1a9eb498e1ed10f3d38742cf39f2d504683fb86df98c42c40fe070cc6fa24c0c937308af"
          ), source: "NIST CAVP KBKDF FeedbackModeNOzeroiv, CMAC_AES128 count 39")
      ]
    default: []
    }
  }

  private static func kmac(_ name: String) -> [KnownAnswer] {
    switch name {
    case "kbkdf-kmac128":
      [
        KnownAnswer(
          .keyDerivation(
            secret:
              "737343c3387e98e37f16a28f9b2b29a4a674cb773d205d23bd4540926617afecc6eecc56cda5065294924dd203acf0feb5971cf0b845033fca1069",
            salt: "",
            info:
              "a88148c0d24619c4a6f77b8e53a0c1a0f06d0672a233fff829ade9e0f90cc2fa8398984a3753a02c29fe92871d542c75e0efaabe23310441cb7f14",
            label:
              "289071e3c7ec0fc249f225d30874c2a3e939c03731aaba26b0f8b15e9e1f6268486f5663d414c1aa5370ddc4368b7eb068dba2c63466ca7ef445f88896623326b65c5e87242b7e8c00f59dfc29ae6b",
            output:
              "ecc7969372237fe5bd42287e881eccc0e9ed242a7e086978e108a2508f3413a77985e9abe1ea704148237cf67f84be3daed8c6aeefd7a76bb0f36218751d4f7bc6d02f6c6590df5156c2ff6495a6e80fcea553334fc65d45d1f7f87d44b6c6f5ef3f03cbc023c462b84d86b8573c69b8275c04e047676fee646a7ad1cfd33bd80bd5b26a746a84c8432b493edb40ac13afbab49ab64f3c36794f48626192dfe20a64a77fd65cfac68f40add69932435970a568cde6427463449fbc4f94797f5f423bc8ff0e45e63587a8834c192ef1ae4750d9ce5b5153668dd9a566ed9ead5a256f6e100c7fcc132668de447496c88e2771"
          ), source: "NIST ACVP, OpenSSL evpkdf_kbkdf_kmac.txt 17")
      ]
    case "kbkdf-kmac256":
      [
        KnownAnswer(
          .keyDerivation(
            secret:
              "74d869e949da44bc512ac14da070bf6118053aa9e70182afc61dbde7536dd5fcbbe3212a41eb984dc90f0cbee2c6b0a80079c7af8aeea39502aad5e1270ecb5ee8a4145119bfdadfb4c4988b96855a9bffe4f61eccbea0cf343aea1cca4c11619aa3443c62af8df698936d2abed8cfedc6a02e397065012ce17601a6b6727221ef56636673213b2d1e6684cdea814635e1a08e3d6e01b8fe09b75e9dddab5d1c6157ac050eb08d55dd9c3a28640be33f14de52148fd4799b5b7217007619c9598fe8d8cdc15a1433b41d11e79c147020b7d5b7a605ec0539256d5f22e44273ef83d73cd42b9b14cb84570094",
            salt: "",
            info:
              "65aaff7d90ec24be08758e3d2d53c67dc46d8916b6c7249446ee8f4d0d85a63bbe2cac75278daa46dcd4e2a3971cab3a6d42b06ae0d3921220270b3b320092eb182559d98d33c0",
            label:
              "f942456744ebd068f162bc0d842ed0bf13f30cfa8b4a8f481f30dc5c4a01be7c1059fc427ced56e663882df855932b351c57d77ada5bf2f584c1559ad233f01f5a11a0af64ec16eb6de7557d3f140974caaf903a20198db009602f93d9c3ceb9056d0c5e07f6e4ac92f893680cfb55b4542e5ea0edf68c6770a8a64999a9e3014f627995c85da3294f7d31ac81fe59afa9c93cbdc51d1b7e02d5bcab1f342ac4a51466",
            output:
              "317a522f2d49058c1e39ef0afe0a96e4179b3c9f2333ef146102a9b30c1464fd1cf83ad1d995c87f114290d89a4dba188ca39db70358363d4c"
          ), source: "NIST ACVP, OpenSSL evpkdf_kbkdf_kmac.txt 74")
      ]
    default: []
    }
  }

  private static func tls(_ hash: String) -> [KnownAnswer] {
    switch hash {
    case "md5-sha1":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e780ec55d9844b2f1db02a96453513568d0",
            salt: "",
            info:
              "e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2",
            label: "6d617374657220736563726574",
            output: "2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc2090c5bf51a0891209f46c1e1e998f62"),
          source: "OpenSSL evpkdf_tls11_prf.txt, from NIST")
      ]
    case "sha256":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc",
            salt: "",
            info:
              "36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8cf6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce",
            label: "6d617374657220736563726574",
            output: "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf"),
          source: "OpenSSL evpkdf_tls12_prf.txt, from NIST")
      ]
    case "sha384":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "b80b733d6ceefcdc71566ea48e5567df", salt: "", info: "cd665cf6a8447dd6ff8b27555edb7465",
            label: "74657374206c6162656c",
            output:
              "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"
          ), source: "IETF TLS mailing list msg03416, P_SHA384")
      ]
    case "sha512":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "b0323523c1853599584d88568bbb05eb", salt: "", info: "d4640e12e4bcdbfb437f03e6ae418ee5",
            label: "74657374206c6162656c",
            output:
              "1261f588c798c5c201ff036e7a9cb5edcd7fe3f94c669a122a4638d7d508b283042df6789875c7147e906d868bc75c45e20eb40c1cf4a1713b27371f68432592f7dc8ea8ef223e12ea8507841311bf68653d0cfc4056d811f025c45ddfa6e6fec702f054b409d6f28dd0a3233e498da41a3e75c5630eedbe22fe254e33a1b0e9f6b9826675bec7d01a845658dc9c397545401d40b9f46c7a400ee1b8f81ca0a60d1a397a1028bff5d2ef5066126842fb8da4197632bdb54ff6633f86bbc836e640d4d898"
          ), source: "IETF TLS mailing list msg03416, P_SHA512")
      ]
    default: []
    }
  }
}
