// The header of an encrypted file: what stands in it, its bytes, and the bounds that a stranger's has to keep.
// SPDX-License-Identifier: Apache-2.0

/// What an encrypted file says at its start; `Docs/FileFormats.md` has the bytes.
///
/// A header that was read is well formed and within bounds, and no more: that it is genuine shows when ``FileOpener`` is made
/// of it, before anything is decrypted.
public struct EncryptedFileHeader: Sendable, Equatable {
  /// The AEAD that seals the chunks, under a key of 32 bytes.
  public enum Algorithm: UInt8, Sendable, CaseIterable {
    /// AES-256 in Galois/Counter mode (SP 800-38D).
    case aesGCM = 1
    /// ChaCha20-Poly1305 (RFC 8439).
    case chaCha20Poly1305 = 2

    /// The name in the registry.
    public var name: String {
      switch self {
      case .aesGCM: "gcm(aes)"
      case .chaCha20Poly1305: "rfc7539(chacha20,poly1305)"
      }
    }
  }

  /// Where the key of a file comes from.
  public enum KeySource: UInt8, Sendable, CaseIterable {
    /// A key of 32 bytes.
    case key = 1
    /// A passphrase, by way of scrypt.
    case passphrase = 2
  }

  /// The AEAD that seals the chunks.
  public let algorithm: Algorithm
  /// Where the file's key comes from.
  public let keySource: KeySource
  /// Bytes of plaintext in every chunk but the last; a power of two from ``chunkSizes``.
  public let chunkSize: Int
  /// Bytes to a multiple of which the plaintext was padded, a power of two; nil where it was not.
  public let padding: Int?
  /// What scrypt costs; nil where there is no passphrase.
  public let cost: ScryptCost?
  /// The random bytes that give each file keys of its own.
  let salt: [UInt8]
  /// What tells the right key before anything is decrypted.
  let commitment: [UInt8]

  /// Bytes of the whole header.
  public static let size = fixedSize + commitmentSize
  /// The bytes that a file of this format begins with.
  public static let magic: [UInt8] = Array("WDENC".utf8) + [0x0D, 0x0A, 0x1A]
  /// The chunk sizes that are taken, in bytes: below, tags and calls show; above, so does the memory.
  public static let chunkSizes = 1 << 12...1 << 22
  /// The only version of the format so far.
  static let version: UInt8 = 1
  static let saltSize = 32
  static let commitmentSize = 32
  /// Bytes before the commitment, all of which the key derivation takes in.
  static let fixedSize = 16 + saltSize

  /// A header of a new file; its commitment comes with ``committing(to:)``.
  init(
    algorithm: Algorithm, keySource: KeySource, chunkSize: Int, padding: Int?, cost: ScryptCost?, salt: [UInt8],
    commitment: [UInt8] = []
  ) {
    self.algorithm = algorithm
    self.keySource = keySource
    self.chunkSize = chunkSize
    self.padding = padding
    self.cost = cost
    self.salt = salt
    self.commitment = commitment
  }

