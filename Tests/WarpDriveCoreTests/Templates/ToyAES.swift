// AES by FIPS 197, byte by byte: slow and leaky, but independent of every library.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// The tables and the key schedule of AES.
struct ToyAES: Sendable {
  private let roundKeys: [[UInt8]]

  /// Section 5.1.1: the inverse in GF(2^8), then an affine map.
  private static let box: [UInt8] = {
    var table: [UInt8] = Array(repeating: 0, count: 256)
    for value in 0..<256 {
      let inverse = (0..<256).first { multiply(UInt8($0), UInt8(value)) == 1 }.map { UInt8($0) } ?? 0
      var sum = inverse ^ 0x63
      for shift in 1...4 { sum ^= inverse << UInt8(shift) | inverse >> UInt8(8 - shift) }
      table[value] = sum
    }
    return table
  }()
  private static let inverseBox: [UInt8] = {
    var table: [UInt8] = Array(repeating: 0, count: 256)
    for value in 0..<256 { table[Int(box[value])] = UInt8(value) }
    return table
  }()
  /// Products with the coefficients of MixColumns and its inverse (sections 5.1.3 and 5.3.3).
  private static let products: [UInt8: [UInt8]] = Dictionary(
    uniqueKeysWithValues: [1, 2, 3, 9, 11, 13, 14].map { factor in
      (factor, (0..<256).map { multiply(factor, UInt8($0)) })
    })

  private static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
    var (product, multiple, bits): (UInt8, UInt8, UInt8) = (0, left, right)
    while bits != 0 {
      if bits & 1 != 0 { product ^= multiple }
      multiple = multiple << 1 ^ (multiple & 0x80 != 0 ? 0x1B : 0)
      bits >>= 1
    }
    return product
  }

  /// Section 5.2.
  init(_ key: [UInt8]) {
    let words = key.count / 4
    var schedule = stride(from: 0, to: key.count, by: 4).map { Array(key[$0..<$0 + 4]) }
    var constant: UInt8 = 1
    while schedule.count < 4 * (words + 7) {
      var word = schedule[schedule.count - 1]
      if schedule.count.isMultiple(of: words) {
        word = (word.dropFirst() + word.prefix(1)).map { Self.box[Int($0)] }
        word[0] ^= constant
        constant = Self.multiply(constant, 2)
      } else if words > 6, schedule.count % words == 4 {
        word = word.map { Self.box[Int($0)] }
      }
      schedule.append(zip(word, schedule[schedule.count - words]).map { $0 ^ $1 })
    }
    roundKeys = stride(from: 0, to: schedule.count, by: 4).map { Array(schedule[$0..<$0 + 4].joined()) }
  }

  private static let encryptRows: [UInt8] = [2, 3, 1, 1]
  private static let decryptRows: [UInt8] = [14, 11, 13, 9]

  private static func mix(_ state: [UInt8], _ row: [UInt8]) -> [UInt8] {
    let tables = row.map { products[$0] ?? [] }
    var mixed: [UInt8] = Array(repeating: 0, count: 16)
    for column in 0..<4 {
      for index in 0..<4 {
        var sum: UInt8 = 0
        for place in 0..<4 { sum ^= tables[(place - index + 4) & 3][Int(state[4 * column + place])] }
        mixed[4 * column + index] = sum
      }
    }
    return mixed
  }

  private func add(_ state: inout [UInt8], _ round: Int) {
    for index in 0..<16 { state[index] ^= roundKeys[round][index] }
  }

  /// Section 5.1.
  func encrypt(_ block: [UInt8]) -> [UInt8] {
    var state = block
    add(&state, 0)
    for round in 1..<roundKeys.count {
      let before = state
      for index in 0..<16 { state[index] = Self.box[Int(before[(index + 4 * (index & 3)) & 15])] }
      if round < roundKeys.count - 1 { state = Self.mix(state, Self.encryptRows) }
      add(&state, round)
    }
    return state
  }

  /// Section 5.3.
  func decrypt(_ block: [UInt8]) -> [UInt8] {
    var state = block
    for round in (1..<roundKeys.count).reversed() {
      add(&state, round)
      if round < roundKeys.count - 1 { state = Self.mix(state, Self.decryptRows) }
      let before = state
      for index in 0..<16 { state[(index + 4 * (index & 3)) & 15] = Self.inverseBox[Int(before[index])] }
    }
    add(&state, 0)
    return state
  }
}

