// zlib's states, each from its creation to its end.
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// What one call of zlib did.
struct ZlibStep {
  /// zlib's result (`Z_OK` …).
  let result: Int32
  /// Bytes of input used.
  let used: Int
  /// Bytes of output made.
  let made: Int

  /// Whether zlib can go on, with more input or room perhaps.
  var isUsable: Bool { result == Z_OK || result == Z_BUF_ERROR }
}

/// A raw-deflate compression state; used by one thread at a time.
///
/// `@unchecked Sendable`: it moves between threads with the engine or stream that owns it.
@safe final class DeflateState: @unchecked Sendable {
  /// zlib's default; the hardware has no levels.
  private static let level: Int32 = 6
  /// zlib's default (zconf.h).
  private static let memoryLevel: Int32 = 8

  /// The window as a power of two.
  let windowBits: Int32
  // zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Makes a state.
  ///
  /// - Throws: zlib's error.
  init(windowBits: Int32) throws(ZipEngineError) {
    self.windowBits = windowBits
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe czlib_deflate_init(stream, Self.level, -windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY)
    guard result == Z_OK else {
      unsafe stream.deallocate()
      throw .library(result)
    }
  }

  deinit {
    // Its one error says that a stream was left unfinished, as failed requests leave it.
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Ready for another stream.
  func reset() { unsafe deflateReset(stream) }

  /// One call of deflate.
  func step(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, flush: Int32) -> ZlibStep {
    unsafe stream.step(input, output) { unsafe deflate($0, flush) }
  }
}

/// A raw-inflate state; used by one thread at a time.
///
/// `@unchecked Sendable`: it moves between threads with the engine or stream that owns it.
@safe final class InflateState: @unchecked Sendable {
  // zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Makes a state with the full window of 32 KiB, whatever a request's window field says.
  ///
  /// - Throws: zlib's error.
  init() throws(ZipEngineError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe czlib_inflate_init(stream, -15)
    guard result == Z_OK else {
      unsafe stream.deallocate()
      throw .library(result)
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Ready for another stream.
  func reset() { unsafe inflateReset(stream) }

  /// One call of inflate.
  func step(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, flush: Int32) -> ZlibStep {
    unsafe stream.step(input, output) { unsafe inflate($0, flush) }
  }

  /// Whether the last block has begun (zlib.h, `data_type` after inflate: bit 6).
  var isInLastBlock: Bool { unsafe stream.pointee.data_type & 64 != 0 }

  /// Whether the input used so far ends between two blocks (bit 7).
  var isBetweenBlocks: Bool { unsafe stream.pointee.data_type & 128 != 0 }
}

extension UnsafeMutablePointer<z_stream> {
  /// Points zlib to both buffers, calls it and sees how far it got; buffers are less than 4 GiB.
  @inline(__always)
  fileprivate func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer,
    _ call: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> ZlibStep {
    unsafe pointee.next_in = input.baseAddress?.assumingMemoryBound(to: Bytef.self)
    unsafe pointee.avail_in = uInt(input.count)
    // zlib wants an address also for no room: any will do.
    unsafe pointee.next_out = (output.baseAddress ?? UnsafeMutableRawPointer(self)).assumingMemoryBound(to: Bytef.self)
    unsafe pointee.avail_out = uInt(output.count)
    let result = unsafe call(self)
    return unsafe ZlibStep(
      result: result, used: input.count - Int(pointee.avail_in), made: output.count - Int(pointee.avail_out))
  }
}
