// Whole messages that lie in pieces, from piece to piece without gathering them.
// SPDX-License-Identifier: Apache-2.0

extension CompressionStream {
  /// Runs the message in `input` through, from its first byte, into the segments of `output`, in order.
  ///
  /// - Returns: how many bytes were used and written; the written ones fill the segments from the first on.
  /// - Throws: as ``step(_:into:flush:)``; ``ProviderError/Code/outputTooSmall`` where the segments do not suffice.
  public mutating func run(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    try reset()
    var (segment, offset) = (0, 0)  // of the input
    var (target, filled) = (0, 0)  // of the output
    while true {
      while segment < input.segmentCount, offset == input.byteCount(at: segment) {
        (segment, offset) = (segment + 1, 0)
      }
      while target < output.segmentCount, filled == output.byteCount(at: target) { (target, filled) = (target + 1, 0) }
      let isLast = segment >= input.segmentCount
      let rest = isLast ? RawSpan() : input.bytes(at: segment).extracting(droppingFirst: offset)
      let flush: CompressionFlush = isLast ? .finish : .none
      var progress = CompressionProgress()
      if target < output.segmentCount {
        try output.fill(target, from: filled) { (span) throws(ProviderError) in
          progress = try step(rest, into: &span, flush: flush)
        }
      } else {
        // The last bytes of a stream may need no room: its end is only seen by asking.
        var nothing = OutputRawSpan()
        progress = try step(rest, into: &nothing, flush: flush)
      }
      offset += progress.consumed
      filled += progress.produced
      if progress.finished, isLast || direction == .decompress {
        // The stream has seen the segment in which it ended; the ones behind it are trailing bytes too.
        let unseen = (segment + 1..<max(segment + 1, input.segmentCount)).reduce(0) { $0 + input.byteCount(at: $1) }
        return RequestResult(
          consumed: Int(clamping: totalIn), produced: Int(clamping: totalOut), trailing: trailing + unseen,
          usedFallback: lastUsedFallback)
      }
      guard target < output.segmentCount || progress.consumed > 0 else {
        throw ProviderError(
          .outputTooSmall, "the output list is full after \(totalOut) bytes: add segments",
          driver: lastDriverName,
          progress: .init(consumed: Int(clamping: totalIn), produced: Int(clamping: totalOut)))
      }
    }
  }
}

extension ScatterList {
  /// Lets `body` write into segment `index` from byte `offset` on.
  mutating func fill(
    _ index: Int, from offset: Int, _ body: (inout OutputRawSpan) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    var segment = mutableBytes(at: index)
    // The segment is borrowed exclusively, and its bytes stay initialised whatever the body writes.
    try unsafe segment.withUnsafeMutableBytes { (buffer) throws(ProviderError) in
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
      var output = unsafe OutputRawSpan(buffer: rest, initializedCount: 0)
      try body(&output)
      _ = unsafe output.finalize(for: rest)
    }
  }
}
