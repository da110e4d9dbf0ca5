// Inputs of the benchmarks, made here so that everybody measures the same.
// SPDX-License-Identifier: Apache-2.0

import Glibc

enum Inputs {
  /// The first bytes of a file; none of one that cannot be read.
  static func bytes(of path: String, limit: Int) -> [UInt8] {
    guard let file = unsafe fopen(path, "rb") else { return [] }
    defer { unsafe fclose(file) }
    return unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = unsafe fread(buffer.baseAddress, 1, limit, file)
    }
  }

  /// The bytes of the files that a pattern of the shell names, one after the other in the order of their names.
  static func bytes(matching pattern: String, limit: Int) -> [UInt8] {
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
    var bytes: [UInt8] = []
    let count = unsafe Int(found.gl_pathc)
    for index in 0..<count where bytes.count < limit {
      guard let path = unsafe found.gl_pathv[index] else { continue }
      bytes += Self.bytes(of: unsafe String(cString: path), limit: limit - bytes.count)
    }
    return bytes
  }

  /// Text-like data: words of a small vocabulary, as logs and JSON have them; compresses about 3 to 1.
  static func text(_ count: Int) -> [UInt8] {
    let words = [
      "request", "response", "status", "\"name\":", "\"id\":", "true", "false", "null", "error", "warning", "GET",
      "POST",
      "/index.html", "2026-11-22T", "connection", "timeout", "bytes", "user", "the", "of", "and", "to", "in", "queue",
    ]
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 32)
    while bytes.count < count {
      // Marsaglia's xorshift64.
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      bytes += words[Int(state % UInt64(words.count))].utf8
      if state >> 60 < 5 { bytes += String(state >> 40).utf8 }
      bytes.append(state >> 56 & 15 == 0 ? 10 : 32)
    }
    return Array(bytes.prefix(count))
  }

  /// Bytes that count up.
  static func counting(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
}
