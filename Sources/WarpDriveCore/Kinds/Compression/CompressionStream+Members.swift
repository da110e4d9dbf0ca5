// Members that a stream does not decode itself: frames to be skipped, and those that other threads decoded.
// SPDX-License-Identifier: Apache-2.0

/// What was seen of what stands before a frame.
struct FrameSeeker: Equatable {
  /// Whether no frame with data has been seen yet: what is no frame is then the driver's to judge.
  let isFirst: Bool
  /// Bytes of a magic, and of the size behind it where the frame is skippable, which earlier calls gave.
  var seen: [UInt8] = []
  /// Bytes of the content of a skippable frame that are still to come.
  var left = 0

  /// Bytes of a frame's magic.
  static let magicSize = 4
  /// Bytes before a skippable frame's content (RFC 8878 section 3.1.2).
  static let headSize = 8

  /// Whether a magic is that of a skippable frame.
  static func isSkippable(_ magic: [UInt8]) -> Bool {
    guard let first = magic.first else { return false }
    return first & 0xF0 == 0x50 && magic.dropFirst().starts(with: MemberFormat.skippableMagic)
  }
}

extension CompressionStream {
  /// Looks for the next frame, past those that are to be skipped; what is neither is trailing data.
  mutating func seek(
    _ start: FrameSeeker, _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush,
    _ progress: inout CompressionProgress
  ) throws(ProviderError) {
    var seeker = start
    var used = 0
    while true {
      let skipped = min(seeker.left, input.byteCount - used)
      (used, seeker.left) = (used + skipped, seeker.left - skipped)
      if skipped > 0 { take(skipped, &progress) }
      let wanted = FrameSeeker.isSkippable(seeker.seen) ? FrameSeeker.headSize : FrameSeeker.magicSize
      let more = seeker.left > 0 ? 0 : min(wanted - seeker.seen.count, input.byteCount - used)
      let seen = seeker.seen + [UInt8](copying: input.extracting(used..<used + more))
      let isComplete = seeker.left == 0 && seen.count == wanted
      if isComplete, seen.count == FrameSeeker.headSize {
        take(more, &progress)
        // What came before was counted as it came.
        used += more
        seeker.left = seen[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
        seeker.seen = []
      } else if isComplete, FrameSeeker.isSkippable(seen) {
        take(more, &progress)
        used += more
        seeker.seen = seen
      } else if isComplete || (flush == .finish && seeker.left == 0 && !FrameSeeker.isSkippable(seeker.seen)) {
        return try enter(seen, more, isFirst: seeker.isFirst, earlier: seeker.seen.count, &output, &progress)
      } else {
        guard flush != .finish else {
          throw ProviderError(
            .truncatedInput, "the input ends in the middle of a frame to be skipped, after \(totalIn) bytes")
        }
        take(more, &progress)
        seeker.seen = seen
        position = .seeking(seeker)
        return
      }
    }
  }

  /// Counts bytes that are used and belong to the data, or will turn out to.
  private mutating func take(_ count: Int, _ progress: inout CompressionProgress) {
    progress.consumed += count
    totalIn += UInt64(count)
  }

  /// Goes on with what is no skippable frame.
  ///
  /// - Parameters:
  ///   - magic: what may be a frame's.
  ///   - more: how much of it this call gave.
  ///   - earlier: how much of it earlier calls gave, which is counted.
  private mutating func enter(
    _ magic: [UInt8], _ more: Int, isFirst: Bool, earlier: Int, _ output: inout OutputRawSpan,
    _ progress: inout CompressionProgress
  ) throws(ProviderError) {
    guard isFirst || magic == self.magic else {
      // What this call gave stays in its input, which counts as trailing; earlier calls' bytes are gone from theirs.
      trailing += earlier
      totalIn -= UInt64(earlier)
      position = .done
      return
    }
    if !isFirst { try transform.reset() }
    position = .inside
    // A magic that lies whole in this call's input is left there: some drivers take a frame in one piece alone.
    guard earlier > 0 else { return }
    take(more, &progress)
    _ = try transform.step(magic.rawSpan, into: &output, .none)
  }

  /// Counts a member that was decoded apart, in the place of this stream.
  ///
  /// - Parameters:
  ///   - stored: bytes of the member, with what stands before it.
  ///   - plain: bytes that it was decoded to.
  /// - Returns: false, with nothing counted, where the stream has to decode the member itself: because it is in the
  ///   middle of one, because limits would be passed, or because a ratio is judged all along a member.
  package mutating func pass(stored: Int, plain: Int) -> Bool {
    switch position {
    case .fresh, .between(0): break
    case .seeking(let seeker) where seeker.seen.isEmpty && seeker.left == 0: break
    default: return false
    }
    guard !magic.isEmpty, options.ratioLimit == nil, totalOut + UInt64(plain) <= options.outputLimit ?? .max else {
      return false
    }
    totalIn += UInt64(stored)
    totalOut += UInt64(plain)
    position = behindMember
    return true
  }
}
