// The key derivation kind (ours): the driver protocol and the handle.
// SPDX-License-Identifier: Apache-2.0

/// What a derivation starts from; each algorithm uses the fields that it has and refuses the others.
public struct KeyDerivationParameters: Sendable {
  /// The salt; empty for none.
  public var salt: [UInt8]
  /// Context or application information; empty for none.
  public var info: [UInt8]
  /// Iterations, for those that count them (PBKDF2); 0 for the algorithm's default.
  public var iterations: Int
  /// The cost as a power of two, for memory-hard ones (scrypt N); 0 for the default.
  public var memoryCost: Int
  /// The parallelism (scrypt p); 0 for the default.
  public var parallelism: Int

  /// Makes parameters.
  public init(
    salt: [UInt8] = [], info: [UInt8] = [], iterations: Int = 0, memoryCost: Int = 0, parallelism: Int = 0
  ) {
    self.salt = salt
    self.info = info
    self.iterations = iterations
    self.memoryCost = memoryCost
    self.parallelism = parallelism
  }
}

/// A driver of a key derivation.
///
/// There is no state between requests, so the driver derives itself.
public protocol KeyDerivationDriver: AlgorithmDriver {
  /// Appends `count` bytes (the caller has checked room and range) derived from `secret`.
  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError)
}

/// A key derivation in use.
public struct KeyDerivation: ~Copyable, Sendable {
  private let driver: any KeyDerivationDriver
  private var use: AlgorithmUse
  private let maximumOutput: Int?

  init(_ algorithm: Algorithm, in registry: Registry) throws(ProviderError) {
    guard case .keyDerivation(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.keyDerivation)
    }
    driver = try algorithm.keyDerivationDriver()
    maximumOutput = properties.maximumOutput
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
    guard count > 0, count <= maximumOutput ?? .max else {
      throw ProviderError(
        .invalidArgument,
        "\(use.algorithm.name) derives 1 to \(maximumOutput.map(String.init) ?? "any number of") bytes",
        driver: use.algorithm.driverName)
    }
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
    try [UInt8](capacity: max(count, 0)) { (output) throws(ProviderError) in
      try derive(count, from: secret.rawSpan, parameters, into: &output)
    }
  }
}
