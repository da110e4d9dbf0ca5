// The kit's own source of randomness: the same cases for the same seed, on every machine and with every compiler.
// SPDX-License-Identifier: Apache-2.0

/// A generator of reproducible cases: xoshiro256** seeded through SplitMix64.
///
/// Both by D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", 2021, who put them in the
/// public domain; written here from the paper. Not for secrets.
public struct RandomSource: RandomNumberGenerator, Sendable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// Makes a generator; equal seeds give equal sequences.
  public init(seed: UInt64) {
    var state = seed
    a = Self.splitMix(&state)
    b = Self.splitMix(&state)
    c = Self.splitMix(&state)
    d = Self.splitMix(&state)
  }

  /// A generator in a given state, not all of it zero.
  init(state: (UInt64, UInt64, UInt64, UInt64)) { (a, b, c, d) = state }

  /// A generator for one purpose, so that what one check draws does not change what another sees.
  init(seed: UInt64, purpose: String) {
    // FNV-1a, 64 bits (RFC 9923): Swift's own hashes differ from run to run.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    self.init(seed: seed ^ hash)
  }

  /// One step of SplitMix64; advances `state`.
  static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let scrambled = b &* 5
    let result = (scrambled << 7 | scrambled >> 57) &* 9
    let shifted = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = d << 45 | d >> 19
    return result
  }

  /// A number in `range`; its distribution is even to within 2^-64 of the range's size.
  mutating func number(in range: ClosedRange<Int>) -> Int {
    // Wrapping: the range may be wider than Int's positive half.
    let size = UInt64(truncatingIfNeeded: range.upperBound &- range.lowerBound) &+ 1
    guard size != 0 else { return Int(truncatingIfNeeded: next()) }
    return range.lowerBound &+ Int(truncatingIfNeeded: next().multipliedFullWidth(by: size).high)
  }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { number(in: 1...count) == 1 }

  /// One of `elements`, of which there is at least one.
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(in: 0...elements.count - 1)] }

  /// `count` random bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Words instead of bytes: debug builds make megabytes of these. The last one is cut to what fits.
      var offset = 0
      while offset + 8 <= count {
        unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
          .storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
        offset += 8
      }
      var rest = next()
      while offset < count {
        unsafe buffer[offset] = UInt8(truncatingIfNeeded: rest)
        rest >>= 8
        offset += 1
      }
      initialized = count
    }
  }

  /// Cuts `count` into pieces whose sizes are drawn from 0 to `largest`; empty pieces among them.
  mutating func split(_ count: Int, largest: Int, multipleOf unit: Int = 1) -> [Int] {
    var pieces: [Int] = []
    var rest = count / unit
    let most = max(1, largest / unit)
    while rest > 0 {
      if once(in: 8) { pieces.append(0) }
      let piece = number(in: 1...min(most, rest))
      pieces.append(piece * unit)
      rest -= piece
    }
    if !count.isMultiple(of: unit) { pieces.append(count % unit) }
    return pieces.isEmpty ? [0] : pieces
  }
}
