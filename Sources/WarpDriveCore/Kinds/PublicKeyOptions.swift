// What a caller may ask of the keys of a public-key algorithm.
// SPDX-License-Identifier: Apache-2.0

/// Limits and sizes of keys, for the kinds key agreement, signature and asymmetric cipher.
///
/// They are fixed when a handle is made. A driver that has no such choice refuses all but the defaults.
public struct PublicKeyOptions: Sendable, Equatable {
  /// The longest modulus that is ever taken, in bits; beyond it a single operation takes seconds.
  public static let maximumModulusBits = 16_384

  /// Bits of the modulus of an RSA key that is generated: 2,048 to 16,384.
  ///
  /// 3,072 bits have a strength of 128 (NIST SP 800-57 part 1, table 2).
  public var rsaModulusBits: Int
  /// The fewest bits of an RSA or Diffie-Hellman modulus that is taken; less than 2,048 is for old messages only.
  ///
  /// 2,048 bits are the least that NIST SP 800-131A revision 2 allows for new ones.
  public var minimumModulusBits: Int

  /// Makes options.
  public init(rsaModulusBits: Int = 3072, minimumModulusBits: Int = 2048) {
    self.rsaModulusBits = rsaModulusBits
    self.minimumModulusBits = minimumModulusBits
  }

  /// Checks that the driver of `algorithm`, which has no options, is asked for none.
  ///
  /// - Throws: ``ProviderError/Code/unsupported``.
  func requireDefaults(_ driver: any AlgorithmDriver) throws(ProviderError) {
    guard self == PublicKeyOptions() else {
      throw ProviderError(
        .unsupported, "\(driver.descriptor.driverName) has no options for keys: leave them out",
        driver: driver.descriptor.driverName)
    }
  }
}

extension ProviderError {
  /// The error of a transform that lacks an optional capability of its kind.
  static func lacking(_ what: String) -> ProviderError {
    ProviderError(.unsupported, "this driver does not \(what): take another driver of the algorithm")
  }
}
