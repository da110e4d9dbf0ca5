// The ten kinds of algorithm, with the kernel's type words for the /proc/crypto listing.
// SPDX-License-Identifier: Apache-2.0

/// What an algorithm does; each kind has its own driver protocol and handle type.
public enum AlgorithmKind: String, CaseIterable, Sendable, Hashable {
  /// Compression and decompression of byte streams (`acomp`).
  case compression
  /// Unkeyed message digests and checksums (`shash`).
  case hash
  /// Keyed message authentication codes (`shash` with a key in the kernel).
  case mac
  /// Symmetric ciphers without authentication (`skcipher`).
  case cipher
  /// Authenticated encryption with associated data (`aead`).
  case aead
  /// Random number generators (`rng`).
  case random
  /// Key agreement, key-agreement protocol primitives in the kernel's words (`kpp`).
  case keyAgreement = "key-agreement"
  /// Digital signatures (`sig`).
  case signature
  /// Public-key encryption (`akcipher`).
  case asymmetricCipher = "asymmetric-cipher"
  /// Key derivation; ours, the kernel has no such kind.
  case keyDerivation = "key-derivation"

  /// The `type` word of `/proc/crypto` (Linux `crypto/proc.c` and the kinds' `show` functions).
  public var kernelType: String {
    switch self {
    case .compression: "acomp"
    case .hash, .mac: "shash"
    case .cipher: "skcipher"
    case .aead: "aead"
    case .random: "rng"
    case .keyAgreement: "kpp"
    case .signature: "sig"
    case .asymmetricCipher: "akcipher"
    case .keyDerivation: "kdf"
    }
  }
}
