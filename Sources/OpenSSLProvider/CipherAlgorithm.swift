// The table of libcrypto's ciphers without authentication: block ciphers, their modes, and ChaCha20.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A cipher that libcrypto has, by itself: what its modes are made from.
struct CipherBase: Sendable {
  /// libcrypto's cipher.
  let base: cossl_cipher_base
  /// The kernel's name.
  let name: String
  /// As libcrypto writes it before the name of a mode.
  let alias: String
  /// The keys it takes.
  let keyLengths: KeyLengths
  /// Bytes of a block.
  let blockSize: Int
  /// Object identifiers of a mode, each with the length of its key in bytes.
  let identifiers: @Sendable (_ mode: cossl_cipher_mode) -> [AlgorithmAlias]

  /// FIPS 197; NIST's arc numbers the modes from 1, 20 numbers a key length.
  static let aes = CipherBase(
    base: COSSL_AES, name: "aes", alias: "aes", keyLengths: KeyLengths(16, 32, step: 8), blockSize: 16,
    identifiers: { mode in
      switch mode {
      case COSSL_ECB: AlgorithmAlias.aes(identifier: 1)
      case COSSL_CBC: AlgorithmAlias.aes(identifier: 2)
      case COSSL_OFB: AlgorithmAlias.aes(identifier: 3)
      case COSSL_CFB: AlgorithmAlias.aes(identifier: 4)
      case COSSL_KW: AlgorithmAlias.aes(identifier: 5)
      // IEEE 1619's own arc, by the length of one of the two keys.
      case COSSL_XTS: [("1.3.111.2.1619.0.1.1", 32), ("1.3.111.2.1619.0.1.2", 64)].map(AlgorithmAlias.init)
      default: []
      }
    })

  /// RFC 3713; RFC 3657 numbers CBC; the others are in NTT's arc, 20 numbers a key length.
  static let camellia = CipherBase(
    base: COSSL_CAMELLIA, name: "camellia", alias: "camellia", keyLengths: KeyLengths(16, 32, step: 8), blockSize: 16,
    identifiers: { mode in
      let number: [cossl_cipher_mode.RawValue: Int] = [
        COSSL_ECB.rawValue: 1, COSSL_OFB.rawValue: 3, COSSL_CFB.rawValue: 4, COSSL_CTR.rawValue: 9,
      ]
      return (0..<3).compactMap { index in
        if mode == COSSL_CBC {
          return AlgorithmAlias("1.2.392.200011.61.1.1.1.\(index + 2)", keyLength: 16 + 8 * index)
        }
        return number[mode.rawValue].map {
          AlgorithmAlias("0.3.4401.5.3.1.9.\($0 + 20 * index)", keyLength: 16 + 8 * index)
        }
      }
    })

  /// RFC 5794; its appendix B numbers the modes in the order of the key lengths.
  static let aria = CipherBase(
    base: COSSL_ARIA, name: "aria", alias: "aria", keyLengths: KeyLengths(16, 32, step: 8), blockSize: 16,
    identifiers: { mode in
      let order = [COSSL_ECB, COSSL_CBC, COSSL_CFB, COSSL_OFB, COSSL_CTR]
      guard let place = order.firstIndex(of: mode) else { return [] }
      return (0..<3).map { AlgorithmAlias("1.2.410.200046.1.1.\(1 + place + 5 * $0)", keyLength: 16 + 8 * $0) }
    })

  /// GB/T 32907; GM/T 0006 numbers the modes.
  static let sm4 = CipherBase(
    base: COSSL_SM4, name: "sm4", alias: "sm4", keyLengths: KeyLengths(16, 16), blockSize: 16,
    identifiers: { mode in
      let number: [cossl_cipher_mode.RawValue: Int] = [
        COSSL_ECB.rawValue: 1, COSSL_CBC.rawValue: 2, COSSL_OFB.rawValue: 3, COSSL_CFB.rawValue: 4,
        COSSL_CTR.rawValue: 7,
      ]
      return number[mode.rawValue].map { [AlgorithmAlias("1.2.156.10197.1.104.\($0)")] } ?? []
    })

