// Requests that are parts of a stream.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib

extension ZipEngine {
  /// Executes one part of a stream.
  ///
  /// A stream ends with the first of its requests that fails, `HISI_ZIP_STATUS_OUTPUT_FULL` excepted, which has changed
  /// nothing. A request for a stream that never began, has ended, or was forgotten is unsupported.
  mutating func executeStateful(
    _ request: ZipRequest, _ sqe: inout hisi_zip_sqe, _ direction: ZipDirection, _ memory: borrowing MemoryAccess,
    _ contexts: StreamContexts
  ) throws(ZipFailure) -> UInt32 {
    let taken = contexts.take(request.contextAddress)
    let stream: StreamContext
    if request.startsStream {
      stream = try StreamContext(request, direction, reusing: taken.stream)
    } else if let former = taken.stream, !former.isFinished, former.format == request.format {
      stream = former
    } else {
      throw .status(HISI_ZIP_STATUS_UNSUPPORTED)
    }
    let status: UInt32
    switch (direction, stream.state) {
    case (.compress, .deflate(let state)): status = try compress(request, stream, state, &sqe, memory)
    case (.decompress, .inflate(let state)): status = try decompress(request, stream, state, &sqe, memory)
    default: throw .status(HISI_ZIP_STATUS_UNSUPPORTED)
    }
    contexts.put(stream, at: request.contextAddress, since: taken.epoch)
    return status
  }

  // MARK: Compression

  /// Room that any flush, last block and trailer takes, besides the blocks.
  private static let flushRoom = 32
  /// Not worth a flush of its own where the rest of the input has to wait anyway.
  private static let smallestPart = 256

