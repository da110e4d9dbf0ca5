// Published vectors of the AEADs and MACs that Core's templates implement, with the source of each.
// SPDX-License-Identifier: Apache-2.0

extension TemplateVectors {
  static let macs: [MACVector] = [
    MACVector(
      name: "cmac(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      message: "",
      tag: "bb1d6929e95937287fa37d129b756746",
      source: "SP 800-38B D.1, 0 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      message: "6bc1bee22e409f96e93d7e117393172a",
      tag: "070a16b46b4d4144f79bdd9dd04a287c",
      source: "SP 800-38B D.1, 16 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      message: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
      tag: "dfa66747de9ae63030ca32611497c827",
      source: "SP 800-38B D.1, 40 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "2b7e151628aed2a6abf7158809cf4f3c",
      message: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      tag: "51f0bebf7e3b9d92fc49741779363cfe",
      source: "SP 800-38B D.1, 64 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      message: "",
      tag: "d17ddf46adaacde531cac483de7a9367",
      source: "SP 800-38B D.2, 0 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      message: "6bc1bee22e409f96e93d7e117393172a",
      tag: "9e99a7bf31e710900662f65e617c5184",
      source: "SP 800-38B D.2, 16 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      message: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
      tag: "8a1de5be2eb31aad089a82e6ee908b0e",
      source: "SP 800-38B D.2, 40 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      message: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      tag: "a1d5df0eed790f794d77589659f39a11",
      source: "SP 800-38B D.2, 64 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      message: "",
      tag: "028962f61b7bf89efc6b551f4667d983",
      source: "SP 800-38B D.3, 0 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      message: "6bc1bee22e409f96e93d7e117393172a",
      tag: "28a7023f452e8f82bd4bf28d8c37c35c",
      source: "SP 800-38B D.3, 16 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      message: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
      tag: "aaf3d8f1de5640c232f5b169b9c911e6",
      source: "SP 800-38B D.3, 40 bytes"),
    MACVector(
      name: "cmac(aes)",
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      message: """
        6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
        f69f2445df4f9b17ad2b417be66c3710
        """,
      tag: "e1992190549f6ed5696a2c056c315410",
      source: "SP 800-38B D.3, 64 bytes"),
    MACVector(
      name: "cmac(des3_ede)",
      key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
      message: "",
      tag: "b7a688e122ffaf95",
      source: "SP 800-38B D.4, 0 bytes"),
    MACVector(
      name: "cmac(des3_ede)",
      key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
      message: "6bc1bee22e409f96",
      tag: "8e8f293136283797",
      source: "SP 800-38B D.4, 8 bytes"),
    MACVector(
      name: "cmac(des3_ede)",
      key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
      message: "6bc1bee22e409f96e93d7e117393172aae2d8a57",
      tag: "743ddbe0ce2dc2ed",
      source: "SP 800-38B D.4, 20 bytes"),
    MACVector(
      name: "cmac(des3_ede)",
      key: "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
      message: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
      tag: "33e6b1092400eae5",
      source: "SP 800-38B D.4, 32 bytes"),
  ]

