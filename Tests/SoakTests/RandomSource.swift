// Random choices that a seed repeats.
// SPDX-License-Identifier: Apache-2.0

/// The generator splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
struct RandomSource: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to `count` - 1.
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// One of `values`.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  /// True once in `count` times.
  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  /// `count` bytes: runs and noise mixed, so that they compress a little.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 64)
    while bytes.count < count {
      let word = next()
      if word & 3 == 0 {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
      } else {
        bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: word >> 8), count: Int(word >> 58))
      }
    }
    return Array(bytes.prefix(count))
  }
}
