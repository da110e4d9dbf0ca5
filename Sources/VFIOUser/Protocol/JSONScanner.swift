// Just enough JSON (RFC 8259) for the capabilities of a peer that nobody vouches for.
// SPDX-License-Identifier: Apache-2.0

/// Reads a JSON text from its start to its end, without building anything of it.
struct JSONScanner {
  /// How deep values may be nested; capabilities need three levels.
  private static let deepest = 16

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  private static var malformed: VFIOUserError { VFIOUserError(.invalid, "the capabilities are no proper JSON object") }

  /// Reads an object: `member` gets each name and must read, or skip, the value.
  mutating func object(
    _ member: (String, inout JSONScanner) throws(VFIOUserError) -> Void
  ) throws(VFIOUserError) {
    try enter(UInt8(ascii: "{"))
    if leave(UInt8(ascii: "}")) { return }
    repeat {
      let name = try string()
      try expect(UInt8(ascii: ":"))
      try member(name, &self)
    } while accept(UInt8(ascii: ","))
    guard leave(UInt8(ascii: "}")) else { throw Self.malformed }
  }

  /// Reads a number that is an integer from 0 to 2^64 - 1.
  mutating func number() throws(VFIOUserError) -> UInt64 {
    skipSpace()
    let start = position
    var value: UInt64 = 0
    while let digit = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = scaled.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !tooLarge && !overflow else { throw Self.malformed }
      value = sum
      position += 1
    }
    // A fraction or an exponent, or a zero in front: nothing of what is asked for here has one.
    guard position > start, position == start + 1 || bytes[start] != UInt8(ascii: "0"), isAtEndOfValue else {
      throw Self.malformed
    }
    return value
  }

  /// Reads `true` or `false`.
  mutating func boolean() throws(VFIOUserError) -> Bool {
    skipSpace()
    if word("true") { return true }
    if word("false") { return false }
    throw Self.malformed
  }

  /// Reads any value and forgets it.
  mutating func skipValue() throws(VFIOUserError) {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"):
      try object { (_, scanner) throws(VFIOUserError) in try scanner.skipValue() }
    case UInt8(ascii: "["):
      try enter(UInt8(ascii: "["))
      if leave(UInt8(ascii: "]")) { return }
      repeat { try skipValue() } while accept(UInt8(ascii: ","))
      guard leave(UInt8(ascii: "]")) else { throw Self.malformed }
    case UInt8(ascii: "\""):
      _ = try string()
    default:
      guard word("true") || word("false") || word("null") || skipNumber() else { throw Self.malformed }
    }
  }

  /// Checks that nothing follows.
  mutating func end() throws(VFIOUserError) {
    skipSpace()
    guard position == bytes.count else { throw Self.malformed }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var isAtEndOfValue: Bool {
    guard let next = peek else { return true }
    return " \t\n\r,]}".utf8.contains(next)
  }

  private mutating func skipSpace() {
    while let next = peek, " \t\n\r".utf8.contains(next) { position += 1 }
  }

  private mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(VFIOUserError) {
    guard accept(byte) else { throw Self.malformed }
  }

  private mutating func enter(_ byte: UInt8) throws(VFIOUserError) {
    try expect(byte)
    depth += 1
    guard depth <= Self.deepest else { throw VFIOUserError(.invalid, "the capabilities are nested too deeply") }
  }

  private mutating func leave(_ byte: UInt8) -> Bool {
    guard accept(byte) else { return false }
    depth -= 1
    return true
  }

  private mutating func word(_ word: String) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count - position >= word.count, bytes[position..<position + word.count].elementsEqual(word) else {
      return false
    }
    position += word.count
    return true
  }

  /// Skips a number in any form that JSON has, without caring for more than its characters.
  private mutating func skipNumber() -> Bool {
    let start = position
    while let next = peek, "+-.0123456789Ee".utf8.contains(next) { position += 1 }
    return position > start
  }

  /// Reads a string.
  ///
  /// Escapes are kept as they are written: no known name has one.
  private mutating func string() throws(VFIOUserError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    while let next = peek {
      position += 1
      switch next {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes[start..<position - 1], as: UTF8.self) else { throw Self.malformed }
        return text
      case UInt8(ascii: "\\"):
        position += 1
      case 0..<0x20:
        throw Self.malformed
      default:
        break
      }
    }
    throw Self.malformed
  }
}
