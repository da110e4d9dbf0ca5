// What a driver says of itself: the kernel's crypto_alg, as a value.
// SPDX-License-Identifier: Apache-2.0

/// The description of one driver of one algorithm.
public struct AlgorithmDescriptor: Sendable, Equatable {
  /// The algorithm, shared by all who implement it: `gzip`, `hmac(sha256)` (`cra_name`).
  public var name: String
  /// This implementation, unique in a registry: `gzip-zlib` (`cra_driver_name`).
  public var driverName: String
  /// 0 or more; the highest usable one of a name serves it (`cra_priority`).
  public var priority: Int
  /// Properties of the driver.
  public var flags: AlgorithmFlags
  /// Other names under which the algorithm may be asked for.
  public var aliases: [AlgorithmAlias]
  /// Bytes of the unit the algorithm works in: 1 for stream algorithms (`cra_blocksize`).
  public var blockSize: Int
  /// The alignment in bytes at which the driver is fastest; a power of two.
  ///
  /// Never required of callers (`cra_alignmask + 1`).
  public var alignment: Int
  /// The largest request in bytes, where the driver has a limit.
  public var maximumRequest: Int?
  /// What only this kind has: key sizes, digest size, levels.
  public var properties: AlgorithmProperties

  /// Describes a driver.
  public init(
    name: String, driverName: String, priority: Int, properties: AlgorithmProperties, flags: AlgorithmFlags = [],
    aliases: [AlgorithmAlias] = [], blockSize: Int = 1, alignment: Int = 1, maximumRequest: Int? = nil
  ) {
    self.name = name
    self.driverName = driverName
    self.priority = priority
    self.properties = properties
    self.flags = flags
    self.aliases = aliases
    self.blockSize = blockSize
    self.alignment = alignment
    self.maximumRequest = maximumRequest
  }

  /// The algorithm's kind.
  public var kind: AlgorithmKind { properties.kind }
}

/// Another name for an algorithm: `SHA-256`, an object identifier, or `aes-256-gcm`, which also fixes the key's length.
public struct AlgorithmAlias: Sendable, Equatable, ExpressibleByStringLiteral {
  /// The alias; compared without regard to case.
  public let name: String
  /// The key length in bytes that the alias implies; handles made through it refuse any other.
  public let keyLength: Int?

  /// Makes an alias, with the key length in bytes that it implies.
  public init(_ name: String, keyLength: Int? = nil) {
    self.name = name
    self.keyLength = keyLength
  }

  /// Makes an alias that implies nothing.
  public init(stringLiteral value: String) { self.init(value) }
}