/// A block cipher under a key: what becomes of one block.
final class ToyKeyedCipher: Sendable {
  let transform: @Sendable (CipherDirection, [UInt8]) -> [UInt8]
  init(_ transform: @escaping @Sendable (CipherDirection, [UInt8]) -> [UInt8]) { self.transform = transform }
}

/// A block cipher as a registry has it: every block by itself, no IV.
struct ToyBlockCipher: CipherDriver {
  var descriptor: AlgorithmDescriptor
  var knownAnswers: [KnownAnswer]
  let schedule: @Sendable ([UInt8]) -> ToyKeyedCipher

  init(
    _ name: String, driver: String, priority: Int = 200, keyLengths: KeyLengths, blockSize: Int,
    _ knownAnswers: [KnownAnswer], _ schedule: @escaping @Sendable ([UInt8]) -> ToyKeyedCipher
  ) {
    descriptor = AlgorithmDescriptor(
      name: name, driverName: driver, priority: priority,
      properties: .cipher(.init(keyLengths: keyLengths, ivSize: 0, chunkSize: blockSize)), blockSize: blockSize)
    self.knownAnswers = knownAnswers
    self.schedule = schedule
  }

  /// AES with the examples of FIPS 197 appendix C.
  static func aes(driver: String = "aes-toy", priority: Int = 200) -> ToyBlockCipher {
    let answers = [
      ("000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"),
      ("000102030405060708090a0b0c0d0e0f1011121314151617", "dda97ca4864cdfe06eaf70a0ec0d7191"),
      (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089"
      ),
    ].map { key, ciphertext in
      KnownAnswer(
        .cipher(key: key, iv: "", plaintext: "00112233445566778899aabbccddeeff", ciphertext: ciphertext),
        source: "FIPS 197 appendix C")
    }
    return ToyBlockCipher(
      "aes", driver: driver, priority: priority, keyLengths: KeyLengths(16, 32, step: 8), blockSize: 16, answers
    ) { key in
      let aes = ToyAES(key)
      return ToyKeyedCipher { direction, block in direction == .encrypt ? aes.encrypt(block) : aes.decrypt(block) }
    }
  }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable { Transform(driver: self) }

  struct Transform: CipherTransform, ~Copyable {
    let driver: ToyBlockCipher
    var keyed: ToyKeyedCipher?

    init(driver: ToyBlockCipher) { self.driver = driver }

    mutating func setKey(_ key: RawSpan) throws(ProviderError) { keyed = driver.schedule([UInt8](copying: key)) }

    mutating func process(
      _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
    ) throws(ProviderError) {
      let result = try transform(direction, [UInt8](copying: input))
      output.append(copying: result.rawSpan)
    }

    mutating func process(
      _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
    ) throws(ProviderError) {
      let result = try transform(direction, [UInt8](copying: bytes.bytes))
      for (index, byte) in result.enumerated() { bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
    }

    private func transform(_ direction: CipherDirection, _ text: [UInt8]) throws(ProviderError) -> [UInt8] {
      guard let keyed else { throw ProviderError(.missingKey, "set a key first") }
      let blockSize = driver.descriptor.blockSize
      guard text.count.isMultiple(of: blockSize) else { throw ProviderError(.invalidArgument, "whole blocks alone") }
      var result: [UInt8] = []
      for start in stride(from: 0, to: text.count, by: blockSize) {
        result += keyed.transform(direction, Array(text[start..<start + blockSize]))
      }
      return result
    }
  }
}
