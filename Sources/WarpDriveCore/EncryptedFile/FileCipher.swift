// The chunks of an encrypted file: one AEAD handle, and the nonces by which each chunk has its place.
// SPDX-License-Identifier: Apache-2.0

/// The AEAD under a file's key, with the number of the next chunk.
///
/// STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
/// Misuse-Resistance" (CRYPTO 2015): the nonce is the file's prefix, the chunk's number and whether it is the last, so that
/// no chunk verifies in any other place, and no other than the last at the end.
struct FileCipher: ~Copyable, Sendable {
  private var aead: AEAD
  /// The whole header, which each chunk authenticates.
  private let head: [UInt8]
  private let noncePrefix: [UInt8]
  /// What the file's plaintext is padded by; nil for nothing.
  let padding: FilePadding?
  /// The number of the next chunk.
  private(set) var number: UInt64 = 0

  /// Bytes of tag behind each chunk.
  static let tagSize = 16
  /// Chunks that a file may have: their number has 32 bits.
  private static let mostChunks: UInt64 = 1 << 32

  /// Takes the keys of a file whose header is complete.
  ///
  /// - Parameter name: the name by which the AEAD is asked for.
  init(
    _ registry: Registry, _ name: String, _ keys: borrowing FileKeys, _ header: EncryptedFileHeader
  ) throws(ProviderError) {
    aead = try registry.aead(name, key: keys.key, tagLength: Self.tagSize)
    head = header.bytes
    noncePrefix = [UInt8](copying: keys.noncePrefix)
    padding = header.padding.map { FilePadding(unit: $0) }
  }

  /// The driver that answered last.
  var lastDriverName: String { aead.lastDriverName }
  /// Whether the last chunk was answered by a fallback.
  var lastUsedFallback: Bool { aead.lastUsedFallback }

  /// Appends a chunk's ciphertext and tag.
  mutating func seal(_ plaintext: RawSpan, isLast: Bool, into output: inout OutputRawSpan) throws(ProviderError) {
    let (nonce, head) = (try nonce(isLast: isLast), head)
    try aead.seal(plaintext, nonce: nonce.rawSpan, aad: head.rawSpan, into: &output)
    number += 1
  }

  /// Appends the plaintext of `chunk`, ciphertext and tag, if it is the one that belongs here; of the last one without its
  /// padding.
  ///
  /// - Throws: ``ProviderError/Code/authentication``, ``ProviderError/Code/truncatedInput``,
  ///   ``ProviderError/Code/corruptInput``; nothing is left in the output then.
  mutating func open(_ chunk: RawSpan, isLast: Bool, into output: inout OutputRawSpan) throws(ProviderError) {
    let count = chunk.byteCount - Self.tagSize
    guard count >= 0 else {
      throw ProviderError(.truncatedInput, "the file ends within chunk \(number), or before its last one")
    }
    // Else one file could be written in two ways.
    guard count > 0 || number == 0 else {
      throw ProviderError(.corruptInput, "the file ends with an empty chunk, which only an empty file has")
    }
    let (nonce, head) = (try nonce(isLast: isLast), head)
    do throws(ProviderError) {
      try aead.open(
        chunk.extracting(first: count), tag: chunk.extracting(last: Self.tagSize), nonce: nonce.rawSpan,
        aad: head.rawSpan, into: &output)
    } catch {
      guard error.code == .authentication else { throw error }
      throw ProviderError(
        .authentication,
        "chunk \(number) does not verify: the file was changed or damaged there, or it was cut or continued",
        driver: error.driver)
    }
    if isLast, let padding { try padding.remove(from: &output, last: count) }
    number += 1
  }

  private func nonce(isLast: Bool) throws(ProviderError) -> [UInt8] {
    guard number < Self.mostChunks else {
      throw ProviderError(.limitExceeded, "a file has at most \(Self.mostChunks) chunks: take larger ones")
    }
    let place = (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt64(24 - 8 * $0)) }
    return noncePrefix + place + [isLast ? 1 : 0]
  }
}

extension FileCipher {
  /// Which way chunks go.
  enum Direction {
    case seal, open
  }

  /// Appends what `chunk` becomes.
  mutating func process(
    _ direction: Direction, _ chunk: RawSpan, isLast: Bool, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    switch direction {
    case .seal: try seal(chunk, isLast: isLast, into: &output)
    case .open: try open(chunk, isLast: isLast, into: &output)
    }
  }
}

/// How far a step of a file came.
public struct FileProgress: Sendable, Equatable {
  /// Bytes of the input that were taken and must not be given again.
  public var consumed = 0
  /// Bytes that were appended to the output.
  public var produced = 0
  /// Whether the file is complete.
  public var finished = false

  /// No progress.
  public init() {}
}

/// Cuts what comes in pieces of any size into chunks, the last of which is known only at the end.
struct ChunkCutter: ~Copyable, Sendable {
  private var pending: SecretBuffer
  private var isOver = false

  /// - Parameter size: bytes of each chunk but the last.
  init(size: Int) throws(ProviderError) { pending = try SecretBuffer(capacity: size) }

  /// Gives `cipher` each chunk that is complete, as long as the output has room for what it makes of it.
  mutating func step(
    _ input: RawSpan, isLast: Bool, _ direction: FileCipher.Direction, by cipher: inout FileCipher,
    into output: inout OutputRawSpan
  ) throws(ProviderError) -> FileProgress {
    guard !isOver else {
      throw ProviderError(.invalidState, "the file is complete, or failed: begin another")
    }
    var progress = FileProgress()
    let before = output.byteCount
    let padding = direction == .seal ? cipher.padding : nil
    while true {
      let count = min(pending.capacity - pending.count, input.byteCount - progress.consumed)
      pending.append(copying: input.extracting(progress.consumed..<progress.consumed + count))
      progress.consumed += count
      let isEnd = isLast && progress.consumed == input.byteCount
      // A full chunk waits until it is known whether another follows.
      guard isEnd || progress.consumed < input.byteCount else { break }
      // The padding is never empty: a chunk without room for any is not the last.
      let added = isEnd && pending.count < pending.capacity ? padding?.count(behind: pending.count) : nil
      let isFinal = isEnd && (padding == nil || added != nil)
      let whole = pending.count + (added ?? 0)
      let needed = max(0, whole + (direction == .seal ? FileCipher.tagSize : -FileCipher.tagSize))
      guard output.freeCapacity >= needed else {
        if progress.consumed > 0 || output.byteCount > before { break }
        try output.requireCapacity(needed)
        break
      }
      if let added {
        let bytes = FilePadding.bytes(added)
        pending.append(copying: bytes.rawSpan)
      }
      do throws(ProviderError) {
        try cipher.process(direction, pending.rawSpan, isLast: isFinal, into: &output)
      } catch {
        isOver = true
        throw error
      }
      pending.clear()
      if isFinal {
        isOver = true
        progress.finished = true
        break
      }
    }
    progress.produced = output.byteCount - before
    return progress
  }
}
