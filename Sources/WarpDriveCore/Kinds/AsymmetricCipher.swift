// The asymmetric cipher kind (the kernel's akcipher): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of public-key encryption.
public protocol AsymmetricCipherDriver: AlgorithmDriver {
  /// Makes a state without keys.
  func makeTransform() throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable
  /// Makes a state without keys, with limits for its keys.
  ///
  /// By default there are none to choose.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have.
  func makeTransform(
    _ options: PublicKeyOptions
  ) throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable
}

extension AsymmetricCipherDriver {
  /// As without options, of which there are none.
  public func makeTransform(
    _ options: PublicKeyOptions
  ) throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    try options.requireDefaults(self)
    return try makeTransform()
  }
}

/// Public-key encryption with its keys.
public protocol AsymmetricCipherTransform: ~Copyable, Sendable {
  /// Takes a private key, as PKCS#8 DER.
  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError)
  /// Takes a public key, as SubjectPublicKeyInfo DER.
  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError)
  /// Encrypts a short message to the key's owner.
  mutating func encrypt(_ plaintext: RawSpan) throws(ProviderError) -> [UInt8]
  /// Decrypts a message with the private key.
  mutating func decrypt(_ ciphertext: RawSpan) throws(ProviderError) -> [UInt8]
  /// Makes a fresh key pair; by default there is no way to.
  mutating func generateKeyPair() throws(ProviderError)
  /// The public key, as SubjectPublicKeyInfo DER; by default it cannot be had.
  mutating func publicKey() throws(ProviderError) -> [UInt8]
  /// The private key, as PKCS#8 DER; by default it cannot be had.
  mutating func privateKey() throws(ProviderError) -> SecretBytes
}

extension AsymmetricCipherTransform where Self: ~Copyable {
  /// No fresh keys.
  public mutating func generateKeyPair() throws(ProviderError) { throw .lacking("generate keys") }

  /// No public key.
  public mutating func publicKey() throws(ProviderError) -> [UInt8] { throw .lacking("give public keys away") }

  /// No private key.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    throw .lacking("give private keys away")
  }
}

/// Public-key encryption in use, on one thread at a time.
public struct AsymmetricCipher: ~Copyable, Sendable {
  private var transform: any AsymmetricCipherTransform & ~Copyable
  private var use: AlgorithmUse
  private var hasPrivateKey = false
  private var hasPublicKey = false

  init(
    _ algorithm: Algorithm, _ options: PublicKeyOptions = .init(), in registry: Registry
  ) throws(ProviderError) {
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.asymmetricCipherDriver().makeTransform(options)
    } catch {
      transform = try use.fallback(after: error).asymmetricCipherDriver().makeTransform(options)
      use.substitute()
    }
    self.use = use
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request.
  public var lastDriverName: String { use.lastDriverName }

  /// Takes a private key, as PKCS#8 DER; it encrypts too.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey``.
  public mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    do throws(ProviderError) { try transform.setPrivateKey(key) } catch { throw use.failed(error) }
    hasPrivateKey = true
    hasPublicKey = true
  }

  /// Takes a public key, as SubjectPublicKeyInfo DER; the handle then only encrypts.
  ///
  /// - Throws: ``ProviderError/Code/invalidKey``.
  public mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    do throws(ProviderError) { try transform.setPublicKey(key) } catch { throw use.failed(error) }
    hasPrivateKey = false
    hasPublicKey = true
  }

  /// Makes a fresh key pair.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` where the driver makes none.
  public mutating func generateKeyPair() throws(ProviderError) {
    do throws(ProviderError) { try transform.generateKeyPair() } catch { throw use.failed(error) }
    hasPrivateKey = true
    hasPublicKey = true
  }

  /// The public key, as SubjectPublicKeyInfo DER.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``; ``ProviderError/Code/unsupported`` where the driver keeps it.
  public mutating func publicKey() throws(ProviderError) -> [UInt8] {
    guard hasPublicKey else { throw KeyAgreement.missingKey(use.algorithm) }
    do throws(ProviderError) { return try transform.publicKey() } catch { throw use.failed(error) }
  }

  /// The private key, as PKCS#8 DER.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``; ``ProviderError/Code/unsupported`` where the driver keeps it.
  public mutating func privateKey() throws(ProviderError) -> SecretBytes {
    guard hasPrivateKey else { throw KeyAgreement.missingKey(use.algorithm) }
    do throws(ProviderError) { return try transform.privateKey() } catch { throw use.failed(error) }
  }

  /// Encrypts a short message to the key's owner.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``; ``ProviderError/Code/invalidArgument`` for a message too long for the key.
  public mutating func encrypt(_ plaintext: [UInt8]) throws(ProviderError) -> [UInt8] {
    guard hasPublicKey else { throw KeyAgreement.missingKey(use.algorithm) }
    let start = use.begin(plaintext.count)
    do throws(ProviderError) {
      let ciphertext = try transform.encrypt(plaintext.rawSpan)
      use.end(start, ciphertext.count)
      return ciphertext
    } catch {
      throw use.failed(error)
    }
  }

  /// Decrypts a message with the private key.
  ///
  /// - Throws: ``ProviderError/Code/missingKey``, ``ProviderError/Code/corruptInput``.
  public mutating func decrypt(_ ciphertext: [UInt8]) throws(ProviderError) -> [UInt8] {
    guard hasPrivateKey else { throw KeyAgreement.missingKey(use.algorithm) }
    let start = use.begin(ciphertext.count)
    do throws(ProviderError) {
      let plaintext = try transform.decrypt(ciphertext.rawSpan)
      use.end(start, plaintext.count)
      return plaintext
    } catch {
      throw use.failed(error)
    }
  }
}
