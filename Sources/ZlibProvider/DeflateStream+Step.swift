// One step of compression.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

extension DeflateStream {
  /// One step of a member; see ``CompressionTransform/step(_:into:_:)``.
  func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    let context = unsafe context.pointer
    let before = output.byteCount
    var consumed = 0
    if unsafe !context.pointee.overflow.isEmpty { handOutOverflow(into: &output) }
    if unsafe context.pointee.overflow.isEmpty && !context.pointee.isFinished {
      consumed = try run(input, into: &output, flush.zlibNumber)
    }
    let isFinished = unsafe context.pointee.isFinished && context.pointee.overflow.isEmpty
    return CompressionProgress(consumed: consumed, produced: output.byteCount - before, finished: isFinished)
  }

  /// Gives zlib the input and the room in slices, and returns how much of the input it used.
  ///
  /// Where the room ends before a flush or the stream does, zlib goes on into the overflow. Only so can it tell that
  /// it is done when the output fits exactly; and where it is given less than seven bytes at a time it would end each
  /// flush with another marker (zlib.h, deflate), so that a caller who waits for room to be left would wait for ever.
  private func run(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: Int32
  ) throws(ProviderError) -> Int {
    let context = unsafe context.pointer
    var consumed = 0
    let status = unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { target, count in
        var status = Z_BUF_ERROR
        repeat {
          status = unsafe call(source, &consumed, target, &count, flush)
        } while status == Z_OK && hasMore(source.count - consumed, target.count - count)
        if flush != Z_NO_FLUSH, consumed == source.count, count == target.count, status == Z_OK || status == Z_BUF_ERROR
        {
          unsafe context.pointee.overflow.start = 0
          unsafe context.pointee.overflow.end = 0
          status = unsafe call(source, &consumed, context.pointee.overflow.bytes, &context.pointee.overflow.end, flush)
        }
        return status
      }
    }
    switch status {
    case Z_STREAM_END: unsafe context.pointee.isFinished = true
    // Nothing could be done for want of input or room: no error.
    case Z_BUF_ERROR: break
    default: try check(status)
    }
    return consumed
  }

  /// Whether another slice can get further: zlib stopped because the last one's input or room was used up.
  private func hasMore(_ input: Int, _ room: Int) -> Bool {
    let stream = unsafe context.pointer.pointee.stream
    return unsafe (stream.pointee.avail_out == 0 && room > 0) || (stream.pointee.avail_in == 0 && input > 0)
  }

  /// One call of deflate with a slice of each buffer.
  private func call(
    _ source: UnsafeRawBufferPointer, _ consumed: inout Int, _ target: UnsafeMutableRawBufferPointer,
    _ produced: inout Int, _ flush: Int32
  ) -> Int32 {
    let context = unsafe context.pointer
    let stream = unsafe context.pointee.stream
    let offered = unsafe min(source.count - consumed, context.pointee.slice)
    let room = unsafe min(target.count - produced, context.pointee.slice)
    guard room > 0, let start = target.baseAddress else { return Z_BUF_ERROR }
    // Both pointers are used by deflate alone, within this call; it keeps to the counts.
    unsafe stream.pointee.next_in = source.baseAddress.map {
      unsafe ($0 + consumed).assumingMemoryBound(to: Bytef.self)
    }
    unsafe stream.pointee.avail_in = uInt(offered)
    unsafe stream.pointee.next_out = (start + produced).assumingMemoryBound(to: Bytef.self)
    unsafe stream.pointee.avail_out = uInt(room)
    let isLast = consumed + offered == source.count
    let status = unsafe deflate(stream, isLast ? flush : Z_NO_FLUSH)
    unsafe consumed += offered - Int(stream.pointee.avail_in)
    unsafe produced += room - Int(stream.pointee.avail_out)
    return status
  }

  private func handOutOverflow(into output: inout OutputRawSpan) {
    let context = unsafe context.pointer
    let start = unsafe context.pointee.overflow.start
    let count = unsafe min(context.pointee.overflow.end - start, output.freeCapacity)
    guard count > 0 else { return }
    unsafe output.append(
      copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(context.pointee.overflow.bytes)).extracting(
        start..<start + count))
    unsafe context.pointee.overflow.start += count
  }
}
