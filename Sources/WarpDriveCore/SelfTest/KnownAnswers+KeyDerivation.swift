// Known answers of key derivations, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the derivation `name`; empty for one that is not here.
  static func keyDerivations(_ name: String) -> [KnownAnswer] {
    if name == "scrypt" { return scrypt }
    if name.hasPrefix("kbkdf-kmac") { return kmac(name) }
    guard let parsed = try? AlgorithmName(parsing: name), let argument = parsed.arguments.first else { return [] }
    let function = argument.description
    switch parsed.base {
    case "hkdf": return hkdf(function)
    case "hkdf-extract": return hkdfExtract(function)
    case "hkdf-expand": return hkdfExpand(function)
    case "pbkdf2": return pbkdf2(function)
    case "kbkdf-counter": return counterMode(function)
    case "kbkdf-feedback": return feedbackMode(function)
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
