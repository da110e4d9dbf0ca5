// zlib's compression state, from its creation to its end.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// What belongs to one compression state.
///
/// zlib keeps the addresses of `stream` and of `header`, so they never move.
@safe struct DeflateContext {
  let stream: UnsafeMutablePointer<z_stream>
  let format: DeflateFormat
  let slice: Int
  var level: Int32
  var strategy: Int32
  var dictionary: [UInt8] = []
  var header: GzipHeaderBlock?
  /// Whether zlib has put out everything, part of it perhaps into the overflow.
  var isFinished = false
  var overflow: Overflow

  /// Output that did not fit: see ``DeflateStream/run(_:into:_:)``.
  @safe struct Overflow {
    /// More than the six bytes that zlib asks for where a flush is to end (zlib.h, deflate).
    static let capacity = 64
    let bytes: UnsafeMutableRawBufferPointer
    var start = 0
    var end = 0
    var isEmpty: Bool { start == end }
  }
}

/// A compression state of zlib, used by one transform at a time or waiting in a pool.
final class DeflateStream: Sendable {
  let context: OwnedContext<DeflateContext>

  /// Makes a state of class `kind`.
  ///
  /// - Throws: ``ProviderError/Code/resourceExhausted``, ``ProviderError/Code/unavailable`` for a zlib of another layout.
  init(_ kind: DeflateClass, level: Int32, strategy: Int32, slice: Int) throws(ProviderError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe czlib_deflate_init(
      stream, level, kind.format.parameter(windowBits: kind.windowBits), kind.memoryLevel, strategy)
    guard status == Z_OK else {
      defer { unsafe stream.deallocate() }
      throw unsafe ProviderError(zlib: status, stream, kind.format)
    }
    let pointer = UnsafeMutablePointer<DeflateContext>.allocate(capacity: 1)
    let overflow = UnsafeMutableRawBufferPointer.allocate(byteCount: DeflateContext.Overflow.capacity, alignment: 16)
    unsafe pointer.initialize(
      to: DeflateContext(
        stream: stream, format: kind.format, slice: slice, level: level, strategy: strategy,
        overflow: .init(bytes: overflow)))
    unsafe context = OwnedContext(pointer) { raw in
      let pointer = unsafe raw.assumingMemoryBound(to: DeflateContext.self)
      // Its one error says that a stream was left unfinished, which is the caller's right.
      unsafe deflateEnd(pointer.pointee.stream)
      unsafe pointer.pointee.stream.deallocate()
      unsafe pointer.pointee.header?.deallocate()
      unsafe pointer.pointee.overflow.bytes.deallocate()
      unsafe pointer.deinitialize(count: 1)
      unsafe pointer.deallocate()
    }
  }

  /// Makes the state ready for another user's first member; false where this zlib cannot change it so.
  func adopt(level: Int32, strategy: Int32) -> Bool {
    let context = unsafe context.pointer
    guard unsafe deflateReset(context.pointee.stream) == Z_OK else { return false }
    guard unsafe context.pointee.level != level || context.pointee.strategy != strategy else { return true }
    // zlib before 1.2.12 wants to flush here although the stream is fresh, and fails for want of room.
    guard unsafe deflateParams(context.pointee.stream, level, strategy) == Z_OK else { return false }
    unsafe context.pointee.level = level
    unsafe context.pointee.strategy = strategy
    return true
  }

  /// Sets what is written besides the data, in a state that is ready for its first member.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for header fields that gzip cannot have.
  func prepare(header: GzipHeader?, dictionary: [UInt8]?) throws(ProviderError) {
    let context = unsafe context.pointer
    let block: GzipHeaderBlock? = if let header { try GzipHeaderBlock(header) } else { nil }
    if unsafe context.pointee.format == .gzip {
      let status = unsafe deflateSetHeader(context.pointee.stream, block?.pointer)
      if status != Z_OK { unsafe block?.deallocate() }
      try check(status)
    }
    // zlib has let go of the former user's only now: it refuses to while a stream is complete.
    unsafe context.pointee.header?.deallocate()
    unsafe context.pointee.header = block
    unsafe context.pointee.dictionary = dictionary ?? []
    try begin()
  }

  /// Forgets what belongs to the user who ends.
  func release() { unsafe context.pointer.pointee.dictionary = [] }

  /// Ready for the first byte of another member with the same options.
  func reset() throws(ProviderError) {
    try unsafe check(deflateReset(context.pointer.pointee.stream))
    try begin()
  }

  private func begin() throws(ProviderError) {
    let context = unsafe context.pointer
    unsafe context.pointee.isFinished = false
    unsafe context.pointee.overflow.start = 0
    unsafe context.pointee.overflow.end = 0
    guard unsafe !context.pointee.dictionary.isEmpty else { return }
    try unsafe check(
      context.pointee.dictionary.withUnsafeBufferPointer { dictionary in
        unsafe deflateSetDictionary(context.pointee.stream, dictionary.baseAddress, uInt(dictionary.count))
      })
  }

  func check(_ status: Int32) throws(ProviderError) {
    guard status != Z_OK else { return }
    throw unsafe ProviderError(zlib: status, context.pointer.pointee.stream, context.pointer.pointee.format)
  }
}
