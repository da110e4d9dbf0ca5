// Known answers of the AEADs, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the AEAD `name`; empty for one that is not here.
  static func aeads(_ name: String) -> [KnownAnswer] {
    let answers = encryptingModes(name)
    if !answers.isEmpty { return answers }
    let packets = packetModes(name)
    return packets.isEmpty ? authenc(name) : packets
  }

  /// Modes of block ciphers.
  private static func encryptingModes(_ name: String) -> [KnownAnswer] {
    switch name {
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
            sealed:
              "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
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
            sealed:
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
              + "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"),
          source: "McGrew and Viega, GCM, test case 16"),
      ]
    case "gcm(aria)":
      [
        .init(
          .aead(
            key: "e91e5e75da65554a48181f3846349562",
            nonce: "000020e8f5eb00000000315e",
            aad: "8008315ebf2e6fe020e8f5eb",
            plaintext:
              "f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d57262e9729566ed66e97ac54a4a5a7ad5e1"
              + "5ae5fdd5fd5ac5d56ae56ad5c572d54ae54ac55a956afd6aed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a"
              + "955af572e162f57a956666e17ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c55ae5d56afde916c5e94a6ec56695e14a"
              + "fde1148416e94ad57ac5146ed59d1cc5",
            sealed:
              "4d8a9a0675550c704b17d8c9ddc81a5cd6f7da34f2fe1b3db7cb3dfb9697102ea0f3c1fc2dbc873d44bceeae8e444297"
              + "4ba21ff6789d3272613fb9631a7cf3f14bacbeb421633a90ffbe58c2fa6bdca534f10d0de0502ce1d531b6336e588782"
              + "78531e5c22bc6c85bbd784d78d9e680aa19031aaf89101d669d7a3965c1f7e16229d7463e0535f4e253f5d18187d40b8"
              + "ae0f564bd970b5e7e2adfb211e89a9535abace3f37f5a736f4be984bbffbedc1"),
          source: "RFC 8269, in its draft-ietf-avtcore-aria-srtp-02")
      ]
    case "gcm(sm4)":
      [
        .init(
          .aead(
            key: "0123456789abcdeffedcba9876543210",
            nonce: "00001234567800000000abcd",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext:
              "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffff"
              + "eeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
            sealed:
              "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15"
              + "a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"),
          source: "RFC 8998 appendix A.1")
      ]
    case "ccm(aes)":
      [
        .init(
          .aead(
            key: "404142434445464748494a4b4c4d4e4f",
            nonce: "10111213141516",
            aad: "0001020304050607",
            plaintext: "20212223",
            sealed: "7162015b4dac255d"),
          source: "SP 800-38C C.1"),
        .init(
          .aead(
            key: "1bde3251d41a8b5ea013c195ae128b218b3e0306376357077ef1c1c78548b92e",
            nonce: "5b8e40746f6b98e00f1d13ff41",
            aad: "c17a32514eb6103f3249e076d4c871dc97e04b286699e54491dc18f6d734d4c0",
            plaintext: "53bd72a97089e312422bf72e242377b3c6ee3e2075389b999c4ef7f28bd2b80a",
            sealed: "9a5fcccdb4cf04e7293d2775cc76a488f042382d949b43b7d6bb2b98647867262024931d73bca480c24a24ece6b6c2bf"),
          source: "CAVS CCM, VNT256, nonce of 13"),
      ]
    case "ccm(aria)":
      [
        .init(
          .aead(
            key: "974bee725d44fc3992267b284c3c6750",
            nonce: "000020e8f5eb00000000315e",
            aad: "8008315ebf2e6fe020e8f5eb",
            plaintext:
              "f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d57262e9729566ed66e97ac54a4a5a7ad5e1"
              + "5ae5fdd5fd5ac5d56ae56ad5c572d54ae54ac55a956afd6aed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a"
              + "955af572e162f57a956666e17ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c55ae5d56afde916c5e94a6ec56695e14a"
              + "fde1148416e94ad57ac5146ed59d1cc5",
            sealed:
              "621e408a2e455505b39f704dcbac4307daabbd6d670abc4e42f2fd2fca263f094f4683e6fb0b10c5093d42b69dce0ba5"
              + "46520e7c4400975713f3bde93ef131160b9cbcd6df78a1502be7c6ea8d395b9ed0078819c3105c0ab92cb67b16ba51bb"
              + "1f53508738bf7a37c9a905439b88b7af9d51a407916fdfea8d43bf253721846dc1671391225fc58d9d0693c8ade6a4ff"
              + "b034ee6543dd4e651b7a084eae60f85540f04b6467e300f6b336aedf9df4185b"),
          source: "draft-ietf-avtcore-aria-srtp-02")
      ]
    case "ccm(sm4)":
      [
        .init(
          .aead(
            key: "0123456789abcdeffedcba9876543210",
            nonce: "00001234567800000000abcd",
            aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext:
              "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffff"
              + "eeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
            sealed:
              "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094fd12e518ce062c98acee28d95df4416b"
              + "ed31a2f04476c18bb40c84a74b97dc5b16842d4fa186f56ab33256971fa110f4"),
          source: "RFC 8998 appendix A.2")
      ]
    case "ocb(aes)":
      [
        .init(
          .aead(
            key: "000102030405060708090a0b0c0d0e0f",
            nonce: "000102030405060708090a0b",
            aad: "000102030405060708090a0b0c0d0e0f1011121314151617",
            plaintext: "000102030405060708090a0b0c0d0e0f1011121314151617",
            sealed: "bea5e8798dbe7110031c144da0b26122fcfcee7a2a8d4d485fa94fc3f38820f1dc3f3d1fd4e55e1c"),
          source: "RFC 7253 appendix A"),
        .init(
          .aead(
            key: "0f0e0d0c0b0a09080706050403020100",
            nonce: "bbaa9988776655443322110d",
            aad: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627",
            plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627",
            sealed:
              "1792a4e31e0755fb03e31b22116e6c2ddf9efd6e33d536f1a0124b0a55bae884ed93481529c76b6ad0c515f4d1cdd4fd"
              + "ac4f02aa"),
          source: "RFC 7253 appendix A, tag of 96 bits"),
      ]
    case "siv(aes)":
      [
        .init(
          .aead(
            key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            nonce: "",
            aad: "101112131415161718191a1b1c1d1e1f2021222324252627",
            plaintext: "112233445566778899aabbccddee",
            sealed: "40c02b9690c4dc04daef7f6afe5c85632d07c6e8f37f950acd320a2ecc93"),
          source: "RFC 5297 A.1"),
        .init(
          .aead(
            key: "eb2278745939dacc07a157425b147c8e6036c47f56d182e7221f7645903d5b3d",
            nonce: "19476b0f523b8e4066c79466",
            aad: "f5",
            plaintext: "24150140e7c72d755c2d1a5d",
            sealed: "c7259a9da07588dd00cf6fed41b3ed98b1f61840df01826375fc792e"),
          source: "Wycheproof aead_aes_siv_cmac_test.json, 7"),
      ]
    default: []
    }
  }

  /// The forms for IPsec and TLS.
  private static func packetModes(_ name: String) -> [KnownAnswer] {
    switch name {
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
            sealed:
              "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
              + "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
              + "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"),
          source: "RFC 8439 section 2.8.2")
      ]
    case "rfc4106(gcm(aes))":
      [
        .init(
          .aead(
            key: "4c80cdefbb5d10da906ac73c3613a6342e443b68",
            nonce: "4956ed7e3b244cfe",
            aad: "000043218765432100000000",
            plaintext:
              "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564700373"
              + "69700963796265726369747902646b000021000101020201",
            sealed:
              "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d"
              + "15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe722fd04796562dfdb4"),
          source: "draft-mcgrew-gcm-test-01")
      ]
    case "rfc4309(ccm(aes))":
      [
        .init(
          .aead(
            key: "7d773d00c144c525ac619d18c84a3f47d96642",
            nonce: "43457e9182443bc6",
            aad: "335467aeffffffff",
            plaintext: "01020201",
            sealed: "4c7263302fe656ddd0d8609d8bef8590f7612462"),
          source: "Linux crypto/testmgr.h, rfc4309(ccm(aes))"),
        .init(
          .aead(
            key: "4c80cdefbb5d10da906ac73c3613a63422433c",
            nonce: "4855ec7d3a234bfd",
            aad: "000043218765432100000007",
            plaintext: "0800c6cd020007006162636465666768696a6b6c6d6e6f707172737401020201",
            sealed: "67e928b31ca46d02f0b537b66b2ff54ff8a34c53b81209bf587dcf29a341686bcee879853cb03a8f16b0a126c9bcbca6"),
          source: "Linux crypto/testmgr.h, rfc4309(ccm(aes))"),
      ]
    case "rfc4543(gcm(aes))":
      [
        .init(
          .aead(
            key: "4c80cdefbb5d10da906ac73c3613a63422433c64",
            nonce: "0000000000000000",
            aad: "0000432100000007",
            plaintext:
              "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374"
              + "01020201",
            sealed:
              "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374"
              + "01020201f2a9a836e155106aa8dcd618e4099aaa"),
          source: "draft-mcgrew-gcm-test-01")
      ]
    default: []
    }
  }

  /// `authenc(hmac(H),cbc(aes))` of RFC 3602's first case, with a key of zeros to authenticate and the IV as associated
  /// data, as the kernel tests it.
  private static func authenc(_ name: String) -> [KnownAnswer] {
    let tag: String
    switch name {
    case "authenc(hmac(sha1),cbc(aes))":
      tag = "1b13cbaf895ee12c13c52ea3cceddcb50371a206"
    case "authenc(hmac(sha256),cbc(aes))":
      tag = "ccde2d6aaef10bcc38063851b4b8f35b5c34a6a36e0b05e56a6d44aa26a844a5"
    case "authenc(hmac(sha384),cbc(aes))":
      tag =
        "791cf1229580e0607ff9926083bd609cf6628ba97d56e2af8043bc414a630ba01625e2fe0a96f6a56c0bc253b427d942"
    case "authenc(hmac(sha512),cbc(aes))":
      tag =
        "3fdcad9003635e68c313dda45c4d54a7196e03752ba162cee0c69675b214ca96ecbd500807641a49e89a7c063dcbffb2"
        + "fa2089dd9cac9e16188aa06d016ca33a"
    default: return []
    }
    // The key that authenticates is as long as the tag, of which each byte is two digits.
    let key = AEADKeyForm.authencKey(
      authentication: [UInt8](repeating: 0, count: tag.utf8.count / 2),
      encryption: Hexadecimal.decode("06a9214036b8a15b512e03d534120006") ?? [])
    let iv = "3dafba429d9eb430b422da802c9fac41"
    return [
      .init(
        .aead(
          key: Hexadecimal.encode(key), nonce: iv, aad: iv, plaintext: "53696e676c6520626c6f636b206d7367",
          sealed: "e353779c1079aeb82708942dbe77181a" + tag),
        source: "RFC 3602 case 1 in Linux crypto/testmgr.h, \(name)")
    ]
  }
}
