// zlib's decompression state, from its creation to its end.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// What belongs to one decompression state.
///
/// zlib keeps the addresses of `stream` and of `header`, so they never move.
@safe struct InflateContext {
  let stream: UnsafeMutablePointer<z_stream>
  let slice: Int
  var format: DeflateFormat
  var dictionary: [UInt8] = []
  /// Made when the state first reads gzip, and kept.
  var header: GzipHeaderBlock?
  var isFinished = false
}

/// A decompression state of zlib, used by one transform at a time or waiting in a pool.
final class InflateStream: Sendable {
  let context: OwnedContext<InflateContext>

  /// Makes a state; ``adopt(_:windowBits:dictionary:)`` says what for.
  ///
  /// - Throws: ``ProviderError/Code/resourceExhausted``, ``ProviderError/Code/unavailable`` for a zlib of another layout.
  init(_ format: DeflateFormat, slice: Int) throws(ProviderError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let windowBits = format.parameter(windowBits: DeflateFormat.windowBits.upperBound)
    let status = unsafe czlib_inflate_init(stream, windowBits)
    guard status == Z_OK else {
      defer { unsafe stream.deallocate() }
      throw unsafe ProviderError(zlib: status, stream, format)
    }
    let pointer = UnsafeMutablePointer<InflateContext>.allocate(capacity: 1)
    unsafe pointer.initialize(to: InflateContext(stream: stream, slice: slice, format: format))
    unsafe context = OwnedContext(pointer) { raw in
      let pointer = unsafe raw.assumingMemoryBound(to: InflateContext.self)
      unsafe inflateEnd(pointer.pointee.stream)
      unsafe pointer.pointee.stream.deallocate()
      unsafe pointer.pointee.header?.deallocate()
      unsafe pointer.deinitialize(count: 1)
      unsafe pointer.deallocate()
    }
  }

  /// Makes the state ready for the first member of a user.
  func adopt(_ format: DeflateFormat, windowBits: Int, dictionary: [UInt8]?) throws(ProviderError) {
    let context = unsafe context.pointer
    unsafe context.pointee.format = format
    unsafe context.pointee.dictionary = dictionary ?? []
    if format == .gzip, unsafe context.pointee.header == nil { unsafe context.pointee.header = GzipHeaderBlock() }
    try unsafe check(inflateReset2(context.pointee.stream, format.parameter(windowBits: windowBits)))
    try begin()
  }

  /// Forgets what belongs to the user who ends.
  func release() { unsafe context.pointer.pointee.dictionary = [] }

  /// Ready for the first byte of another member with the same options.
  func reset() throws(ProviderError) {
    try unsafe check(inflateReset(context.pointer.pointee.stream))
    try begin()
  }

  /// The header of the member, once it has been read.
  var header: GzipHeader? {
    guard unsafe context.pointer.pointee.format == .gzip else { return nil }
    return unsafe context.pointer.pointee.header?.value
  }

  private func begin() throws(ProviderError) {
    let context = unsafe context.pointer
    unsafe context.pointee.isFinished = false
    switch unsafe context.pointee.format {
    case .gzip:
      guard let header = unsafe context.pointee.header else { return }
      header.prepare()
      try unsafe check(inflateGetHeader(context.pointee.stream, header.pointer))
    case .deflate:
      // Raw deflate does not say that it needs a dictionary: it is set up front.
      if unsafe !context.pointee.dictionary.isEmpty { try check(setDictionary()) }
    case .zlib: break
    }
  }

  func setDictionary() -> Int32 {
    let context = unsafe context.pointer
    return unsafe context.pointee.dictionary.withUnsafeBufferPointer { dictionary in
      unsafe inflateSetDictionary(context.pointee.stream, dictionary.baseAddress, uInt(dictionary.count))
    }
  }

  func check(_ status: Int32) throws(ProviderError) {
    guard status != Z_OK else { return }
    throw unsafe ProviderError(zlib: status, context.pointer.pointee.stream, context.pointer.pointee.format)
  }
}
