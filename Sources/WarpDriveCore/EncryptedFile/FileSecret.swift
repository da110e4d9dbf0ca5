// What a file is encrypted with: a key or a passphrase, and the keys that are derived of it for one file.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The key or passphrase for encrypted files, wiped when its last owner ends.
public final class FileSecret: Sendable, CustomStringConvertible, CustomReflectable {
  /// Which of both it is.
  public let source: EncryptedFileHeader.KeySource
  private let bytes: SecretBytes

  /// Bytes of a key.
  public static let keySize = 32
  /// The most bytes of a passphrase.
  public static let longestPassphrase = 4096

  /// Copies a key; the caller wipes the original.
  ///
  /// - Parameter key: 32 bytes from a random generator. Whatever a person can remember is a passphrase.
  /// - Throws: ``ProviderError/Code/invalidKeyLength``.
  public init(key: RawSpan) throws(ProviderError) {
    guard key.byteCount == Self.keySize else {
      throw ProviderError(.invalidKeyLength, "a key for files has \(Self.keySize) bytes; this one has \(key.byteCount)")
    }
    source = .key
    bytes = SecretBytes(copying: key)
  }

  /// Copies a passphrase; the caller wipes the original.
  ///
  /// - Parameter passphrase: 1 to 4096 bytes, used as they are.
  /// - Throws: ``ProviderError/Code/invalidKeyLength``.
  public init(passphrase: RawSpan) throws(ProviderError) {
    guard (1...Self.longestPassphrase).contains(passphrase.byteCount) else {
      throw ProviderError(
        .invalidKeyLength,
        "a passphrase has 1 to \(Self.longestPassphrase) bytes; this one has \(passphrase.byteCount)")
    }
    source = .passphrase
    bytes = SecretBytes(copying: passphrase)
  }

  /// Which kind of secret it is, and nothing of it.
  public var description: String { source == .key ? "a key" : "a passphrase" }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Lends the secret for one call.
  func withBytes<Result: ~Copyable>(
    _ body: (RawSpan) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    try Self.lend(bytes, body)
  }

  // A span of a class's property would end with the access to the property; a parameter lives as long as its call.
  private static func lend<Result: ~Copyable>(
    _ bytes: borrowing SecretBytes, _ body: (RawSpan) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    try body(bytes.rawSpan)
  }
}

/// The keys of one file: HKDF-SHA256 of the secret, or of what scrypt makes of it, with everything in the header.
struct FileKeys: ~Copyable {
  /// Commitment, key and nonce prefix, in this order.
  private let bytes: SecretBuffer

  /// Bytes of the nonce that are the same in a whole file.
  static let prefixSize = 7
  private static let size = EncryptedFileHeader.commitmentSize + FileSecret.keySize + prefixSize
  /// Tells these keys from any others that might be derived of the same secret.
  private static let label = Array("wdprov encrypted file 1".utf8)

  /// Derives the keys.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` for a passphrase where nothing here does scrypt; what the lookups throw.
  init(_ registry: Registry, _ secret: FileSecret, _ header: EncryptedFileHeader) throws(ProviderError) {
    let info = Self.label + header.fixedBytes
    if let cost = header.cost {
      var master = try SecretBuffer(capacity: FileSecret.keySize)
      try Self.scrypt(registry, secret, header.salt, cost, into: &master)
      bytes = try Self.expand(registry, master.rawSpan, header.salt, info)
    } else {
      bytes = try secret.withBytes { (secret) throws(ProviderError) in
        try Self.expand(registry, secret, header.salt, info)
      }
    }
  }

  /// What the header shows of the keys.
  var commitment: RawSpan {
    @_lifetime(borrow self)
    borrowing get { bytes.rawSpan.extracting(first: EncryptedFileHeader.commitmentSize) }
  }
  /// The AEAD's key.
  var key: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      bytes.rawSpan.extracting(
        EncryptedFileHeader.commitmentSize..<EncryptedFileHeader.commitmentSize + FileSecret.keySize)
    }
  }
  /// The first bytes of each nonce.
  var noncePrefix: RawSpan {
    @_lifetime(borrow self)
    borrowing get { bytes.rawSpan.extracting(last: Self.prefixSize) }
  }

  private static func scrypt(
    _ registry: Registry, _ secret: FileSecret, _ salt: [UInt8], _ cost: ScryptCost, into master: inout SecretBuffer
  ) throws(ProviderError) {
    let found: Algorithm
    do throws(ProviderError) {
      found = try registry.algorithm("scrypt", .keyDerivation)
    } catch {
      guard error.code == .notFound else { throw error }
      throw ProviderError(.unavailable, "a passphrase needs scrypt, which no driver here does: use a key file")
    }
    var derivation = try KeyDerivation(found, in: registry)
    let parameters = KeyDerivationParameters(
      salt: salt, memoryCost: cost.memoryCost, parallelism: cost.parallelism, blockSize: cost.blockSize)
    try secret.withBytes { (secret) throws(ProviderError) in
      try master.append { (output) throws(ProviderError) in
        try derivation.derive(FileSecret.keySize, from: secret, parameters, into: &output)
      }
    }
  }

  /// HKDF-SHA256 (RFC 5869).
  private static func expand(
    _ registry: Registry, _ secret: RawSpan, _ salt: [UInt8], _ info: [UInt8]
  ) throws(ProviderError) -> SecretBuffer {
    var derivation = try registry.keyDerivation("hkdf(sha256)")
    let parameters = KeyDerivationParameters(salt: salt, info: info)
    var keys = try SecretBuffer(capacity: size)
    try keys.append { (output) throws(ProviderError) in
      try derivation.derive(size, from: secret, parameters, into: &output)
    }
    return keys
  }
}
