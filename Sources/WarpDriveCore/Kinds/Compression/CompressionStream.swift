// A stream through a compression driver: members, trailing data and limits are dealt with here, once for all drivers.
// SPDX-License-Identifier: Apache-2.0

/// One stream being compressed or decompressed piece by piece, on one thread at a time.
public struct CompressionStream: ~Copyable, Sendable {
  /// Where a stream stands.
  enum Position: Equatable {
    /// Nothing has been given yet.
    case fresh
    /// Within a member.
    case inside
    /// Behind a member, with this many bytes of the next one's magic seen.
    case between(Int)
    /// Before a frame, the first one or a later, where frames to be skipped may stand.
    case seeking(FrameSeeker)
    /// Complete.
    case done
    /// Ended by an error: only a reset helps.
    case failed
  }

  var transform: any CompressionTransform & ~Copyable
  var use: AlgorithmUse
  let options: CompressionOptions
  /// The level that the caller asked for, where a plan gave the driver another one.
  let standInLevel: Int?
  let magic: [UInt8]
  /// Whether frames that are no data may stand before others (RFC 8878 section 3.1.2).
  let skipsFrames: Bool
  var position = Position.fresh
  /// Which way the stream runs.
  public let direction: CompressionDirection
  /// Bytes used since the stream began, trailing ones not counted.
  public internal(set) var totalIn: UInt64 = 0
  /// Bytes produced since the stream began.
  public internal(set) var totalOut: UInt64 = 0
  /// Bytes behind the end of the stream that belong to no member, of what was given so far.
  public internal(set) var trailing = 0

  init(
    _ direction: CompressionDirection, _ algorithm: Algorithm, _ options: CompressionOptions, in registry: Registry
  ) throws(ProviderError) {
    try self.init(direction, algorithm, options, in: registry, standInLevel: options.level)
  }

