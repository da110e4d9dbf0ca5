// The name of a mediated device: a UUID.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveQueue

/// A UUID as RFC 4122 writes it: `22e09922-7a82-11e8-9cf6-d74cffa9e87b`.
public struct MediatedDeviceID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The lower-case text.
  public let description: String

  /// Reads a UUID's text; hexadecimal digits of both cases are taken.
  ///
  /// - Throws: `invalid` for anything else than 8, 4, 4, 4 and 12 digits with hyphens between them, and for the UUID of
  ///   zeros, which names nothing.
  public init(_ text: String) throws(QueueError) {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12], groups.allSatisfy({ $0.allSatisfy(Self.isDigit) }) else {
      throw QueueError(.invalid, "a mediated device is named by a UUID, such as 22e09922-7a82-11e8-9cf6-d74cffa9e87b")
    }
    guard text.utf8.contains(where: { $0 != UInt8(ascii: "0") && $0 != UInt8(ascii: "-") }) else {
      throw QueueError(.invalid, "the UUID of zeros names no mediated device")
    }
    description = text.lowercased()
  }

  /// Makes a random UUID: version 4.
  public init() {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    // RFC 4122, section 4.4: the version, and the variant.
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.flatMap { [Self.digit($0 >> 4), Self.digit($0 & 15)] }
    var text: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    description = String(decoding: text, as: UTF8.self)
  }

  /// By the text.
  public static func < (a: MediatedDeviceID, b: MediatedDeviceID) -> Bool {
    a.description < b.description
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