  /// SP 800-67 with three keys; RFC 8018 appendix B.2.2 numbers CBC.
  static let tripleDES = CipherBase(
    base: COSSL_DES3_EDE, name: "des3_ede", alias: "des-ede3", keyLengths: KeyLengths(24, 24), blockSize: 8,
    identifiers: { $0 == COSSL_CBC ? ["1.2.840.113549.3.7"] : [] })

  /// The block ciphers.
  static let all = [aes, camellia, aria, sm4, tripleDES]
}

/// One of libcrypto's ciphers as it is registered.
struct CipherAlgorithm: Sendable {
  /// libcrypto's cipher.
  let base: cossl_cipher_base
  /// What is done with its blocks.
  let mode: cossl_cipher_mode
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  /// A block cipher by itself: every whole block of a request is processed alone.
  private init(primitive cipher: CipherBase) {
    base = cipher.base
    mode = COSSL_ECB
    descriptor = AlgorithmDescriptor(
      name: cipher.name, driverName: "\(cipher.name)-openssl", priority: 200,
      properties: .cipher(.init(keyLengths: cipher.keyLengths, ivSize: 0, chunkSize: cipher.blockSize)),
      blockSize: cipher.blockSize)
  }

  /// A mode of SP 800-38A: ECB and CBC take whole blocks, the others any length.
  private init(_ mode: cossl_cipher_mode, _ name: String, _ cipher: CipherBase) {
    base = cipher.base
    self.mode = mode
    descriptor = AlgorithmDescriptor(
      name: "\(name)(\(cipher.name))", driverName: "\(name)-\(cipher.name)-openssl", priority: 300,
      properties: .cipher(
        .init(
          keyLengths: cipher.keyLengths, ivSize: mode == COSSL_ECB ? 0 : cipher.blockSize,
          chunkSize: cipher.blockSize)),
      aliases: Self.aliases(cipher, name) + cipher.identifiers(mode),
      blockSize: mode == COSSL_ECB || mode == COSSL_CBC ? cipher.blockSize : 1)
  }

