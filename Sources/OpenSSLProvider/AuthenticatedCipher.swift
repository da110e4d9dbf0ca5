// The authenticated ciphers that libcrypto serves: names, lengths and limits, each with its standard.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of libcrypto's authenticated ciphers.
struct AEADAlgorithm: Sendable {
  /// libcrypto's cipher.
  let algorithm: cossl_aead_algorithm
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor
  /// The longest associated data in bytes.
  let longestAAD: Int

  private init(
    _ algorithm: cossl_aead_algorithm, _ name: String, _ driverName: String, _ properties: AEADProperties,
    aliases: [AlgorithmAlias] = [], blockSize: Int = 1, maximumRequest: Int? = nil, longestAAD: Int = .max,
    priority: Int = 300
  ) {
    self.algorithm = algorithm
    self.longestAAD = longestAAD
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(driverName)-openssl", priority: priority, properties: .aead(properties),
      aliases: aliases, blockSize: blockSize, maximumRequest: maximumRequest)
  }

  /// All that every libcrypto from 3.0 on has, and SM4's where the one that this was built against has them.
  ///
  /// Which library there is at run time is not known while drivers are listed, for nothing is opened then.
  static let all =
    modes + [chacha20Poly1305, siv] + packets + authencs + (cossl_built_with_sm4_aead() ? [gcmSM4, ccmSM4] : [])

  private static let aesKeys = KeyLengths(16, 32, step: 8)
  /// SP 800-38D section 5.2.1.1: 2^39 - 256 bits of plaintext.
  private static let gcmLimit = (1 << 36) - 32
  /// CCM is one call of libcrypto's, which takes an int.
  private static let ccmLimit = Int(Int32.max)

  /// SP 800-38D section 5.2: any nonce, 12 bytes recommended, of which libcrypto takes up to 128; tags of 16 to 12 bytes,
  /// and 8 or 4 for the uses of its appendix C, as the kernel allows (crypto_gcm_check_authsize).
  private static func gcm(_ keys: KeyLengths) -> AEADProperties {
    AEADProperties(keyLengths: keys, ivSize: 12, tagLengths: [16, 15, 14, 13, 12, 8, 4], nonceLengths: 1...128)
  }

  /// SP 800-38C A.1: tags of 4, 6, … 16 bytes, and 15 bytes for nonce and length, of which the length has 2 to 8.
  ///
  /// The usual nonce is that of RFC 5116 section 5.3.
  private static func ccm(_ keys: KeyLengths) -> AEADProperties {
    AEADProperties(
      keyLengths: keys, ivSize: 12, tagLengths: [16, 14, 12, 10, 8, 6, 4], nonceLengths: 7...13,
      nonceAndLengthBytes: 15)
  }

  private static let modes = [
    AEADAlgorithm(
      COSSL_GCM_AES, "gcm(aes)", "gcm-aes", gcm(aesKeys),
      aliases: ["aes-gcm"] + AlgorithmAlias.aes { "aes-\($0)-gcm" } + AlgorithmAlias.aes { "aes\($0)-gcm" }
        + AlgorithmAlias.aes { "id-aes\($0)-gcm" } + AlgorithmAlias.aes(identifier: 6),
      maximumRequest: gcmLimit),
    AEADAlgorithm(
      COSSL_GCM_ARIA, "gcm(aria)", "gcm-aria", gcm(aesKeys),
      aliases: ["aria-gcm"] + AlgorithmAlias.aes { "aria-\($0)-gcm" } + AlgorithmAlias.aria(identifier: 34),
      maximumRequest: gcmLimit),
    AEADAlgorithm(
      COSSL_CCM_AES, "ccm(aes)", "ccm-aes", ccm(aesKeys),
      aliases: ["aes-ccm"] + AlgorithmAlias.aes { "aes-\($0)-ccm" } + AlgorithmAlias.aes { "aes\($0)-ccm" }
        + AlgorithmAlias.aes { "id-aes\($0)-ccm" } + AlgorithmAlias.aes(identifier: 7),
      maximumRequest: ccmLimit, longestAAD: ccmLimit),
    AEADAlgorithm(
      COSSL_CCM_ARIA, "ccm(aria)", "ccm-aria", ccm(aesKeys),
      aliases: ["aria-ccm"] + AlgorithmAlias.aes { "aria-\($0)-ccm" } + AlgorithmAlias.aria(identifier: 37),
      maximumRequest: ccmLimit, longestAAD: ccmLimit),
    AEADAlgorithm(
      COSSL_OCB_AES, "ocb(aes)", "ocb-aes",
      // RFC 7253 section 3.1 and 4.2: nonces of 1 to 15 bytes, 12 recommended, and its three named tag lengths.
      AEADProperties(keyLengths: aesKeys, ivSize: 12, tagLengths: [16, 12, 8], nonceLengths: 1...15),
      aliases: ["aes-ocb"] + AlgorithmAlias.aes { "aes-\($0)-ocb" } + AlgorithmAlias.aes { "aes\($0)-ocb" }),
  ]

  private static let sm4Keys = KeyLengths(16, 16)
  private static let gcmSM4 = AEADAlgorithm(
    // RFC 8998; the identifier is GM/T 0006's.
    COSSL_GCM_SM4, "gcm(sm4)", "gcm-sm4", gcm(sm4Keys), aliases: ["sm4-gcm", "1.2.156.10197.1.104.8"],
    maximumRequest: gcmLimit)
  private static let ccmSM4 = AEADAlgorithm(
    COSSL_CCM_SM4, "ccm(sm4)", "ccm-sm4", ccm(sm4Keys), aliases: ["sm4-ccm", "1.2.156.10197.1.104.9"],
    maximumRequest: ccmLimit, longestAAD: ccmLimit)

  private static let chacha20Poly1305 = AEADAlgorithm(
    COSSL_CHACHA20_POLY1305, "rfc7539(chacha20,poly1305)", "rfc7539-chacha20-poly1305",
    // RFC 8439 section 2.8, which has no other lengths.
    AEADProperties(keyLengths: KeyLengths(32, 32), ivSize: 12, tagLengths: [16]),
    aliases: [
      // The last is RFC 8103's.
      "chacha20-poly1305", "chacha20poly1305", "rfc8439(chacha20,poly1305)", "1.2.840.113549.1.9.16.3.18",
    ],
    // RFC 8439 section 2.8: a counter of 32 bits for blocks of 64 bytes, from 1.
    maximumRequest: (1 << 38) - 64)

  /// RFC 5297: two AES keys in one, and a tag that is the IV too.
  ///
  /// The RFC authenticates a vector of strings; here it is the associated data, also where that is empty, and then the
  /// nonce, where that is not empty. Its section 6 sets no bound to the nonce; 128 bytes is this driver's, GCM's.
  private static let siv = AEADAlgorithm(
    COSSL_SIV_AES, "siv(aes)", "siv-aes",
    AEADProperties(
      keyLengths: KeyLengths(32, 64, step: 16), ivSize: 16, tagLengths: [16], nonceLengths: 0...128,
      isMisuseResistant: true),
    aliases: ["aes-siv"]
      + [128, 192, 256].map { AlgorithmAlias("aes-\($0)-siv", keyLength: $0 / 4) })

  /// The associated data of an ESP packet: the SPI and a sequence number of 4 or 8 bytes.
  ///
  /// RFC 4106 section 5, RFC 4309 section 5, RFC 4543 section 3.3. The kernel takes no others
  /// (crypto_ipsec_check_assoclen), but counts the IV behind them too.
  private static let packetAAD = [8, 12]

  /// The forms for IPsec: the salt is the end of the key, the nonce the 8 bytes that travel with the packet.
  private static let packets = [
    AEADAlgorithm(
      COSSL_RFC4106_GCM_AES, "rfc4106(gcm(aes))", "rfc4106-gcm-aes",
      // RFC 4106 section 4 has 4 bytes of salt, section 6 the tags.
      AEADProperties(
        keyLengths: KeyLengths(20, 36, step: 8), ivSize: 8, tagLengths: [16, 12, 8], aadLengths: packetAAD),
      maximumRequest: gcmLimit),
    AEADAlgorithm(
      COSSL_RFC4309_CCM_AES, "rfc4309(ccm(aes))", "rfc4309-ccm-aes",
      // RFC 4309 section 4 has 3 bytes of salt, section 2 a length of 4 bytes, section 3.3 the tags.
      AEADProperties(
        keyLengths: KeyLengths(19, 35, step: 8), ivSize: 8, tagLengths: [16, 12, 8], aadLengths: packetAAD),
      maximumRequest: ccmLimit),
    AEADAlgorithm(
      COSSL_RFC4543_GCM_AES, "rfc4543(gcm(aes))", "rfc4543-gcm-aes",
      // RFC 4543 sections 3.2 and 3.4.
      AEADProperties(
        keyLengths: KeyLengths(20, 36, step: 8), ivSize: 8, tagLengths: [16], aadLengths: packetAAD,
        isConfidential: false),
      // GMAC takes more than GCM (SP 800-38D section 5.2.1.1), which no packet comes near.
      maximumRequest: gcmLimit),
  ]

  /// RFC 2404 and RFC 4868 section 2.3 cut the tag; the whole one is the kernel's default.
  private static let authencs = [
    authenc(COSSL_AUTHENC_SHA1_CBC_AES, "sha1", tagLengths: [20, 12]),
    authenc(COSSL_AUTHENC_SHA256_CBC_AES, "sha256", tagLengths: [32, 16]),
    authenc(COSSL_AUTHENC_SHA384_CBC_AES, "sha384", tagLengths: [48, 24]),
    authenc(COSSL_AUTHENC_SHA512_CBC_AES, "sha512", tagLengths: [64, 32]),
  ]

  private static func authenc(
    _ algorithm: cossl_aead_algorithm, _ hash: String, tagLengths: [Int]
  ) -> AEADAlgorithm {
    // The header, no key to authenticate with and AES-128's; the header, HMAC's longest key here and AES-256's.
    let keys = KeyLengths(AEADKeyForm.authencHeaderSize + 16, AEADKeyForm.authencHeaderSize + (1 << 20) + 32)
    return AEADAlgorithm(
      algorithm, "authenc(hmac(\(hash)),cbc(aes))", "authenc-hmac-\(hash)-cbc-aes",
      AEADProperties(keyLengths: keys, ivSize: 16, tagLengths: tagLengths, keyForm: .authenc), blockSize: 16,
      // Above the kernel's number for the template: ten times the cipher's and the MAC's.
      priority: 4000)
  }
}

extension AlgorithmAlias {
  /// An alias for each key length of AES, by the length in bits; ARIA has the same.
  static func aes(_ name: (_ bits: Int) -> String) -> [AlgorithmAlias] {
    [128, 192, 256].map { AlgorithmAlias(name($0), keyLength: $0 / 8) }
  }

  /// The object identifiers of a mode of AES: NIST's arc has 20 numbers a key length (csrc.nist.gov, CSOR).
  static func aes(identifier mode: Int) -> [AlgorithmAlias] {
    aes { "2.16.840.1.101.3.4.1.\(mode + ($0 - 128) / 64 * 20)" }
  }

  /// The object identifiers of a mode of ARIA, which follow one another from `first` on (RFC 6209's arc).
  static func aria(identifier first: Int) -> [AlgorithmAlias] {
    aes { "1.2.410.200046.1.1.\(first + ($0 - 128) / 64)" }
  }
}
