// zlib called directly: what streams of the engine are compared with.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import HisiliconQueue
import Testing

/// Whole streams by zlib.
enum ZlibReference {
  private static func parameter(_ format: ZipFormat, _ bits: Int32 = 15) -> Int32 {
    switch format {
    case .deflate: -bits
    case .zlib: bits
    case .gzip: bits + 16
    }
  }

  /// The whole stream for `bytes`.
  static func compressed(_ bytes: [UInt8], _ format: ZipFormat, level: Int32 = 6, bits: Int32 = 15) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe czlib_deflate_init(&stream, level, parameter(format, bits), 8, Z_DEFAULT_STRATEGY) == Z_OK else {
      return []
    }
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
    return Array(output.prefix(made))
  }

  /// What a stream holds, after a dictionary's bytes; nil unless it is right and complete and nothing follows it.
  static func decompressed(
    _ stream: [UInt8], _ format: ZipFormat, bits: Int32 = 15, isCut: Bool = false, dictionary: [UInt8] = []
  ) -> [UInt8]? {
    var state = unsafe z_stream()
    guard unsafe czlib_inflate_init(&state, parameter(format, bits)) == Z_OK else { return nil }
    defer { unsafe inflateEnd(&state) }
    if !dictionary.isEmpty { unsafe inflateSetDictionary(&state, dictionary, uInt(dictionary.count)) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    return unsafe stream.withUnsafeBufferPointer { source -> [UInt8]? in
      unsafe state.next_in = source.baseAddress
      unsafe state.avail_in = uInt(source.count)
      while true {
        let status = unsafe chunk.withUnsafeMutableBufferPointer { target in
          unsafe state.next_out = target.baseAddress
          unsafe state.avail_out = uInt(target.count)
          return unsafe inflate(&state, Z_NO_FLUSH)
        }
        result += unsafe chunk.prefix(chunk.count - Int(state.avail_out))
        if status == Z_STREAM_END { return unsafe state.avail_in == 0 && !isCut ? result : nil }
        let isDry = unsafe state.avail_in == 0 && state.avail_out > 0
        if isCut, status == Z_BUF_ERROR || status == Z_OK && isDry { return result }
        if status != Z_OK { return nil }
      }
    }
  }
}

/// Expects two byte strings to be equal, and does not print them where they are not.
func expectSame(
  _ first: [UInt8]?, _ second: [UInt8]?, sourceLocation: SourceLocation = #_sourceLocation
) {
  let isSame = first == second
  #expect(isSame, "\(first?.count ?? -1) and \(second?.count ?? -1) bytes", sourceLocation: sourceLocation)
}

/// Data of several kinds, the same in every run.
enum TestData: String, CaseIterable {
  case prose
  case noise
  case zeros
  case mixed

  func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    func next() -> UInt8 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 24)
    }
    let words = ["queue ", "pair ", "doorbell ", "mailbox ", "share ", "domain ", "device\n", "and "]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    while bytes.count < count {
      switch self {
      case .prose: bytes += words[Int(next() & 7)].utf8
      case .noise: bytes.append(next())
      case .zeros: bytes.append(0)
      case .mixed:
        if next() & 3 == 0 {
          for _ in 0..<Int(next()) { bytes.append(next()) }
        } else {
          for _ in 0..<Int(next() & 31) { bytes += words[Int(next() & 7)].utf8 }
        }
      }
    }
    return Array(bytes.prefix(count))
  }
}

/// A seeded generator of random numbers.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x2545_f491_4f6c_dd1d | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
