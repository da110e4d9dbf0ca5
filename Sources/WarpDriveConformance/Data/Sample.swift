// Data to compress: a class for each thing that compressors find easy or hard.
// SPDX-License-Identifier: Apache-2.0

/// Bytes with a name, for the compression checks.
public struct Sample: Sendable {
  /// What the bytes are: a file's name, or one of the kit's classes.
  public let name: String
  /// The bytes.
  public let bytes: [UInt8]

  /// Names some bytes.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

/// A class of generated data.
enum DataClass: String, CaseIterable, Sendable {
  /// One value only: matches of the greatest length.
  case zeros
  /// Nothing repeats and every value is as likely as any other: it cannot be compressed.
  case random
  /// Words from a small vocabulary, the frequent ones far more often.
  case text
  /// Records of fixed length whose fields change slowly.
  case records
  /// Random pieces that come again 20 to 60 KiB later: matches at and beyond the 32 KiB of deflate's window.
  case distant
  /// Runs of one value, from one byte to some hundreds.
  case runs
  /// Two values only, at random: codes of one bit, hardly any match.
  case coin
  /// Every value in turn.
  case ramp

  /// `count` bytes of the class.
  func bytes(_ count: Int, _ random: inout RandomSource) -> [UInt8] {
    switch self {
    case .zeros: [UInt8](repeating: 0, count: count)
    case .random: random.bytes(count)
    case .text: Self.repeated(count, &random) { Self.word(&$0) }
    case .records: Self.records(count, &random)
    case .distant: Self.distant(count, &random)
    case .runs:
      Self.repeated(count, &random) { source in
        [UInt8](repeating: UInt8(truncatingIfNeeded: source.next()), count: 1 << source.number(in: 0...8))
      }
    case .coin:
      Self.repeated(count, &random) { source in
        let bits = source.next()
        return (0..<64).map { bits >> $0 & 1 == 0 ? 0x41 : 0x42 }
      }
    case .ramp: Self.repeated(count, &random) { _ in Self.allValues }
    }
  }

  private static let allValues = (0...255).map { UInt8($0) }

  private static func repeated(
    _ count: Int, _ random: inout RandomSource, _ piece: (inout RandomSource) -> [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 512)
    while bytes.count < count { bytes += piece(&random) }
    return Array(bytes.prefix(count))
  }

  private static let vocabulary: [[UInt8]] = [
    "the ", "of ", "and ", "a ", "to ", "in ", "is ", "queue ", "driver ", "request ", "buffer ", "device, ", "page. ",
    "interrupt ", "\n", "compression ", "transform ", "0x", "register ", "doorbell; ",
  ].map { Array($0.utf8) }

  private static func word(_ random: inout RandomSource) -> [UInt8] {
    // The smaller of two numbers: the first words come most often, roughly as in a language.
    let last = vocabulary.count - 1
    return vocabulary[min(random.number(in: 0...last), random.number(in: 0...last))]
  }

  private static func records(_ count: Int, _ random: inout RandomSource) -> [UInt8] {
    var sequence: UInt32 = 0
    return repeated(count, &random) { source in
      sequence &+= 1
      let value = UInt32(truncatingIfNeeded: source.next() & 0xFF)
      let fields: [UInt32] = [0xDEAD_BEEF, sequence, value, 0]
      return fields.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8 & 0xFF), UInt8($0 >> 16 & 0xFF), UInt8($0 >> 24)] }
    }
  }

  private static func distant(_ count: Int, _ random: inout RandomSource) -> [UInt8] {
    var bytes = random.bytes(min(count, 20 << 10))
    while bytes.count < count {
      let distance = random.number(in: min(bytes.count, 20 << 10)...min(bytes.count, 60 << 10))
      let start = bytes.count - distance
      bytes += Array(bytes[start..<min(bytes.count, start + random.number(in: 3...2000))])
      bytes += random.bytes(random.number(in: 1...600))
    }
    return Array(bytes.prefix(count))
  }
}
