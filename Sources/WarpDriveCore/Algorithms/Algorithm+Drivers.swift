// The driver behind an algorithm as the protocol of its kind.
// SPDX-License-Identifier: Apache-2.0

extension Algorithm {
  func hashDriver() throws(ProviderError) -> any HashDriver { try typed(driver as? any HashDriver, .hash) }
  func macDriver() throws(ProviderError) -> any MACDriver { try typed(driver as? any MACDriver, .mac) }
  func cipherDriver() throws(ProviderError) -> any CipherDriver { try typed(driver as? any CipherDriver, .cipher) }
  func aeadDriver() throws(ProviderError) -> any AEADDriver { try typed(driver as? any AEADDriver, .aead) }
  func randomDriver() throws(ProviderError) -> any RandomDriver { try typed(driver as? any RandomDriver, .random) }
  func compressionDriver() throws(ProviderError) -> any CompressionDriver {
    try typed(driver as? any CompressionDriver, .compression)
  }
  func keyAgreementDriver() throws(ProviderError) -> any KeyAgreementDriver {
    try typed(driver as? any KeyAgreementDriver, .keyAgreement)
  }
  func signatureDriver() throws(ProviderError) -> any SignatureDriver {
    try typed(driver as? any SignatureDriver, .signature)
  }
  func asymmetricCipherDriver() throws(ProviderError) -> any AsymmetricCipherDriver {
    try typed(driver as? any AsymmetricCipherDriver, .asymmetricCipher)
  }
  func keyDerivationDriver() throws(ProviderError) -> any KeyDerivationDriver {
    try typed(driver as? any KeyDerivationDriver, .keyDerivation)
  }

  /// Whether `driver` implements the protocol of the kind that its descriptor names.
  static func isWellTyped(_ driver: any AlgorithmDriver) -> Bool {
    switch driver.descriptor.kind {
    case .compression: driver is any CompressionDriver
    case .hash: driver is any HashDriver
    case .mac: driver is any MACDriver
    case .cipher: driver is any CipherDriver
    case .aead: driver is any AEADDriver
    case .random: driver is any RandomDriver
    case .keyAgreement: driver is any KeyAgreementDriver
    case .signature: driver is any SignatureDriver
    case .asymmetricCipher: driver is any AsymmetricCipherDriver
    case .keyDerivation: driver is any KeyDerivationDriver
    }
  }

  private func typed<Driver>(_ driver: Driver?, _ wanted: AlgorithmKind) throws(ProviderError) -> Driver {
    guard let driver else { throw mismatch(wanted) }
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
