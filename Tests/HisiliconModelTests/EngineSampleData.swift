// Bytes of the kinds that the Canterbury corpus has, made from a seed.
// SPDX-License-Identifier: Apache-2.0

/// A generator whose sequence depends on the seed only (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

/// Kinds of data to compress.
enum SampleKind: CaseIterable, Sendable {
  case prose
  case source
  case records
  case image
  case zeros
  case noise
  /// Noise that repeats at a distance close to 32 KiB, so that only a full window finds it.
  case distant

  /// `count` bytes of this kind.
  func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed &* 31 &+ UInt64(Self.allCases.firstIndex(of: self) ?? 0))
    var result: [UInt8] = []
    result.reserveCapacity(count + 64)
    switch self {
    case .prose:
      let words = Self.words(1500, &random)
      while result.count < count {
        // Small numbers are likelier, as the first words of a language are.
        let rank = Int.random(in: 0..<words.count, using: &random) * Int.random(in: 0..<words.count, using: &random)
        result += words[rank / words.count]
        result.append(Int.random(in: 0..<12, using: &random) == 0 ? 0x0a : 0x20)
      }
    case .source:
      let words = Self.words(60, &random)
      while result.count < count {
        result += Array(repeating: 0x20, count: 2 * Int.random(in: 0..<4, using: &random))
        result += Array("let ".utf8) + words.randomElement(using: &random)! + Array(" = call(".utf8)
        result += words.randomElement(using: &random)! + Array(");\n".utf8)
      }
    case .records:
      var serial: UInt32 = 0
      while result.count < count {
        serial += UInt32.random(in: 1..<9, using: &random)
        for shift in [0, 8, 16, 24] as [UInt32] { result.append(UInt8(truncatingIfNeeded: serial >> shift)) }
        result += [
          1, 0, UInt8.random(in: 0..<4, using: &random), 0, 0xff, 0xff, 0, UInt8.random(in: 0..<64, using: &random),
        ]
      }
    case .image:
      while result.count < count {
        let run = Int.random(in: 1..<200, using: &random)
        result += Array(repeating: [0x00, 0xff, 0x18, 0x3c].randomElement(using: &random)!, count: run)
      }
    case .zeros: result = Array(repeating: 0, count: count)
    case .noise: while result.count < count { result.append(UInt8.random(in: 0...255, using: &random)) }
    case .distant:
      let period = 32_000
      while result.count < min(period, count) { result.append(UInt8.random(in: 0...255, using: &random)) }
      while result.count < count { result.append(result[result.count - period]) }
    }
    return Array(result.prefix(count))
  }

  private static func words(_ count: Int, _ random: inout SeededGenerator) -> [[UInt8]] {
    (0..<count).map { _ in
      (0..<Int.random(in: 1..<11, using: &random)).map { _ in UInt8.random(in: 0x61...0x7a, using: &random) }
    }
  }
}
