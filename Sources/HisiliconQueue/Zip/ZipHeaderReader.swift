// The headers of RFC 1950 and RFC 1952, which the engine leaves to software: reading them, however they are cut.
// SPDX-License-Identifier: Apache-2.0

/// Reads a stream's header; strictly, since what is skipped here goes to the engine as data.
public struct ZipHeaderReader: Sendable {
  /// What the next byte belongs to.
  private enum Place: Equatable {
    /// The fixed bytes: two for zlib, ten for gzip.
    case fixed(Int)
    /// The identifier of a zlib stream's dictionary.
    case dictionary(Int)
    case extraCount(Int)
    case extra
    case name
    case comment
    case checksum(Int)
    case done
  }

  /// The container.
  public let format: ZipFormat
  /// The fields of a gzip header; meaningful once it is complete.
  private var fields = GzipFields()
  private let windowBits: Int
  private var place: Place
  private var flags: UInt8 = 0
  private var number: UInt32 = 0
  private var checksum: UInt32 = 0

  /// Begins at the first byte of a stream.
  ///
  /// - Parameter windowBits: the largest window that a zlib stream may ask for, as a power of two.
  public init(_ format: ZipFormat, windowBits: Int = 15) {
    self.format = format
    self.windowBits = windowBits
    place = format == .deflate ? .done : .fixed(0)
  }

  /// Whether the next byte is the body's.
  public var isComplete: Bool { place == .done }

  /// The fields of a gzip header, once it has been read; a name or comment is cut at `ZipFraming.longestField` bytes.
  public var gzipFields: GzipFields? { format == .gzip && isComplete ? fields : nil }

  /// Reads bytes until the header ends or they do.
  ///
  /// - Returns: how many belong to the header.
  /// - Throws: `ZipError.corrupt` for what is no header, `ZipError.dictionaryNeeded`.
  public mutating func read(_ bytes: RawSpan) throws(ZipError) -> Int {
    var used = 0
    skipAbsentFields()
    while place != .done, used < bytes.byteCount {
      try read(unsafe bytes.unsafeLoad(fromByteOffset: used, as: UInt8.self))
      used += 1
      skipAbsentFields()
    }
    return used
  }

  private mutating func read(_ byte: UInt8) throws(ZipError) {
    if case .checksum = place {} else if format == .gzip { checksum = CRC32.update(checksum, byte) }
    switch place {
    case .fixed(let index): try format == .gzip ? readFixedGzip(byte, index) : readFixedZlib(byte, index)
    case .dictionary(let index):
      number = number << 8 | UInt32(byte)
      if index == 3 { throw .dictionaryNeeded(number) }
      place = .dictionary(index + 1)
    case .extraCount(let index):
      number |= UInt32(byte) << UInt32(8 * index)
      if index == 1 { fields.extra = [] }
      place = index == 0 ? .extraCount(1) : .extra
    case .extra:
      number -= 1
      fields.extra?.append(byte)
    case .name: if Self.append(byte, to: &fields.name) { place = .comment }
    case .comment: if Self.append(byte, to: &fields.comment) { place = .checksum(0) }
    case .checksum(let index):
      guard byte == UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) else {
        throw .corrupt("the checksum of the gzip header is wrong")
      }
      place = index == 0 ? .checksum(1) : .done
    case .done: break
    }
  }

  private mutating func readFixedZlib(_ byte: UInt8, _ index: Int) throws(ZipError) {
    if index == 0 {
      number = UInt32(byte)
      place = .fixed(1)
      return
    }
    guard (number << 8 | UInt32(byte)) % 31 == 0 else { throw .corrupt("this is no zlib header") }
    guard number & 0xf == 8 else { throw .corrupt("zlib data of method \(number & 0xf), which is not deflate") }
    guard number >> 4 + 8 <= windowBits else {
      throw .corrupt("zlib data with a window of 2^\(number >> 4 + 8) bytes, more than 2^\(windowBits)")
    }
    number = 0
    place = byte & 0x20 == 0 ? .done : .dictionary(0)
  }

  private mutating func readFixedGzip(_ byte: UInt8, _ index: Int) throws(ZipError) {
    switch index {
    case 0:
      guard byte == 0x1f else { throw .corrupt("this is no gzip header") }
    case 1:
      guard byte == 0x8b else { throw .corrupt("this is no gzip header") }
    case 2:
      guard byte == 8 else { throw .corrupt("gzip data of method \(byte), which is not deflate") }
    case 3:
      guard byte & GzipFields.Flag.reserved == 0 else {
        throw .corrupt("the gzip header has flags that do not exist (\(byte))")
      }
      flags = byte
      fields.isText = byte & GzipFields.Flag.text != 0
      fields.hasChecksum = byte & GzipFields.Flag.checksum != 0
    case 4...7: fields.modificationTime |= UInt32(byte) << UInt32(8 * (index - 4))
    case 9: fields.operatingSystem = byte
    default: break  // how hard the compressor tried
    }
    place = index == 9 ? .extraCount(0) : .fixed(index + 1)
  }

  /// Adds a byte to a text that ends with a zero byte.
  ///
  /// - Returns: whether this was its end.
  private static func append(_ byte: UInt8, to text: inout [UInt8]?) -> Bool {
    if text == nil { text = [] }
    if byte != 0, (text?.count ?? 0) < ZipFraming.longestField { text?.append(byte) }
    return byte == 0
  }

  /// Goes on to the next field that the header has.
  private mutating func skipAbsentFields() {
    if place == .extraCount(0), flags & GzipFields.Flag.extra == 0 { place = .name }
    if place == .extra, number == 0 { place = .name }
    if place == .name, flags & GzipFields.Flag.name == 0 { place = .comment }
    if place == .comment, flags & GzipFields.Flag.comment == 0 { place = .checksum(0) }
    if place == .checksum(0), flags & GzipFields.Flag.checksum == 0 { place = .done }
  }
}
