// The driver behind an algorithm as the protocol of its kind.
// SPDX-License-Identifier: Apache-2.0

extension Algorithm {
  func hashDriver() throws(ProviderError) -> any HashDriver {
    guard case .hash(let driver) = driver.kindDriver else { throw mismatch(.hash) }
    return driver
  }

  func macDriver() throws(ProviderError) -> any MACDriver {
    guard case .mac(let driver) = driver.kindDriver else { throw mismatch(.mac) }
    return driver
  }

  func cipherDriver() throws(ProviderError) -> any CipherDriver {
    guard case .cipher(let driver) = driver.kindDriver else { throw mismatch(.cipher) }
    return driver
  }

  func aeadDriver() throws(ProviderError) -> any AEADDriver {
    guard case .aead(let driver) = driver.kindDriver else { throw mismatch(.aead) }
    return driver
  }

  func randomDriver() throws(ProviderError) -> any RandomDriver {
    guard case .random(let driver) = driver.kindDriver else { throw mismatch(.random) }
    return driver
  }

  func compressionDriver() throws(ProviderError) -> any CompressionDriver {
    guard case .compression(let driver) = driver.kindDriver else { throw mismatch(.compression) }
    return driver
  }

  func keyAgreementDriver() throws(ProviderError) -> any KeyAgreementDriver {
    guard case .keyAgreement(let driver) = driver.kindDriver else { throw mismatch(.keyAgreement) }
    return driver
  }

  func signatureDriver() throws(ProviderError) -> any SignatureDriver {
    guard case .signature(let driver) = driver.kindDriver else { throw mismatch(.signature) }
    return driver
  }

  func asymmetricCipherDriver() throws(ProviderError) -> any AsymmetricCipherDriver {
    guard case .asymmetricCipher(let driver) = driver.kindDriver else { throw mismatch(.asymmetricCipher) }
    return driver
  }

  func keyDerivationDriver() throws(ProviderError) -> any KeyDerivationDriver {
    guard case .keyDerivation(let driver) = driver.kindDriver else { throw mismatch(.keyDerivation) }
    return driver
  }

  /// The error for an algorithm that is not of the kind asked for.
  func mismatch(_ wanted: AlgorithmKind) -> ProviderError {
    ProviderError(
      .invalidArgument, "\(name) is of kind \(kind.rawValue), not \(wanted.rawValue): ask for it by its own kind",
      driver: driverName)
  }

  /// The error for a request above the driver's limit.
  func tooLong(_ count: Int, _ limit: Int) -> ProviderError {
    ProviderError(
      .invalidArgument, "a request of \(name) has at most \(limit) bytes; this one has \(count): cut it",
      driver: driverName)
  }

  /// Checks a key's length against the algorithm's, and against the one that the alias it was asked for by implies.
  ///
  /// - Throws: ``ProviderError/Code/invalidKeyLength``.
  func checkKeyLength(_ length: Int, _ required: Int?) throws(ProviderError) {
    if let required, length != required {
      throw ProviderError(
        .invalidKeyLength, "this name of \(name) means a key of \(required) bytes; this one has \(length)",
        driver: driverName)
    }
    guard let lengths = descriptor.properties.keyLengths, !lengths.contains(length) else { return }
    let range =
      lengths.minimum == lengths.maximum
      ? "\(lengths.minimum)" : "\(lengths.minimum) to \(lengths.maximum) (in steps of \(lengths.step))"
    throw ProviderError(
      .invalidKeyLength, "\(name) takes a key of \(range) bytes; this one has \(length)", driver: driverName)
  }
}
