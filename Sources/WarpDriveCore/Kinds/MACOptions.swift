// What a MAC may be told besides its key.
// SPDX-License-Identifier: Apache-2.0

/// What a MAC is told besides its key; the defaults are right for those that take nothing more.
public struct MACOptions: Sendable, Equatable {
  /// Bytes of tag, of which the whole tag depends where ``MACProperties/tagLengths`` has more than one; nil for
  /// ``MACProperties/tagSize``.
  public var tagSize: Int?
  /// The nonce of the first message, where each needs one (GMAC); ``MAC/setIV(_:)-([UInt8])`` sets those of others.
  public var iv: [UInt8]
  /// KMAC's customization string (SP 800-185 section 4.2), BLAKE2's personalization (RFC 7693 section 2.8).
  public var customization: [UInt8]
  /// BLAKE2's salt (RFC 7693 section 2.8); a shorter one is filled up with zeros.
  public var salt: [UInt8]
  /// Whether a nonce, and a key that is meant for one message, may serve any number of them.
  ///
  /// Two tags under one nonce or one-time key let anyone forge others: this is for tests with published vectors.
  public var allowsReuse: Bool

  /// Makes options; without arguments, those of a MAC that takes a key alone.
  public init(
    tagSize: Int? = nil, iv: [UInt8] = [], customization: [UInt8] = [], salt: [UInt8] = [], allowsReuse: Bool = false
  ) {
    self.tagSize = tagSize
    self.iv = iv
    self.customization = customization
    self.salt = salt
    self.allowsReuse = allowsReuse
  }

  /// Checks the options against what `algorithm` takes.
  ///
  /// - Throws: ``ProviderError/Code/invalidTagLength``, ``ProviderError/Code/invalidIVLength``,
  ///   ``ProviderError/Code/invalidArgument``.
  func check(_ algorithm: Algorithm, _ properties: MACProperties) throws(ProviderError) {
    if let tagSize, !properties.tagLengths.contains(tagSize) {
      let lengths = properties.tagLengths
      throw ProviderError(
        .invalidTagLength,
        "\(algorithm.name) has tags of \(lengths.description) bytes, not \(tagSize)", driver: algorithm.driverName)
    }
    if !iv.isEmpty { try Self.checkIV(iv.count, algorithm, properties) }
    for (bytes, most, what) in [
      (customization, properties.maximumCustomization, "customization string"), (salt, properties.maximumSalt, "salt"),
    ] where bytes.count > most {
      throw ProviderError(
        .invalidArgument,
        most == 0
          ? "\(algorithm.name) has no \(what): leave it out"
          : "\(algorithm.name) takes a \(what) of at most \(most) bytes, not \(bytes.count)",
        driver: algorithm.driverName)
    }
  }

  /// Checks the length of a nonce.
  static func checkIV(
    _ count: Int, _ algorithm: Algorithm, _ properties: MACProperties
  ) throws(ProviderError) {
    guard properties.ivSize > 0 else {
      throw ProviderError(
        .invalidIVLength, "\(algorithm.name) has no nonce: leave it out", driver: algorithm.driverName)
    }
    guard properties.ivLengths.contains(count) else {
      let (least, most) = (properties.ivLengths.lowerBound, properties.ivLengths.upperBound)
      throw ProviderError(
        .invalidIVLength,
        "\(algorithm.name) takes a nonce of \(least == most ? "\(least)" : "\(least) to \(most)") bytes, not \(count)",
        driver: algorithm.driverName)
    }
  }
}

extension KeyLengths {
  /// The lengths in words: `16`, `1 to 64`, `16 to 32 by 8`.
  var description: String {
    if minimum == maximum { return "\(minimum)" }
    return step == 1 ? "\(minimum) to \(maximum)" : "\(minimum) to \(maximum) by \(step)"
  }
}
