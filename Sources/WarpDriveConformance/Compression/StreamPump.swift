// Drives a stream piece by piece, and watches that every step keeps to the protocol.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// What came of a stream.
struct Pumped {
  /// Everything that was written.
  var bytes: [UInt8] = []
  /// Bytes of the input that were used.
  var consumed = 0
  /// The error that ended the stream, where one did.
  var error: ProviderError?
}

extension Trial {
  /// Puts `input` through `stream`, cut into `pieces`, into outputs of `rooms` bytes in turn.
  ///
  /// Each output lies before a page that may not be touched. The stream is completed with its last piece where
  /// `finishesWithPiece`, else by further steps without input.
  ///
  /// - Parameters:
  ///   - flushes: what to do behind each piece; nothing behind those that have none.
  ///   - isComplete: whether the stream is to be completed.
  ///   - countsAll: whether this is all that the stream has carried since it began.
  /// - Throws: a failure of this trial where a step breaks the protocol. An error of the stream is in the result where
  ///   `expectingError`, else a failure too.
  func pump(
    _ stream: inout CompressionStream, _ input: [UInt8], pieces: [Int], rooms: [Int] = [1 << 16],
    flushes: [CompressionFlush] = [], finishesWithPiece: Bool = false, isComplete: Bool = true,
    countsAll: Bool = true, expectingError: Bool = false
  ) throws -> Pumped {
    var pump = try StreamPump(rooms)
    var start = 0
    for (index, size) in pieces.enumerated() {
      let isLast = index == pieces.count - 1 && finishesWithPiece && isComplete
      let flush = isLast ? .finish : index < flushes.count ? flushes[index] : CompressionFlush.none
      try pump.give(input, start..<start + size, flush, &stream, self)
      start += size
      if pump.result.error != nil { break }
    }
    if isComplete, pump.result.error == nil, !pump.isFinished {
      try pump.give(input, start..<start, .finish, &stream, self)
    }
    if let error = pump.result.error, !expectingError {
      throw failure("an error where there should be none", error: error)
    }
    if pump.result.error == nil {
      try require(pump.isFinished == isComplete || stream.direction == .decompress, "the stream's end was not reported")
      if countsAll {
        try expect(
          stream.totalOut, is: UInt64(pump.result.bytes.count), "the stream counts another number of bytes written")
      }
      try refuseFallback(stream.lastUsedFallback, stream.lastDriverName)
    }
    return pump.result
  }
}

/// The state of one pass.
private struct StreamPump: ~Copyable {
  private let rooms: [Int]
  private var output: TestMemory
  private var turn = 0
  private(set) var result = Pumped()
  private(set) var isFinished = false

  init(_ rooms: [Int]) throws {
    self.rooms = rooms
    output = try TestMemory(capacity: rooms.max() ?? 0)
  }

  /// Gives one piece, in as many steps as it takes.
  mutating func give(
    _ input: [UInt8], _ piece: Range<Int>, _ flush: CompressionFlush, _ stream: inout CompressionStream,
    _ trial: borrowing Trial
  ) throws {
    var rest = piece
    while true {
      let room = rooms[turn % rooms.count]
      turn += 1
      var step = CompressionProgress()
      let left = rest
      let written = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
        step = try stream.step(input.rawSpan.extracting(left), into: &span, flush: flush)
      }
      result.bytes += written.bytes
      if let error = written.error {
        result.error = error
        return
      }
      try trial.expect(
        step.produced, is: written.bytes.count, "a step says that it wrote another number of bytes than it did")
      try trial.require(
        step.consumed >= 0 && step.consumed <= rest.count,
        "a step says that it used \(step.consumed) of \(rest.count) bytes")
      if stream.direction == .compress, step.finished {
        try trial.require(
          flush == .finish && step.consumed == rest.count,
          "a step claims the end of the stream untold, or with \(rest.count - step.consumed) bytes not used"
        )
      }
      rest = rest.lowerBound + step.consumed..<rest.upperBound
      result.consumed += step.consumed
      isFinished = isFinished || step.finished
      if step.finished { return }
      let canGoOn = room > 0 && (!rest.isEmpty || flush == .finish)
      try trial.require(
        !canGoOn || step.consumed > 0 || step.produced > 0,
        "a step stands still with \(rest.count) bytes of input and room for \(room)")
      // A full output may have more behind it; with room left over, everything that was given is done.
      if rest.isEmpty, flush != .finish, step.produced < room || room == 0 && flush == .none { return }
    }
  }
}
