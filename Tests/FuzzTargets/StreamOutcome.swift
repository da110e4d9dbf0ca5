// Streams driven with pieces of any size, and what they came to.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// What became of a stream.
struct StreamOutcome {
  var bytes: [UInt8] = []
  /// The error that ended it; nil where it was complete.
  var code: ProviderError.Code?
  /// Bytes of the input behind its end.
  var trailing = 0
  var header: GzipHeader?

  /// Requires that this is what `other`, of the same input in other pieces, came to.
  ///
  /// What is both unsound and longer than its limit may end as either.
  func requireSame(as other: StreamOutcome) throws {
    let isLimited = code == .limitExceeded || other.code == .limitExceeded
    if code == nil || other.code == nil || !isLimited {
      try require(
        code == other.code, "pieces change the verdict: \(String(describing: code)), \(String(describing: other.code))")
    }
    guard code == nil || code == .truncatedInput else {
      // How much comes out before an error depends on the pieces; what does come out must not.
      let common = min(bytes.count, other.bytes.count)
      try require(
        bytes.prefix(common) == other.bytes.prefix(common), "pieces change the output in front of an error")
      return
    }
    try require(bytes == other.bytes, "pieces change the output: \(bytes.count) and \(other.bytes.count) bytes")
    try require(trailing == other.trailing, "pieces change the trailing count: \(trailing), \(other.trailing)")
    try require(header == other.header, "pieces change the header")
  }
}

extension CompressionStream {
  /// Runs `input`, from its first byte to its last, through in pieces of `sizes`.
  ///
  /// - Throws: a ``Finding`` for progress that cannot be, or none at all.
  mutating func decompress(_ input: [UInt8], _ sizes: PieceSizes) throws -> StreamOutcome {
    var sizes = sizes
    var outcome = StreamOutcome()
    var used = 0
    var idle = 0
    while true {
      let size = sizes.next()
      let end = min(input.count, used + size.input)
      var progress = CompressionProgress()
      let piece = [UInt8](capacity: size.room) { (output: inout OutputRawSpan) in
        do throws(ProviderError) {
          let slice = input.rawSpan.extracting(used..<end)
          progress = try step(slice, into: &output, flush: end == input.count ? .finish : .none)
        } catch {
          outcome.code = error.code
        }
      }
      outcome.bytes += piece
      if let code = outcome.code {
        try require(code != .outputTooSmall && !code.isDriverFault, "a step ended with \(code)")
        return outcome
      }
      used += progress.consumed
      try require(used <= end && progress.produced == piece.count, "a step's counts are wrong: \(progress)")
      try require(totalOut == UInt64(outcome.bytes.count) && totalIn <= UInt64(used), "the totals are wrong")
      if progress.finished {
        try require(isFinished, "a stream ended without being finished")
        // What the last step was given is counted; what it was not given lies behind the end as well.
        outcome.trailing = trailing + input.count - end
        outcome.header = header()
        return outcome
      }
      idle = progress.consumed + progress.produced == 0 ? idle + 1 : 0
      if idle > sizes.period { sizes.giveUp() }
      try require(idle <= sizes.period + 2, "a stream goes on without progress and without an error")
    }
  }

  /// One call with `input` and room for `room` bytes; returns the progress, and appends the output to `bytes`.
  mutating func step(
    _ input: [UInt8], room: Int, _ flush: CompressionFlush, appendingTo bytes: inout [UInt8]
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    bytes += try [UInt8](capacity: room) { (output) throws(ProviderError) in
      progress = try step(input.rawSpan, into: &output, flush: flush)
    }
    return progress
  }
}

extension Compression {
  /// Decompresses `input` as a whole message into outputs of `room` bytes, resuming until it is done.
  mutating func decompress(_ input: [UInt8], room: Int) throws -> StreamOutcome {
    var outcome = StreamOutcome()
    var used = 0
    while true {
      var end: RequestResult?
      var full: ProviderError?
      let piece = [UInt8](capacity: room) { (output: inout OutputRawSpan) in
        do throws(ProviderError) {
          let rest = input.rawSpan.extracting(droppingFirst: used)
          end =
            outcome.bytes.isEmpty && used == 0
            ? try decompress(rest, into: &output) : try resumeDecompress(rest, into: &output)
        } catch {
          full = error
        }
      }
      outcome.bytes += piece
      if let end {
        outcome.trailing = end.trailing
        try require(end.produced == piece.count && !end.usedFallback, "a request's counts are wrong: \(end)")
        try require(used + end.consumed + end.trailing == input.count, "a byte was used twice or never: \(end)")
        return outcome
      }
      guard let full, full.code == .outputTooSmall, let progress = full.progress else {
        outcome.code = full?.code
        return outcome
      }
      try require(progress.produced == piece.count, "an error's progress is wrong: \(progress), \(piece.count) bytes")
      try require(progress.consumed + progress.produced > 0, "a request with room for \(room) bytes has no progress")
      used += progress.consumed
      try require(used <= input.count, "more input was used than there is")
    }
  }
}
