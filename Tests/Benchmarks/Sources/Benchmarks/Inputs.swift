// Inputs of the benchmarks, made here so that everybody measures the same.
// SPDX-License-Identifier: Apache-2.0

enum Inputs {
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
