// The signature kind (the kernel's sig): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of a signature algorithm.
public protocol SignatureDriver: AlgorithmDriver {
  /// Makes a state without keys.
  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable
  /// Makes a state without keys, with limits for its keys.
  ///
  /// By default there are none to choose.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have.
  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any SignatureTransform & ~Copyable
}

extension SignatureDriver {
  /// As without options, of which there are none.
  public func makeTransform(
    _ options: PublicKeyOptions
  ) throws(ProviderError) -> any SignatureTransform & ~Copyable {
    try options.requireDefaults(self)
    return try makeTransform()
  }
}

/// A signature algorithm with its keys.
public protocol SignatureTransform: ~Copyable, Sendable {
  /// Takes a private key, as PKCS#8 DER or the algorithm's raw form.
  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError)
  /// Takes a public key, as SubjectPublicKeyInfo DER or the algorithm's raw form.
  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError)
  /// Makes a fresh key pair.
  mutating func generateKeyPair() throws(ProviderError)
  /// The public key, as SubjectPublicKeyInfo DER.
  mutating func publicKey() throws(ProviderError) -> [UInt8]
  /// Signs a message.
  mutating func sign(_ message: RawSpan) throws(ProviderError) -> [UInt8]
  /// Whether `signature` is right for `message`; false for any that is not, malformed ones included.
  mutating func isValid(_ signature: RawSpan, of message: RawSpan) throws(ProviderError) -> Bool
  /// The private key, as PKCS#8 DER; by default it cannot be had.
  mutating func privateKey() throws(ProviderError) -> SecretBytes
  /// Signs the digest of a message, as the kernel's sig does; by default only messages are signed.
  mutating func sign(digest: RawSpan) throws(ProviderError) -> [UInt8]
  /// Whether `signature` is right for the message with this digest; by default only messages are verified.
  mutating func isValid(_ signature: RawSpan, ofDigest digest: RawSpan) throws(ProviderError) -> Bool
}

extension SignatureTransform where Self: ~Copyable {
  /// No private key.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    throw .lacking("give private keys away")
  }

  /// No digests.
  public mutating func sign(digest: RawSpan) throws(ProviderError) -> [UInt8] { throw .lacking("sign digests") }

  /// No digests.
  public mutating func isValid(
    _ signature: RawSpan, ofDigest digest: RawSpan
  ) throws(ProviderError) -> Bool { throw .lacking("verify signatures of digests") }
}

/// A signature algorithm in use, on one thread at a time.
public struct Signature: ~Copyable, Sendable {
  private var transform: any SignatureTransform & ~Copyable
  private var use: AlgorithmUse
  private var canSign = false
  private var canVerify = false

  init(
    _ algorithm: Algorithm, _ options: PublicKeyOptions = .init(), in registry: Registry
  ) throws(ProviderError) {
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.signatureDriver().makeTransform(options)
    } catch {
      transform = try use.fallback(after: error).signatureDriver().makeTransform(options)
      use.substitute()
    }
    self.use = use
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request.
  public var lastDriverName: String { use.lastDriverName }

  /// Takes a private key, as PKCS#8 DER or the algorithm's raw form; it verifies too.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey``.
  public mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    do throws(ProviderError) { try transform.setPrivateKey(key) } catch { throw use.failed(error) }
    canSign = true
    canVerify = true
  }

  /// Takes a public key, as SubjectPublicKeyInfo DER or the algorithm's raw form; the handle then only verifies.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey``.
  public mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    do throws(ProviderError) { try transform.setPublicKey(key) } catch { throw use.failed(error) }
    canSign = false
    canVerify = true
  }

  /// Makes a fresh key pair.
  public mutating func generateKeyPair() throws(ProviderError) {
    do throws(ProviderError) { try transform.generateKeyPair() } catch { throw use.failed(error) }
    canSign = true
    canVerify = true
  }

  /// The public key, as SubjectPublicKeyInfo DER.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``.
  public mutating func publicKey() throws(ProviderError) -> [UInt8] {
    guard canVerify else { throw KeyAgreement.missingKey(use.algorithm) }
    do throws(ProviderError) { return try transform.publicKey() } catch { throw use.failed(error) }
  }

  /// The private key, as PKCS#8 DER.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``; ``ProviderError/Code/unsupported`` where the driver keeps it.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    guard canSign else { throw KeyAgreement.missingKey(use.algorithm) }
    do throws(ProviderError) { return try transform.privateKey() } catch { throw use.failed(error) }
  }

  /// Signs `message`.
  ///
  /// - Throws: ``ProviderError/Code/missingKey`` without a private key.
  public mutating func sign(_ message: [UInt8]) throws(ProviderError) -> [UInt8] {
    try requireKey(canSign)
    let start = use.begin(message.count)
    do throws(ProviderError) {
      let signature = try transform.sign(message.rawSpan)
      use.end(start, signature.count)
      return signature
    } catch {
      throw use.failed(error)
    }
  }

  /// Signs the message whose digest is `digest`, as the kernel's sig does: the caller has hashed it.
  ///
  /// The digest is of the algorithm's hash; ECDSA takes those of other lengths too, up to 64 bytes.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``, ``ProviderError/Code/invalidArgument`` for a digest of another length,
  ///   ``ProviderError/Code/unsupported`` where the algorithm signs messages alone (Ed25519, Ed448).
  public mutating func sign(digest: [UInt8]) throws(ProviderError) -> [UInt8] {
    try requireKey(canSign)
    let start = use.begin(digest.count)
    do throws(ProviderError) {
      let signature = try transform.sign(digest: digest.rawSpan)
      use.end(start, signature.count)
      return signature
    } catch {
      throw use.failed(error)
    }
  }

  /// Checks `signature` against `message`.
  ///
  /// - Throws: ``ProviderError/Code/authentication`` where it is not right, ``ProviderError/Code/missingKey``.
  public mutating func verify(_ signature: [UInt8], of message: [UInt8]) throws(ProviderError) {
    try requireKey(canVerify)
    let start = use.begin(message.count)
    var isValid = false
    do throws(ProviderError) {
      isValid = try transform.isValid(signature.rawSpan, of: message.rawSpan)
    } catch {
      throw use.failed(error)
    }
    try conclude(isValid, start)
  }

  /// Checks `signature` against the message whose digest is `digest`.
  ///
  /// - Throws: as ``verify(_:of:)``, and as ``sign(digest:)`` for the digest.
  public mutating func verify(_ signature: [UInt8], ofDigest digest: [UInt8]) throws(ProviderError) {
    try requireKey(canVerify)
    let start = use.begin(digest.count)
    var isValid = false
    do throws(ProviderError) {
      isValid = try transform.isValid(signature.rawSpan, ofDigest: digest.rawSpan)
    } catch {
      throw use.failed(error)
    }
    try conclude(isValid, start)
  }

  private func requireKey(_ isThere: Bool) throws(ProviderError) {
    guard isThere else { throw KeyAgreement.missingKey(use.algorithm) }
  }

  private mutating func conclude(_ isValid: Bool, _ start: UInt64) throws(ProviderError) {
    guard isValid else {
      throw use.failed(ProviderError(.authentication, "the signature does not belong to this message and key"))
    }
    use.end(start, 0)
  }
}