  /// Reads the first ``size`` bytes of a file.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput`` for a file of another format or version, and for a field that is not
  ///   what the format says; ``ProviderError/Code/truncatedInput`` for fewer bytes; ``ProviderError/Code/limitExceeded``
  ///   for a cost above the bounds of ``ScryptCost``.
  public init(parsing bytes: RawSpan) throws(ProviderError) {
    let bytes = [UInt8](copying: bytes.extracting(first: min(bytes.byteCount, Self.size)))
    guard !bytes.isEmpty, bytes.starts(with: Self.magic.prefix(bytes.count)) else {
      throw ProviderError(.corruptInput, "this is no file that encrypt made: it begins otherwise")
    }
    guard bytes.count == Self.size else {
      throw ProviderError(.truncatedInput, "the file ends within its header of \(Self.size) bytes")
    }
    guard bytes[8] == Self.version else {
      throw ProviderError(
        .corruptInput,
        "version \(bytes[8]) of the format is not known here, only \(Self.version): read it with a newer one"
      )
    }
    guard let algorithm = Algorithm(rawValue: bytes[9]), let keySource = KeySource(rawValue: bytes[10]),
      bytes[11] < 32, Self.chunkSizes.contains(1 << Int(bytes[11])), bytes[15] <= bytes[11]
    else {
      throw ProviderError(
        .corruptInput,
        "the header names an algorithm, key source, chunk size or padding that version 1 of the format does not have")
    }
    self.algorithm = algorithm
    self.keySource = keySource
    chunkSize = 1 << Int(bytes[11])
    padding = bytes[15] == 0 ? nil : 1 << Int(bytes[15])
    switch keySource {
    case .key:
      guard bytes[12..<15].allSatisfy({ $0 == 0 }) else {
        throw ProviderError(.corruptInput, "the header has a cost of scrypt and no passphrase")
      }
      cost = nil
    case .passphrase:
      let cost = ScryptCost(
        memoryCost: Int(bytes[12]), blockSize: Int(bytes[13]), parallelism: Int(bytes[14]))
      try cost.check(.limitExceeded)
      self.cost = cost
    }
    salt = Array(bytes[16..<Self.fixedSize])
    commitment = Array(bytes[Self.fixedSize...])
  }

  /// The same header with the commitment to its key.
  func committing(to commitment: [UInt8]) -> EncryptedFileHeader {
    EncryptedFileHeader(
      algorithm: algorithm, keySource: keySource, chunkSize: chunkSize, padding: padding, cost: cost, salt: salt,
      commitment: commitment)
  }

  /// The bytes before the commitment.
  var fixedBytes: [UInt8] {
    Self.magic + [
      Self.version, algorithm.rawValue, keySource.rawValue, UInt8(chunkSize.trailingZeroBitCount),
      UInt8(cost?.memoryCost ?? 0), UInt8(cost?.blockSize ?? 0), UInt8(cost?.parallelism ?? 0),
      UInt8(padding?.trailingZeroBitCount ?? 0),
    ] + salt
  }

  /// All ``size`` bytes.
  var bytes: [UInt8] { fixedBytes + commitment }
}

/// What it costs to try one passphrase (scrypt, RFC 7914 section 2).
public struct ScryptCost: Sendable, Equatable {
  /// N as a power of two: from 10 to 20.
  public var memoryCost: Int
  /// r, the size of a block in units of 128 bytes: from 1 to 32.
  public var blockSize: Int
  /// p, how often it is done anew: from 1 to 16.
  public var parallelism: Int

  /// Makes a cost; the default one takes 128 MiB and about a third of a second (OWASP's Password Storage Cheat Sheet:
  /// N = 2^17, r = 8, p = 1).
  public init(memoryCost: Int = 17, blockSize: Int = 8, parallelism: Int = 1) {
    self.memoryCost = memoryCost
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// The most memory that a file may ask for, in bytes: 256 MiB, twice the default.
  public static let mostMemory = 1 << 28
  /// The most of N · r · p that a file may ask for: 16 times the default, some seconds.
  public static let mostWork = 1 << 24

  /// Bytes of memory that the derivation takes, of a cost whose parts are in their ranges: 128 · N · r.
  private var memory: Int { 128 * blockSize << memoryCost }

  /// Whether the cost is within the bounds, before anything is done that depends on it.
  ///
  /// - Throws: an error of `code`.
  func check(_ code: ProviderError.Code) throws(ProviderError) {
    guard (10...20).contains(memoryCost), (1...32).contains(blockSize), (1...16).contains(parallelism),
      memory <= Self.mostMemory, blockSize * parallelism << memoryCost <= Self.mostWork
    else {
      throw ProviderError(
        code,
        "a cost of scrypt of N = 2^\(memoryCost), r = \(blockSize), p = \(parallelism) is out of bounds: N is 2^10 to 2^20, "
          + "r 1 to 32, p 1 to 16, and all of it takes at most \(Self.mostMemory >> 20) MiB")
    }
  }
}
