// zlib called directly: what the engine is compared with.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib

@testable import HisiliconModel

/// Whole streams by zlib, without the headers that are the software's.
enum Reference {
  /// The body and the trailer for `bytes`; nil for data that zlib refuses.
  static func compressed(
    _ bytes: [UInt8], _ format: ZipFormat, level: Int32 = 6, windowBits: Int32 = 15,
    strategy: Int32 = Z_DEFAULT_STRATEGY
  ) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe czlib_deflate_init(&stream, level, -windowBits, 8, strategy) == Z_OK else { return [] }
    defer { unsafe deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 4 + 300)
    let made = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = uInt(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = uInt(target.count)
        _ = unsafe deflate(&stream, Z_FINISH)
        return unsafe target.count - Int(stream.avail_out)
      }
    }
    return Array(output.prefix(made)) + trailer(bytes, format)
  }

  /// What a body and its trailer hold; nil unless they are right and all there is.
  static func decompressed(_ stream: [UInt8], _ format: ZipFormat) -> [UInt8]? {
    guard let (bytes, used) = inflated(stream) else { return nil }
    return Array(stream[used...]) == trailer(bytes, format) ? bytes : nil
  }

  /// What a raw body holds, and how long it is; nil for data that zlib refuses.
  static func inflated(_ body: [UInt8]) -> (bytes: [UInt8], used: Int)? {
    var stream = unsafe z_stream()
    guard unsafe czlib_inflate_init(&stream, -15) == Z_OK else { return nil }
    defer { unsafe inflateEnd(&stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let used = unsafe body.withUnsafeBufferPointer { source -> Int? in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = uInt(source.count)
      while true {
        let status = unsafe chunk.withUnsafeMutableBufferPointer { target in
          unsafe stream.next_out = target.baseAddress
          unsafe stream.avail_out = uInt(target.count)
          return unsafe inflate(&stream, Z_NO_FLUSH)
        }
        result += unsafe chunk.prefix(chunk.count - Int(stream.avail_out))
        if status == Z_STREAM_END { return unsafe source.count - Int(stream.avail_in) }
        if status != Z_OK { return nil }
      }
    }
    return used.map { (result, $0) }
  }

  /// What follows the body (RFC 1950, RFC 1952).
  static func trailer(_ bytes: [UInt8], _ format: ZipFormat) -> [UInt8] {
    switch format {
    case .deflate: []
    case .zlib: (0..<4).map { UInt8(truncatingIfNeeded: adler(bytes) >> UInt32(24 - 8 * $0)) }
    case .gzip:
      (0..<4).map { UInt8(truncatingIfNeeded: crc(bytes) >> UInt32(8 * $0)) }
        + (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
    }
  }

  static func crc(_ bytes: [UInt8]) -> UInt32 { unsafe UInt32(crc32_z(0, bytes, bytes.count)) }

  static func adler(_ bytes: [UInt8]) -> UInt32 { unsafe UInt32(adler32_z(1, bytes, bytes.count)) }
}

/// Whether two byte strings are equal; a failed expectation then says so without printing them.
func same(_ first: [UInt8]?, _ second: [UInt8]?) -> Bool { first == second }
