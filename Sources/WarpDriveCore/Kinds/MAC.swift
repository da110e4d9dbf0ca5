// The MAC kind: the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A driver of a message authentication code.
public protocol MACDriver: AlgorithmDriver {
  /// Makes a state without a key.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` where the library is missing.
  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable
}

/// The state of one message being authenticated under one key.
public protocol MACTransform: ~Copyable, Sendable {
  /// Sets the key, whose length the caller has checked, and begins a message.
  mutating func setKey(_ key: RawSpan) throws(ProviderError)
  /// Takes more of the message.
  mutating func update(_ bytes: RawSpan) throws(ProviderError)
  /// Writes the whole tag (the caller has checked the room) and begins another message under the same key.
  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError)
  /// Authenticates one whole message: a path of its own, not update and finish.
  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError)
  /// Forgets the message so far; the key stays.
  mutating func reset() throws(ProviderError)
  /// Takes what is not the key; called before the key is set, where there is anything to take.
  ///
  /// A driver without options need not have it.
  mutating func configure(_ options: MACOptions) throws(ProviderError)
  /// Sets the nonce of the messages that follow, whose length the caller has checked; no message is in progress.
  ///
  /// A driver whose messages have no nonce need not have it.
  mutating func setIV(_ iv: RawSpan) throws(ProviderError)
}

extension MACTransform where Self: ~Copyable {
  /// Refuses.
  public mutating func configure(_ options: MACOptions) throws(ProviderError) {
    throw ProviderError(.unsupported, "this driver takes a key alone: leave tag size, customization and salt out")
  }

  /// Refuses.
  public mutating func setIV(_ iv: RawSpan) throws(ProviderError) {
    throw ProviderError(.unsupported, "this driver has no nonces: leave the IV out")
  }
}

/// A MAC in use under one key: one message at a time, on one thread at a time.
///
/// Where each message needs a nonce, or a key of its own (``MACProperties/ivSize``, ``MACProperties/isOneTime``), the
/// handle makes no second tag until it gets another by ``setIV(_:)-(RawSpan)`` or ``setKey(_:)``.
public struct MAC: ~Copyable, Sendable {
  private var transform: any MACTransform & ~Copyable
  private var use: AlgorithmUse
  private var key: SecretBytes
  private var options: MACOptions
  /// Bytes of the tag.
  public let tagSize: Int
  private var isStarted = false
  /// Whether a nonce or one-time key is watched.
  private let isGuarded: Bool
  /// Whether that is a key.
  private let isOneTime: Bool
  /// Whether a tag was made with the present one.
  private var isSpent = false

