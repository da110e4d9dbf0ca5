// The AEAD kind: the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A driver of authenticated encryption with associated data.
public protocol AEADDriver: AlgorithmDriver {
  /// Makes a state without a key.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` where the library is missing.
  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable
}

/// An AEAD under one key.
///
/// Lengths have been checked by the caller; the tag's length is that of `tag`'s room or bytes.
public protocol AEADTransform: ~Copyable, Sendable {
  /// Sets the key.
  mutating func setKey(_ key: RawSpan) throws(ProviderError)
  /// Appends the ciphertext, as long as `plaintext`, and then `tagLength` bytes of tag.
  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError)
  /// Appends the plaintext, as long as `ciphertext`, if `tag` is right.
  ///
  /// - Throws: ``ProviderError/Code/authentication``; what was written is then wiped.
  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError)
  /// Replaces `bytes` by its ciphertext and appends `tagLength` bytes of tag to `tag`.
  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError)
  /// Replaces `bytes` by its plaintext if `tag` is right.
  ///
  /// - Throws: ``ProviderError/Code/authentication``; `bytes` is then wiped.
  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError)
}

/// An AEAD in use under one key and tag length, on one thread at a time.
///
/// A sealed message is the ciphertext followed by the tag, as in the kernel and in RFC 5116, also where the standard has
/// them the other way round (SIV, RFC 5297).
///
/// Sealing under the nonce of the message that this handle sealed last is refused: a counter that does not count is how
/// nonces come to be used twice, which under most AEADs gives the text and the key of the tags away. It counts as used
/// once a message has come out, and where sealing in place failed, which may have written some of it. Handles that are
/// made with `allowingNonceReuse`, and algorithms that withstand it (``AEADProperties/isMisuseResistant``), take any.
///
/// Keys and associated data have the kernel's forms:
/// - `rfc4106(…)`, `rfc4309(…)`, `rfc4543(…)`: the key, then 4, 3 or 4 bytes of salt; a nonce of 8 bytes; associated data
///   of 8 or 12 bytes, the RFC's, without the nonce that the kernel has behind it. `rfc4543` authenticates associated
///   data, nonce and text and leaves the text as it is.
/// - `authenc(…)`: both keys in one, as ``AEADKeyForm/authencKey(authentication:encryption:)`` joins them; a text that is a
///   multiple of the block; the IV is authenticated only where it is in the associated data too.
/// - `siv(aes)`: the RFC's vector of strings is the associated data, also where that is empty, and then the nonce, unless
///   that is empty.
public struct AEAD: ~Copyable, Sendable {
  private var transform: any AEADTransform & ~Copyable
  private var use: AlgorithmUse
  private let key: SecretBytes
  /// The nonce lengths that are taken, in bytes.
  public let nonceLengths: ClosedRange<Int>
  /// Bytes of the tag of what this handle seals and opens.
  public let tagLength: Int
  private let maximumRequest: Int
  private let limits: Limits
  private var lastNonce: LastNonce

  /// Limits that few algorithms have, looked at only where there are any.
  private struct Limits: Sendable {
    let blockSize: Int
    let properties: AEADProperties
    let isAny: Bool

    init(_ descriptor: AlgorithmDescriptor, _ properties: AEADProperties) {
      blockSize = descriptor.blockSize
      self.properties = properties
      isAny = blockSize > 1 || properties.aadLengths != nil || properties.nonceAndLengthBytes != nil
    }
  }

