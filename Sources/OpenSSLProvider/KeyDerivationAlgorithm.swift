// The table of key derivations: names, aliases and what each takes.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A key derivation of this provider.
struct KeyDerivationAlgorithm: Sendable {
  /// What computes it.
  enum Function: Sendable {
    /// HKDF, or a part of it.
    case hkdf(cossl_hkdf_part, Digest)
    /// PBKDF2 with HMAC over a digest, and its default of iterations.
    case pbkdf2(Digest, iterations: Int)
    /// scrypt.
    case scrypt
    /// A mode of SP 800-108 with HMAC over a digest, or with CMAC over AES where there is none.
    case keyBased(Mode, Digest?)
    /// The derivation of SP 800-108 section 4.4.
    case kmac(cossl_kdf_function)
    /// The pseudorandom function of TLS, with libcrypto's name of its digest.
    case tls(String)
  }

  /// The modes of SP 800-108.
  enum Mode: String, Sendable {
    /// Section 4.1.
    case counter
    /// Section 4.2.
    case feedback
  }

  /// What computes it.
  let function: Function
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(
    _ function: Function, _ name: String, driver: String, most: Int, isPasswordHash: Bool = false,
    hasFixedOutput: Bool = false, _ aliases: [String] = []
  ) {
    self.function = function
    descriptor = AlgorithmDescriptor(
      name: name, driverName: "\(driver)-openssl", priority: 300,
      properties: .keyDerivation(
        .init(maximumOutput: most, isPasswordHash: isPasswordHash, hasFixedOutput: hasFixedOutput)),
      aliases: aliases.map { AlgorithmAlias($0) })
  }

  /// Every key derivation.
  static let all: [KeyDerivationAlgorithm] = digests.flatMap { overHash($0) } + others

  private static let others = [
    KeyDerivationAlgorithm(
      // RFC 7914 section 6: up to (2^32 - 1) blocks of 32 bytes.
      .scrypt, "scrypt", driver: "scrypt", most: (1 << 32 - 1) * 32, isPasswordHash: true,
      // Section 7.
      ["id-scrypt", "1.3.6.1.4.1.11591.4.11"]),
    keyBased(.counter, nil), keyBased(.feedback, nil),
    kmac(COSSL_KBKDF_KMAC128, 128), kmac(COSSL_KBKDF_KMAC256, 256),
    tls("sha256", "SHA256"), tls("sha384", "SHA384"), tls("sha512", "SHA512"), tls("md5-sha1", "MD5-SHA1"),
  ]

  /// The hashes that derivations go over: those of NIST, which publishes what they derive.
  ///
  /// The registry takes no algorithm that ``WarpDriveCore/KnownAnswers`` has no answer of. For the parts of HKDF, and for
  /// PBKDF2, there are fewer.
  private static let digests = Digest.all.filter { !$0.isExtendable && $0.name.hasPrefix("sha") }
  private static let partDigests: Set<String> = ["sha1", "sha256", "sha384", "sha512"]
  private static let truncatedDigests: Set<String> = ["sha512-224", "sha512-256"]

  private static func overHash(_ digest: Digest) -> [KeyDerivationAlgorithm] {
    [hkdf(digest), keyBased(.counter, digest), keyBased(.feedback, digest)]
      + (partDigests.contains(digest.name) ? hkdfParts(digest) : [])
      + (truncatedDigests.contains(digest.name) ? [] : [pbkdf2(digest)])
  }

  private static func hkdf(_ digest: Digest) -> KeyDerivationAlgorithm {
    let name = digest.name
    // RFC 8619 section 2: id-alg-hkdf-with-sha256 and so on.
    let identifiers = ["sha256": 28, "sha384": 29, "sha512": 30]
    let identifier = identifiers[name].map { ["1.2.840.113549.1.9.16.3.\($0)"] } ?? []
    let spellings = [name] + digest.aliases
    return KeyDerivationAlgorithm(
      .hkdf(COSSL_HKDF_WHOLE, digest), "hkdf(\(name))", driver: "hkdf-\(name)", most: 255 * digest.size,
      spellings.map { "hkdf-\($0)" } + identifier)
  }

  private static func hkdfParts(_ digest: Digest) -> [KeyDerivationAlgorithm] {
    let name = digest.name
    return [
      KeyDerivationAlgorithm(
        .hkdf(COSSL_HKDF_EXTRACT, digest), "hkdf-extract(\(name))", driver: "hkdf-extract-\(name)", most: digest.size,
        hasFixedOutput: true),
      KeyDerivationAlgorithm(
        .hkdf(COSSL_HKDF_EXPAND, digest), "hkdf-expand(\(name))", driver: "hkdf-expand-\(name)",
        most: 255 * digest.size),
    ]
  }

  private static func pbkdf2(_ digest: Digest) -> KeyDerivationAlgorithm {
    // OWASP's Password Storage Cheat Sheet as of January 2023 has figures for SHA-1, SHA-256 and SHA-512; hashes of 64-bit
    // words and 128-byte blocks are taken for SHA-512, all others for SHA-256.
    let iterations = digest.name == "sha1" ? 1_300_000 : digest.blockSize == 128 ? 210_000 : 600_000
    let spellings = [digest.name] + digest.aliases
    return KeyDerivationAlgorithm(
      // RFC 8018 section 5.2: up to 2^32 - 1 digests.
      .pbkdf2(digest, iterations: iterations), "pbkdf2(hmac(\(digest.name)))", driver: "pbkdf2-hmac-\(digest.name)",
      most: (1 << 32 - 1) * digest.size, isPasswordHash: true,
      spellings.flatMap { ["pbkdf2-\($0)", "pbkdf2-hmac-\($0)"] })
  }

  private static func keyBased(_ mode: Mode, _ digest: Digest?) -> KeyDerivationAlgorithm {
    let function = digest.map { "hmac(\($0.name))" } ?? "cmac(aes)"
    let base = "kbkdf-\(mode.rawValue)"
    return KeyDerivationAlgorithm(
      // The length in bits is a field of 32 bits.
      .keyBased(mode, digest), "\(base)(\(function))",
      driver: "\(base)-\(digest.map { "hmac-\($0.name)" } ?? "cmac-aes")", most: 1 << 29 - 1)
  }

  private static func kmac(_ function: cossl_kdf_function, _ bits: Int) -> KeyDerivationAlgorithm {
    // The length that libcrypto 3.0 can encode (KMAC_MAX_OUTPUT_LEN).
    KeyDerivationAlgorithm(
      .kmac(function), "kbkdf-kmac\(bits)", driver: "kbkdf-kmac\(bits)", most: (1 << 24 - 1) / 8)
  }

  private static func tls(_ name: String, _ digest: String) -> KeyDerivationAlgorithm {
    // The standard has no bound; no use needs as much as this one.
    KeyDerivationAlgorithm(
      .tls(digest), "tls1-prf(\(name))", driver: "tls1-prf-\(name)", most: 1 << 20, ["tls1-prf-\(name)"])
  }
}
