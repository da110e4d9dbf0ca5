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
///
/// ## Public keys
///
/// Keys are taken as DER and as PEM: PKCS#8 and SubjectPublicKeyInfo, and the forms of their own that RSA (PKCS#1) and
/// curves (SEC 1) have. What is not strict DER is refused, and so are curves that are not named, halves of different
/// pairs, and RSA and Diffie-Hellman moduli below ``WarpDriveCore/PublicKeyOptions/minimumModulusBits``.
///
/// - `ecdh-nist-p256`, `-p384`, `-p521`: raw keys are the kernel's, the private number and the point as x and y,
///   big-endian and as long as the field's numbers; SEC 1's 04 may stand before them. The secret is x.
/// - `curve25519`, `x448`: raw keys are RFC 7748's. Public keys of low order are refused.
/// - `ffdhe2048(dh)` to `ffdhe8192(dh)`: a private key is its number, big-endian; public keys and secrets are as long as the
///   prime (RFC 7919). `dh` takes PKCS#8 alone, which brings the group; a fresh key is of ffdhe3072 until another group
///   was set. Values outside of the large subgroup are refused.
/// - `x962(ecdsa-nist-p256,sha256)` and `p1363(ecdsa-nist-p256,sha256)`, and so on P-384 with SHA-384 and on P-521 with
///   SHA-512: ECDSA as a DER sequence and as two numbers. `x962(ecdsa-nist-p256)`, `p1363(ecdsa-nist-p256)` and
///   `ecdsa-nist-p256`, the kernel's names, mean the same hash.
/// - `ed25519`, `ed448`: raw keys are RFC 8032's. `sm2` is with SM3 and the identifier 1234567812345678.
/// - `pkcs1(rsa,H)` and `pss(rsa,H)`, whose salt is as long as the hash. SHA-1 is there for old signatures; a policy can
///   forbid it.
/// - `rsa` encrypts numbers without padding, as the kernel's akcipher; `oaep(rsa,H)` has MGF1 of the same hash and no
///   label. PKCS#1 v1.5 encryption is not offered.
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
