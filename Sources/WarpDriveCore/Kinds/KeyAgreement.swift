// The key agreement kind (the kernel's kpp): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of a key agreement.
public protocol KeyAgreementDriver: AlgorithmDriver {
  /// Makes a state without a key pair.
  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable
  /// Makes a state without a key pair, with limits for its keys.
  ///
  /// By default there are none to choose.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have.
  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any KeyAgreementTransform & ~Copyable
}

extension KeyAgreementDriver {
  /// As without options, of which there are none.
  public func makeTransform(
    _ options: PublicKeyOptions
  ) throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    try options.requireDefaults(self)
    return try makeTransform()
  }
}

/// One party of a key agreement.
public protocol KeyAgreementTransform: ~Copyable, Sendable {
  /// Takes a private key in the algorithm's own encoding.
  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError)
  /// Makes a fresh key pair.
  mutating func generateKeyPair() throws(ProviderError)
  /// The public key to send to the peer.
  mutating func publicKey() throws(ProviderError) -> [UInt8]
  /// Appends the secret shared with the owner of `peer`.
  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError)
  /// The private key, in a form that ``setPrivateKey(_:)`` takes; by default it cannot be had.
  mutating func privateKey() throws(ProviderError) -> SecretBytes
}

extension KeyAgreementTransform where Self: ~Copyable {
  /// No private key.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    throw .lacking("give private keys away")
  }
}

/// A key agreement in use: one party, on one thread at a time.
public struct KeyAgreement: ~Copyable, Sendable {
  private var transform: any KeyAgreementTransform & ~Copyable
  private var use: AlgorithmUse
  private var hasKey = false
  /// The longest shared secret, in bytes.
  public let maximumSecretSize: Int

  init(
    _ algorithm: Algorithm, _ options: PublicKeyOptions = .init(), in registry: Registry
  ) throws(ProviderError) {
    guard case .keyAgreement(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.keyAgreement)
    }
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.keyAgreementDriver().makeTransform(options)
    } catch {
      transform = try use.fallback(after: error).keyAgreementDriver().makeTransform(options)
      use.substitute()
    }
    self.use = use
    maximumSecretSize = properties.maximumOutput
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request.
  public var lastDriverName: String { use.lastDriverName }

  /// Takes a private key in the algorithm's own encoding.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey``.
  public mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    do throws(ProviderError) { try transform.setPrivateKey(key) } catch { throw use.failed(error) }
    hasKey = true
  }

  /// Makes a fresh key pair.
  public mutating func generateKeyPair() throws(ProviderError) {
    do throws(ProviderError) { try transform.generateKeyPair() } catch { throw use.failed(error) }
    hasKey = true
  }

  /// The public key to send to the peer.
  ///
  /// - Throws: ``ProviderError/Code/missingKey`` before a key pair is there.
  public mutating func publicKey() throws(ProviderError) -> [UInt8] {
    try requireKey()
    do throws(ProviderError) { return try transform.publicKey() } catch { throw use.failed(error) }
  }

  /// The private key, in a form that ``setPrivateKey(_:)`` takes.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``; ``ProviderError/Code/unsupported`` where the driver keeps it.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    try requireKey()
    do throws(ProviderError) { return try transform.privateKey() } catch { throw use.failed(error) }
  }

  /// Appends the secret shared with the owner of the public key `peer`.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey`` for a point that is not on the curve or of low order,
  ///   ``ProviderError/Code/missingKey``, ``ProviderError/Code/outputTooSmall`` with nothing written.
  public mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try requireKey()
    try output.requireCapacity(maximumSecretSize)
    let start = use.begin(peer.byteCount)
    let before = output.byteCount
    do throws(ProviderError) {
      try transform.sharedSecret(peer, into: &output)
    } catch {
      output.wipeLast(output.byteCount - before)
      throw use.failed(error)
    }
    use.end(start, output.byteCount - before)
  }

  /// Returns the secret shared with the owner of the public key `peer`.
  public mutating func sharedSecret(_ peer: [UInt8]) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: maximumSecretSize) { (output) throws(ProviderError) in
      try sharedSecret(peer.rawSpan, into: &output)
    }
  }

  private func requireKey() throws(ProviderError) {
    guard hasKey else { throw Self.missingKey(use.algorithm) }
  }

  static func missingKey(_ algorithm: Algorithm) -> ProviderError {
    ProviderError(.missingKey, "\(algorithm.name) needs a key: set or generate one first", driver: algorithm.driverName)
  }
}
