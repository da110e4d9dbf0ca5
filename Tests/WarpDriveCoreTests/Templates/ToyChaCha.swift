// ChaCha20 and Poly1305 by RFC 8439, as the registry has them: a stream cipher and a MAC with keys for one message.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// ChaCha20 with a 16-byte IV: the counter, least significant byte first, and the nonce.
struct ToyChaCha20: CipherDriver {
  let descriptor = AlgorithmDescriptor(
    name: "chacha20", driverName: "chacha20-toy", priority: 210,
    properties: .cipher(.init(keyLengths: KeyLengths(32, 32), ivSize: 16, chunkSize: 64)))
  let knownAnswers = [
    KnownAnswer(
      .cipher(
        key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        iv: "01000000000000000000004a00000000",
        plaintext: "4c616469657320616e642047656e746c656d656e206f662074686520636c6173",
        ciphertext: "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"),
      source: "RFC 8439 section 2.4.2, its first 32 bytes")
  ]

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable { Transform() }

  struct Transform: CipherTransform, ~Copyable {
    var key: [UInt32] = []

    mutating func setKey(_ key: RawSpan) throws(ProviderError) { self.key = Self.words([UInt8](copying: key)) }

    mutating func process(
      _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
    ) throws(ProviderError) {
      var bytes = [UInt8](copying: input)
      do {
        var span = bytes.mutableRawSpan
        try process(direction, inPlace: &span, iv: &iv)
      }
      output.append(copying: bytes.rawSpan)
    }

    mutating func process(
      _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
    ) throws(ProviderError) {
      var tail = Self.words([UInt8](copying: iv.bytes))
      var stream: [UInt8] = []
      for index in 0..<bytes.byteCount {
        if index.isMultiple(of: 64) {
          stream = Self.block(key, tail)
          tail[0] &+= 1
        }
        let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) ^ stream[index % 64]
        bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
      iv.storeBytes(of: tail[0].littleEndian, toByteOffset: 0, as: UInt32.self)
    }

    private static func words(_ bytes: [UInt8]) -> [UInt32] {
      stride(from: 0, to: bytes.count, by: 4).map { start in
        (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
      }
    }

    /// Section 2.3.
    private static func block(_ key: [UInt32], _ tail: [UInt32]) -> [UInt8] {
      let start: [UInt32] = [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574] + key + tail
      var state = start
      func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
      func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        for (x, y, z, count) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] as [(Int, Int, Int, UInt32)]
        {
          state[x] &+= state[y]
          state[z] = rotate(state[z] ^ state[x], count)
        }
      }
      for _ in 0..<10 {
        for index in 0..<4 { quarter(index, 4 + index, 8 + index, 12 + index) }
        for index in 0..<4 { quarter(index, 4 + (index + 1) % 4, 8 + (index + 2) % 4, 12 + (index + 3) % 4) }
      }
      return zip(state, start).flatMap { pair in
        let word = pair.0 &+ pair.1
        return (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
      }
    }
  }
}

/// Poly1305 in base 256.
struct ToyPoly1305: MACDriver {
  let descriptor = AlgorithmDescriptor(
    name: "poly1305", driverName: "poly1305-toy", priority: 200,
    properties: .mac(.init(tagSize: 16, keyLengths: KeyLengths(32, 32))), blockSize: 16)
  let knownAnswers = [
    KnownAnswer(
      .mac(
        key: "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
        message: "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
        tag: "a8061dc1305136c6c22b8baf0c0127a9"), source: "RFC 8439 section 2.5.2")
  ]

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable { Transform() }

  struct Transform: MACTransform, ~Copyable {
    var key: [UInt8] = []
    var message: [UInt8] = []

    mutating func setKey(_ key: RawSpan) throws(ProviderError) {
      self.key = [UInt8](copying: key)
      message = []
    }
    mutating func update(_ bytes: RawSpan) throws(ProviderError) { message += [UInt8](copying: bytes) }
    mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
      output.append(copying: Self.tag(key, message).rawSpan)
      message = []
    }
    mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
      message = []
      try update(bytes)
      try finish(into: &output)
    }
    mutating func reset() throws(ProviderError) { message = [] }

    /// Section 2.5.1; numbers have 17 digits of base 256, the least significant first.
    private static func tag(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
      var factor = key.prefix(16).map(Int.init) + [0]
      for index in [3, 7, 11, 15] { factor[index] &= 15 }
      for index in [4, 8, 12] { factor[index] &= 252 }
      var sum: [Int] = Array(repeating: 0, count: 17)
      for start in stride(from: 0, to: message.count, by: 16) {
        let block = message[start..<min(start + 16, message.count)].map(Int.init) + [1]
        for (index, digit) in block.enumerated() { sum[index] += digit }
        var product: [Int] = Array(repeating: 0, count: 17)
        for index in 0..<17 {
          for place in 0..<17 {
            // 2^136 is 320 modulo 2^130 - 5.
            let digit = sum[index] * factor[place]
            if index + place < 17 {
              product[index + place] += digit
            } else {
              product[index + place - 17] += 320 * digit
            }
          }
        }
        sum = carried(carried(product))
      }
      // The number is below 2^130 + a little: subtract the modulus where that leaves something.
      var less = sum
      less[0] += 5
      less = propagated(less)
      if less[16] > 3 {
        less[16] &= 3
        sum = less
      }
      for index in 0..<16 { sum[index] += Int(key[16 + index]) }
      return propagated(sum).prefix(16).map { UInt8($0) }
    }

    private static func propagated(_ digits: [Int]) -> [Int] {
      var (result, carry) = (digits, 0)
      for index in 0..<17 {
        let digit = result[index] + carry
        carry = index < 16 ? digit >> 8 : 0
        result[index] = index < 16 ? digit & 255 : digit
      }
      return result
    }

    /// All digits below 256, and what is above 2^130 taken in five times.
    private static func carried(_ digits: [Int]) -> [Int] {
      var result = propagated(digits)
      result[0] += 5 * (result[16] >> 2)
      result[16] &= 3
      return propagated(result)
    }
  }
}
