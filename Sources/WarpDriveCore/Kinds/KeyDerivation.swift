// The key derivation kind (ours): the driver protocol and the handle.
// SPDX-License-Identifier: Apache-2.0

/// What a derivation starts from; each algorithm uses the fields that it has and refuses the others.
///
/// | algorithm | ``salt`` | ``label`` | ``info`` | numbers |
/// |---|---|---|---|---|
/// | `hkdf(H)` (RFC 5869) | salt | | info | |
/// | `hkdf-extract(H)` | salt | | | |
/// | `hkdf-expand(H)`, the secret being the pseudorandom key | | | info | |
/// | `pbkdf2(hmac(H))` (RFC 8018) | salt | | | ``iterations`` |
/// | `scrypt` (RFC 7914) | salt | | | ``memoryCost``, ``blockSize``, ``parallelism`` |
/// | `kbkdf-counter(PRF)` (SP 800-108) | | label | context | |
/// | `kbkdf-feedback(PRF)` | the IV | label | context | |
/// | `kbkdf-kmac128`, `kbkdf-kmac256` | | label | context | |
/// | `tls1-prf(H)` (RFC 5246 section 5) | | label | seed | |
///
/// The modes of SP 800-108 have a counter of 32 bits before the fixed input data, which with a label is the label, a zero
/// byte, the context, and the length in bits as 32 bits, as the standard proposes. Without a label the context is all of
/// it: for protocols with a layout of their own.
public struct KeyDerivationParameters: Sendable {
  /// The salt; empty for none.
  public var salt: [UInt8]
  /// Context or application information; empty for none.
  public var info: [UInt8]
  /// What the key is for, where that is a field of its own; empty for none.
  public var label: [UInt8]
  /// Iterations, for those that count them (PBKDF2); 0 for the algorithm's default.
  ///
  /// The default is OWASP's Password Storage Cheat Sheet's as of January 2023: 600,000; 1,300,000 with SHA-1 and 210,000
  /// with the SHA-2 hashes of 64-bit words. A later version may have another: store the number with what was derived.
  public var iterations: Int
  /// The cost as a power of two, for memory-hard ones (the exponent of scrypt's N); 0 for the default.
  ///
  /// scrypt's is 17 with a block size of 8 and a parallelism of 1, from the same source.
  public var memoryCost: Int
  /// The parallelism (scrypt p); 0 for the default.
  public var parallelism: Int
  /// The block size in units of 128 bytes (scrypt r); 0 for the default.
  public var blockSize: Int

  /// Makes parameters.
  public init(
    salt: [UInt8] = [], info: [UInt8] = [], label: [UInt8] = [], iterations: Int = 0, memoryCost: Int = 0,
    parallelism: Int = 0, blockSize: Int = 0
  ) {
    self.salt = salt
    self.info = info
    self.label = label
    self.iterations = iterations
    self.memoryCost = memoryCost
    self.parallelism = parallelism
    self.blockSize = blockSize
  }
}

/// A driver of a key derivation.
///
/// There is no state between requests, so the driver derives itself.
public protocol KeyDerivationDriver: AlgorithmDriver {
  /// Appends `count` bytes (the caller has checked room and range) derived from `secret`.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a parameter that the algorithm does not have, or that is out
  ///   of its range; nothing is appended then.
  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError)
}

/// A key derivation in use.
public struct KeyDerivation: ~Copyable, Sendable {
  private let driver: any KeyDerivationDriver
  private var use: AlgorithmUse
  private let properties: KeyDerivationProperties

  init(_ algorithm: Algorithm, in registry: Registry) throws(ProviderError) {
    guard case .keyDerivation(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.keyDerivation)
    }
    driver = try algorithm.keyDerivationDriver()
    self.properties = properties
    use = AlgorithmUse(algorithm, in: registry)
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { use.lastUsedFallback }

  /// Appends `count` bytes of key derived from `secret`.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a count or parameter out of range, ``ProviderError/Code/outputTooSmall``.
  public mutating func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(count)
    try output.requireCapacity(count)
    let start = use.begin(secret.byteCount)
    let before = output.byteCount
    do throws(ProviderError) {
      try driver.derive(count, from: secret, parameters, into: &output)
      use.end(start, count)
    } catch {
      output.wipeLast(output.byteCount - before)
      let other = try use.fallback(after: error).keyDerivationDriver()
      try other.derive(count, from: secret, parameters, into: &output)
      use.endOnFallback(start, secret.byteCount, count)
    }
  }

  /// Returns `count` bytes of key derived from `secret`; the caller wipes them.
  public mutating func derive(
    _ count: Int, from secret: [UInt8], _ parameters: KeyDerivationParameters = .init()
  ) throws(ProviderError) -> [UInt8] {
    // Before there is an array of that size.
    try check(count)
    return try [UInt8](capacity: count) { (output) throws(ProviderError) in
      try derive(count, from: secret.rawSpan, parameters, into: &output)
    }
  }

  private func check(_ count: Int) throws(ProviderError) {
    let most = properties.maximumOutput
    guard count > 0, count <= most ?? .max, !properties.hasFixedOutput || count == most else {
      let range = "\(properties.hasFixedOutput ? "" : "1 to ")\(most.map(String.init) ?? "any number of")"
      throw ProviderError(
        .invalidArgument, "\(use.algorithm.name) derives \(range) bytes", driver: use.algorithm.driverName)
    }
  }
}