  /// A stream by a driver whose level a plan chose; a driver that stands in for it gets the level that was asked for.
  init(
    _ direction: CompressionDirection, _ algorithm: Algorithm, _ options: CompressionOptions, in registry: Registry,
    standInLevel: Int?
  ) throws(ProviderError) {
    guard case .compression(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.compression)
    }
    try properties.check(options, of: algorithm.driverName)
    var use = AlgorithmUse(algorithm, in: registry)
    do throws(ProviderError) {
      transform = try algorithm.compressionDriver().makeTransform(direction, options)
    } catch {
      var other = options
      other.level = standInLevel
      transform = try use.fallback(after: error).makeCompressionTransform(direction, other)
      use.substitute()
    }
    self.use = use
    self.standInLevel = standInLevel
    self.direction = direction
    self.options = options
    magic = options.allMembers ? properties.memberMagic : []
    if direction == .decompress, case .frames = MemberFormat(magic: properties.memberMagic) {
      skipsFrames = true
    } else {
      skipsFrames = false
    }
  }

  /// The algorithm that serves this stream.
  public var algorithm: Algorithm { use.algorithm }
  /// The driver that answered last: the chosen one, or the one that stood in for it.
  public var lastDriverName: String { use.lastDriverName }
  /// Whether a fallback answers this stream.
  public var lastUsedFallback: Bool { use.lastUsedFallback }
  /// Whether the stream is complete.
  public var isFinished: Bool { position == .done }

  /// The header of the member being decompressed, once it has been read; nil where the format has none.
  public mutating func header() -> GzipHeader? { transform.header() }

  /// Uses what it can of `input` and appends what fits to `output`.
  ///
  /// Call again with the rest of the input, or with more room, until all is used; the last call has `flush` ``CompressionFlush/finish``
  /// and is repeated until ``CompressionProgress/finished``. Input behind the end of the stream is counted in
  /// ``trailing`` and not used.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput``; ``ProviderError/Code/truncatedInput`` for a last call with too
  ///   little; ``ProviderError/Code/limitExceeded``; ``ProviderError/Code/invalidState`` after an error.
  public mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, flush: CompressionFlush = .none
  ) throws(ProviderError) -> CompressionProgress {
    let start = use.begin(input.byteCount)
    do throws(ProviderError) {
      let progress = try advance(input, &output, flush)
      use.note(successor: transform.standIn)
      use.end(start, progress.produced)
      return progress
    } catch {
      position = .failed
      throw use.failed(error)
    }
  }

  /// Begins another stream with the same options.
  public mutating func reset() throws(ProviderError) {
    totalIn = 0
    totalOut = 0
    trailing = 0
    guard position != .fresh else { return }
    if use.isSubstituted, let own = try? use.algorithm.makeCompressionTransform(direction, options) {
      transform = own
      use.restore()
    } else {
      do throws(ProviderError) { try transform.reset() } catch { throw use.failed(error) }
    }
    position = .fresh
  }

  /// Runs a whole message through, from its first byte; on a full output the stream stays where it is.
  mutating func whole(_ input: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) -> RequestResult {
    try reset()
    let start = use.begin(input.byteCount)
    let before = output.byteCount
    do throws(ProviderError) {
      let result = try finish(input, &output, usedFallback: use.isSubstituted)
      use.end(start, result.produced)
      return result
    } catch {
      guard error.code.isDriverFault else { throw ended(by: error) }
      output.removeLast(output.byteCount - before)
      var other = CompressionStream(
        try use.fallback(after: error).makeCompressionTransform(direction, standInOptions), like: self)
      let result = try other.finish(input, &output, usedFallback: true)
      use.endOnFallback(start, input.byteCount, result.produced)
      position = .failed
      return result
    }
  }

  /// Goes on with a message whose output was too small.
  mutating func resume(_ rest: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) -> RequestResult {
    guard position != .failed, position != .done else {
      throw ProviderError(
        .invalidState, "there is no request to resume: its last call was not refused for its output's size")
    }
    let start = use.begin(rest.byteCount)
    do throws(ProviderError) {
      let result = try finish(rest, &output, usedFallback: use.isSubstituted)
      use.end(start, result.produced)
      return result
    } catch {
      throw ended(by: error)
    }
  }

  private var standInOptions: CompressionOptions {
    var options = options
    options.level = standInLevel
    return options
  }

  private mutating func ended(by error: ProviderError) -> ProviderError {
    if error.code != .outputTooSmall { position = .failed }
    return use.failed(error)
  }

  private init(_ transform: consuming any CompressionTransform & ~Copyable, like other: borrowing CompressionStream) {
    self.transform = transform
    use = AlgorithmUse(other.use.algorithm, in: other.use.registry)
    options = other.options
    standInLevel = other.standInLevel
    magic = other.magic
    skipsFrames = other.skipsFrames
    direction = other.direction
  }

  private mutating func finish(
    _ input: RawSpan, _ output: inout OutputRawSpan, usedFallback: Bool
  ) throws(ProviderError) -> RequestResult {
    let progress = try advance(input, &output, .finish)
    use.note(successor: transform.standIn)
    guard progress.finished else {
      throw ProviderError(
        .outputTooSmall, "the output is full after \(totalOut) bytes: resume with the rest of the input and more room",
        progress: .init(consumed: progress.consumed, produced: progress.produced))
    }
    return RequestResult(
      consumed: progress.consumed, produced: progress.produced, trailing: trailing,
      usedFallback: usedFallback || use.isSubstituted || use.hasSuccessor)
  }

  private mutating func advance(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    if position == .failed {
      throw ProviderError(.invalidState, "this stream ended with an error: reset it or make another")
    }
    if position == .fresh {
      trailing = 0
      position = skipsFrames ? .seeking(FrameSeeker(isFirst: true)) : .inside
    }
    while true {
      let rest = input.extracting(droppingFirst: progress.consumed)
      switch position {
      case .inside:
        let isDone = try advanceInside(rest, &output, flush, &progress)
        if !isDone { return progress }
      case .between(let seen):
        try advanceBetween(seen, rest, &output, flush, &progress)
        if case .between = position { return progress }
      case .seeking(let seeker):
        try seek(seeker, rest, &output, flush, &progress)
        if case .seeking = position { return progress }
      default:
        trailing += rest.byteCount
        progress.finished = true
        return progress
      }
    }
  }

  /// One step of the transform; true where the member is complete.
  private mutating func advanceInside(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush, _ progress: inout CompressionProgress
  ) throws(ProviderError) -> Bool {
    let before = output.byteCount
    let step: CompressionProgress
    do throws(ProviderError) {
      step = try transform.step(input, into: &output, flush)
    } catch {
      // Before its first byte a stream can still change drivers; afterwards nothing can be replayed.
      guard totalIn == 0, totalOut == 0, output.byteCount == before, error.code.isDriverFault,
        let other = try? use.fallback(after: error)
      else { throw error }
      transform = try other.makeCompressionTransform(direction, standInOptions)
      use.substitute()
      step = try transform.step(input, into: &output, flush)
    }
    progress.consumed += step.consumed
    progress.produced += step.produced
    totalIn += UInt64(step.consumed)
    totalOut += UInt64(step.produced)
    if direction == .decompress {
      try checkLimits()
      if !step.finished, flush == .finish, step.consumed == input.byteCount, output.freeCapacity > 0 {
        throw ProviderError(
          .truncatedInput, "the input ends in the middle of the \(use.algorithm.name) data, after \(totalIn) bytes")
      }
    }
    if step.finished { position = behindMember }
    return step.finished
  }

  /// Looks for the next member's magic; what is not one is trailing data.
  private mutating func advanceBetween(
    _ alreadySeen: Int, _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush,
    _ progress: inout CompressionProgress
  ) throws(ProviderError) {
    var seen = alreadySeen
    var used = 0
    while seen < magic.count, used < input.byteCount {
      guard unsafe input.unsafeLoad(fromByteOffset: used, as: UInt8.self) == magic[seen] else {
        // What this call gave stays in its input, which counts as trailing; earlier calls' bytes are gone from theirs.
        trailing += alreadySeen
        position = .done
        return
      }
      used += 1
      seen += 1
    }
    if seen == magic.count {
      try transform.reset()
      position = .inside
      // What this call gave stays in its input; of the magic the transform lacks what earlier calls gave.
      guard alreadySeen > 0 else { return }
      let gone = Array(magic.prefix(alreadySeen))
      let header = try transform.step(gone.rawSpan, into: &output, .none)
      totalIn += UInt64(header.consumed)
    } else if flush == .finish {
      trailing += alreadySeen
      position = .done
    } else {
      progress.consumed += used
      position = .between(seen)
    }
  }

  /// Where the stream stands once a member is complete.
  var behindMember: Position {
    guard direction == .decompress, !magic.isEmpty else { return .done }
    return skipsFrames ? .seeking(FrameSeeker(isFirst: false)) : .between(0)
  }

  private func checkLimits() throws(ProviderError) {
    if let limit = options.outputLimit, totalOut > limit {
      throw ProviderError(
        .limitExceeded, "the output passes the limit of \(limit) bytes: raise it if the input is trusted")
    }
    if let limit = options.ratioLimit, totalOut > 1 << 16, Double(totalOut) > limit * Double(max(totalIn, 1)) {
      throw ProviderError(
        .limitExceeded, "the output passes \(limit) times the input: raise the ratio limit if the input is trusted")
    }
  }
}

extension Algorithm {
  /// A transform for options that were checked against another driver of the name: what this one lacks is refused.
  func makeCompressionTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    guard case .compression(let properties) = descriptor.properties else { throw mismatch(.compression) }
    var options = options
    if let level = options.level {
      options.level = min(max(level, properties.levels.lowerBound), properties.levels.upperBound)
    }
    try properties.check(options, of: driverName)
    return try compressionDriver().makeTransform(direction, options)
  }
}
