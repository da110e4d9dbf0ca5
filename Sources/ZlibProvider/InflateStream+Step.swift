// One step of decompression.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

extension InflateStream {
  /// One step of a member; see ``CompressionTransform/step(_:into:_:)``.
  func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    let context = unsafe context.pointer
    guard unsafe !context.pointee.isFinished else { return CompressionProgress(finished: true) }
    let before = output.byteCount
    var consumed = 0
    // Where all input is there and all output fits, Z_FINISH spares zlib the copy of its last 32 KiB into a window.
    let flush = flush == .finish ? Z_FINISH : Z_NO_FLUSH
    let status = unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { target, count in
        var status = Z_OK
        repeat {
          status = unsafe call(source, &consumed, target, &count, flush)
        } while hasMore(status, source.count - consumed, target.count - count)
        return status
      }
    }
    switch status {
    case Z_STREAM_END: unsafe context.pointee.isFinished = true
    // Nothing could be done for want of input or room, or Z_FINISH found no end: no errors.
    case Z_BUF_ERROR: break
    default: try check(status)
    }
    return unsafe CompressionProgress(
      consumed: consumed, produced: output.byteCount - before, finished: context.pointee.isFinished)
  }

  /// Whether another slice can get further: zlib stopped because the last one's input or room was used up.
  private func hasMore(_ status: Int32, _ input: Int, _ room: Int) -> Bool {
    guard status == Z_OK || status == Z_BUF_ERROR else { return false }
    let stream = unsafe context.pointer.pointee.stream
    return unsafe (stream.pointee.avail_out == 0 && room > 0) || (stream.pointee.avail_in == 0 && input > 0)
  }

  /// One call of inflate with a slice of each buffer, and the dictionary where the stream asks for it.
  private func call(
    _ source: UnsafeRawBufferPointer, _ consumed: inout Int, _ target: UnsafeMutableRawBufferPointer,
    _ produced: inout Int, _ flush: Int32
  ) -> Int32 {
    let context = unsafe context.pointer
    let stream = unsafe context.pointee.stream
    let offered = unsafe min(source.count - consumed, context.pointee.slice)
    let room = unsafe min(target.count - produced, context.pointee.slice)
    // Headers and trailers are read without room, but zlib wants an address: any will do for no bytes.
    let start = unsafe target.baseAddress ?? UnsafeMutableRawPointer(stream)
    // Both pointers are used by inflate alone, within this call; it keeps to the counts.
    unsafe stream.pointee.next_in = source.baseAddress.map {
      unsafe ($0 + consumed).assumingMemoryBound(to: Bytef.self)
    }
    unsafe stream.pointee.avail_in = uInt(offered)
    unsafe stream.pointee.next_out = (start + produced).assumingMemoryBound(to: Bytef.self)
    unsafe stream.pointee.avail_out = uInt(room)
    let isLast = consumed + offered == source.count
    var status = unsafe inflate(stream, isLast ? flush : Z_NO_FLUSH)
    if status == Z_NEED_DICT, unsafe !context.pointee.dictionary.isEmpty, setDictionary() == Z_OK {
      status = unsafe inflate(stream, isLast ? flush : Z_NO_FLUSH)
    }
    unsafe consumed += offered - Int(stream.pointee.avail_in)
    unsafe produced += room - Int(stream.pointee.avail_out)
    return status
  }
}
