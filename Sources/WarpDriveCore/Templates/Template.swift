// Templates: algorithms made on demand from the algorithms that their arguments name.
// SPDX-License-Identifier: Apache-2.0

/// A way to build an algorithm from others, as `hmac(H)` is built from the hash H.
public protocol Template: Sendable {
  /// The word before the parenthesis.
  var name: String { get }
  /// The kinds of the arguments, in order; of an argument that may be of several, the usual one.
  var argumentKinds: [AlgorithmKind] { get }
  /// The kinds that each argument may be of, in order. Default: those of ``argumentKinds`` alone.
  var argumentChoices: [Set<AlgorithmKind>] { get }
  /// Builds the driver of an instance.
  ///
  /// The instance's name is `TEMPLATE(NAME,…)` and its driver name `TEMPLATE(DRIVER,…)`; priority follows the kernel's
  /// rule for the template.
  ///
  /// - Parameter parts: what the arguments led to, tested and usable.
  /// - Throws: ``ProviderError/Code/notFound`` or ``ProviderError/Code/invalidArgument`` with the reason why the
  ///   template does not fit these parts.
  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver
}

extension Template {
  /// The kinds of ``argumentKinds`` alone.
  public var argumentChoices: [Set<AlgorithmKind>] { argumentKinds.map { [$0] } }
}

/// An algorithm that an instance is built on.
public struct TemplatePart: Sendable {
  /// The algorithm; its descriptor says what it can do.
  public let algorithm: Algorithm

  init(_ algorithm: Algorithm) { self.algorithm = algorithm }

  /// The descriptor.
  public var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  /// The part's driver as a hash, for the transforms of the instance.
  public func hashDriver() throws(ProviderError) -> any HashDriver { try algorithm.hashDriver() }
  /// The part's driver as a compression format.
  public func compressionDriver() throws(ProviderError) -> any CompressionDriver { try algorithm.compressionDriver() }
  /// The part's driver as a MAC.
  public func macDriver() throws(ProviderError) -> any MACDriver { try algorithm.macDriver() }
  /// The part's driver as a cipher.
  public func cipherDriver() throws(ProviderError) -> any CipherDriver { try algorithm.cipherDriver() }
  /// The part's driver as an AEAD.
  public func aeadDriver() throws(ProviderError) -> any AEADDriver { try algorithm.aeadDriver() }
}