  /// A mode of one message to a request, whose own rules are in `properties`.
  private init(
    _ mode: cossl_cipher_mode, _ name: String, _ cipher: CipherBase, _ properties: CipherProperties,
    aliases: [AlgorithmAlias], blockSize: Int = 1, maximumRequest: Int? = nil
  ) {
    base = cipher.base
    self.mode = mode
    let driver = name.filter { $0 != ")" }.split(separator: "(").joined(separator: "-")
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(driver)-openssl", priority: 300, properties: .cipher(properties),
      aliases: aliases + cipher.identifiers(mode), blockSize: blockSize, maximumRequest: maximumRequest)
  }

  private init(chacha20 driverName: String) {
    base = COSSL_CHACHA20
    mode = COSSL_STREAM
    descriptor = AlgorithmDescriptor(
      name: "chacha20", driverName: driverName, priority: 200,
      // RFC 8439 section 2.3, with the counter in the IV as the kernel has it.
      properties: .cipher(
        .init(keyLengths: KeyLengths(32, 32), ivSize: 16, chunkSize: Int(COSSL_CHACHA20_BLOCK))),
      blockSize: 1,
      // A counter of 32 bits for blocks of 64 bytes.
      maximumRequest: 1 << 38)
  }

  /// The names that libcrypto has for a mode: `aes-128-cbc`, `sm4-cbc`, `des-ede3-cbc`.
  private static func aliases(_ cipher: CipherBase, _ mode: String) -> [AlgorithmAlias] {
    let plain = [AlgorithmAlias("\(cipher.alias)-\(mode)")]
    guard cipher.keyLengths.maximum > cipher.keyLengths.minimum else { return plain }
    return plain + AlgorithmAlias.aes { "\(cipher.alias)-\($0)-\(mode)" }
      + AlgorithmAlias.aes { "\(cipher.alias)\($0)-\(mode)" }
  }

  private static let modes = [
    (COSSL_ECB, "ecb"), (COSSL_CBC, "cbc"), (COSSL_CTR, "ctr"), (COSSL_CFB, "cfb"), (COSSL_OFB, "ofb"),
  ]

  /// Every cipher, a block cipher before its modes.
  static let all: [CipherAlgorithm] =
    CipherBase.all.flatMap { cipher in
      [CipherAlgorithm(primitive: cipher)]
        // libcrypto has no CTR mode of triple DES.
        + modes.filter { $0.0 != COSSL_CTR || cipher.base != COSSL_DES3_EDE }.map {
          CipherAlgorithm($0.0, $0.1, cipher)
        }
    } + wholeMessages + [CipherAlgorithm(chacha20: "chacha20-openssl")]

  /// Those whose messages cannot be cut, for no IV would continue them.
  ///
  /// The kernel lists XTS and CTS with a block size of 16 and takes any length from there; here the block size is what
  /// a length has to be a multiple of.
  private static let wholeMessages = [
    CipherAlgorithm(
      COSSL_XTS, "xts(aes)", .aes,
      // Two keys (IEEE 1619 section 5.1), of the lengths that libcrypto has.
      .init(
        keyLengths: KeyLengths(32, 64, step: 32), ivSize: 16, chunkSize: CipherProperties.wholeMessage,
        minimumLength: 16),
      aliases: [
        "aes-xts", AlgorithmAlias("aes-128-xts", keyLength: 32), AlgorithmAlias("aes-256-xts", keyLength: 64),
      ],
      // SP 800-38E section 4: 2^20 blocks.
      maximumRequest: 1 << 24),
    stealing(.aes), stealing(.camellia),
    CipherAlgorithm(
      COSSL_RFC3686, "rfc3686(ctr(aes))", .aes,
      .init(
        keyLengths: KeyLengths(20, 36, step: 8), ivSize: Int(COSSL_SHORT_IV), chunkSize: CipherProperties.wholeMessage),
      aliases: [],
      // A block counter of 32 bits that begins at 1 (RFC 3686 section 4).
      maximumRequest: ((1 << 32) - 1) * 16),
    CipherAlgorithm(
      COSSL_KW, "kw(aes)", .aes,
      // The integrity check value, 8 of the bytes of RFC 3394's ciphertext, is in the IV; at least two semiblocks.
      .init(
        keyLengths: KeyLengths(16, 32, step: 8), ivSize: Int(COSSL_SHORT_IV), chunkSize: CipherProperties.wholeMessage,
        minimumLength: 16, generatesIV: true),
      aliases: ["aes-kw", "aes-wrap"] + AlgorithmAlias.aes { "aes-\($0)-wrap" }
        + AlgorithmAlias.aes { "aes\($0)-wrap" } + AlgorithmAlias.aes { "id-aes\($0)-wrap" },
      blockSize: Int(COSSL_SHORT_IV)),
  ]

  /// CBC with ciphertext stealing, in the form CS3 (addendum to SP 800-38A), as Kerberos and the kernel have it.
  private static func stealing(_ cipher: CipherBase) -> CipherAlgorithm {
    CipherAlgorithm(
      COSSL_CTS, "cts(cbc(\(cipher.name)))", cipher,
      .init(
        keyLengths: cipher.keyLengths, ivSize: 16, chunkSize: CipherProperties.wholeMessage, minimumLength: 16),
      aliases: AlgorithmAlias.aes { "\(cipher.alias)-\($0)-cbc-cts" },
      // libcrypto takes a message in one call, whose length is an int.
      maximumRequest: 1 << 30)
  }
}
