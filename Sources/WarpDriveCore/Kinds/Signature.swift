// The signature kind (the kernel's sig): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of a signature algorithm.
public protocol SignatureDriver: AlgorithmDriver {
  /// Makes a state without keys.
  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable
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
}

/// A signature algorithm in use, on one thread at a time.
public struct Signature: ~Copyable, Sendable {
  private var transform: any SignatureTransform & ~Copyable
  private var use: AlgorithmUse
  private var canSign = false
  private var canVerify = false

  init(_ algorithm: Algorithm, in registry: Registry) throws(ProviderError) {
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.signatureDriver().makeTransform()
    } catch {
      transform = try use.fallback(after: error).signatureDriver().makeTransform()
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

  /// Signs `message`.
  ///
  /// - Throws: ``ProviderError/Code/missingKey`` without a private key.
  public mutating func sign(_ message: [UInt8]) throws(ProviderError) -> [UInt8] {
    guard canSign else { throw KeyAgreement.missingKey(use.algorithm) }
    let start = use.begin(message.count)
    do throws(ProviderError) {
      let signature = try transform.sign(message.rawSpan)
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
    guard canVerify else { throw KeyAgreement.missingKey(use.algorithm) }
    let start = use.begin(message.count)
    var isValid = false
    do throws(ProviderError) {
      isValid = try transform.isValid(signature.rawSpan, of: message.rawSpan)
    } catch {
      throw use.failed(error)
    }
    guard isValid else {
      throw use.failed(ProviderError(.authentication, "the signature does not belong to this message and key"))
    }
    use.end(start, 0)
  }
}
