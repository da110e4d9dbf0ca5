// zlib called directly: what the drivers' output is compared with.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// zlib without anything of the library between: a fresh context for each call, whole messages.
enum ZlibOracle {
  /// What deflateInit2 is given, in zlib's terms.
  struct Parameters {
    var level: Int32 = 6
    var windowBits: Int32
    var memoryLevel: Int32 = 8
    var strategy: Int32 = Z_DEFAULT_STRATEGY
  }

  /// The number for `windowBits` of a format with a window of `bits` bits, as zlib.h says.
  static func windowBits(_ format: String, _ bits: Int32 = 15) -> Int32 {
    switch format {
    case "deflate": -bits
    case "gzip": bits + 16
    default: bits
    }
  }

  /// The compressed form of `input`.
  static func compress(_ input: [UInt8], _ parameters: Parameters, dictionary: [UInt8] = []) -> [UInt8] {
    var stream = unsafe z_stream()
    let made = unsafe czlib_deflate_init(
      &stream, parameters.level, parameters.windowBits, parameters.memoryLevel, parameters.strategy)
    precondition(made == Z_OK)
    defer { unsafe deflateEnd(&stream) }
    if !dictionary.isEmpty {
      precondition(unsafe deflateSetDictionary(&stream, dictionary, uInt(dictionary.count)) == Z_OK)
    }
    // Twice the input is more than deflate can make of it, and than the smallest stream with a header takes.
    return unsafe [UInt8](unsafeUninitializedCapacity: input.count * 2 + 1024) { buffer, count in
      unsafe input.withUnsafeBufferPointer { source in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = uInt(source.count)
        unsafe stream.next_out = buffer.baseAddress
        unsafe stream.avail_out = uInt(buffer.count)
        precondition(unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END)
      }
      count = unsafe buffer.count - Int(stream.avail_out)
    }
  }

  /// zlib's last status for `input` given whole, its output and the bytes that it left.
  static func decompress(_ input: [UInt8], windowBits: Int32, room: Int) -> (Int32, [UInt8], left: Int) {
    var stream = unsafe z_stream()
    precondition(unsafe czlib_inflate_init(&stream, windowBits) == Z_OK)
    defer { unsafe inflateEnd(&stream) }
    var status = Z_OK
    let output = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      unsafe input.withUnsafeBufferPointer { source in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = uInt(source.count)
        unsafe stream.next_out = buffer.baseAddress
        unsafe stream.avail_out = uInt(buffer.count)
        status = unsafe inflate(&stream, Z_NO_FLUSH)
      }
      count = unsafe buffer.count - Int(stream.avail_out)
    }
    return unsafe (status, output, left: Int(stream.avail_in))
  }
}
