// The cipher kind (the kernel's skcipher): the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A driver of a symmetric cipher without authentication.
public protocol CipherDriver: AlgorithmDriver {
  /// Makes a state without a key.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` where the library is missing.
  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable
}

/// A cipher under one key.
///
/// The IV travels with each request and comes back advanced, as the kernel's does.
public protocol CipherTransform: ~Copyable, Sendable {
  /// Sets the key, whose length the caller has checked.
  mutating func setKey(_ key: RawSpan) throws(ProviderError)
  /// Appends as many bytes as `input` has; `iv` (of the algorithm's size) becomes the one that continues the message.
  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError)
  /// Replaces `bytes` by their transform, in place.
  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError)
}

/// Which way a cipher runs.
public enum CipherDirection: Sendable, Equatable {
  /// Plaintext to ciphertext.
  case encrypt
  /// Ciphertext to plaintext.
  case decrypt
}

/// A cipher in use under one key, on one thread at a time.
///
/// A request is a multiple of ``blockSize`` and not shorter than ``minimumLength``. A message may be cut into requests,
/// each of which leaves in `iv` what the next one needs, where every request but the last is a multiple of
/// ``chunkSize``. Where that is ``CipherProperties/wholeMessage`` a message is one request.
public struct Cipher: ~Copyable, Sendable {
  private var transform: any CipherTransform & ~Copyable
  private var use: AlgorithmUse
  private let key: SecretBytes
  /// Bytes of the IV.
  public let ivSize: Int
  /// Requests are a multiple of this many bytes: 1 for stream ciphers.
  public let blockSize: Int
  /// Requests that others of the same message follow are a multiple of this many bytes.
  public let chunkSize: Int
  /// Bytes of the shortest request.
  public let minimumLength: Int
  private let maximumRequest: Int

