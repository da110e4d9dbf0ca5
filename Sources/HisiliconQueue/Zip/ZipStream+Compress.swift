// The compressing half of a stream.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveQueue

extension ZipStream {
  /// Bytes of plain data that deflate can refer back to.
  static let longestHistory = 1 << 15

  /// Room in which the output of `count` bytes fits whatever they are.
  ///
  /// Fixed codes take at most 9 bits for a byte; the engine of the model keeps a seventh of the room and 32 bytes back.
  public static func roomForOutput(of count: Int) -> Int { count + count / 4 + 512 }

  mutating func compress(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: ZipFlush, _ progress: inout ZipProgress
  ) throws(ZipError) {
    while true {
      guard handOut(&output, &progress) else { return }
      if let failure { throw failure }
      if isFinished {
        progress.isFinished = true
        return
      }
      let rest = input.extracting(droppingFirst: progress.consumed)
      if isUntouched, held.isEmpty, flush == .finish, rest.byteCount <= ZipMessage.largestWhole {
        if try compressWhole(rest) {
          progress.consumed += rest.byteCount
          continue
        }
      }
      progress.consumed += try hold(rest)
      let isAll = progress.consumed == input.byteCount
      if isAll {
        switch flush {
        case .none where held.count < options.chunkSize: return
        case .sync where held.isEmpty: return
        case .full where held.isEmpty:
          startAnew()
          return
        default: break
        }
      }
      try compressHeld(finishes: isAll && flush == .finish)
    }
  }

  /// Copies what fits to the held input; how much that is.
  private mutating func hold(_ rest: RawSpan) throws(ZipError) -> Int {
    guard rest.byteCount > 0 else { return 0 }
    if held.buffer == nil { held = ZipStagedBytes(try allocate(options.chunkSize), 0..<0) }
    let count = min(rest.byteCount, held.room, options.chunkSize - held.count)
    held.append(rest.extracting(first: count))
    return count
  }

  /// Compresses a whole message by one request; false where its output found no room.
  private mutating func compressWhole(_ message: RawSpan) throws(ZipError) -> Bool {
    let header = ZipFraming.header(format, window: options.window, fields: options.fields)
    let room = min(Self.roomForOutput(of: message.byteCount), ZipMessage.largest)
    let source = try allocate(max(message.byteCount, 1))
    let destination = try allocate(header.count + room)
    unsafe message.withUnsafeBytes { unsafe source.bytes.copyMemory(from: $0) }
    let request = try self.message(
      from: source, 0..<message.byteCount, to: destination, offset: header.count, room: room, part: nil)
    let outcome = try execute(request, keeping: [source, destination])
    if outcome.status == .outputFull { return false }
    if let failure = outcome.failure { throw fail(failure) }
    guard outcome.consumed == message.byteCount else { throw fail(Self.standstill) }
    unsafe destination.bytes.copyBytes(from: header)
    staged = ZipStagedBytes(destination, 0..<header.count + outcome.produced)
    isUntouched = false
    isFinished = true
    return true
  }

  /// Gives held input to the engine, and with `finishes` ends the stream behind it.
  private mutating func compressHeld(finishes: Bool) throws(ZipError) {
    let header = isUntouched ? ZipFraming.header(format, window: options.window, fields: options.fields) : []
    let room = Self.roomForOutput(of: held.count)
    let destination = try allocate(header.count + room)
    let part = try nextPart(finishes: finishes)
    let request = try message(
      from: held.buffer, held.range, to: destination, offset: header.count, room: room, part: part)
    let outcome = try execute(request, keeping: [destination] + (held.buffer.map { [$0] } ?? []))
    if let failure = outcome.failure { throw fail(failure) }
    guard outcome.status != .outputFull, outcome.consumed + outcome.produced > 0 || outcome.isLastBlock else {
      throw fail(Self.standstill)
    }
    unsafe destination.bytes.copyBytes(from: header)
    staged = ZipStagedBytes(destination, 0..<header.count + outcome.produced)
    note(outcome)
    if outcome.isLastBlock, finishes, held.isEmpty {
      isFinished = true
      endWithOwnTrailer()
    }
    if held.isEmpty { held = ZipStagedBytes() }
  }

  /// Takes over what a request came back with.
  private mutating func note(_ outcome: ZipOutcome) {
    let byteCount = (compression.current?.byteCount ?? 0) + UInt64(outcome.consumed)
    words = outcome.words
    compression.current = ZipTally(format, checksum: words.checksum(format), byteCount: byteCount)
    let used = held.prefix(outcome.consumed)
    if used.count >= Self.longestHistory {
      compression.history = Array(used.suffix(Self.longestHistory))
    } else {
      compression.history += used
      let excess = compression.history.count - Self.longestHistory
      if excess > 0 { compression.history.removeFirst(excess) }
    }
    held.drop(outcome.consumed)
    isUntouched = false
    isContextFresh = false
  }

  /// Has the next request begin a history of its own.
  private mutating func startAnew() {
    guard !isContextFresh else { return }
    compression.earlier = tally
    compression.current = nil
    compression.history = []
    isContextFresh = true
    words = ZipStreamWords()
  }

  /// The tally of all that the engine has compressed.
  var tally: ZipTally {
    guard var sum = compression.earlier else { return compression.current ?? ZipTally(format) }
    if let current = compression.current { sum.append(current) }
    return sum
  }

  /// Puts the right trailer where the engine, which knows the last history alone, put one of that.
  private func endWithOwnTrailer() {
    guard compression.earlier != nil, staged.count >= format.trailerCount else { return }
    staged.replaceEnd(by: tally.trailer)
  }

  static var standstill: ZipError {
    .queue(QueueError(.failed, "the engine answered a request without doing anything: reset the device"))
  }
}

/// What remains of a compression whose queue failed: enough to go on with it elsewhere.
public struct ZipRemainder: Sendable {
  /// Output that was made and not handed out, or the header where nothing was made yet.
  public let output: [UInt8]
  /// Input that was used and not compressed.
  public let input: [UInt8]
  /// The last plain bytes before that, which what follows may refer back to.
  public let history: [UInt8]
  /// The checksum and the number of all plain bytes before that.
  public let tally: ZipTally
  /// Whether the output ends with the stream's end.
  public let isFinished: Bool
}

extension ZipStream {
  /// Takes what remains of a compression; the stream is fit for `reset` alone afterwards.
  ///
  /// The output so far ends at a byte boundary: raw deflate data behind it that begins with `history`, then the trailer
  /// of the tally of everything, completes the stream.
  public mutating func takeRemainder() -> ZipRemainder {
    let header = isUntouched ? ZipFraming.header(format, window: options.window, fields: options.fields) : []
    let remainder = ZipRemainder(
      output: header + staged.copy, input: held.copy, history: compression.history, tally: tally,
      isFinished: isFinished)
    staged = ZipStagedBytes()
    held = ZipStagedBytes()
    return remainder
  }
}
