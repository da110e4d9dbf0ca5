// The hash kind: the driver protocol, the transform and the handle.
// SPDX-License-Identifier: Apache-2.0

/// A driver of a hash.
public protocol HashDriver: AlgorithmDriver {
  /// Makes the state for one message, ready for its first byte.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` where the library is missing.
  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable
}

/// The state of one message being hashed; at most three words, so that it lies inline in its existential.
public protocol HashTransform: ~Copyable, Sendable {
  /// Takes more of the message.
  mutating func update(_ bytes: RawSpan) throws(ProviderError)
  /// Writes `count` bytes of digest (the caller has checked the room) and is ready for another message.
  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError)
  /// Hashes one whole message: a path of its own, not update and finish.
  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError)
  /// Forgets the message so far.
  mutating func reset() throws(ProviderError)
  /// A second state that goes on from here independently.
  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable
  /// The state as bytes that ``importState(_:)`` of the same driver takes, on any machine.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` unless the descriptor has ``AlgorithmFlags/exportable``.
  mutating func exportState() throws(ProviderError) -> [UInt8]
  /// Goes on from an exported state.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for bytes that are no state; the state is then as before.
  mutating func importState(_ state: RawSpan) throws(ProviderError)
}

extension HashTransform where Self: ~Copyable {
  /// Not exportable.
  public mutating func exportState() throws(ProviderError) -> [UInt8] {
    throw ProviderError(.unsupported, "this hash driver cannot export its state: ask for a driver flagged exportable")
  }
  /// Not importable.
  public mutating func importState(_ state: RawSpan) throws(ProviderError) {
    throw ProviderError(.unsupported, "this hash driver cannot import a state: ask for a driver flagged exportable")
  }
}

/// A hash in use: one message at a time, on one thread at a time; can be moved between threads.
///
/// A handle is looked up once and kept. On it a request takes no lock, allocates nothing and retains nothing.
public struct Hash: ~Copyable, Sendable {
  private var transform: any HashTransform & ~Copyable
  private var use: AlgorithmUse
  /// Bytes of the digest; the default length of an extendable-output function.
  public let digestSize: Int
  private let isExtendable: Bool
  /// Whether part of a message is in the state.
  private var isStarted = false
  /// The whole messages that go to other drivers by their size, where any compete.
  private var routed: RoutedHashes

