// SHA-256 by FIPS 180-4, for what is built on a hash.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// SHA-256, which keeps its message until the end.
struct ToySHA256: HashDriver {
  let descriptor = AlgorithmDescriptor(
    name: "sha256", driverName: "sha256-toy", priority: 150, properties: .hash(.init(digestSize: 32)), blockSize: 64)

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { Transform() }

  struct Transform: HashTransform, ~Copyable {
    var message: [UInt8] = []

    mutating func update(_ bytes: RawSpan) throws(ProviderError) { message += [UInt8](copying: bytes) }
    mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      output.append(copying: Self.digest(message).rawSpan)
      message = []
    }
    mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      message = []
      try update(bytes)
      try finish(count, into: &output)
    }
    mutating func reset() throws(ProviderError) { message = [] }
    mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
      var copy = Transform()
      copy.message = message
      return copy
    }

    /// The first 32 bits of the fractional parts of the roots of the first primes (sections 4.2.2 and 5.3.3).
    private static func roots(_ count: Int, _ root: (Double) -> Double) -> [UInt32] {
      let primes = (2..<312).filter { number in !(2..<number).contains { number.isMultiple(of: $0) } }
      return primes.prefix(count).map { prime in
        let value = root(Double(prime))
        return UInt32((value - value.rounded(.down)) * 4_294_967_296)
      }
    }
    private static let start = roots(8) { $0.squareRoot() }
    private static let constants = roots(64, cubeRoot)

    /// Newton's iteration; doubles have 52 bits, of which 35 are needed.
    private static func cubeRoot(_ number: Double) -> Double {
      var root = number / 3 + 1
      for _ in 0..<100 { root -= (root * root * root - number) / (3 * root * root) }
      return root
    }

    /// Section 6.2.
    private static func digest(_ message: [UInt8]) -> [UInt8] {
      var padded = message + [0x80]
      while padded.count % 64 != 56 { padded.append(0) }
      padded += (0..<8).map { UInt8(truncatingIfNeeded: (message.count * 8) >> (56 - 8 * $0)) }
      func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
      var hash = start
      for block in stride(from: 0, to: padded.count, by: 64) {
        var words = (0..<16).map { index in
          (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[block + 4 * index + $1]) }
        }
        for index in 16..<64 {
          let (a, b) = (words[index - 15], words[index - 2])
          let first = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
          let second = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
          words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var state = hash
        for index in 0..<64 {
          let (a, e) = (state[0], state[4])
          let choice = e & state[5] ^ ~e & state[6]
          let majority = a & state[1] ^ a & state[2] ^ state[1] & state[2]
          let high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
          let low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
          let sum = state[7] &+ high &+ choice &+ constants[index] &+ words[index]
          state = [sum &+ low &+ majority, a, state[1], state[2], state[3] &+ sum, e, state[5], state[6]]
        }
        hash = zip(hash, state).map { $0 &+ $1 }
      }
      return hash.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }
  }
}