  /// Compresses as much of the input as is sure to fit, so that nothing that was consumed stays behind in the state.
  ///
  /// Where input remains, the caller sends it again. Where only the stream's end did not fit, the context's state says
  /// so (`HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE`), and the caller sends an empty request.
  private func compress(
    _ request: ZipRequest, _ stream: StreamContext, _ state: DeflateState, _ sqe: inout hisi_zip_sqe,
    _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> UInt32 {
    var input = RequestInput(request.source, bounce: inputBuffer)
    var output = RequestOutput(request.destination, bounce: outputBuffer)
    defer { sqe.setProgress(consumed: input.consumed, produced: output.produced) }
    var tally = request.startsStream ? ZipTally(stream.format) : ZipTally(stream.format, resuming: sqe)
    let trailerCount = request.finishesStream ? stream.format.trailerCount : 0
    var isStuck = false
    while input.left > 0 || request.finishesStream && !stream.isFinished {
      let part = Self.partThatFits(in: output.left - trailerCount, of: input.left)
      guard let part, part == input.left || part >= Self.smallestPart || input.consumed == 0 else {
        isStuck = true
        break
      }
      let ends = part == input.left && request.finishesStream
      try deflatePart(part, ends ? Z_FINISH : Z_SYNC_FLUSH, state, &input, &output, &tally, memory)
      guard ends else { continue }
      try output.put(trailer: tally.trailer, trailerCount, to: memory)
      stream.isFinished = true
    }
    try output.deliver(to: memory)
    stream.total += UInt64(input.consumed)
    tally.store(in: &sqe)
    sqe.setContext(
      state: isStuck && input.left == 0 ? HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE : 0,
      isInLastBlock: stream.isFinished, history: stream.total, window: 1 << UInt32(state.windowBits))
    if stream.isFinished { sqe.dw3 |= HISI_ZIP_DW3_LAST_BLOCK }
    return isStuck && input.consumed == 0 ? HISI_ZIP_STATUS_OUTPUT_FULL : HISI_ZIP_STATUS_OK
  }

  /// How many of `left` bytes can be compressed into `room` bytes whatever they are; nil if not even a flush fits.
  ///
  /// zlib's own bound for any window and memory level is `n + n / 8 + n / 64` and a few bytes (deflate.c,
  /// deflateBound), which is less than 7 / 6 of `n`.
  private static func partThatFits(in room: Int, of left: Int) -> Int? {
    // An empty last block behind a flush has two bytes.
    if left == 0 { return room >= 8 ? 0 : nil }
    guard room > flushRoom + 1 else { return nil }
    return min(left, (room - flushRoom) * 6 / 7)
  }

  /// Compresses exactly `count` bytes of the input and flushes.
  ///
  /// By way of the engine's buffer: zlib repeats a flush's mark for each call that leaves it less than seven bytes of room
  /// (zlib.h, deflate), for ever where a list consists of small pieces.
  private func deflatePart(
    _ count: Int, _ flush: Int32, _ state: DeflateState, _ input: inout RequestInput, _ output: inout RequestOutput,
    _ tally: inout ZipTally, _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) {
    var left = count
    while true {
      if left > 0 { try input.refill(from: memory) }
      let chunk = unsafe UnsafeRawBufferPointer(rebasing: input.chunk.prefix(left))
      let isLast = chunk.count == left
      let step = unsafe state.step(chunk, flushBuffer.bytes, flush: isLast ? flush : Z_NO_FLUSH)
      guard step.isUsable || step.result == Z_STREAM_END else { throw .status(HISI_ZIP_STATUS_UNSUPPORTED) }
      unsafe tally.add(UnsafeRawBufferPointer(rebasing: chunk[..<step.used]))
      try input.use(step.used)
      left -= step.used
      try unsafe output.put(UnsafeRawBufferPointer(rebasing: flushBuffer.bytes[..<step.made]), to: memory)
      if step.result == Z_STREAM_END { return }
      // Room left over says that the flush is complete.
      if left == 0, isLast, step.made < EngineBuffer.chunkSize, flush != Z_FINISH { return }
    }
  }

  // MARK: Decompression

  /// Decompresses until the input or the room ends, or the stream.
  private func decompress(
    _ request: ZipRequest, _ stream: StreamContext, _ state: InflateState, _ sqe: inout hisi_zip_sqe,
    _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> UInt32 {
    var input = RequestInput(request.source, bounce: inputBuffer)
    var output = RequestOutput(request.destination, bounce: outputBuffer)
    defer { sqe.setProgress(consumed: input.consumed, produced: output.produced) }
    var tally = request.startsStream ? ZipTally(stream.format) : ZipTally(stream.format, resuming: sqe)
    while !stream.isBodyComplete {
      try input.refill(from: memory)
      output.refill(from: memory)
      let room = unsafe output.chunk
      let step = unsafe step(state, input.chunk, room, flush: Z_NO_FLUSH)
      unsafe tally.add(UnsafeRawBufferPointer(rebasing: room[..<step.made]))
      try input.use(step.used)
      try output.use(step.made)
      if step.result == Z_STREAM_END {
        stream.isBodyComplete = true
      } else {
        guard step.isUsable else { throw .status(HISI_ZIP_STATUS_BAD_DATA) }
        // A call that does nothing makes zlib forget where it stopped.
        if step.used + step.made == 0 { break }
        stream.isBetweenBlocks = state.isBetweenBlocks
      }
    }
    // More input and room that cannot be used: this is why it stopped.
    if !stream.isBodyComplete, input.left > 0, let obstacle = output.obstacle { throw obstacle }
    try output.deliver(to: memory)
    stream.total += UInt64(output.produced)
    tally.store(in: &sqe)
    var contextState: UInt32 = 0
    if stream.isBodyComplete {
      sqe.dw3 |= HISI_ZIP_DW3_LAST_BLOCK
      stream.isFinished = try stream.trailer.read(stream.format.trailerCount, &input, memory)
      if !stream.isFinished { contextState = HISI_ZIP_CTX_STATE_NO_CRC }
    } else if output.left == 0 || output.obstacle != nil {
      contextState =
        state.isInLastBlock ? HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE : HISI_ZIP_CTX_STATE_DECOMPRESSING_NO_SPACE
    } else if stream.isBetweenBlocks {
      contextState = HISI_ZIP_CTX_STATE_BLOCK_NOT_STARTED
    }
    sqe.setContext(
      state: contextState, isInLastBlock: state.isInLastBlock, history: stream.total, window: 1 << 15)
    guard stream.isFinished else { return HISI_ZIP_STATUS_OK }
    guard stream.trailer.value == tally.trailer else { throw .status(HISI_ZIP_STATUS_CRC_ERROR) }
    return HISI_ZIP_STATUS_DECOMP_END
  }
}

extension hisi_zip_sqe {
  /// The context words, for the caller to give back: only the hardware's own bookkeeping, which the model has elsewhere,
  /// is left out.
  fileprivate mutating func setContext(state: UInt32, isInLastBlock: Bool, history: UInt64, window: UInt32) {
    ctx_dw0 = state | (isInLastBlock ? HISI_ZIP_CTX_DW0_BFINAL : 0)
    ctx_dw1 = 0
    ctx_dw2 = UInt32(min(history, UInt64(window)))
  }
}
