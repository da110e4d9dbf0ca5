// Turns the fuzzer's bytes into choices, sizes and byte strings.
// SPDX-License-Identifier: Apache-2.0

/// Reads choices from the front of an input; past its end every byte is zero, so that each input means something.
struct InputReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether nothing is left.
  var isAtEnd: Bool { position >= bytes.count }

  /// The next byte.
  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// One of `choices`.
  mutating func choice<Value>(_ choices: [Value]) -> Value { choices[Int(byte()) % choices.count] }

  /// The next `count` bytes, or as many as are left.
  mutating func bytes(atMost count: Int) -> [UInt8] {
    let end = min(bytes.count, position + count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  /// A byte for the length, and so many bytes, or as many as are left.
  mutating func counted() -> [UInt8] { bytes(atMost: Int(byte())) }

  /// All that is left.
  mutating func rest() -> [UInt8] { bytes(atMost: .max - position) }

  /// All that is left, as text; what is no UTF-8 becomes U+FFFD.
  mutating func text() -> String { String(decoding: rest(), as: UTF8.self) }

  /// Sizes of pieces: a byte for their number (of which three bits count), then a byte for each.
  mutating func pieces() -> PieceSizes { PieceSizes(bytes(atMost: Int(byte() & 7))) }
}

/// Sizes of pieces to cut a message into, repeated from the first when they are used up.
struct PieceSizes {
  /// The sizes that can be asked for: the small ones, and those around what the library and zlib work in.
  private static let table = [0, 1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 64, 129, 512, 4096, 1 << 17]
  /// How many pieces are cut as asked for; then they are large, so that every input ends in time.
  private static let patience = 256

  private let pattern: [UInt8]
  private var given = 0

  init(_ pattern: [UInt8]) { self.pattern = pattern }

  /// The sizes of the next piece of input and of the room for its output, in bytes.
  mutating func next() -> (input: Int, room: Int) {
    guard !pattern.isEmpty, given < Self.patience else { return (1 << 20, 1 << 16) }
    defer { given += 1 }
    let byte = Int(pattern[given % pattern.count])
    return (Self.table[byte & 15], Self.table[byte >> 4])
  }

  /// Pieces come as asked for no more: they led nowhere.
  mutating func giveUp() { given = Self.patience }

  /// How many pieces it takes until all sizes have been tried.
  var period: Int { pattern.count + 1 }

  /// `bytes` in pieces of these sizes; none is empty unless that was asked for.
  func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    var sizes = self
    var result: [[UInt8]] = []
    var position = 0
    var isStuck = 0
    while position < bytes.count {
      let size = sizes.next().input
      isStuck = size == 0 ? isStuck + 1 : 0
      if isStuck > period { sizes.giveUp() }
      let end = min(bytes.count, position + size)
      result.append(Array(bytes[position..<end]))
      position = end
    }
    return result
  }
}
