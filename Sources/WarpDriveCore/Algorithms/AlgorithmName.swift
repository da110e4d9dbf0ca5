// The grammar of algorithm names: a word, or TEMPLATE(ARGUMENT,…) nested to any depth.
// SPDX-License-Identifier: Apache-2.0

/// A parsed algorithm name, for example `authenc(hmac(sha256),cbc(aes))`.
public struct AlgorithmName: Hashable, Sendable, CustomStringConvertible {
  /// The longest name, in bytes (Linux `CRYPTO_MAX_ALG_NAME` is 128 with the NUL).
  public static let maximumLength = 127

  /// The word, or the template's name.
  public let base: String
  /// The template's arguments, in order; empty for a plain word.
  public let arguments: [AlgorithmName]

  /// Whether this is `TEMPLATE(…)`.
  public var isTemplate: Bool { !arguments.isEmpty }

  /// The name as written.
  public var description: String {
    isTemplate ? "\(base)(\(arguments.map(\.description).joined(separator: ",")))" : base
  }

  /// Parses `text`.
  ///
  /// - Throws: ``ProviderError/Code/invalidName`` for anything but letters, digits, `-`, `_`, `.`, `/` and balanced
  ///   parentheses with non-empty arguments, or for more than ``maximumLength`` bytes.
  public init(parsing text: String) throws(ProviderError) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= Self.maximumLength else {
      throw ProviderError(
        .invalidName, "an algorithm name has 1 to \(Self.maximumLength) bytes, this one has \(bytes.count)")
    }
    var position = 0
    self = try Self.parse(bytes, &position, of: text)
    guard position == bytes.count else { throw Self.malformed(text, at: position) }
  }

  private init(base: String, arguments: [AlgorithmName]) {
    self.base = base
    self.arguments = arguments
  }

  private static func parse(
    _ bytes: [UInt8], _ position: inout Int, of text: String
  ) throws(ProviderError) -> AlgorithmName {
    let start = position
    while position < bytes.count, isWordByte(bytes[position]) { position += 1 }
    guard position > start else { throw malformed(text, at: position) }
    let base = String(decoding: bytes[start..<position], as: UTF8.self)
    guard position < bytes.count, bytes[position] == UInt8(ascii: "(") else { return Self(base: base, arguments: []) }
    var arguments: [AlgorithmName] = []
    repeat {
      position += 1  // the parenthesis or the comma
      arguments.append(try parse(bytes, &position, of: text))
    } while position < bytes.count && bytes[position] == UInt8(ascii: ",")
    guard position < bytes.count, bytes[position] == UInt8(ascii: ")") else { throw malformed(text, at: position) }
    position += 1
    return Self(base: base, arguments: arguments)
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "/"):
      true
    default: false
    }
  }

  private static func malformed(_ text: String, at position: Int) -> ProviderError {
    ProviderError(
      .invalidName,
      "'\(text)' is not an algorithm name (byte \(position)): write a word or template(argument,…), as in hmac(sha256)")
  }
}
