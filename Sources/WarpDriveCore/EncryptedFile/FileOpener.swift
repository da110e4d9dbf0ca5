// Decrypts a file piece by piece, and hands out what was verified.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A file that is being decrypted: the bytes behind its header go in, verified plaintext comes out.
public struct FileOpener: ~Copyable, Sendable {
  private var cipher: FileCipher
  private var cutter: ChunkCutter
  /// What the file's header says.
  public let header: EncryptedFileHeader

  /// Begins to open a file.
  ///
  /// - Parameters:
  ///   - registry: has the algorithm that the file names.
  ///   - secret: the key or passphrase of the file.
  ///   - header: what the first bytes of the file are.
  ///   - algorithm: the only one that is taken, or its driver; nil for what the file names.
  /// - Throws: ``ProviderError/Code/authentication`` for the wrong key or passphrase, or a header that was changed;
  ///   ``ProviderError/Code/invalidKey`` for a secret of the other source; ``ProviderError/Code/unsupported`` for a file of
  ///   another algorithm; ``ProviderError/Code/unavailable`` where nothing here does scrypt; what the lookups throw.
  public init(
    _ registry: Registry, _ secret: FileSecret, _ header: EncryptedFileHeader, algorithm: String? = nil
  ) throws(ProviderError) {
    if let algorithm {
      let wanted = try EncryptedFileHeader.Algorithm(asked: algorithm, in: registry)
      guard wanted == header.algorithm else {
        throw ProviderError(
          .unsupported, "the file was encrypted with \(header.algorithm.name), and \(wanted.name) alone is wanted")
      }
    }
    guard secret.source == header.keySource else {
      throw ProviderError(
        .invalidKey,
        header.keySource == .passphrase
          ? "the file was encrypted with a passphrase: a key does not open it"
          : "the file was encrypted with a key: a passphrase does not open it")
    }
    let keys = try FileKeys(registry, secret, header)
    guard SecureMemory.equal(keys.commitment, header.commitment.rawSpan) else {
      throw ProviderError(.authentication, "the \(secret.source.word) is wrong, or the file's header was changed")
    }
    let cipher = try FileCipher(registry, algorithm ?? header.algorithm.name, keys, header)
    let cutter = try ChunkCutter(size: header.chunkSize + FileCipher.tagSize)
    self.header = header
    self.cipher = cipher
    self.cutter = cutter
  }

  /// Room in bytes that is enough for a step to make progress.
  public var outputSize: Int { header.chunkSize }
  /// The driver that opened the last chunk.
  public var lastDriverName: String { cipher.lastDriverName }
  /// Whether the last chunk was opened by a fallback.
  public var lastUsedFallback: Bool { cipher.lastUsedFallback }

  /// Takes bytes of the file that follow its header, and appends the plaintext of the chunks that verify.
  ///
  /// What was appended is genuine and in its place; that nothing is missing behind it is known when the file is finished.
  /// To be called until all is taken and, with `isLast`, the file is finished.
  ///
  /// - Parameters:
  ///   - input: what of the file has not been taken.
  ///   - isLast: whether nothing follows `input`.
  ///   - output: room for ``outputSize`` bytes, or else a step may be in vain.
  /// - Throws: ``ProviderError/Code/authentication`` for a chunk that was changed or is not in its place,
  ///   ``ProviderError/Code/truncatedInput`` or ``ProviderError/Code/corruptInput`` for a file that ends where it cannot;
  ///   ``ProviderError/Code/outputTooSmall`` with nothing taken or written; ``ProviderError/Code/invalidState`` after the
  ///   end or an error. What the step had appended before is genuine.
  public mutating func step(
    _ input: RawSpan, isLast: Bool, into output: inout OutputRawSpan
  ) throws(ProviderError) -> FileProgress {
    try cutter.step(input, isLast: isLast, .open, by: &cipher, into: &output)
  }
}

extension EncryptedFileHeader.KeySource {
  fileprivate var word: String { self == .key ? "key" : "passphrase" }
}
