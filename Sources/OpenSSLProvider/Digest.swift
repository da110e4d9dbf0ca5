// The table of libcrypto's hashes: names, sizes, aliases and object identifiers.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of libcrypto's message digests.
struct Digest: Sendable {
  /// libcrypto's digest.
  let algorithm: cossl_digest_algorithm
  /// The kernel's name.
  let name: String
  /// Bytes of digest; the default length of an extendable-output function.
  let size: Int
  /// Bytes of a block, the rate of a sponge.
  let blockSize: Int
  /// Other spellings, without case.
  let aliases: [String]
  /// The hash's object identifier.
  let identifier: String
  /// The object identifier of HMAC over it, where there is one.
  let hmacIdentifier: String?
  /// Whether any length of output can be asked for.
  let isExtendable: Bool

  private init(
    _ algorithm: cossl_digest_algorithm, _ name: String, size: Int, block: Int, _ aliases: [String],
    _ identifier: String,
    hmac hmacIdentifier: String? = nil, isExtendable: Bool = false
  ) {
    self.algorithm = algorithm
    self.name = name
    self.size = size
    blockSize = block
    self.aliases = aliases
    self.identifier = identifier
    self.hmacIdentifier = hmacIdentifier
    self.isExtendable = isExtendable
  }

  // The arcs: rsadsi digestAlgorithm and hmac (RFC 8018 appendix B), NIST hashAlgs (csrc.nist.gov, CSOR), the Chinese
  // cryptography arc (GM/T 0006), BLAKE2 (RFC 7693 section 4), TeleTrusT for RIPEMD-160, OIW for SHA-1 (RFC 3279).
  private static let rsadsi = "1.2.840.113549.2"
  private static let nist = "2.16.840.1.101.3.4.2"
  private static let blake2 = "1.3.6.1.4.1.1722.12.2"

  /// Every hash.
  ///
  /// Sizes: RFC 1321, FIPS 180-4, FIPS 202, GB/T 32905, RFC 7693, ISO/IEC 10118-3. SHAKE's default lengths
  /// are those of RFC 8702 section 3.1, which have the function's full strength against collisions.
  static let all: [Digest] = [
    Digest(COSSL_MD5, "md5", size: 16, block: 64, ["md-5"], "\(rsadsi).5", hmac: "\(rsadsi).6"),
    Digest(COSSL_SHA1, "sha1", size: 20, block: 64, ["sha-1"], "1.3.14.3.2.26", hmac: "\(rsadsi).7"),
    Digest(COSSL_SHA224, "sha224", size: 28, block: 64, ["sha-224", "sha2-224"], "\(nist).4", hmac: "\(rsadsi).8"),
    Digest(COSSL_SHA256, "sha256", size: 32, block: 64, ["sha-256", "sha2-256"], "\(nist).1", hmac: "\(rsadsi).9"),
    Digest(COSSL_SHA384, "sha384", size: 48, block: 128, ["sha-384", "sha2-384"], "\(nist).2", hmac: "\(rsadsi).10"),
    Digest(COSSL_SHA512, "sha512", size: 64, block: 128, ["sha-512", "sha2-512"], "\(nist).3", hmac: "\(rsadsi).11"),
    Digest(
      COSSL_SHA512_224, "sha512-224", size: 28, block: 128,
      ["sha512/224", "sha-512/224", "sha2-512/224", "sha-512-224"], "\(nist).5", hmac: "\(rsadsi).12"),
    Digest(
      COSSL_SHA512_256, "sha512-256", size: 32, block: 128,
      ["sha512/256", "sha-512/256", "sha2-512/256", "sha-512-256"], "\(nist).6", hmac: "\(rsadsi).13"),
    Digest(COSSL_SHA3_224, "sha3-224", size: 28, block: 144, ["sha-3-224"], "\(nist).7", hmac: "\(nist).13"),
    Digest(COSSL_SHA3_256, "sha3-256", size: 32, block: 136, ["sha-3-256"], "\(nist).8", hmac: "\(nist).14"),
    Digest(COSSL_SHA3_384, "sha3-384", size: 48, block: 104, ["sha-3-384"], "\(nist).9", hmac: "\(nist).15"),
    Digest(COSSL_SHA3_512, "sha3-512", size: 64, block: 72, ["sha-3-512"], "\(nist).10", hmac: "\(nist).16"),
    Digest(COSSL_SHAKE128, "shake128", size: 32, block: 168, ["shake-128"], "\(nist).11", isExtendable: true),
    Digest(COSSL_SHAKE256, "shake256", size: 64, block: 136, ["shake-256"], "\(nist).12", isExtendable: true),
    Digest(COSSL_SM3, "sm3", size: 32, block: 64, [], "1.2.156.10197.1.401", hmac: "1.2.156.10197.1.401.2"),
    Digest(COSSL_BLAKE2B_512, "blake2b-512", size: 64, block: 128, ["blake2b512", "blake2b"], "\(blake2).1.16"),
    Digest(COSSL_BLAKE2S_256, "blake2s-256", size: 32, block: 64, ["blake2s256", "blake2s"], "\(blake2).2.8"),
    Digest(COSSL_RIPEMD160, "rmd160", size: 20, block: 64, ["ripemd160", "ripemd-160", "ripemd"], "1.3.36.3.2.1"),
  ]

  /// The error for a context of it that was not made.
  var missing: ProviderError { Libcrypto.missing(name) }
}
