// Requests that are a whole stream.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib

extension ZipEngine {
  /// Compresses all input to one complete stream, without the container's header.
  ///
  /// - Returns: `HISI_ZIP_STATUS_OK`, or `HISI_ZIP_STATUS_NEGACOMPRESS` where that is not smaller.
  /// - Throws: `HISI_ZIP_STATUS_OUTPUT_FULL`, `HISI_ZIP_STATUS_BAD_SGL`, a fault.
  mutating func compress(
    _ request: ZipRequest, _ sqe: inout hisi_zip_sqe, _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> UInt32 {
    var input = RequestInput(request.source, bounce: inputBuffer)
    var output = RequestOutput(request.destination, bounce: outputBuffer)
    defer { sqe.setProgress(consumed: input.consumed, produced: output.produced) }
    var tally = ZipTally(request.format)
    let state = deflateState(windowBits: request.windowBits)
    state.reset()
    while true {
      try input.refill(from: memory)
      output.refill(from: memory)
      let chunk = unsafe input.chunk
      // Where the output ends exactly with the stream, zlib says so only if there would be room for more.
      let isFull = unsafe output.chunk.isEmpty
      let step = unsafe state.step(
        chunk, isFull ? spill.bytes : output.chunk, flush: input.hasMore ? Z_NO_FLUSH : Z_FINISH)
      unsafe tally.add(UnsafeRawBufferPointer(rebasing: chunk[..<step.used]))
      try input.use(step.used)
      if isFull {
        if step.made > 0 { throw output.failure }
      } else {
        try output.use(step.made)
      }
      if step.result == Z_STREAM_END { break }
      // Nothing else can come: every call has input, or room, or is the last.
      guard step.isUsable else { throw .status(HISI_ZIP_STATUS_UNSUPPORTED) }
    }
    try output.put(trailer: tally.trailer, request.format.trailerCount, to: memory)
    try output.deliver(to: memory)
    tally.store(in: &sqe)
    return output.produced < Int(sqe.input_data_length) ? HISI_ZIP_STATUS_OK : HISI_ZIP_STATUS_NEGACOMPRESS
  }

  /// Decompresses one complete stream, without the container's header; input behind its end is left alone.
  ///
  /// - Returns: `HISI_ZIP_STATUS_OK`.
  /// - Throws: `HISI_ZIP_STATUS_BAD_DATA`, also for input that ends before the stream does,
  ///   `HISI_ZIP_STATUS_CRC_ERROR`, `HISI_ZIP_STATUS_OUTPUT_FULL`, `HISI_ZIP_STATUS_BAD_SGL`, a fault.
  mutating func decompress(
    _ request: ZipRequest, _ sqe: inout hisi_zip_sqe, _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> UInt32 {
    var input = RequestInput(request.source, bounce: inputBuffer)
    var output = RequestOutput(request.destination, bounce: outputBuffer)
    defer { sqe.setProgress(consumed: input.consumed, produced: output.produced) }
    var tally = ZipTally(request.format)
    inflate.reset()
    while true {
      try input.refill(from: memory)
      output.refill(from: memory)
      let room = unsafe output.chunk
      // Past the last byte of room, only a stream that makes no more output is right.
      let isFull = unsafe room.isEmpty
      // Told that this is all, zlib spares itself a copy of its last 32 KiB.
      let isWhole = !input.hasMore && !output.hasMore
      let step = unsafe step(inflate, input.chunk, isFull ? spill.bytes : room, flush: isWhole ? Z_FINISH : Z_NO_FLUSH)
      try input.use(step.used)
      if isFull {
        if step.made > 0 { throw output.failure }
      } else {
        unsafe tally.add(UnsafeRawBufferPointer(rebasing: room[..<step.made]))
        try output.use(step.made)
      }
      if step.result == Z_STREAM_END { break }
      // With input and room zlib gets further; without more input the stream is cut off.
      guard step.isUsable, step.used + step.made > 0 else { throw .status(HISI_ZIP_STATUS_BAD_DATA) }
    }
    try output.deliver(to: memory)
    sqe.dw3 |= HISI_ZIP_DW3_LAST_BLOCK
    var trailer = TrailerReader()
    guard try trailer.read(request.format.trailerCount, &input, memory) else {
      throw .status(HISI_ZIP_STATUS_BAD_DATA)
    }
    tally.store(in: &sqe)
    guard trailer.value == tally.trailer else { throw .status(HISI_ZIP_STATUS_CRC_ERROR) }
    return HISI_ZIP_STATUS_OK
  }
}

extension ZipEngine {
  /// One call of inflate.
  ///
  /// A stored block is copied as C's `memcpy` does, which must not be given buffers that overlap: the input of a request
  /// whose buffers do is copied before.
  func step(
    _ state: InflateState, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, flush: Int32
  ) -> ZlibStep {
    guard let source = input.baseAddress, let target = output.baseAddress,
      unsafe source < UnsafeRawPointer(target) + output.count, unsafe UnsafeRawPointer(target) < source + input.count
    else { return unsafe state.step(input, output, flush: flush) }
    // In use only while the input is remote, which overlaps with nothing.
    let count = unsafe min(input.count, inputBuffer.bytes.count)
    let copy = unsafe UnsafeMutableRawBufferPointer(rebasing: inputBuffer.bytes[..<count])
    unsafe copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
    return unsafe state.step(UnsafeRawBufferPointer(copy), output, flush: flush)
  }
}
