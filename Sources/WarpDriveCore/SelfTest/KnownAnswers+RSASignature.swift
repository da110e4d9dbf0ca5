// Known answers of RSA signatures, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the RSA signature `name`; empty for one that is not here.
  static func rsaSignatures(_ name: String) -> [KnownAnswer] {
    switch name {
    case "pkcs1(rsa,sha1)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20",
            signature: """
              87ea0e2226ef35e5a2aec9ca1222fcbe39ba723f05b3203564f671dd3601271806ead3240e61d424359ee3b17bd3e32f54b82df8\
              3998a8ac4148410710361de0400f9ddf98278618fbc87747a0531972543e6e5f18ab2fdfbfda02952f6ac69690e43864690af271\
              bf43d4be9705b303d4ff994ab3abd4d5851562b73e59be3edc01cec41a4cc13b68206329bad1a46c6608d3609e951faa321d0fdb\
              c765d54e9a7c59248d2f67913c9903e932b769c9c8a45520cabea06e8c0b231dd3bcc7f7ec55b46b0157ccb5fc5011fa57353cd3\
              df32edcbadcb8d168133cbd0acfb64444cb040e1298f621508a38f79e14ae8c2c5c857f90aa9d24ef5fc07d34bf23859
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA1")
      ]
    case "pkcs1(rsa,sha224)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              4bae2cf892733233985102eb7117303e49994a8a97b3de64597c33f15a689502ba4dcea20f0ada460b262bd0c92db23dd090453f\
              95debbfd7a835b51d1923ede76f4f66ba04d9ba0715b333a747c8d469283af653f286a307a3c46cd91f51ca2d597f9d3951fc068\
              ff3ed45ba6b3540801159c7c890a252183de9e4aeb0512eb9ae681ac1d436c9efef9f265dcdf64ce67dce73d8a88bcb0008211bc\
              6cd5493822818bfc208b8737ae38874184f834301de26e537694cfdc0abaccc2702820ee58cbba243aac685681329705999f4d77\
              e596615293eb642ec450f149caabfab55092fc0315ec4157d322813ba9790c0f46c6805b8e1c0f21b6211c3529e6d7cc
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA224")
      ]
    case "pkcs1(rsa,sha256)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              ba8c24b86f18633767ed1778ef12d283a508d0bef32dd50b4a67cbd6b75df0f4ef6e69bfafbc809b01b93ab34aad9a33908644ef\
              ca6eca04db1afda1016d1c1603183d2263597cf85ce5b7acd6a4872cbcc401b90b221d85aa0a2d0e1f159fc0843e0a55c47dc108\
              c3f207d000e954605fabbb8c938050f280e29653aa1438109d02e53dfbdcb8cb9b46d372dd39ba7317a3f4c0020dba1ddd247b3d\
              58addb1df7208785a62a8e3e4372c1fa6d24a17cd6413f7f5c046ba40a881c21875fde848b3b56fea7264430eca15b27c5c3b72f\
              edcbcc124f8d939ffc11e6d3172c7eb491d378902093fcc3bf3a2835a1fcfabf457c13abf7b37f08595ed72332e27034
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA256")
      ]
    case "pkcs1(rsa,sha384)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              041348caa7ffaa7dce1ac67567c408967a1736dd44ff73076570a63c4c7128ff09f716918b81fdfaa160368bc8b85c23466f8c0d\
              4172da880386b75065f541c0fb6c9355a1731532ebab9cf5026cafe03a790bc1698586fbdff5f6e8f1a7148b07f1f895a99d0f04\
              1b8b36d8ffdd5e77ba36e5177610e0825ba78594f95826dabdc95f682da04edf0d133c55e78fa386dea9dbc1cf748e768e911697\
              6476e75a84b5510d869beac9a1a9ffc579a28629154b24ee9df8d51fee479f4dca5646a2032c27206ad30f4937fc096c41362562\
              bee74562132a4f471bb4b4c76e774be0e9eca9412809665ab13951d3699b3a7ccb6714a0f070345f6f3e037bd0f8ae52
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA384")
      ]
    case "pkcs1(rsa,sha512)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              32e1f87fcd81a9d5a9f988087cdb3931fe0b12197d501b9c958cc1614a236e71a00ee7c96f7d5b3ae5ae3f11e40df5d06b0a818e\
              e2a573aa1459f7f14dc22ca0b0b0ad2d47f4ab9e479baa084973b69f74f691ee700af102aceaf788e513f0e942a862bc6884ef1e\
              fb993b11d2ebd95139c61c37f8eac3edd94a4d8a358842f17da6d2971b8141a70097a1de569751eb4533e27880206fb8f8e1ac99\
              5688ca6facc85ed116becea9d3c4d0e96b2cb4b422b21c81328a335441d897c7deebf0f605ef086cfc5d81d1ab30ac04f6749935\
              11b142ea7ad43a8d3b7b1d2d26ce4a93413b690afdb1718408379fbd002a3c569bf11f0c10ce7cb46e257ce6b62ef62b
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA512")
      ]
    case "pkcs1(rsa,sha3-256)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              c531d0db6635b7c58c7118641565796c3d61323e303246cfc39e4e697727fede52b029407f82aa07e25c4833d18ec6ef6b585f3f\
              078ca1494ae80a696fec701e1c2386196100cc5879fb8ea77f07b7019185258e1ad632c28cc672a61296787bb16a0e4f259d6eac\
              1960f7eaaee1f7ab7eea3cf2d9e11435859630f0c71c48c8655b1252e072f18831731b2bc8e788a722c77db57583c7456e9b7fd5\
              273e6781e214616620084dfefffe506910a39087912c3a8586fce65d8a0b1e5803ffe59b53537119653d708a55ef17d2721b9c8c\
              183fe6750991b0e77b79d8d208ad750b2bc3426fbeeebf9b090bfc19f6534e44bf6d7d2f2e1dc2594b38ceda420553c9
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA3-256")
      ]
    case "pkcs1(rsa,sha3-384)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              78bc11342fd44b4c047a365cc6ef78476bf28547da4eafec09f6bdf68a5593e993716662801b313515d80ddd232dfcc414cf8963\
              49a0237976dd89a97a9c88a92cd86992996d9c2747bf4e5dff5acb2fc67aa51ceb27ed1b95edd952d8eab3055cdc576a86059330\
              8c426f7ea73e01bd05fb20a4fcb64b10945e1684da67a8367826535344ad25057b4840e138909668c2423669b51f2fec631fd7e9\
              19f6e8b82ee293878894cac6a58b21f2168ba6335197e39e587fd60076a369f0b8e779c045c507654fbb98f5ffc998f720ab48bd\
              bfe6d397aa63c7209b45068e24b65371180ff6d775851b2aaceac393082920fffb9e8b6999c682875bd0eff231dfaadf
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA3-384")
      ]
    case "pkcs1(rsa,sha3-512)":
      [
        .init(
          .signature(
            publicKey: rsaPublicKey,
            message: "48656c6c6f20576f726c64",
            signature: """
              4681312b0e27e4e5f2dd3165ea5bdc98210d4883709a842239cef72099d71855fc322c3d2f74a7e7357647de153c22e4c4f9a0e4\
              f1ce9b7f993242df5ee778ca949e6e184551e87e0aac8440ae990ef76a14f6056a16181390ad3a150bfdbb985cfe4cca3255b5eb\
              0871116654d59fc89f69adb46c307b927c51a5f34069a2f43c854fde8e2df0ded10f8e257d1d800aa44bf31981f93c062128cc55\
              1ad7f5f7ba68e9d7c917c8fc51bcda3ce9192680c1e5308bd5c571ac0a5ae7347a897e8698ea94059562cd3035e3ed5fcf6c4ca8\
              c20f58a079dfcdb175242a5726237d1b92378ec7dc4f2db09a0fbd62d1ab6d1a3d0be7afd34ed9c3ecd1bc5a3d2c448c
              """),
          source: "OpenSSL evppkey_rsa_common.txt, RSA-2048 with SHA3-512")
      ]
    case "pss(rsa,sha1)":
      [
        .init(
          .signature(
            publicKey: pssPublicKey,
            message: "313233343030",
            signature: """
              a85f06875b529ca61b60df404652e79a499f81a0591bafa3377b80d8e300cbae679a941832eb5569fb88c9f8629e3c2ebf5f32ff\
              e43767d1eaf59016f5904de3f7d39cb470dfc5fb5678fcd7b55d1a30f716b7f04c2568f3c1a2bc780e974a363adc622e679902e9\
              66af183d874b35396423d1a263bb1c6e7330179671644c6953cd795a19e2fe4208e7da5244e4760dde142313a781a55b0baf866d\
              c158812a723d74911c8717a512d722669193f8883b1cffac98de8473b7a77198e20560c0c21207e00fc7dd14385fabdd530d568d\
              143ddbee8d1b502f7b194b9827eee9472f2be8b2a541124405582bff393412f6aba9c42e5824d7c24bdd4d82d925d066
              """),
          source: "Wycheproof rsa_pss_misc_test.json, test 2")
      ]
    case "pss(rsa,sha224)":
      [
        .init(
          .signature(
            publicKey: pssPublicKey,
            message: "313233343030",
            signature: """
              603bf778b29561fcaa54f5ff628c5d257e0212c6327e9112cab8cf2853146fb8e960601e9613f57baff8e64223cd7e0026f66188\
              878bd35d9236e9de5f0950bba51be06eee37304081a36ef7f4f7c9404956c40d30b3a4266a3b25898f546f0f6994c54ec9497474\
              ed04dfb3a24a4938172d877fef56c3e6e11586a5b920c1538e2f22dd4c971d933d69f5a4742e3b23e2bb56b1253b67bcce761722\
              b9a026674398e7711f9ec0415c75c80e3bf38f6991b3963bc4b89bf3f041eb8c894ad12790db35d24c54a4d2123fb91d9bc4e9c1\
              16ace06e7b59b093d6c1cdccc067540b2c599f8f5985ff6e14da691169bce203ae8c127770f3833b0b19847cbc4f6a56
              """),
          source: "Wycheproof rsa_pss_misc_test.json, test 39")
      ]
    case "pss(rsa,sha256)":
      [
        .init(
          .signature(
            publicKey: pssPublicKey,
            message: "313233343030",
            signature: """
              3eb30e9c91fe7f0c0da8041f7441bb3ffd542e63a8519705a9941883aa13cc5ff4d5c14263605687778edbb8c9dddd4828524342\
              879a6c8bfa6203d85e338de351608ddc987bcb510590276ea691728d5c94028e10fd47f209c4e4be369ffdad3a0483cf6c8704af\
              3288e1b4b7f4ff9deae00f54bcd068347ddfef7c3bd1e2d05be8e87b52c8f348806898f0cef7f494e2c2ad3fffc73a39d5531c62\
              9efc0a63604c4173af03ad73cd71cf8ffa79a5cb8cc10efa66004237a342899bfa81f5a47e76776c9a626d49c6bcb051b168357d\
              5ab4b7e51c1142c86ab4e52a6b3bdf85cae768841396da036a733fc15857078ea563635ccf5b366499c550c63dbc449d
              """),
          source: "Wycheproof rsa_pss_misc_test.json, test 76")
      ]
    case "pss(rsa,sha384)":
      [
        .init(
          .signature(
            publicKey: pssPublicKey,
            message: "313233343030",
            signature: """
              915bf230ab9b210ab7a6c648162badd5e56024dcc783ba9993d6d2e02afd2ee48e6624e8c536545c297468fe3e4e76c05c987533\
              10a5df84c2f478ce53783f9b61008b41c260c2b484c7daea7f67cc5f715d81b07bffaead0022419f2c085eeb69807ca189b44230\
              0be8dd3b3a71e3ec7069156d214477074965a7d6f747c5188f10ad7c26614fa48474ede7f7a8957eea89e5af57c59a615d52e0c1\
              6837cde7ac198607c35726af9d9a8e4e91725d31f47a052dc9f4114dad4101d3b21d919ec4e06fc8df0faf91eea595403927eaba\
              5fbf3f9b6aeef4721aa9a2c899ebd6f3821770863d1dd2de4e8dcfb09978f5c920382f0a843c0607f66a780d53436822
              """),
          source: "Wycheproof rsa_pss_misc_test.json, test 113")
      ]
    case "pss(rsa,sha512)":
      [
        .init(
          .signature(
            publicKey: pssPublicKey,
            message: "313233343030",
            signature: """
              63942e89a56b634787dbf074e75b0525e8bd3b7b8172f2c27499272b939a812ce2f501eb95a64603f9bc7c2120ef2f7133c3b2a4\
              bf6445e2257b59e57022c879f8d60667ab8e28dc972846670858fc0d5bdbfa71dff870aac96492214533383d8740d84ddf61d46f\
              852c6bf0bfb2d10c2e4d41ce7eeaee028333dfe77650b53e66cd2c2991b80c32faa33aae27b1c30c0ae2abd759c59eb22e0d0597\
              b6dd63491e0c95048c074b1d64d8f356e637669d90974f4eb29ca184468bc1e2d24cfcd36e395c41cf3703cdb1a5c206fbdd4763\
              154e5569d04d75998e6f425bd42f80e0dcd8deeebc3322aa6f50aa873345d7c9a0522154b6de2387664ae33764ffb2a9
              """),
          source: "Wycheproof rsa_pss_misc_test.json, test 150")
      ]
    default: []
    }
  }

  /// The public half of OpenSSL's RSA-2048.
  private static let rsaPublicKey =
    """
    30820122300d06092a864886f70d01010105000382010f003082010a0282010100cd0081ea7b2ae1ea06d59f7c73d9ffb94a0961\
    5c2e4ba7c636cef08dd3533ec3185525b015c769b99a77d6725bf9c3532a9b6e5f6627d5fb85160768d3dda9cbd35974511717dc\
    3d309d2fc47ee41f97e32adb7f9dd864a1c4767a666ecd71bc1aacf5e7517f4b38594fea9b05e42d5ada9912008013e45316a4d9\
    bb8ed086b88d28758bacaf922d46a868b485d239c9baeb0e2b64592710f42b2d1ea0a4b4802c0becab328f8a68b0073bdb546fee\
    a9809d2849912b390c1532bc7e29c7658f8175fae46f34332ff87bcab3e40649b98577869da0ea718353f0722754886913648760\
    d122be676e0fc483dd20ffc31bda96a31966c9aa2e75ad03de47e1c44f0203010001
    """

  /// The public key of Wycheproof's rsa_pss_misc_test.json for 2,048 bits.
  private static let pssPublicKey =
    """
    30820122300d06092a864886f70d01010105000382010f003082010a0282010100bb0d4124c20130688b8419fabecc427d946c50\
    96dcf69ecb0eb69fcf5aed15d7e1e5fe4e34fbe26f8b244aa3f088d546a00a531464ba4b8980bcc4d5e54bcc20e1a51afa9044f7\
    fdecbc6edb751b5a5fa7ab403a04e5f77ba7865dd6d211da0afa71262a77a63d9c06e8b00b616ca15f11ea5b4948973864183f57\
    0347570553e3878376ca4f7536ad5afac10c0a7b34a5c11f8cf16115fbaeb4b323b1ad6f75c7ec3b954891cab2611cf1768cec98\
    3c1717c57f67676d721a955bdbbc216a3345bb31d7d63e06bdac96a6b991ba1e0113d01e48c77ab327d36b426c2f8fe4825a3787\
    7425885c927e92423b6977fc304122a2c397cb74845fe9961dba22c1a70203010001
    """
}
