// The decompressing half of a stream.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveQueue

extension ZipStream {
  mutating func decompress(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: ZipFlush, _ progress: inout ZipProgress
  ) throws(ZipError) {
    while true {
      guard handOut(&output, &progress) else { return }
      if let failure { throw failure }
      if isFinished {
        progress.isFinished = true
        return
      }
      if !decompression.reader.isComplete {
        let rest = input.extracting(droppingFirst: progress.consumed)
        do throws(ZipError) {
          progress.consumed += try decompression.reader.read(rest)
        } catch {
          throw fail(error)
        }
        guard decompression.reader.isComplete else { return }
      }
      let rest = input.extracting(droppingFirst: progress.consumed)
      guard rest.byteCount > 0 || decompression.hasMore else { return }
      if !decompression.hasBegun {
        decompression.hasBegun = true
        decompression.partSize = min(options.chunkSize, max(wholeLimit, Self.smallestPart))
        if flush == .finish, rest.byteCount <= wholeLimit,
          let used = try decompressWhole(rest, room: output.freeCapacity)
        {
          progress.consumed += used
          continue
        }
      }
      guard let used = try decompressPart(rest, isAll: flush == .finish) else { return }
      progress.consumed += used
    }
  }

  /// Decompresses a stream that is there whole, by one request.
  ///
  /// - Returns: how much of the input was the stream; nil where it did not come out well: what is wrong, or that only
  ///   the room did not suffice or the end is missing, shows when it is done in parts.
  private mutating func decompressWhole(_ rest: RawSpan, room: Int) throws(ZipError) -> Int? {
    let room = min(max(room, 512), ZipMessage.largest)
    let source = try allocate(rest.byteCount)
    let destination = try allocate(room)
    unsafe rest.withUnsafeBytes { unsafe source.bytes.copyMemory(from: $0) }
    let request = try message(from: source, 0..<rest.byteCount, to: destination, offset: 0, room: room, part: nil)
    let outcome = try execute(request, keeping: [source, destination])
    if case .queue(let error)? = outcome.failure, outcome.status == .unreachable { throw fail(.queue(error)) }
    guard outcome.status == .done else { return nil }
    staged = ZipStagedBytes(destination, 0..<outcome.produced)
    isUntouched = false
    isFinished = true
    learn(outcome.consumed, of: rest.byteCount)
    return outcome.consumed
  }

  /// The least that is tried as a whole, and taken as a stream's first part.
  private static let smallestPart = 1 << 14

  /// Expects the next stream to be like this one: it ended after `used` of the `count` bytes that were there.
  private mutating func learn(_ used: Int, of count: Int) {
    wholeLimit =
      used == count ? ZipMessage.largestWhole : min(max(4 * used, Self.smallestPart), ZipMessage.largestWhole)
  }

  /// Gives the next part of the input to the engine.
  ///
  /// - Returns: how much was used; nil where nothing could be done for want of input.
  private mutating func decompressPart(_ rest: RawSpan, isAll: Bool) throws(ZipError) -> Int? {
    let count = min(rest.byteCount, decompression.partSize)
    let room = 2 * options.chunkSize
    decompression.partSize = min(2 * decompression.partSize, options.chunkSize)
    let source = count > 0 ? try allocate(count) : nil
    let destination = try allocate(room)
    if let source { unsafe rest.extracting(first: count).withUnsafeBytes { unsafe source.bytes.copyMemory(from: $0) } }
    let part = try nextPart(finishes: isAll && count == rest.byteCount)
    let request = try message(from: source, 0..<count, to: destination, offset: 0, room: room, part: part)
    let outcome = try execute(request, keeping: [destination] + (source.map { [$0] } ?? []))
    words = outcome.words
    isContextFresh = false
    isUntouched = false
    staged = ZipStagedBytes(destination, 0..<outcome.produced)
    if let failure = outcome.failure {
      // What came before the mistake is right, and is handed out before it is reported.
      self.failure = failure
      return outcome.consumed
    }
    isFinished = outcome.status == .streamEnd
    if isFinished { learn(outcome.consumed, of: rest.byteCount) }
    decompression.hasMore = !isFinished && (outcome.produced == room || outcome.status == .outputFull)
    if outcome.status == .outputFull, outcome.consumed + outcome.produced == 0 { throw fail(Self.standstill) }
    return outcome.consumed + outcome.produced > 0 || isFinished ? outcome.consumed : nil
  }
}