  init(
    _ algorithm: Algorithm, key: RawSpan, tagLength: Int?, allowingNonceReuse: Bool = false, requiring length: Int?,
    in registry: Registry
  ) throws(ProviderError) {
    guard case .aead(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.aead) }
    try algorithm.checkKeyLength(key.byteCount, length)
    let wanted = tagLength ?? properties.tagLengths.first ?? 16
    guard properties.tagLengths.contains(wanted) else {
      let allowed = properties.tagLengths.map(String.init).joined(separator: ", ")
      throw ProviderError(
        .invalidTagLength, "\(algorithm.name) has tags of \(allowed) bytes, not \(wanted)", driver: algorithm.driverName
      )
    }
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.aeadDriver().makeKeyed(key)
    } catch {
      transform = try use.fallback(after: error).aeadDriver().makeKeyed(key)
      use.substitute()
    }
    self.use = use
    self.key = SecretBytes(copying: key)
    nonceLengths = properties.nonceLengths
    self.tagLength = wanted
    maximumRequest = algorithm.descriptor.maximumRequest ?? .max
    limits = Limits(algorithm.descriptor, properties)
    lastNonce = LastNonce(
      longest: properties.nonceLengths.upperBound, isWatching: !allowingNonceReuse && !properties.isMisuseResistant)
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { use.lastUsedFallback }

  /// Appends the ciphertext of `plaintext` and the tag: ``tagLength`` bytes more than the plaintext.
  ///
  /// A nonce must never be used twice with one key.
  ///
  /// - Throws: ``ProviderError/Code/invalidIVLength``, ``ProviderError/Code/invalidArgument`` for the nonce of the last
  ///   message, a text that is too long or no multiple of the block, or associated data of a length that the algorithm
  ///   does not have, ``ProviderError/Code/outputTooSmall``; with nothing written.
  public mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(nonce.byteCount, plaintext.byteCount)
    if limits.isAny { try checkLimits(nonce.byteCount, plaintext.byteCount, aad.byteCount) }
    if lastNonce.isLast(nonce) { throw reuse }
    let count = plaintext.byteCount + tagLength
    try output.requireCapacity(count)
    let start = use.begin(plaintext.byteCount)
    let before = output.byteCount
    do throws(ProviderError) {
      try transform.seal(plaintext, nonce: nonce, aad: aad, tagLength: tagLength, into: &output)
      use.end(start, count)
    } catch {
      output.wipeLast(output.byteCount - before)
      var other = try use.fallback(after: error).aeadDriver().makeKeyed(key.rawSpan)
      do throws(ProviderError) {
        try other.seal(plaintext, nonce: nonce, aad: aad, tagLength: tagLength, into: &output)
      } catch {
        output.wipeLast(output.byteCount - before)
        throw error
      }
      use.endOnFallback(start, plaintext.byteCount, count)
    }
    lastNonce.remember(nonce)
  }

  /// Appends the plaintext of `ciphertext` if `tag` is right for it, the nonce and the associated data.
  ///
  /// - Throws: ``ProviderError/Code/authentication`` with no plaintext left anywhere, ``ProviderError/Code/invalidTagLength``,
  ///   ``ProviderError/Code/invalidIVLength``, ``ProviderError/Code/outputTooSmall``.
  public mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(nonce.byteCount, ciphertext.byteCount)
    try checkTag(tag.byteCount)
    if limits.isAny { try checkLimits(nonce.byteCount, ciphertext.byteCount, aad.byteCount, isSealed: true) }
    try output.requireCapacity(ciphertext.byteCount)
    let start = use.begin(ciphertext.byteCount)
    let before = output.byteCount
    do throws(ProviderError) {
      try transform.open(ciphertext, tag: tag, nonce: nonce, aad: aad, into: &output)
      use.end(start, ciphertext.byteCount)
    } catch {
      output.wipeLast(output.byteCount - before)
      var other = try use.fallback(after: error).aeadDriver().makeKeyed(key.rawSpan)
      do throws(ProviderError) {
        try other.open(ciphertext, tag: tag, nonce: nonce, aad: aad, into: &output)
      } catch {
        output.wipeLast(output.byteCount - before)
        throw error
      }
      use.endOnFallback(start, ciphertext.byteCount, ciphertext.byteCount)
    }
  }

  /// Replaces `bytes` by its ciphertext and appends the tag to `tag`.
  ///
  /// A failed request leaves `bytes` undefined, so there is no fallback for it.
  ///
  /// - Throws: as ``seal(_:nonce:aad:into:)``, with nothing changed.
  public mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(nonce.byteCount, bytes.byteCount)
    if limits.isAny { try checkLimits(nonce.byteCount, bytes.byteCount, aad.byteCount) }
    if lastNonce.isLast(nonce) { throw reuse }
    try tag.requireCapacity(tagLength)
    // Before it is known to succeed: a failure may have encrypted some of it.
    lastNonce.remember(nonce)
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.seal(inPlace: &bytes, nonce: nonce, aad: aad, tagLength: tagLength, tag: &tag)
    } catch {
      throw use.failed(error)
    }
    use.end(start, bytes.byteCount + tagLength)
  }

  /// Replaces `bytes` by its plaintext if `tag` is right; otherwise wipes it.
  ///
  /// - Throws: ``ProviderError/Code/authentication``, ``ProviderError/Code/invalidTagLength``, ``ProviderError/Code/invalidIVLength``.
  public mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try check(nonce.byteCount, bytes.byteCount)
    try checkTag(tag.byteCount)
    if limits.isAny {
      do throws(ProviderError) {
        try checkLimits(nonce.byteCount, bytes.byteCount, aad.byteCount, isSealed: true)
      } catch {
        if error.code == .authentication { unsafe bytes.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) } }
        throw error
      }
    }
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.open(inPlace: &bytes, tag: tag, nonce: nonce, aad: aad)
    } catch {
      // Nothing that was not authenticated may stay behind, whatever the driver did.
      unsafe bytes.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
      throw use.failed(error)
    }
    use.end(start, bytes.byteCount)
  }

  /// Seals `plaintext`; returns ciphertext and tag.
  public mutating func seal(
    _ plaintext: [UInt8], nonce: [UInt8], aad: [UInt8] = []
  ) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: plaintext.count + tagLength) { (output) throws(ProviderError) in
      try seal(plaintext.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
  }

  /// Opens ciphertext followed by tag.
  ///
  /// - Throws: ``ProviderError/Code/authentication``, also for a message shorter than its tag.
  public mutating func open(
    _ sealed: [UInt8], nonce: [UInt8], aad: [UInt8] = []
  ) throws(ProviderError) -> [UInt8] {
    guard sealed.count >= tagLength else {
      throw use.failed(
        ProviderError(
          .authentication, "a sealed message has at least \(tagLength) bytes of tag, this has \(sealed.count)"))
    }
    let count = sealed.count - tagLength
    return try [UInt8](capacity: count) { (output) throws(ProviderError) in
      try open(
        sealed.rawSpan.extracting(first: count), tag: sealed.rawSpan.extracting(last: tagLength),
        nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
  }

  /// Opens `ciphertext` whose tag came apart from it.
  public mutating func open(
    _ ciphertext: [UInt8], tag: [UInt8], nonce: [UInt8], aad: [UInt8] = []
  ) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: ciphertext.count) { (output) throws(ProviderError) in
      try open(ciphertext.rawSpan, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
  }

  /// Seals the segments of `list` as one message; the segments of the result have the same lengths, and the tag follows.
  ///
  /// The list is gathered into one buffer first: no software driver here takes segments, and a message is sealed once.
  public mutating func seal(
    _ list: borrowing ScatterList, nonce: [UInt8], aad: [UInt8] = []
  ) throws(ProviderError) -> [UInt8] {
    try seal(list.joined(), nonce: nonce, aad: aad)
  }

  /// Opens the segments of `list`, ciphertext and then tag, as one message.
  public mutating func open(
    _ list: borrowing ScatterList, nonce: [UInt8], aad: [UInt8] = []
  ) throws(ProviderError) -> [UInt8] {
    try open(list.joined(), nonce: nonce, aad: aad)
  }

  private func check(_ nonceCount: Int, _ count: Int) throws(ProviderError) {
    guard nonceLengths.contains(nonceCount) else {
      let allowed =
        nonceLengths.count == 1
        ? "\(nonceLengths.lowerBound)" : "\(nonceLengths.lowerBound) to \(nonceLengths.upperBound)"
      throw ProviderError(
        .invalidIVLength, "\(use.algorithm.name) takes a nonce of \(allowed) bytes, not \(nonceCount)",
        driver: use.algorithm.driverName)
    }
    guard count <= maximumRequest else { throw use.algorithm.tooLong(count, maximumRequest) }
  }

  /// Checks what only few algorithms bound.
  @inline(never)
  private func checkLimits(
    _ nonceCount: Int, _ count: Int, _ aadCount: Int, isSealed: Bool = false
  ) throws(ProviderError) {
    let name = use.algorithm.name
    let driver = use.algorithm.driverName
    if let lengths = limits.properties.aadLengths, !lengths.contains(aadCount) {
      let allowed = lengths.map(String.init).joined(separator: " or ")
      throw ProviderError(
        .invalidArgument, "\(name) takes associated data of \(allowed) bytes, not \(aadCount)", driver: driver)
    }
    if let longest = limits.properties.longestText(underNonceOf: nonceCount), count > longest {
      throw ProviderError(
        .invalidArgument,
        "under a nonce of \(nonceCount) bytes a text of \(name) has at most \(longest) bytes; this one has \(count): "
          + "take a shorter nonce or cut the text", driver: driver)
    }
    guard limits.blockSize == 1 || count.isMultiple(of: limits.blockSize) else {
      if isSealed {
        // No text of that length can have been sealed.
        throw use.failed(
          ProviderError(
            .authentication, "a message of \(name) is a multiple of \(limits.blockSize) bytes, this has \(count)"))
      }
      throw ProviderError(
        .invalidArgument, "\(name) takes a multiple of \(limits.blockSize) bytes, not \(count): pad the text",
        driver: driver)
    }
  }

  /// The error for the nonce of the last message.
  private var reuse: ProviderError {
    ProviderError(
      .invalidArgument,
      "this handle sealed its last message under this nonce, and a second message would give both away: take another "
        + "nonce, as from a counter, or make the handle with allowingNonceReuse", driver: use.algorithm.driverName)
  }

  private func checkTag(_ count: Int) throws(ProviderError) {
    guard count == tagLength else {
      throw ProviderError(
        .invalidTagLength, "this handle opens tags of \(tagLength) bytes, not \(count)",
        driver: use.algorithm.driverName)
    }
  }
}

extension AEADDriver {
  /// A transform that has its key.
  func makeKeyed(_ key: RawSpan) throws(ProviderError) -> any AEADTransform & ~Copyable {
    var transform = try makeTransform()
    try transform.setKey(key)
    return transform
  }
}

extension OutputRawSpan {
  /// Takes the last `count` bytes back and wipes them.
  @_lifetime(self: copy self)
  mutating func wipeLast(_ count: Int) {
    guard count > 0 else { return }
    let keep = byteCount - count
    unsafe withUnsafeMutableBytes { (buffer, initialized) in
      unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(rebasing: buffer[keep..<initialized]))
    }
    removeLast(count)
  }
}
