// Known answers of the counter and the feedback mode of SP 800-108.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers of the counter mode, most of them with the fixed input data as a whole.
  static func counterMode(_ function: String) -> [KnownAnswer] {
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
            secret: "3705d96080c17728a0e800eab6e0d23c", salt: "", info: "", label: "00000002aa",
            output: "9b197dd1e8c5609d6e67c3e37c62c72e"), source: "RFC 8009 appendix A, Ke of aes128-cts-hmac-sha256-128"
        ),
        KnownAnswer(
          .keyDerivation(
            secret: "c4bedbddb66493e7c7259a3bbbc25f8c7e0ca7fe284d92d431d9cd99a0d214ac", salt: "",
            info:
              "1c69c54766791e315c2cc5c47ecd3ffab87d0d273dd920e70955814c220eacace6a5946542da3dfe24ff626b4897898cafb7db83bdff3c14fa46fd4b",
            output: "1da47638d6c9c4d04d74d4640bbd42ab814d9e8cc22f4326695239f96b0693f12d0dd1152cf44430"),
          source: "NIST CAVP KBKDF CounterMode, HMAC_SHA256 count 30"),
      ]
    case "hmac(sha384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52", salt: "", info: "",
            label: "00000002aa", output: "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49"),
          source: "RFC 8009 appendix A, Ke of aes256-cts-hmac-sha384-192"),
        KnownAnswer(
          .keyDerivation(
            secret: "216ed044769c4c3908188ece61601af8819c30f501d12995df608e06f5e0e607ab54f542ee2da41906dfdb4971f20f9d",
            salt: "",
            info:
              "638e9506a2c7be69ea346b84629a010c0e225b7548f508162c89f29c1ddbfd70472c2b58e7dc8aa6a5b06602f1c8ed4948cda79c62708218e26ac0e2",
            output: "d4b144bb40c7cabed13963d7d4318e72"), source: "NIST CAVP KBKDF CounterMode, HMAC_SHA384 count 0"),
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
    case "hmac(sha512-224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "405540d26abc91cbd45dd81f652e5c40", salt: "", info: "d0ae5e90f8aad1032f7bddbe01b73010",
            output:
              "e2e3ca670e4c70c244c1aff4a8b9b0b07b35f3eadb3baec86116a7431fc5bce3a184ded9bc82174fdbbc614e6f669313518615026127b3dc"
          ), source: "NIST ACVP KDF-1.0, tcId 947")
      ]
    case "hmac(sha512-256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "b22ea67b5bb2c315a40eb3a3fa840017", salt: "", info: "ac90ae5b52e42ea18c5fd09489735a6a",
            output: "6082d03daa068d0c715226c246bc827b94a850299258dc5d69b4d5ce2c6fd3e350f709b117c76b737065fe"),
          source: "NIST ACVP KDF-1.0, tcId 1047")
      ]
    case "hmac(sha3-224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "e35c3e2764bee36ce3d173a781ee43a1", salt: "", info: "b5b2e72e6c8fdf4d9e2e8a1dac19d040",
            output: "f7a50be2c6f31b412f7c926d49afa3ca80fe617fca3830e1cf083f61"), source: "NIST ACVP KDF-1.0, tcId 1139")
      ]
    case "hmac(sha3-256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "1f9505093d5d5e6abf75d7d12e8f105b", salt: "", info: "ffd02044a59064a3de0a2908e39c51c2",
            output:
              "cf5a87cbaf3588fd9dca6a8840e9200e85b2614050422d4d27abb20b5cc81a7da72f7d6f267a3a6c2663c238d6ffa3fb63e9d6de5c847cdb55bfba2b49a13a67"
          ), source: "NIST ACVP KDF-1.0, tcId 1235")
      ]
    case "hmac(sha3-384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "7763811b18eea2038d5073a4bee8afdc", salt: "", info: "d4ad0ca48e1ca6c896ad2c11c3875313",
            output: "3914296e57eff80112a57eea658a6979b767a49b024616374b39b9b207e2fd63f364b478332b47cd8df8b1321d63573c"),
          source: "NIST ACVP KDF-1.0, tcId 1329")
      ]
    case "hmac(sha3-512)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "22e9f7f81588dcad73954a79121ddac0", salt: "", info: "d7cc9194d45405adc8b09c5e2b67e7c0",
            output:
              "73e9213de83ca112278b194cfe597de85f58d86da99dd579db8b25f8482d15c22a7bded5ff85b06d4d3217e7505083019b38b5fa86756d0bb15c044a2ab0fdda"
          ), source: "NIST ACVP KDF-1.0, tcId 1425")
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

  /// The answers of the feedback mode, with the fixed input data as a whole.
  static func feedbackMode(_ function: String) -> [KnownAnswer] {
    switch function {
    case "hmac(sha1)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "48f88ff29faba35029d6c8bbe5e857a8", salt: "3ec0fe1702a6de8c833806ed86fc24437d62626a",
            info: "7f7b51d2dc1b89133c162fb7627f3f9c",
            output:
              "567d82a4000cde7bf00daca61c2d2cc195e9442bb8e71afc4ac51428ce65cc1333103a67377fd34944d1b66dd7b0cee98eaa2501ea76597dcb5c4b979e9ac6dac529a697c0f89f2c0c8831164a4573df"
          ), source: "NIST ACVP KDF-1.0, tcId 2451")
      ]
    case "hmac(sha224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "d91e9ba058bacca59609d917ad8c4e6b",
            salt: "f2881dc34eff25cb42010b895447ac5b58306f924a460d00c9029339", info: "a71b41085d182ac3c14b3ab0f9adfeeb",
            output:
              "2c24072efb954e03a6527663171d6c448fd4d267d0d67e6db8994dc8088d9e068ef6a7fa47f156c162cc989718ad332f84ef095b9fd2014a2551ec7f475c5ac9dc421c5eb0972af07648ba9a654a8240e4714525"
          ), source: "NIST ACVP KDF-1.0, tcId 2663")
      ]
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
    case "hmac(sha384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "691a5defccd839753deee8f7c01b542a",
            salt: "8571bcc59683f67e7c7aa46d28f6ac9ba7437badb05c18fe9433e54b6d1739d9f620efcc3123613d25d6ae7e7cb4ccea",
            info: "c1772552667d2099041ead45b6f2e218",
            output:
              "5ef969a0cbf72c5de364db481ea1e945918a66e60c4416fb566af0bcf8733597c20bd1139c50ea7587bdc8793da568a63146ab50ef80e4a519021e3ad39fa8585a0af9bb1dd3b946f63b5645afff8da8ae40570fbaf1914f59359833c132362e"
          ), source: "NIST ACVP KDF-1.0, tcId 3079")
      ]
    case "hmac(sha512)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "306eb78cf6a2562e8a97cb84805c907b",
            salt:
              "5fbbc81c4b24ed49b2800e9517f179d9ed6472f23bc76cd0e931ad23a69388963eda5934f77424e25b57f5b060217504297c402524d848b9f0bf916f0749a0a8",
            info: "6f681c2e438f38435705d6ad9d8e996e",
            output:
              "f9421b3ec4db74dc3c756d769e0b3b32168e09d4d4b11f523cdebb3c7bcbad8fc0f1da7b059ac45c62ed2852eb77547265f383b1202f3d2a54d2167f8d204bdc7b83753bae43a702cd04cf7ffc384d65289ee35e6216facbd88540a5796d1ef9d6f27f8ef0e82ee8a11a1e101eda1da21c42424ebe6fa5be985b99325ed96671"
          ), source: "NIST ACVP KDF-1.0, tcId 3283")
      ]
    case "hmac(sha512-224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "e4d9c04cc6fbb69ee57fb34149f8057e",
            salt: "8bd81091c0ded33dcccae516ef492c432b095c12597a05aa5e6a4d49", info: "e4369f8a796c6628389732fccee00a7f",
            output:
              "6800daed6ca3df1b10a37272721485388e5163c0b9bd469f25401ff26b8a5345477db2adc6de2f3ed15a1aad1dcfe650cd575a6941006a7f"
          ), source: "NIST ACVP KDF-1.0, tcId 3495")
      ]
    case "hmac(sha512-256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0d1008bb2b37a9d96a49a4ba81baee65",
            salt: "558101121f6888840fb82ad7cdc2489b641d9cb837cc02becf61cd76c8a8c5fd",
            info: "3db112d7b7c3eb8c97b741ee65ca8a23",
            output: "87ee88dfe82bdc9e48f4a62001b7e68df983422a0d23878c1eb0ad96fe63526c"),
          source: "NIST ACVP KDF-1.0, tcId 3703")
      ]
    case "hmac(sha3-224)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "d534d3799cf65a77ab81f46252543b20",
            salt: "ebc4687acf71311086efca9ef5543e13d87035fa04edc1a7615e9bd9", info: "2d584f4d5ec0fd8d0e9d0b4175ed4b96",
            output:
              "7f23d6112a51f620935f8dd46df5663430ce426752afcdb72017536c8d5cd2ff492b505de49bdeb6a17f795445fa9873be39b9339c3f7990"
          ), source: "NIST ACVP KDF-1.0, tcId 3907")
      ]
    case "hmac(sha3-256)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "0b0dee9c920ba388638e32e719f376a2",
            salt: "d378ffd3ddd290476352b414736c7d15162b40f02fec9a94c5ace6dee758d5fd",
            info: "47725e464c842ec9bb3a3ec4bc0ea488",
            output:
              "b3024b6e3040ccef369d83f5d60e67e6692fca4aa41652f87155acd461c46387f22d26300f1750cec2e05b94eb7ce9eca2a346bdb9acc8d9e51a7c4d537124d74af69931b665ef58af3640a36f7bdac11312d4cbc2469851de97b989f5f2d9a7"
          ), source: "NIST ACVP KDF-1.0, tcId 4115")
      ]
    case "hmac(sha3-384)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "f394e29bdc6ddf8b69828d1b7c262598",
            salt: "69542208d7f3ba12a90b9d5b8ffd6c9de95b622f7cdc1fed02f8378c2377006ed1e22214608444896c13ef307b02dac9",
            info: "273d9712108dffe29267706a9a6e9bfc",
            output:
              "0952f0e1980e551f4708b2ffde81f47d3a7594dbf00719da04150255f4d8e08afd8defb26b535d5fb3ef915b7abee7dab7dc7f6161c62189eb03738498883ee086051fcec5501fbaf14a29c05fc87142bd73f684ed0fe1d577b3e4cdab33f928"
          ), source: "NIST ACVP KDF-1.0, tcId 4327")
      ]
    case "hmac(sha3-512)":
      [
        KnownAnswer(
          .keyDerivation(
            secret: "cb96731b39f160ea844af87cf02d17d3",
            salt:
              "af4e7fe29875875f0face37f0d2e0b7b8558358834c29f69a172f9e2d294337fb7bd7f3f2f4e130ef281261fb2f30d0ae5e5652c1570482e8dae31ab8479e135",
            info: "d9694d637f49529a110212d0f996b88a",
            output:
              "b78dc7da7c8283dfa9a7466e2ae3dffa7d2f673fb216d24ce00df58795f644a23a1d3bc3bb25bbff4270c9a9fcbe0d789b61884a0a678527e76b9ea54e9cd574e5dea6de46d80f8cd61f7680cc8a3d13aeeb7a92bd101144d093125c43d55c355cd3708c4c41b6d23eec59bc76df4c4b8774590a62947d572a395c222696efc4"
          ), source: "NIST ACVP KDF-1.0, tcId 4531")
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
}
