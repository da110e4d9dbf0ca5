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
}

/// A MAC in use under one key: one message at a time, on one thread at a time.
public struct MAC: ~Copyable, Sendable {
  private var transform: any MACTransform & ~Copyable
  private var use: AlgorithmUse
  private let key: SecretBytes
  /// Bytes of the tag.
  public let tagSize: Int
  private var isStarted = false

  init(_ algorithm: Algorithm, key: RawSpan, in registry: Registry) throws(ProviderError) {
    guard case .mac(let properties) = algorithm.descriptor.properties else { throw algorithm.mismatch(.mac) }
    try algorithm.checkKeyLength(key.byteCount, nil)
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.macDriver().makeKeyed(key)
    } catch {
      transform = try use.fallback(after: error).macDriver().makeKeyed(key)
      use.substitute()
    }
    self.use = use
    self.key = SecretBytes(copying: key)
    tagSize = properties.tagSize
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
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written; what the driver reports otherwise.
  public mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try output.requireCapacity(tagSize)
    let start = use.begin(bytes.byteCount)
    let before = output.byteCount
    isStarted = false
    do throws(ProviderError) {
      try transform.authenticate(bytes, into: &output)
      use.end(start, tagSize)
    } catch {
      output.removeLast(output.byteCount - before)
      var other = try use.fallback(after: error).macDriver().makeKeyed(key.rawSpan)
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
    let right = try authenticate(bytes)
    guard SecureMemory.equal(right.rawSpan.extracting(first: tag.count), tag.rawSpan) else {
      throw use.failed(ProviderError(.authentication, "the tag does not belong to this message and key"))
    }
  }

  /// Takes more of the message.
  public mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.update(bytes)
    } catch {
      guard !isStarted else { throw use.failed(error) }
      transform = try use.fallback(after: error).macDriver().makeKeyed(key.rawSpan)
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
    let before = output.byteCount
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
        let own = try use.algorithm.macDriver().makeKeyed(key.rawSpan)
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
}

extension MACDriver {
  /// A transform that has its key.
  func makeKeyed(_ key: RawSpan) throws(ProviderError) -> any MACTransform & ~Copyable {
    var transform = try makeTransform()
    try transform.setKey(key)
    return transform
  }
}
