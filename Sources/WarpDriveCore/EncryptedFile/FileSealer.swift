// Encrypts a file piece by piece.
// SPDX-License-Identifier: Apache-2.0

/// How a file is encrypted.
public struct EncryptedFileOptions: Sendable, Equatable {
  /// The AEAD: `gcm(aes)` or `rfc7539(chacha20,poly1305)`, an alias or a driver of one of them.
  public var algorithm: String
  /// Bytes of plaintext in every chunk but the last: a power of two from ``EncryptedFileHeader/chunkSizes``.
  public var chunkSize: Int
  /// Bytes to a multiple of which the plaintext is padded, so that the file tells its length no nearer: a power of two from 2
  /// to ``chunkSize``; nil for none.
  public var padding: Int?
  /// What scrypt costs, where a passphrase is used.
  public var cost: ScryptCost

  /// Makes options; by default AES-256-GCM in chunks of 64 KiB, without padding.
  public init(
    algorithm: String = "gcm(aes)", chunkSize: Int = 1 << 16, padding: Int? = nil, cost: ScryptCost = .init()
  ) {
    self.algorithm = algorithm
    self.chunkSize = chunkSize
    self.padding = padding
    self.cost = cost
  }
}

/// A file that is being encrypted: ``head`` and then what ``step(_:isLast:into:)`` appends are its bytes.
public struct FileSealer: ~Copyable, Sendable {
  private var cipher: FileCipher
  private var cutter: ChunkCutter
  /// What the file's header says.
  public let header: EncryptedFileHeader
  /// The first bytes of the file.
  public let head: [UInt8]

  /// Begins a file with a salt, and so with keys, of its own.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` for an algorithm that the format does not have,
  ///   ``ProviderError/Code/invalidArgument`` for a chunk size, padding or cost out of its bounds, ``ProviderError/Code/unavailable``
  ///   for a passphrase where nothing here does scrypt, and what the lookups throw.
  public init(
    _ registry: Registry, _ secret: FileSecret, _ options: EncryptedFileOptions = .init()
  ) throws(ProviderError) {
    let algorithm = try EncryptedFileHeader.Algorithm(asked: options.algorithm, in: registry)
    guard EncryptedFileHeader.chunkSizes.contains(options.chunkSize), options.chunkSize.nonzeroBitCount == 1 else {
      throw ProviderError(
        .invalidArgument,
        "a chunk has a power of two from \(EncryptedFileHeader.chunkSizes.lowerBound) to "
          + "\(EncryptedFileHeader.chunkSizes.upperBound) bytes, not \(options.chunkSize)")
    }
    if let padding = options.padding, !(2...options.chunkSize).contains(padding) || padding.nonzeroBitCount != 1 {
      throw ProviderError(
        .invalidArgument,
        "the padding is to a power of two from 2 to the \(options.chunkSize) bytes of a chunk, not \(padding)")
    }
    if secret.source == .passphrase { try options.cost.check(.invalidArgument) }
    var generator = try registry.random()
    let draft = EncryptedFileHeader(
      algorithm: algorithm, keySource: secret.source, chunkSize: options.chunkSize, padding: options.padding,
      cost: secret.source == .passphrase ? options.cost : nil,
      salt: try generator.generate(EncryptedFileHeader.saltSize))
    let keys = try FileKeys(registry, secret, draft)
    let header = draft.committing(to: [UInt8](copying: keys.commitment))
    let cipher = try FileCipher(registry, options.algorithm, keys, header)
    let cutter = try ChunkCutter(size: options.chunkSize)
    self.header = header
    head = header.bytes
    self.cipher = cipher
    self.cutter = cutter
  }

  /// Room in bytes that is enough for a step to make progress.
  public var outputSize: Int { header.chunkSize + FileCipher.tagSize }
  /// The driver that sealed the last chunk.
  public var lastDriverName: String { cipher.lastDriverName }
  /// Whether the last chunk was sealed by a fallback.
  public var lastUsedFallback: Bool { cipher.lastUsedFallback }

  /// Takes plaintext, and appends the chunks that are complete.
  ///
  /// To be called until all of it is taken and, with `isLast`, the file is finished.
  ///
  /// - Parameters:
  ///   - input: what of the plaintext has not been taken.
  ///   - isLast: whether nothing follows `input`.
  ///   - output: room for ``outputSize`` bytes, or else a step may be in vain.
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing taken or written; ``ProviderError/Code/invalidState``
  ///   after the end; ``ProviderError/Code/limitExceeded`` after 2^32 chunks; what the driver reports.
  public mutating func step(
    _ input: RawSpan, isLast: Bool, into output: inout OutputRawSpan
  ) throws(ProviderError) -> FileProgress {
    try cutter.step(input, isLast: isLast, .seal, by: &cipher, into: &output)
  }
}

extension EncryptedFileHeader.Algorithm {
  /// The algorithm that `name`, a name, alias or driver, leads to.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` where that is none of the format's.
  package init(asked name: String, in registry: Registry) throws(ProviderError) {
    let found = try registry.algorithm(name, .aead)
    guard let algorithm = Self.allCases.first(where: { $0.name == found.name }) else {
      let names = Self.allCases.map(\.name).joined(separator: " or ")
      throw ProviderError(.unsupported, "files are encrypted with \(names), not with \(found.name)")
    }
    self = algorithm
  }
}