  init(
    _ algorithm: Algorithm, key: RawSpan, _ options: MACOptions = .init(), in registry: Registry
  ) throws(ProviderError) {
    guard case .mac(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.mac) }
    try algorithm.checkKeyLength(key.byteCount, nil)
    try options.check(algorithm, properties)
    var options = options
    // What is so anyway need not be told, which spares drivers of one tag size from hearing of it.
    if options.tagSize == properties.tagSize { options.tagSize = nil }
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.macDriver().makeKeyed(key, options)
    } catch {
      transform = try use.fallback(after: error).macDriver().makeKeyed(key, options)
      use.substitute()
    }
    self.use = use
    self.key = SecretBytes(copying: key)
    self.options = options
    tagSize = options.tagSize ?? properties.tagSize
    isOneTime = properties.isOneTime
    isGuarded = properties.ivSize > 0 || isOneTime
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { use.lastUsedFallback }

  /// Authenticates one whole message; `output` needs room for ``tagSize`` bytes.
  ///
  /// A message in progress is dropped.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written; ``ProviderError/Code/invalidState`` for a
  ///   second message under a nonce or one-time key; what the driver reports otherwise.
  public mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try output.requireCapacity(tagSize)
    if isGuarded { try requireFresh() }
    let start = use.begin(bytes.byteCount)
    let before = output.byteCount
    isStarted = false
    isSpent = true
    do throws(ProviderError) {
      try transform.authenticate(bytes, into: &output)
      use.end(start, tagSize)
    } catch {
      output.removeLast(output.byteCount - before)
      var other = try use.fallback(after: error).macDriver().makeKeyed(key.rawSpan, options)
      try other.authenticate(bytes, into: &output)
      use.endOnFallback(start, bytes.byteCount, tagSize)
    }
  }

  /// Authenticates one whole message and returns the tag.
  public mutating func authenticate(_ bytes: [UInt8]) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: tagSize) { (output) throws(ProviderError) in
      try authenticate(bytes.rawSpan, into: &output)
    }
  }

  /// Authenticates the segments of `list` as one message.
  public mutating func authenticate(_ list: borrowing ScatterList) throws(ProviderError) -> [UInt8] {
    try reset()
    for index in 0..<list.segmentCount { try update(list.bytes(at: index)) }
    return try finish()
  }

  /// Checks `tag` against one whole message, in time that does not depend on where they differ.
  ///
  /// - Parameters:
  ///   - tag: the whole tag, or its first bytes, at least half of it and at least 4 (RFC 2104 section 5).
  ///   - bytes: the whole message.
  /// - Throws: ``ProviderError/Code/authentication`` where it differs, ``ProviderError/Code/invalidTagLength``.
  public mutating func verify(_ tag: [UInt8], of bytes: [UInt8]) throws(ProviderError) {
    guard tag.count <= tagSize, tag.count * 2 >= tagSize, tag.count >= 4 else {
      throw ProviderError(
        .invalidTagLength,
        "a tag of \(use.algorithm.name) has \(tagSize) bytes, or at least half of them when cut; this one has \(tag.count)",
        driver: use.algorithm.driverName)
    }
    // A nonce may verify any number of messages, since no tag is shown for them.
    let wasSpent = isSpent
    defer { if !isOneTime { isSpent = wasSpent } }
    if !isOneTime { isSpent = false }
    let right = try authenticate(bytes)
    guard SecureMemory.equal(right.rawSpan.extracting(first: tag.count), tag.rawSpan) else {
      throw use.failed(ProviderError(.authentication, "the tag does not belong to this message and key"))
    }
  }

  /// Takes more of the message.
  public mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    if isGuarded { try requireFresh() }
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.update(bytes)
    } catch {
      guard !isStarted else { throw use.failed(error) }
      transform = try use.fallback(after: error).macDriver().makeKeyed(key.rawSpan, options)
      use.substitute()
      try transform.update(bytes)
    }
    isStarted = true
    use.end(start, 0)
  }

  /// Takes more of the message.
  public mutating func update(_ bytes: [UInt8]) throws(ProviderError) { try update(bytes.rawSpan) }

  /// Ends the message, writes the tag, and is ready for another message under the same key.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written and the state kept: call again with more room.
  public mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    try output.requireCapacity(tagSize)
    if isGuarded { try requireFresh() }
    let before = output.byteCount
    isSpent = true
    do throws(ProviderError) {
      try transform.finish(into: &output)
    } catch {
      output.removeLast(output.byteCount - before)
      throw use.failed(error)
    }
    use.end(0, tagSize)
    isStarted = false
  }

  /// Ends the message and returns the tag.
  public mutating func finish() throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: tagSize) { (output) throws(ProviderError) in try finish(into: &output) }
  }

  /// Forgets the message so far; the key stays.
  ///
  /// A handle that ran on a stand-in tries its own driver again.
  public mutating func reset() throws(ProviderError) {
    isStarted = false
    do throws(ProviderError) {
      if use.isSubstituted {
        let own = try use.algorithm.macDriver().makeKeyed(key.rawSpan, options)
        transform = own
        use.restore()
      } else {
        try transform.reset()
      }
    } catch {
      guard use.isSubstituted else { throw use.failed(error) }
      try transform.reset()
    }
  }

  /// Takes another key and drops the message in progress; the nonce is as fresh as it was never used.
  ///
  /// - Throws: ``ProviderError/Code/invalidKeyLength`` and ``ProviderError/Code/denied``, for a length that the policy
  ///   does not allow, with the old key kept; ``ProviderError/Code/invalidKey`` and
  ///   what else the driver reports, after which the handle has no key.
  public mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try use.algorithm.checkKeyLength(key.byteCount, nil)
    try use.registry.policy.checkKeySize(key.byteCount, of: use.algorithm)
    isStarted = false
    do throws(ProviderError) {
      try transform.setKey(key)
      let iv = options.iv
      if !iv.isEmpty { try transform.setIV(iv.rawSpan) }
    } catch {
      throw use.failed(error)
    }
    self.key = SecretBytes(copying: key)
    isSpent = false
  }

  /// Sets the nonce of the next message.
  ///
  /// - Throws: ``ProviderError/Code/invalidIVLength``; ``ProviderError/Code/invalidState`` in the middle of a message,
  ///   and for the nonce that the last tag was made with.
  public mutating func setIV(_ iv: RawSpan) throws(ProviderError) {
    guard case .mac(let properties) = use.algorithm.descriptor.properties else { return }
    try MACOptions.checkIV(iv.byteCount, use.algorithm, properties)
    guard !isStarted else {
      throw ProviderError(
        .invalidState, "a message is in progress: finish or reset it before the next nonce",
        driver: use.algorithm.driverName)
    }
    if isSpent, !options.allowsReuse, SecureMemory.equal(iv, options.iv.rawSpan) {
      throw ProviderError(
        .invalidState, "the last tag was made with this nonce: take another for each message",
        driver: use.algorithm.driverName)
    }
    do throws(ProviderError) { try transform.setIV(iv) } catch { throw use.failed(error) }
    options.iv = unsafe iv.withUnsafeBytes { unsafe [UInt8]($0) }
    isSpent = false
  }

  /// Sets the nonce of the next message; throws as for a span.
  public mutating func setIV(_ iv: [UInt8]) throws(ProviderError) { try setIV(iv.rawSpan) }

  /// Refuses a message for which there is no nonce, or no key, that made no tag yet.
  private func requireFresh() throws(ProviderError) {
    guard case .mac(let properties) = use.algorithm.descriptor.properties else { return }
    if properties.ivSize > 0, options.iv.isEmpty {
      throw ProviderError(
        .invalidIVLength,
        "\(use.algorithm.name) needs a nonce for each message, of \(properties.ivSize) bytes: set one first",
        driver: use.algorithm.driverName)
    }
    guard isSpent, !options.allowsReuse else { return }
    let what = properties.isOneTime ? "key" : "nonce"
    throw ProviderError(
      .invalidState, "\(use.algorithm.name) takes a \(what) for each message, and this one has made a tag: set another",
      driver: use.algorithm.driverName)
  }
}

extension MACDriver {
  /// A transform that has its options, its key and its nonce.
  func makeKeyed(_ key: RawSpan, _ options: MACOptions) throws(ProviderError) -> any MACTransform & ~Copyable {
    var transform = try makeTransform()
    if options.tagSize != nil || !options.customization.isEmpty || !options.salt.isEmpty {
      try transform.configure(options)
    }
    try transform.setKey(key)
    if !options.iv.isEmpty { try transform.setIV(options.iv.rawSpan) }
    return transform
  }
}