  init(_ algorithm: Algorithm, key: RawSpan, requiring length: Int?, in registry: Registry) throws(ProviderError) {
    guard case .cipher(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.cipher) }
    try algorithm.checkKeyLength(key.byteCount, length)
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.cipherDriver().makeKeyed(key)
    } catch {
      transform = try use.fallback(after: error).cipherDriver().makeKeyed(key)
      use.substitute()
    }
    self.use = use
    self.key = SecretBytes(copying: key)
    ivSize = properties.ivSize
    blockSize = algorithm.descriptor.blockSize
    chunkSize = properties.chunkSize
    minimumLength = properties.minimumLength
    maximumRequest = algorithm.descriptor.maximumRequest ?? .max
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { use.lastUsedFallback }

  /// Transforms `input` into `output`, which needs as much room; `iv` becomes the one that continues the message.
  ///
  /// - Throws: ``ProviderError/Code/invalidIVLength``, ``ProviderError/Code/invalidArgument`` for a length that is no
  ///   multiple of ``blockSize`` or below ``minimumLength``, ``ProviderError/Code/outputTooSmall`` with nothing
  ///   written, ``ProviderError/Code/authentication`` where unwrapping a key finds it changed.
  public mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(input.byteCount, iv.byteCount)
    try output.requireCapacity(input.byteCount)
    let start = use.begin(input.byteCount)
    let before = output.byteCount
    let given = IVCopy(of: iv.bytes)
    do throws(ProviderError) {
      try transform.process(direction, input, iv: &iv, into: &output)
      use.end(start, input.byteCount)
    } catch {
      output.removeLast(output.byteCount - before)
      // A driver that fails after its work has moved the IV on.
      given.restore(&iv)
      var other = try use.fallback(after: error).cipherDriver().makeKeyed(key.rawSpan)
      try other.process(direction, input, iv: &iv, into: &output)
      use.endOnFallback(start, input.byteCount, input.byteCount)
    }
  }

  /// Transforms `bytes` in place; `iv` becomes the one that continues the message.
  ///
  /// A failed request leaves `bytes` undefined, so there is no fallback for it.
  ///
  /// - Throws: ``ProviderError/Code/invalidIVLength``, ``ProviderError/Code/invalidArgument``,
  ///   ``ProviderError/Code/authentication``, as for a request into an output.
  public mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    try check(bytes.byteCount, iv.byteCount)
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.process(direction, inPlace: &bytes, iv: &iv)
    } catch {
      throw use.failed(error)
    }
    use.end(start, bytes.byteCount)
  }

  /// Encrypts `plaintext` under `iv`, which becomes the one that continues the message.
  public mutating func encrypt(_ plaintext: [UInt8], iv: inout [UInt8]) throws(ProviderError) -> [UInt8] {
    try process(.encrypt, plaintext, iv: &iv)
  }

  /// Decrypts `ciphertext` under `iv`, which becomes the one that continues the message.
  public mutating func decrypt(_ ciphertext: [UInt8], iv: inout [UInt8]) throws(ProviderError) -> [UInt8] {
    try process(.decrypt, ciphertext, iv: &iv)
  }

  /// Transforms every segment of `list` in place, as one message; each segment but the last is a multiple of ``chunkSize``.
  ///
  /// Segments may have any length where a message is one request: they are gathered for it.
  public mutating func process(
    _ direction: CipherDirection, _ list: inout ScatterList, iv: inout [UInt8]
  ) throws(ProviderError) {
    var span = iv.mutableRawSpan
    guard chunkSize != CipherProperties.wholeMessage else { return try processGathered(direction, &list, iv: &span) }
    for index in 0..<list.segmentCount {
      try check(list.byteCount(at: index), span.byteCount)
      guard index == list.segmentCount - 1 || list.byteCount(at: index).isMultiple(of: chunkSize) else {
        throw ProviderError(
          .invalidArgument,
          "every segment of a \(use.algorithm.name) list but the last is a multiple of \(chunkSize) bytes",
          driver: use.algorithm.driverName)
      }
    }
    for index in 0..<list.segmentCount {
      var segment = list.mutableBytes(at: index)
      try process(direction, inPlace: &segment, iv: &span)
    }
  }

  private mutating func processGathered(
    _ direction: CipherDirection, _ list: inout ScatterList, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    var message: [UInt8] = []
    message.reserveCapacity(list.byteCount)
    for index in 0..<list.segmentCount {
      unsafe list.bytes(at: index).withUnsafeBytes { unsafe message.append(contentsOf: $0) }
    }
    defer { unsafe message.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) } }
    var span = message.mutableRawSpan
    try process(direction, inPlace: &span, iv: &iv)
    var start = 0
    for index in 0..<list.segmentCount {
      let end = start + list.byteCount(at: index)
      var segment = list.mutableBytes(at: index)
      unsafe segment.withUnsafeMutableBytes { target in
        unsafe message.withUnsafeBytes { unsafe target.copyMemory(from: .init(rebasing: $0[start..<end])) }
      }
      start = end
    }
  }

  private mutating func process(
    _ direction: CipherDirection, _ input: [UInt8], iv: inout [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: input.count) { (output) throws(ProviderError) in
      var span = iv.mutableRawSpan
      try process(direction, input.rawSpan, iv: &span, into: &output)
    }
  }

  private func check(_ count: Int, _ ivCount: Int) throws(ProviderError) {
    guard ivCount == ivSize else {
      throw ProviderError(
        .invalidIVLength, "\(use.algorithm.name) takes an IV of \(ivSize) bytes, not \(ivCount)",
        driver: use.algorithm.driverName)
    }
    guard count <= maximumRequest else { throw use.algorithm.tooLong(count, maximumRequest) }
    guard count >= minimumLength else {
      throw ProviderError(
        .invalidArgument,
        "\(use.algorithm.name) takes messages of at least \(minimumLength) bytes; this one has \(count)",
        driver: use.algorithm.driverName)
    }
    // Nearly all block sizes are powers of two, and a division takes as long as the rest of the checks.
    let mask = blockSize - 1
    guard blockSize & mask == 0 ? count & mask == 0 : count.isMultiple(of: blockSize) else {
      throw ProviderError(
        .invalidArgument,
        "\(use.algorithm.name) works in blocks of \(blockSize) bytes; \(count) is no multiple: pad the message first",
        driver: use.algorithm.driverName)
    }
  }
}

extension CipherDriver {
  /// A transform that has its key.
  func makeKeyed(_ key: RawSpan) throws(ProviderError) -> any CipherTransform & ~Copyable {
    var transform = try makeTransform()
    try transform.setKey(key)
    return transform
  }
}

/// The IV that a request came with, for the fallback: on the stack, since every request makes one.
private struct IVCopy {
  /// Four words: the longest IV of the kernel's ciphers, xchacha20's, has 32 bytes.
  private static let capacity = 32
  private var words = InlineArray<4, UInt64>(repeating: 0)
  private let count: Int

  // By words, since a copy by bytes takes a tenth of the time of a short request.
  @inline(__always)
  init(of iv: RawSpan) {
    count = min(iv.byteCount, Self.capacity)
    let whole = count / 8
    for index in 0..<whole { words[index] = unsafe iv.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
    for index in 8 * whole..<count {
      words[whole] |= UInt64(unsafe iv.unsafeLoad(fromByteOffset: index, as: UInt8.self)) << UInt64(8 * (index % 8))
    }
  }

  /// Puts the IV back.
  func restore(_ iv: inout MutableRawSpan) {
    for index in 0..<count {
      iv.storeBytes(
        of: UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(8 * (index % 8))), toByteOffset: index, as: UInt8.self)
    }
  }
}
