// A driver by the protocol of its kind, without a cast.
// SPDX-License-Identifier: Apache-2.0

/// A driver as the protocol of its kind has it.
///
/// Why not a cast: the first one of each type looks through the conformances of the whole program, 40 µs each time, and a
/// start is made of little else.
public enum KindDriver: Sendable {
  /// A driver of the kind ``AlgorithmKind/compression``.
  case compression(any CompressionDriver)
  /// A driver of the kind ``AlgorithmKind/hash``.
  case hash(any HashDriver)
  /// A driver of the kind ``AlgorithmKind/mac``.
  case mac(any MACDriver)
  /// A driver of the kind ``AlgorithmKind/cipher``.
  case cipher(any CipherDriver)
  /// A driver of the kind ``AlgorithmKind/aead``.
  case aead(any AEADDriver)
  /// A driver of the kind ``AlgorithmKind/random``.
  case random(any RandomDriver)
  /// A driver of the kind ``AlgorithmKind/keyAgreement``.
  case keyAgreement(any KeyAgreementDriver)
  /// A driver of the kind ``AlgorithmKind/signature``.
  case signature(any SignatureDriver)
  /// A driver of the kind ``AlgorithmKind/asymmetricCipher``.
  case asymmetricCipher(any AsymmetricCipherDriver)
  /// A driver of the kind ``AlgorithmKind/keyDerivation``.
  case keyDerivation(any KeyDerivationDriver)

  /// The kind.
  public var kind: AlgorithmKind {
    switch self {
    case .compression: .compression
    case .hash: .hash
    case .mac: .mac
    case .cipher: .cipher
    case .aead: .aead
    case .random: .random
    case .keyAgreement: .keyAgreement
    case .signature: .signature
    case .asymmetricCipher: .asymmetricCipher
    case .keyDerivation: .keyDerivation
    }
  }
}

extension CompressionDriver {
  /// This driver.
  public var kindDriver: KindDriver { .compression(self) }
}

extension HashDriver {
  /// This driver.
  public var kindDriver: KindDriver { .hash(self) }
}

extension MACDriver {
  /// This driver.
  public var kindDriver: KindDriver { .mac(self) }
}

extension CipherDriver {
  /// This driver.
  public var kindDriver: KindDriver { .cipher(self) }
}

extension AEADDriver {
  /// This driver.
  public var kindDriver: KindDriver { .aead(self) }
}

extension RandomDriver {
  /// This driver.
  public var kindDriver: KindDriver { .random(self) }
}

extension KeyAgreementDriver {
  /// This driver.
  public var kindDriver: KindDriver { .keyAgreement(self) }
}

extension SignatureDriver {
  /// This driver.
  public var kindDriver: KindDriver { .signature(self) }
}

extension AsymmetricCipherDriver {
  /// This driver.
  public var kindDriver: KindDriver { .asymmetricCipher(self) }
}

extension KeyDerivationDriver {
  /// This driver.
  public var kindDriver: KindDriver { .keyDerivation(self) }
}
