// Handles by name: one factory for each kind.
// SPDX-License-Identifier: Apache-2.0

extension Registry {
  /// A hash, for example `sha256`.
  ///
  /// Throws what the lookup throws; see ``algorithm(_:_:matching:)``.
  public func hash(_ name: String, matching constraints: LookupConstraints = .none) throws(ProviderError) -> Hash {
    let found = try algorithm(name, .hash, matching: constraints)
    guard measured != nil, let route = route(name, found, .digest, .init(), constraints) else {
      return try Hash(found, in: self)
    }
    return try Hash(streamed(found, on: route, nil), route: route, in: self)
  }

  /// A MAC under `key`, for example `hmac(sha256)`.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name, driver name or alias.
  ///   - key: the key; the handle keeps a copy that it wipes.
  ///   - options: the nonce of GMAC, the tag's length and customization of KMAC and the like.
  ///   - constraints: flags and properties that are required or preferred.
  /// - Throws: ``ProviderError/Code/invalidKeyLength``, ``ProviderError/Code/invalidKey``,
  ///   ``ProviderError/Code/invalidTagLength`` and ``ProviderError/Code/invalidIVLength`` for options, and what the
  ///   lookup throws; ``ProviderError/Code/denied`` for a key of a length that the policy does not allow.
  public func mac(
    _ name: String, key: RawSpan, _ options: MACOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> MAC {
    let found = try algorithm(name, .mac, matching: constraints)
    try policy.checkKeySize(key.byteCount, of: found)
    return try MAC(found, key: key, options, in: self)
  }

  /// A MAC under `key`; the caller wipes its array.
  public func mac(
    _ name: String, key: [UInt8], _ options: MACOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> MAC {
    try mac(name, key: key.rawSpan, options, matching: constraints)
  }

  /// A cipher under `key`, for example `ctr(aes)`, or `aes-256-ctr`, which refuses any key but one of 32 bytes.
  ///
  /// - Throws: ``ProviderError/Code/invalidKeyLength``, ``ProviderError/Code/denied`` for a key of a length that the policy
  ///   does not allow, and what the lookup throws.
  public func cipher(
    _ name: String, key: RawSpan, matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> Cipher {
    let found = try algorithm(name, .cipher, matching: constraints)
    try policy.checkKeySize(key.byteCount, of: found)
    return try Cipher(found, key: key, requiring: dealias(name).keyLength, in: self)
  }

  /// A cipher under `key`; the caller wipes its array.
  public func cipher(
    _ name: String, key: [UInt8], matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> Cipher {
    try cipher(name, key: key.rawSpan, matching: constraints)
  }

  /// An AEAD under `key`, for example `gcm(aes)`.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name, driver name or alias.
  ///   - key: the key; the handle keeps a copy that it wipes.
  ///   - tagLength: bytes of the tag; nil for the longest.
  ///   - allowingNonceReuse: whether two messages in a row may be sealed under one nonce, as for tests and measurements.
  ///   - constraints: flags and properties that are required or preferred.
  /// - Throws: ``ProviderError/Code/invalidKeyLength``, ``ProviderError/Code/invalidTagLength``,
  ///   ``ProviderError/Code/invalidKey`` for a key that has not the algorithm's form, and what the lookup throws.
  public func aead(
    _ name: String, key: RawSpan, tagLength: Int? = nil, allowingNonceReuse: Bool = false,
    matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> AEAD {
    let found = try algorithm(name, .aead, matching: constraints)
    try policy.checkKeySize(key.byteCount, of: found)
    return try AEAD(
      found, key: key, tagLength: tagLength, allowingNonceReuse: allowingNonceReuse,
      requiring: dealias(name).keyLength, in: self)
  }

  /// An AEAD under `key`; the caller wipes its array.
  public func aead(
    _ name: String, key: [UInt8], tagLength: Int? = nil, allowingNonceReuse: Bool = false,
    matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> AEAD {
    try aead(
      name, key: key.rawSpan, tagLength: tagLength, allowingNonceReuse: allowingNonceReuse, matching: constraints)
  }

  /// A compression format for whole messages, for example `gzip`.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for an option that the driver does not have, and what the lookup throws.
  public func compression(
    _ name: String, _ options: CompressionOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> Compression {
    let found = suited(
      name, try algorithm(name, .compression, matching: constraints), options, constraints, isStream: false)
    guard measured != nil else { return try Compression(found, options, in: self) }
    return try Compression(
      found, options, compress: route(name, found, .compress, options, constraints),
      decompress: route(name, found, .decompress, options, constraints), in: self)
  }

  /// A stream that compresses piece by piece, by the best driver that can.
  ///
  /// - Throws: as ``compression(_:_:matching:)``.
  public func compressor(
    _ name: String, _ options: CompressionOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> CompressionStream {
    try stream(.compress, name, options, constraints)
  }

  /// A stream that decompresses piece by piece, by the best driver that can.
  ///
  /// - Throws: as ``compression(_:_:matching:)``.
  public func decompressor(
    _ name: String, _ options: CompressionOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> CompressionStream {
    try stream(.decompress, name, options, constraints)
  }

  private func stream(
    _ direction: CompressionDirection, _ name: String, _ options: CompressionOptions, _ constraints: LookupConstraints
  ) throws(ProviderError) -> CompressionStream {
    let found = suited(
      name, try algorithm(name, .compression, matching: constraints.forStreams), options, constraints,
      isStream: true)
    guard measured != nil,
      let route = route(name, found, MeasuredOperation(direction), options, constraints, isStream: true),
      let choice = route.streamChoice(options.sizeHint), (try? ensureTested(choice.algorithm)) != nil
    else { return try CompressionStream(direction, found, options, in: self) }
    var own = options
    if direction == .compress { own.level = choice.level }
    return try CompressionStream(direction, choice.algorithm, own, in: self, standInLevel: options.level)
  }

  /// The driver for messages in pieces: the one that is fastest for large ones, where that was measured.
  private func streamed(_ found: Algorithm, on route: Route, _ sizeHint: Int?) -> Algorithm {
    guard let choice = route.streamChoice(sizeHint), (try? ensureTested(choice.algorithm)) != nil else { return found }
    return choice.algorithm
  }

  /// A random number generator, for example `stdrng`.
  public func random(
    _ name: String = "stdrng", matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> RandomGenerator {
    try RandomGenerator(algorithm(name, .random, matching: constraints), in: self)
  }

  /// A key agreement, for example `curve25519`.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have, and what the lookup throws.
  public func keyAgreement(
    _ name: String, _ options: PublicKeyOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> KeyAgreement {
    try KeyAgreement(algorithm(name, .keyAgreement, matching: constraints), options, in: self)
  }

  /// A signature algorithm, for example `ed25519`.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have, and what the lookup throws.
  public func signature(
    _ name: String, _ options: PublicKeyOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> Signature {
    try Signature(algorithm(name, .signature, matching: constraints), options, in: self)
  }

  /// Public-key encryption, for example `rsa`.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for options that the driver does not have, and what the lookup throws.
  public func asymmetricCipher(
    _ name: String, _ options: PublicKeyOptions = .init(), matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> AsymmetricCipher {
    try AsymmetricCipher(algorithm(name, .asymmetricCipher, matching: constraints), options, in: self)
  }

  /// A key derivation.
  public func keyDerivation(
    _ name: String, matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> KeyDerivation {
    try KeyDerivation(algorithm(name, .keyDerivation, matching: constraints), in: self)
  }
}
