// The headers of RFC 1950 and RFC 1952, which the engine leaves to software: writing them.
// SPDX-License-Identifier: Apache-2.0

/// The fields of a gzip member's header (RFC 1952 section 2.3).
public struct GzipFields: Hashable, Sendable {
  /// The original file's name in ISO 8859-1, without the zero byte that ends it; nil for none.
  public var name: [UInt8]?
  /// A comment in ISO 8859-1, without the zero byte that ends it; nil for none.
  public var comment: [UInt8]?
  /// The extra field, at most 65,535 bytes; nil for none.
  public var extra: [UInt8]?
  /// Modification time in seconds since 1970, 0 for none.
  public var modificationTime: UInt32
  /// The file system of origin: 3 Unix, 255 unknown.
  public var operatingSystem: UInt8
  /// Whether the data is probably text.
  public var isText: Bool
  /// Whether the header carries a CRC-16 of itself.
  public var hasChecksum: Bool

  /// Makes header fields; without arguments those of the plainest header, as the series' driver wrote it.
  public init(
    name: [UInt8]? = nil, comment: [UInt8]? = nil, extra: [UInt8]? = nil, modificationTime: UInt32 = 0,
    operatingSystem: UInt8 = 3, isText: Bool = false, hasChecksum: Bool = false
  ) {
    self.name = name
    self.comment = comment
    self.extra = extra
    self.modificationTime = modificationTime
    self.operatingSystem = operatingSystem
    self.isText = isText
    self.hasChecksum = hasChecksum
  }

  /// The flags of the header's fourth byte.
  enum Flag {
    static let text: UInt8 = 1
    static let checksum: UInt8 = 2
    static let extra: UInt8 = 4
    static let name: UInt8 = 8
    static let comment: UInt8 = 16
    /// Must be zero.
    static let reserved: UInt8 = 0xe0
  }
}

/// Headers of deflate data.
public enum ZipFraming {
  /// The most bytes of an extra field, and of a name or comment that is kept when it is read.
  public static let longestField = 65_535

  /// The header of a stream; empty for raw deflate.
  ///
  /// - Parameters:
  ///   - format: the container.
  ///   - window: the history that the data may refer back to; zlib's header says it.
  ///   - fields: gzip's fields. A name or comment ends at its first zero byte, an extra field at 65,535 bytes.
  public static func header(
    _ format: ZipFormat, window: ZipWindow = .largest, fields: GzipFields = GzipFields()
  ) -> [UInt8] {
    switch format {
    case .deflate: []
    case .zlib: zlibHeader(window)
    case .gzip: gzipHeader(fields)
    }
  }

  private static func zlibHeader(_ window: ZipWindow) -> [UInt8] {
    // Method 8 with the window in the upper half; level 2, "default", as the series' driver has it (78 9c).
    let method = UInt16(window.bits - 8) << 4 | 8
    let flags: UInt16 = 2 << 6
    let remainder = (method << 8 | flags) % 31
    return [UInt8(method), UInt8(flags + (31 - remainder) % 31)]
  }

  private static func gzipHeader(_ fields: GzipFields) -> [UInt8] {
    var flags: UInt8 = 0
    if fields.isText { flags |= GzipFields.Flag.text }
    if fields.hasChecksum { flags |= GzipFields.Flag.checksum }
    if fields.extra != nil { flags |= GzipFields.Flag.extra }
    if fields.name != nil { flags |= GzipFields.Flag.name }
    if fields.comment != nil { flags |= GzipFields.Flag.comment }
    var header: [UInt8] = [0x1f, 0x8b, 8, flags]
    for byte in 0..<4 { header.append(UInt8(truncatingIfNeeded: fields.modificationTime >> UInt32(8 * byte))) }
    header += [0, fields.operatingSystem]
    if let extra = fields.extra?.prefix(longestField) {
      header += [UInt8(extra.count & 0xff), UInt8(extra.count >> 8)]
      header += extra
    }
    for text in [fields.name, fields.comment] {
      guard let text else { continue }
      header += text.prefix { $0 != 0 }
      header.append(0)
    }
    if fields.hasChecksum {
      let checksum = unsafe CRC32.update(0, header.span.bytes)
      header += [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)]
    }
    return header
  }
}