  static let aeads: [AEADVector] = [
    AEADVector(
      name: "ccm(aes)",
      key: "404142434445464748494a4b4c4d4e4f",
      nonce: "10111213141516",
      aad: "0001020304050607",
      plaintext: "20212223",
      sealed: "7162015b4dac255d",
      source: "SP 800-38C example 1"),
    AEADVector(
      name: "ccm(aes)",
      key: "404142434445464748494a4b4c4d4e4f",
      nonce: "1011121314151617",
      aad: "000102030405060708090a0b0c0d0e0f",
      plaintext: "202122232425262728292a2b2c2d2e2f",
      sealed: "d2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd",
      source: "SP 800-38C example 2"),
    AEADVector(
      name: "ccm(aes)",
      key: "404142434445464748494a4b4c4d4e4f",
      nonce: "101112131415161718191a1b",
      aad: "000102030405060708090a0b0c0d0e0f10111213",
      plaintext: "202122232425262728292a2b2c2d2e2f3031323334353637",
      sealed: "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
      source: "SP 800-38C example 3"),
    AEADVector(
      name: "ccm(aes)",
      key: "404142434445464748494a4b4c4d4e4f",
      nonce: "101112131415161718191a1b1c",
      aad: counting(256),
      plaintext: "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
      sealed: """
        69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72b4ac6bec93e8598e7f0dadbcea5b
        """,
      source: "SP 800-38C example 4"),
    AEADVector(
      name: "ccm(aes)",
      key: "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
      nonce: "00000003020100a0a1a2a3a4a5",
      aad: "0001020304050607",
      plaintext: "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
      sealed: "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
      source: "RFC 3610 packet vector 1"),
    AEADVector(
      name: "gcm(aes)",
      key: "00000000000000000000000000000000",
      nonce: "000000000000000000000000",
      aad: "",
      plaintext: "",
      sealed: "58e2fccefa7e3061367f1d57a4e7455a",
      source: "McGrew and Viega, GCM, test case 1"),
    AEADVector(
      name: "gcm(aes)",
      key: "00000000000000000000000000000000",
      nonce: "000000000000000000000000",
      aad: "",
      plaintext: "00000000000000000000000000000000",
      sealed: "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
      source: "McGrew and Viega, GCM, test case 2"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      aad: "",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b391aafd255
        """,
      sealed: """
        42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05\
        1ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4
        """,
      source: "McGrew and Viega, GCM, test case 3"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05\
        1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47
        """,
      source: "McGrew and Viega, GCM, test case 4"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbad",
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b42\
        4989b5e1ebac0f07c23f45983612d2e79e3b0785561be14aaca2fccb
        """,
      source: "McGrew and Viega, GCM, test case 5"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308",
      nonce: """
        9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b5254\
        16aedbf5a0de6a57a637b39b
        """,
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca701e4a9a4fba43c90ccdcb281d48c7c6f\
        d62875d2aca417034c34aee5619cc5aefffe0bfa462af43c1699d050
        """,
      source: "McGrew and Viega, GCM, test case 6"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c",
      nonce: "cafebabefacedbaddecaf888",
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f47\
        18e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c
        """,
      source: "McGrew and Viega, GCM, test case 10"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c",
      nonce: """
        9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b5254\
        16aedbf5a0de6a57a637b39b
        """,
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        d27e88681ce3243c4830165a8fdcf9ff1de9a1d8e6b447ef6ef7b79828666e4581e79012af34ddd9e2f037589b292db3\
        e67c036745fa22e7e9b7373bdcf566ff291c25bbb8568fc3d376a6d9
        """,
      source: "McGrew and Viega, GCM, test case 12"),
    AEADVector(
      name: "gcm(aes)",
      key: "0000000000000000000000000000000000000000000000000000000000000000",
      nonce: "000000000000000000000000",
      aad: "",
      plaintext: "",
      sealed: "530f8afbc74536b9a963b4f1c4cb738b",
      source: "McGrew and Viega, GCM, test case 13"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
        c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b
        """,
      source: "McGrew and Viega, GCM, test case 16"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbad",
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0feb582d33934a4f0954cc2363bc73f78\
        62ac430e64abe499f47c9b1f3a337dbf46a792c45e454913fe2ea8f2
        """,
      source: "McGrew and Viega, GCM, test case 17"),
    AEADVector(
      name: "gcm(aes)",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: """
        9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b5254\
        16aedbf5a0de6a57a637b39b
        """,
      aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
        b16aedf5aa0de657ba637b39
        """,
      sealed: """
        5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf40fc0c3b780f244452da3ebf1c5d82cde\
        a2418997200ef82e44ae7e3fa44a8266ee1c8eb0c8b5d4cf5ae9f19a
        """,
      source: "McGrew and Viega, GCM, test case 18"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "4c80cdefbb5d10da906ac73c3613a6342e443b68",
      nonce: "4956ed7e3b244cfe",
      aad: "000043218765432100000000",
      plaintext: """
        45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564700373\
        69700963796265726369747902646b000021000101020201
        """,
      sealed: """
        fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d\
        15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe722fd04796562dfdb4
        """,
      source: "draft-mcgrew-gcm-test-01 section 4, case 1"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "feffe9928665731c6d6a8f9467308308cafebabe",
      nonce: "facedbaddecaf888",
      aad: "0000a5f80000000a",
      plaintext: """
        4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d0010000010000000000000373697009637962\
        65726369747902646b00000100010001
        """,
      sealed: """
        deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642\
        cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a
        """,
      source: "draft-mcgrew-gcm-test-01 section 4, case 2"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344",
      nonce: "0102030405060708",
      aad: "4a2cbfe300000002",
      plaintext: """
        4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b401010402\
        01020201
        """,
      sealed: """
        ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99d\
        ef842d8eb335f4eecfdbf831824b4c4915956c96
        """,
      source: "draft-mcgrew-gcm-test-01 section 4, case 3"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe",
      nonce: "facedbaddecaf888",
      aad: "0000a5f80000000a",
      plaintext: "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001",
      sealed: """
        a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc7795457b9652037f53\
        18027b5b4cd7a636
        """,
      source: "draft-mcgrew-gcm-test-01 section 4, case 7"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "7d773d00c144c525ac619d18c84a3f47d9664267",
      nonce: "43457e9182443bc6",
      aad: "335467aeffffffff",
      plaintext: "01020201",
      sealed: "437f866bcb3f699fe9b0822bac961c4504bef270",
      source: "draft-mcgrew-gcm-test-01 section 4, case 12"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "abbccddef00112233445566778899aabdecaf888",
      nonce: "cafedebaceface74",
      aad: "000001000000000000000001",
      plaintext: "746f016265016f72016e6f7401746f0162650001",
      sealed: "29c9fc69a197d038ccdd14e2ddfcaa0543332164412503524303ed3c6c5f283843af8c3e",
      source: "draft-mcgrew-gcm-test-01 section 4, case 13"),
    AEADVector(
      name: "rfc4106(gcm(aes))",
      key: "6c6567616c697a656d6172696a75616e61616e64646f69746265666f726569617475726e",
      nonce: "333021696765746d",
      aad: "796b6963ffffffffffffffff",
      plaintext: """
        45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374\
        01020201
        """,
      sealed: """
        f97ab2aa356d8edce17644ac8c78e25dd24dedbb29ebf1b64a274b39b49c3a864cd3d78ca4ae68a32b42458fb57dbe82\
        1dcc63b9d0937ba2945f669368661a329fb4c053
        """,
      source: "draft-mcgrew-gcm-test-01 section 4, case 14"),
    AEADVector(
      name: "rfc7539(chacha20,poly1305)",
      key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
      nonce: "070000004041424344454647",
      aad: "50515253c0c1c2c3c4c5c6c7",
      plaintext: """
        4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063\
        6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73\
        637265656e20776f756c642062652069742e
        """,
      sealed: """
        d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b\
        1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
        3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691
        """,
      source: "RFC 8439 section 2.8.2"),
    AEADVector(
      name: "rfc7539(chacha20,poly1305)",
      key: "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
      nonce: "000000000102030405060708",
      aad: "f33388860000000000004e91",
      plaintext: """
        496e7465726e65742d4472616674732061726520647261667420646f63756d656e74732076616c696420666f72206120\
        6d6178696d756d206f6620736978206d6f6e74687320616e64206d617920626520757064617465642c207265706c6163\
        65642c206f72206f62736f6c65746564206279206f7468657220646f63756d656e747320617420616e792074696d652e\
        20497420697320696e617070726f70726961746520746f2075736520496e7465726e65742d4472616674732061732072\
        65666572656e6365206d6174657269616c206f7220746f2063697465207468656d206f74686572207468616e20617320\
        2fe2809c776f726b20696e2070726f67726573732e2fe2809d
        """,
      sealed: """
        64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0\
        bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855\
        9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9\
        9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a\
        0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130\
        305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38
        """,
      source: "RFC 8439 appendix A.5"),
  ]
}
