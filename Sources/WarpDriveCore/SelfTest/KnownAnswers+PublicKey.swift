// Known answers of key agreements on curves, of signatures on curves, and where the other public keys have theirs.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the key agreement, signature or asymmetric cipher `name`; empty for one that is not here.
  static func publicKeys(_ name: String) -> [KnownAnswer] {
    switch name {
    case "ecdh-nist-p256":
      [
        .init(
          .keyAgreement(
            privateKey: "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
            peer: """
              d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046\
              ada30f8353e74f33039872ab
              """,
            secret: "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"),
          source: "RFC 5903 section 8.1")
      ]
    case "ecdh-nist-p384":
      [
        .init(
          .keyAgreement(
            privateKey: """
              099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194
              """,
            peer: """
              e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571dcfbec7a\
              acf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c
              """,
            secret: """
              11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746
              """),
          source: "RFC 5903 section 8.2")
      ]
    case "ecdh-nist-p521":
      [
        .init(
          .keyAgreement(
            privateKey: """
              0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b26\
              39bab072462f68c27a57382d4a52
              """,
            peer: """
              00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c2912d4e\
              f2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c4\
              08a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a
              """,
            secret: """
              01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3\
              a8cc3151f2bee417996d19f3ddea
              """),
          source: "RFC 5903 section 8.3")
      ]
    case "curve25519":
      [
        .init(
          .keyAgreement(
            privateKey: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            peer: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            secret: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"),
          source: "RFC 7748 section 6.1")
      ]
    case "x448":
      [
        .init(
          .keyAgreement(
            privateKey: """
              9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0\
              a598726b
              """,
            peer: """
              3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c6\
              7bf33609
              """,
            secret: """
              07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037\
              514a879d
              """),
          source: "RFC 7748 section 6.2")
      ]
    case "x962(ecdsa-nist-p256,sha256)":
      [
        .init(
          .signature(
            publicKey: """
              0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b2\
              0c2d7e9f5177a3c294d4462299
              """,
            message: "73616d706c65",
            signature: """
              3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1\
              b6e29f65f3e900dbb9aff4064dc4ab2f843acda8
              """),
          source: "RFC 6979 section A.2.5, message sample")
      ]
    case "p1363(ecdsa-nist-p256,sha256)":
      [
        .init(
          .signature(
            publicKey: """
              0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b2\
              0c2d7e9f5177a3c294d4462299
              """,
            message: "73616d706c65",
            signature: """
              efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900db\
              b9aff4064dc4ab2f843acda8
              """),
          source: "RFC 6979 section A.2.5, message sample")
      ]
    case "x962(ecdsa-nist-p384,sha384)":
      [
        .init(
          .signature(
            publicKey: """
              04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9\
              b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720
              """,
            message: "73616d706c65",
            signature: """
              306602310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe\
              4602310099ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8
              """),
          source: "RFC 6979 section A.2.6, message sample")
      ]
    case "p1363(ecdsa-nist-p384,sha384)":
      [
        .init(
          .signature(
            publicKey: """
              04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9\
              b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720
              """,
            message: "73616d706c65",
            signature: """
              94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb\
              15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8
              """),
          source: "RFC 6979 section A.2.6, message sample")
      ]
    case "x962(ecdsa-nist-p521,sha512)":
      [
        .init(
          .signature(
            publicKey: """
              0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38\
              ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db2574\
              1b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5
              """,
            message: "73616d706c65",
            signature: """
              308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b\
              534931d7d4e8455cc91f9b15bf05ec36e377fa0241617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af\
              282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a
              """),
          source: "RFC 6979 section A.2.7, message sample")
      ]
    case "p1363(ecdsa-nist-p521,sha512)":
      [
        .init(
          .signature(
            publicKey: """
              0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38\
              ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db2574\
              1b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5
              """,
            message: "73616d706c65",
            signature: """
              00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4\
              e8455cc91f9b15bf05ec36e377fa00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e\
              5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a
              """),
          source: "RFC 6979 section A.2.7, message sample")
      ]
    case "ed25519":
      [
        .init(
          .signing(
            privateKey: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            message: "af82",
            signature: """
              6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9\
              716ed28dc027beceea1ec40a
              """),
          source: "RFC 8032 section 7.1, test 3"),
        .init(
          .signature(
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: """
              6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9\
              716ed28dc027beceea1ec40a
              """),
          source: "RFC 8032 section 7.1, test 3"),
      ]
    case "ed448":
      [
        .init(
          .signing(
            privateKey: """
              cd23d24f714274e744343237b93290f511f6425f98e64459ff203e8985083ffdf60500553abc0e05cd02184bdb89c4ccd67e1879\
              51267eb328
              """,
            message: "0c3e544074ec63b0265e0c",
            signature: """
              1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2ae8ac5cdfb7c55e94d5d961a29fe\
              0109941e00b8dbdeea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698f064774250a5028961c9bf8ffd97\
              3fe5d5c206492b140e00
              """),
          source: "RFC 8032 section 7.4, 11 octets"),
        .init(
          .signature(
            publicKey: """
              dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328b1e365fce161d71ce7131a543ea4cb5f7e9f1d8b0069\
              6447001400
              """,
            message: "0c3e544074ec63b0265e0c",
            signature: """
              1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2ae8ac5cdfb7c55e94d5d961a29fe\
              0109941e00b8dbdeea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698f064774250a5028961c9bf8ffd97\
              3fe5d5c206492b140e00
              """),
          source: "RFC 8032 section 7.4, 11 octets"),
      ]
    case "sm2":
      [
        .init(
          .signature(
            publicKey: """
              09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fb\
              f35e084a6632f6072da9ad13
              """,
            message: "6d65737361676520646967657374",
            signature: """
              3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc\
              0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa
              """),
          source: "GB/T 32918.5 annex A.2")
      ]
    default: finiteFields(name) + rsaSignatures(name) + rsaCiphers(name)
    }
  }
}
