// The index of a member: its own sizes at its start, so that a reader finds the next one without decoding.
// SPDX-License-Identifier: Apache-2.0

/// What a member says about itself before its data begins; `Docs/FileFormats.md` has the bytes.
///
/// A hint, and from a file that anybody may have made: who uses it checks that the member was as long as it said.
package struct MemberIndex: Equatable {
  /// Bytes of the member as it is stored, from the first that says so to its last.
  package var storedSize: Int
  /// Bytes that it decompresses to.
  package var plainSize: Int

  /// Describes a member by its sizes in bytes.
  package init(storedSize: Int, plainSize: Int) {
    self.storedSize = storedSize
    self.plainSize = plainSize
  }

  /// Bytes at a member's start in which an index is found, whatever the format.
  package static let headSize = 24
  /// The most plain bytes of a member that is decoded apart from its neighbours, and of one that `pcrypt` makes.
  ///
  /// Beginning without a window costs deflate 0.4 % at this size, and 0.2 % at twice of it, of a mix of text, programs
  /// and noise with zlib's level 6; but each thread takes the memory of such a member, plain and stored.
  package static let largestPlain = 1 << 19
  /// The most stored bytes of such a member: an eighth more than plain ones, far above any driver's bound.
  package static let largestStored = largestPlain + largestPlain >> 3

  /// Whether a member of this size is decoded apart, in memory of its own.
  package var isSmall: Bool { plainSize <= Self.largestPlain && storedSize <= Self.largestStored }
}

/// Where a format has room for an index.
package enum MemberFormat: Equatable, Sendable {
  /// A subfield of the extra field (RFC 1952 section 2.3.1.1).
  case gzip
  /// A skippable frame before the frame (RFC 8878 section 3.1.2; LZ4 frame format 1.6.4), which has this magic.
  case frames(magic: [UInt8])

  /// The format of which members begin with `magic`; nil where it has no room.
  package init?(magic: [UInt8]) {
    switch magic {
    case [0x1F, 0x8B]: self = .gzip
    // RFC 8878 section 3.1.1, and LZ4 frame format 1.6.4.
    case [0x28, 0xB5, 0x2F, 0xFD], [0x04, 0x22, 0x4D, 0x18]: self = .frames(magic: magic)
    default: return nil
    }
  }

  /// The most bytes that an index adds to a member.
  package static let indexSize = 20

  /// What a skippable frame begins with, after one byte of 0x50 to 0x5F (RFC 8878 section 3.1.2).
  package static let skippableMagic: [UInt8] = [0x2A, 0x4D, 0x18]
  /// Our skippable frame, up to its sizes: the magic, 12 bytes of content, and what tells it from others'.
  private static let frameStart: [UInt8] = [0x57] + skippableMagic + [12, 0, 0, 0] + Array("WDix".utf8)
  /// Our subfield, up to its sizes: the two letters and 8 bytes of content.
  private static let subfieldStart: [UInt8] = Array("WD".utf8) + [8, 0]
  /// Bytes of a gzip header without optional fields (RFC 1952 section 2.3).
  static let gzipHeaderSize = 10
  /// The flag of the extra field (FEXTRA) and the flags that RFC 1952 section 2.3.1 reserves.
  private static let (extraFlag, reservedFlags): (UInt8, UInt8) = (0x04, 0xE0)

  /// Bytes before what a decoder has to be given of a member with an index: a skippable frame tells it nothing.
  package var prefixSize: Int {
    switch self {
    case .gzip: 0
    case .frames: Self.indexSize
    }
  }

  /// The index of the member that begins with `head`; nil where there is none, or none that a member could have.
  ///
  /// - Parameter head: the first ``MemberIndex/headSize`` bytes.
  package func index(in head: RawSpan) -> MemberIndex? {
    guard head.byteCount >= MemberIndex.headSize else { return nil }
    let bytes = [UInt8](copying: head.extracting(first: MemberIndex.headSize))
    let start: Int
    switch self {
    case .gzip:
      // The extra field's length is checked for room; that it ends inside the member is the decoder's to see.
      guard bytes.starts(with: [0x1F, 0x8B, 8]), bytes[3] & Self.extraFlag != 0, bytes[3] & Self.reservedFlags == 0,
        Int(bytes[10]) | Int(bytes[11]) << 8 >= Self.subfieldStart.count + 8,
        bytes[12...].starts(with: Self.subfieldStart)
      else { return nil }
      start = 16
    case .frames(let magic):
      guard bytes.starts(with: Self.frameStart), bytes[Self.indexSize...].starts(with: magic) else { return nil }
      start = 12
    }
    let index = MemberIndex(storedSize: Self.number(bytes[start...]), plainSize: Self.number(bytes[(start + 4)...]))
    return index.storedSize + prefixSize >= MemberIndex.headSize ? index : nil
  }

  /// What stands at the start of a member with an index, in place of what a driver wrote there.
  ///
  /// - Parameters:
  ///   - index: the sizes of the whole member; nil for the fields alone.
  ///   - written: the first ``replacedSize`` bytes of what a driver wrote.
  ///   - header: the fields besides, where the format has any.
  func start(
    _ index: MemberIndex?, replacing written: [UInt8], _ header: GzipHeader?
  ) throws(ProviderError) -> [UInt8] {
    let sizes = index.map { Self.bytes($0.storedSize) + Self.bytes($0.plainSize) }
    switch self {
    case .frames: return sizes.map { Self.frameStart + $0 } ?? []
    case .gzip:
      var fields = header ?? GzipHeader(operatingSystem: written[9])
      if let sizes { fields.extra = Self.subfieldStart + sizes }
      // XFL tells how hard the driver tried, which it knows best.
      return try fields.bytes(extraFlags: written[8])
    }
  }

  /// Bytes of a driver's member that ``start(_:replacing:_:)`` stands for.
  var replacedSize: Int {
    switch self {
    case .gzip: Self.gzipHeaderSize
    case .frames: 0
    }
  }

  /// Whether what a driver wrote can get another start: a gzip header with nothing in it but what ten bytes hold.
  func canReplace(_ written: [UInt8]) -> Bool {
    switch self {
    case .gzip: written.count >= Self.gzipHeaderSize && written.starts(with: [0x1F, 0x8B, 8, 0])
    case .frames(let magic): written.starts(with: magic)
    }
  }

  private static func bytes(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
