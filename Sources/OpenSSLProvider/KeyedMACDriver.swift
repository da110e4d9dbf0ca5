// MACs that are none over a hash: CMAC, GMAC, Poly1305, SipHash, KMAC and keyed BLAKE2.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of libcrypto's MACs.
struct MACAlgorithm: Sendable {
  /// libcrypto's MAC.
  let algorithm: cossl_mac_algorithm
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor
  /// What it computes.
  let properties: MACProperties

  private init(
    _ algorithm: cossl_mac_algorithm, _ name: String, _ driverName: String, priority: Int = 200,
    _ properties: MACProperties, aliases: [AlgorithmAlias] = [], blockSize: Int
  ) {
    self.algorithm = algorithm
    self.properties = properties
    descriptor = AlgorithmDescriptor(
      name: name, driverName: driverName, priority: priority, properties: .mac(properties), aliases: aliases,
      blockSize: blockSize)
  }

  /// Every MAC that is none over a hash.
  ///
  /// The kernel keys its hashes `blake2b-512` and `blake2s-256` where a key is set; here a hash has no key, and the
  /// keyed ones have libcrypto's names.
  static let all = [
    cmac(COSSL_CMAC_AES, "aes", tagSize: 16, KeyLengths(16, 32, step: 8), ["aes-cmac", "cmac-aes"]),
    cmac(COSSL_CMAC_DES3_EDE, "des3_ede", tagSize: 8, KeyLengths(24, 24), ["des-ede3-cmac"]),
    cmac(COSSL_CMAC_CAMELLIA, "camellia", tagSize: 16, KeyLengths(16, 32, step: 8), ["camellia-cmac"]),
    MACAlgorithm(
      COSSL_GMAC_AES, "gmac(aes)", "gmac-aes-openssl", priority: 300,
      // SP 800-38D, with the nonces that libcrypto's GCM takes.
      .init(tagSize: 16, keyLengths: KeyLengths(16, 32, step: 8), ivSize: 12, ivLengths: 1...128),
      aliases: ["aes-gmac"], blockSize: 16),
    MACAlgorithm(
      COSSL_POLY1305, "poly1305", "poly1305-openssl",
      // RFC 8439 section 2.5.
      .init(tagSize: 16, keyLengths: KeyLengths(32, 32), isOneTime: true), blockSize: 16),
    MACAlgorithm(
      COSSL_SIPHASH, "siphash", "siphash-openssl",
      // Aumasson and Bernstein, SipHash, 2012; 16 bytes are its authors' later extension.
      .init(tagSize: 8, keyLengths: KeyLengths(16, 16), tagLengths: KeyLengths(8, 16, step: 8)),
      aliases: ["siphash-2-4"], blockSize: 8),
    keccak(COSSL_KMAC128, "kmac128", tagSize: 32, rate: 168, ["kmac-128", "2.16.840.1.101.3.4.2.19"]),
    keccak(COSSL_KMAC256, "kmac256", tagSize: 64, rate: 136, ["kmac-256", "2.16.840.1.101.3.4.2.20"]),
    keccak(COSSL_KMAC_XOF128, "kmacxof128", tagSize: 32, rate: 168, []),
    keccak(COSSL_KMAC_XOF256, "kmacxof256", tagSize: 64, rate: 136, []),
    blake2(COSSL_BLAKE2B_MAC, "blake2bmac", size: 64, parameter: 16, block: 128),
    blake2(COSSL_BLAKE2S_MAC, "blake2smac", size: 32, parameter: 8, block: 64),
  ]

  /// SP 800-38B.
  private static func cmac(
    _ algorithm: cossl_mac_algorithm, _ cipher: String, tagSize: Int, _ keyLengths: KeyLengths,
    _ aliases: [AlgorithmAlias]
  ) -> MACAlgorithm {
    MACAlgorithm(
      algorithm, "cmac(\(cipher))", "cmac-\(cipher)-openssl", priority: 300,
      .init(tagSize: tagSize, keyLengths: keyLengths), aliases: aliases, blockSize: tagSize)
  }

  /// SP 800-185 section 4: tags of at least 4 bytes (section 8.4.2); libcrypto takes keys of 4 to 512, customization of
  /// up to 512, and makes less than 2^21.
  private static func keccak(
    _ algorithm: cossl_mac_algorithm, _ name: String, tagSize: Int, rate: Int, _ aliases: [AlgorithmAlias]
  ) -> MACAlgorithm {
    MACAlgorithm(
      algorithm, name, "\(name)-openssl",
      .init(
        tagSize: tagSize, keyLengths: KeyLengths(4, 512), tagLengths: KeyLengths(4, (1 << 21) - 1),
        maximumCustomization: 512),
      aliases: aliases, blockSize: rate)
  }

  /// RFC 7693 section 2.5: key and tag have up to `size` bytes, salt and personalization `parameter` (section 2.8).
  private static func blake2(
    _ algorithm: cossl_mac_algorithm, _ name: String, size: Int, parameter: Int, block: Int
  ) -> MACAlgorithm {
    MACAlgorithm(
      algorithm, name, "\(name)-openssl",
      .init(
        tagSize: size, keyLengths: KeyLengths(1, size), tagLengths: KeyLengths(1, size),
        maximumCustomization: parameter, maximumSalt: parameter), blockSize: block)
  }
}

/// The driver of one MAC that is none over a hash.
struct KeyedMACDriver: MACDriver {
  private let algorithm: MACAlgorithm

  init(_ algorithm: MACAlgorithm) { self.algorithm = algorithm }

  var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    guard let context = unsafe cossl_mac_create(algorithm.algorithm) else {
      throw Libcrypto.missing(algorithm.descriptor.name)
    }
    var transform = unsafe KeyedMACTransform(
      context, tagSize: algorithm.properties.tagSize, isTripleDES: algorithm.algorithm == COSSL_CMAC_DES3_EDE)
    // libcrypto has default lengths of its own, SipHash's among them another than ours.
    if algorithm.properties.tagLengths.maximum > algorithm.properties.tagLengths.minimum {
      try transform.configure(.init())
    }
    return transform
  }
}