  init(
    _ algorithm: Algorithm, route: Route? = nil, in registry: Registry
  ) throws(ProviderError) {
    guard case .hash(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.hash)
    }
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.hashDriver().makeTransform()
    } catch {
      transform = try use.fallback(after: error).hashDriver().makeTransform()
      use.substitute()
    }
    self.use = use
    digestSize = properties.digestSize
    isExtendable = properties.isExtendable
    routed = RoutedHashes(route, in: registry)
  }

  private init(transform: consuming any HashTransform & ~Copyable, like other: borrowing Hash) {
    self.transform = transform
    use = AlgorithmUse(other.use.algorithm, in: other.use.registry)
    digestSize = other.digestSize
    isExtendable = other.isExtendable
    isStarted = other.isStarted
    // What goes on from a state stays with its driver.
    routed = RoutedHashes(nil, in: other.use.registry)
  }

  /// The algorithm that serves this handle.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { routed.lastDriverName ?? use.lastDriverName }
  /// Whether the last request was answered by a fallback.
  public var lastUsedFallback: Bool { routed.lastUsedFallback ?? use.lastUsedFallback }

  /// Hashes one whole message into `output`, which needs room for ``digestSize`` bytes; a message in progress is dropped.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written; what the driver reports otherwise.
  public mutating func digest(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try output.requireCapacity(digestSize)
    try run(bytes, digestSize, &output)
  }

  /// Hashes one whole message to `count` bytes; other than ``digestSize`` only for extendable-output functions.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a count that the hash does not have, ``ProviderError/Code/outputTooSmall``.
  public mutating func digest(
    _ bytes: RawSpan, count: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try check(count, output)
    try run(bytes, count, &output)
  }

  @inline(__always)
  private mutating func run(
    _ bytes: RawSpan, _ count: Int, _ output: inout OutputRawSpan
  ) throws(ProviderError) {
    if routed.isActive, try runByPlan(bytes, count, &output) { return }
    let start = use.begin(bytes.byteCount)
    let before = output.byteCount
    isStarted = false
    do throws(ProviderError) {
      try transform.digest(bytes, count, into: &output)
      use.end(start, count)
    } catch {
      output.removeLast(output.byteCount - before)
      var other = try use.fallback(after: error).hashDriver().makeTransform()
      try other.digest(bytes, count, into: &output)
      use.endOnFallback(start, bytes.byteCount, count)
    }
  }

  /// Gives a whole message to the driver that was measured to be the fastest for its size; false where that is this one.
  @inline(never)
  private mutating func runByPlan(
    _ bytes: RawSpan, _ count: Int, _ output: inout OutputRawSpan
  ) throws(ProviderError) -> Bool {
    guard count == digestSize else {
      routed.stepAside()
      return false
    }
    guard try routed.digest(bytes, count, into: &output) else { return false }
    if isStarted { try reset() }
    return true
  }

  /// Hashes one whole message by this handle's own driver.
  @inline(__always)
  mutating func digestByOwn(
    _ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try run(bytes, count, &output)
  }

  /// Hashes one whole message and returns the digest.
  public mutating func digest(_ bytes: [UInt8], count: Int? = nil) throws(ProviderError) -> [UInt8] {
    let count = count ?? digestSize
    return try [UInt8](capacity: max(count, 0)) { (output) throws(ProviderError) in
      try digest(bytes.rawSpan, count: count, into: &output)
    }
  }

  /// Hashes the segments of `list` as one message.
  public mutating func digest(_ list: borrowing ScatterList) throws(ProviderError) -> [UInt8] {
    try reset()
    for index in 0..<list.segmentCount { try update(list.bytes(at: index)) }
    return try finish()
  }

  /// Takes more of the message.
  public mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    routed.stepAside()
    let start = use.begin(bytes.byteCount)
    do throws(ProviderError) {
      try transform.update(bytes)
    } catch {
      // Once bytes are in a state that cannot be replayed, the error is the caller's to see.
      guard !isStarted else { throw use.failed(error) }
      transform = try use.fallback(after: error).hashDriver().makeTransform()
      use.substitute()
      try transform.update(bytes)
    }
    isStarted = true
    use.end(start, 0)
  }

  /// Takes more of the message.
  public mutating func update(_ bytes: [UInt8]) throws(ProviderError) { try update(bytes.rawSpan) }

  /// Ends the message, writes the digest, and is ready for another message.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written and the state kept: call again with more room.
  public mutating func finish(into output: inout OutputRawSpan, count: Int? = nil) throws(ProviderError) {
    routed.stepAside()
    let count = count ?? digestSize
    try check(count, output)
    let before = output.byteCount
    do throws(ProviderError) {
      try transform.finish(count, into: &output)
    } catch {
      output.removeLast(output.byteCount - before)
      throw use.failed(error)
    }
    use.end(0, count)
    isStarted = false
  }

  /// Ends the message and returns the digest.
  public mutating func finish(count: Int? = nil) throws(ProviderError) -> [UInt8] {
    let count = count ?? digestSize
    return try [UInt8](capacity: max(count, 0)) { (output) throws(ProviderError) in
      try finish(into: &output, count: count)
    }
  }

  /// Forgets the message so far; a handle that ran on a stand-in tries its own driver again.
  public mutating func reset() throws(ProviderError) {
    isStarted = false
    do throws(ProviderError) {
      if use.isSubstituted {
        let own = try use.algorithm.hashDriver().makeTransform()
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

  /// A second handle that goes on from this message so far, independently.
  public mutating func clone() throws(ProviderError) -> Hash {
    do throws(ProviderError) {
      let copy = try transform.clone()
      return Hash(transform: copy, like: self)
    } catch {
      throw use.failed(error)
    }
  }

  /// The message so far as bytes that another handle of the same driver can take up.
  ///
  /// - Throws: ``ProviderError/Code/unsupported`` unless the driver is flagged ``AlgorithmFlags/exportable``.
  public mutating func exportState() throws(ProviderError) -> [UInt8] {
    do throws(ProviderError) { return try transform.exportState() } catch { throw use.failed(error) }
  }

  /// Goes on from an exported message.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for bytes that are no state of this driver.
  public mutating func importState(_ state: [UInt8]) throws(ProviderError) {
    do throws(ProviderError) { try transform.importState(state.rawSpan) } catch { throw use.failed(error) }
    isStarted = true
  }

  private func check(_ count: Int, _ output: borrowing OutputRawSpan) throws(ProviderError) {
    guard count == digestSize || (isExtendable && count >= 0) else {
      throw ProviderError(
        .invalidArgument, "\(use.algorithm.name) has a digest of \(digestSize) bytes; \(count) cannot be asked for")
    }
    try output.requireCapacity(count)
  }
}
