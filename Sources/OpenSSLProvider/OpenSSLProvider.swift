// The provider of libcrypto's algorithms: hashes, MACs, ciphers and their modes, AEADs, random numbers and public keys.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
public import WarpDriveCore

/// The algorithms of OpenSSL 3's libcrypto.
///
/// Nothing is opened when it is registered: libcrypto is loaded when the first transform is made, and a program that
/// needs none of these algorithms never loads it. Where libcrypto is missing, making a transform throws
/// ``WarpDriveCore/ProviderError/Code/unavailable`` and the next driver of the name serves.
///
/// Priorities: 200 for primitives (hashes, block ciphers, ChaCha20, MACs of their own), 300 for what is built on a
/// primitive (HMAC, CMAC, modes), so that a template over the same primitive never ties with it. The generators of
/// SP 800-90A have the kernel's, from 200 on; libcrypto's own generator is above them with 300.
public struct OpenSSLProvider: Provider {
  /// Makes the provider; it opens nothing.
  public init() {}

  /// `openssl`.
  public var name: String { "openssl" }

  /// libcrypto's own words once it is open, as `OpenSSL 3.0.19 27 Jan 2026`; before that, which one will be opened.
  public var version: String { Libcrypto.version ?? "OpenSSL 3, \(Libcrypto.name) opened on first use" }

  /// A driver for each algorithm that this provider has.
  public var drivers: [any AlgorithmDriver] {
    var drivers: [any AlgorithmDriver] = Digest.all.map(DigestDriver.init)
    drivers += Digest.all.filter { !$0.isExtendable }.map(HMACDriver.init)
    drivers += AEADAlgorithm.all.map(AuthenticatedCipherDriver.init)
    drivers += CipherAlgorithm.all.map(BlockCipherDriver.init)
    drivers += MACAlgorithm.all.map(KeyedMACDriver.init)
    drivers.append(GeneratorDriver())
    drivers += DRBG.all.map(DRBGDriver.init)
    drivers += KeyDerivationAlgorithm.all.map(FunctionKeyDerivationDriver.init)
    drivers += AgreementCurve.all.map(CurveAgreementDriver.init)
    drivers += DiffieHellmanGroup.all.map(DiffieHellmanDriver.init)
    drivers += SignatureScheme.all.map(SignatureSchemeDriver.init)
    drivers += RSACipher.all.map(RSACipherDriver.init)
    return drivers
  }

  /// Opens libcrypto.
  ///
  /// - Throws: ``WarpDriveCore/ProviderError/Code/unavailable`` where it is missing or too old, with the command that
  ///   installs it.
  public func checkAvailability() throws(ProviderError) { try Libcrypto.open() }
}
