// CRC-32 and Adler-32, of bytes and of two parts that follow one another.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveQueue

/// The checksum and the number of a stream's plain bytes so far, as its container has them.
public struct ZipTally: Hashable, Sendable {
  /// The container.
  public let format: ZipFormat
  /// CRC-32 for gzip, Adler-32 for zlib, 0 for raw deflate.
  public private(set) var checksum: UInt32
  /// The number of bytes modulo 2^32.
  public var size: UInt32 { UInt32(truncatingIfNeeded: byteCount) }
  /// The number of bytes.
  public private(set) var byteCount: UInt64

  /// The tally of no bytes.
  public init(_ format: ZipFormat) {
    self.format = format
    checksum = format == .zlib ? 1 : 0
    byteCount = 0
  }

  /// A tally that the engine computed over `byteCount` bytes.
  init(_ format: ZipFormat, checksum: UInt32, byteCount: UInt64) {
    self.format = format
    self.checksum = format == .deflate ? 0 : checksum
    self.byteCount = byteCount
  }

  /// Counts bytes that follow.
  public mutating func add(_ bytes: RawSpan) {
    byteCount += UInt64(bytes.byteCount)
    switch format {
    case .deflate: break
    case .zlib: checksum = Adler32.update(checksum, bytes)
    case .gzip: checksum = CRC32.update(checksum, bytes)
    }
  }

  /// Counts what another tally counted, behind what this one did.
  public mutating func append(_ other: ZipTally) {
    switch format {
    case .deflate: break
    case .zlib: checksum = Adler32.combine(checksum, other.checksum, secondCount: other.byteCount)
    case .gzip: checksum = CRC32.combine(checksum, other.checksum, secondCount: other.byteCount)
    }
    byteCount += other.byteCount
  }

  /// What follows the body: Adler-32, most significant byte first; CRC-32 and size, least significant first.
  public var trailer: [UInt8] {
    switch format {
    case .deflate: []
    case .zlib: checksum.littleEndianBytes.reversed()
    case .gzip: checksum.littleEndianBytes + size.littleEndianBytes
    }
  }
}

/// CRC-32/ISO-HDLC, as gzip has it (RFC 1952 section 8).
enum CRC32 {
  private static let polynomial: UInt32 = 0xedb8_8320

  private static let table: [UInt32] = (0..<256).map { (index: UInt32) in
    (0..<8).reduce(index) { value, _ in value & 1 == 1 ? polynomial ^ value >> 1 : value >> 1 }
  }

  /// The checksum of what `value` is the checksum of, followed by `bytes`.
  static func update(_ value: UInt32, _ bytes: RawSpan) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe table.withUnsafeBufferPointer { table in
        var register = ~value
        for index in 0..<buffer.count {
          register = unsafe table[Int((register ^ UInt32(buffer[index])) & 0xff)] ^ register >> 8
        }
        return ~register
      }
    }
  }

  /// The checksum of what `value` is the checksum of, followed by one byte.
  static func update(_ value: UInt32, _ byte: UInt8) -> UInt32 {
    ~(table[Int((~value ^ UInt32(byte)) & 0xff)] ^ ~value >> 8)
  }

  /// The checksum of two parts from the checksum of each.
  ///
  /// A CRC is linear: a byte of zeros behind the first part multiplies its polynomial by x^8 modulo the CRC's. So the
  /// first checksum is multiplied by x to the power of eight times the second part's length.
  static func combine(_ first: UInt32, _ second: UInt32, secondCount: UInt64) -> UInt32 {
    var power: UInt32 = 1 << 31  // the polynomial 1; the highest bit is the lowest coefficient
    var square: UInt32 = 1 << 23  // x^8
    var count = secondCount
    while count > 0 {
      if count & 1 == 1 { power = multiply(power, square) }
      square = multiply(square, square)
      count >>= 1
    }
    return multiply(first, power) ^ second
  }

  /// The product of two polynomials modulo the CRC's.
  private static func multiply(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var product: UInt32 = 0
    var term = right
    for bit in 0..<32 {
      if left >> UInt32(31 - bit) & 1 == 1 { product ^= term }
      term = term & 1 == 1 ? term >> 1 ^ polynomial : term >> 1
    }
    return product
  }
}

/// Adler-32 (RFC 1950 section 9).
enum Adler32 {
  private static let base: UInt32 = 65_521
  /// As many bytes as can be added before the sums need to be reduced: 255 n (n + 1) / 2 + (n + 1) (base - 1) < 2^32.
  private static let longestRun = 5552

  /// The checksum of what `value` is the checksum of, followed by `bytes`.
  static func update(_ value: UInt32, _ bytes: RawSpan) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      var (low, high) = (value & 0xffff, value >> 16)
      var start = 0
      while start < buffer.count {
        let end = min(buffer.count, start + longestRun)
        for index in start..<end {
          unsafe low &+= UInt32(buffer[index])
          high &+= low
        }
        low %= base
        high %= base
        start = end
      }
      return high << 16 | low
    }
  }

  /// The checksum of two parts from the checksum of each.
  static func combine(_ first: UInt32, _ second: UInt32, secondCount: UInt64) -> UInt32 {
    let (base, count) = (UInt64(base), secondCount % UInt64(base))
    let (firstLow, secondLow) = (UInt64(first & 0xffff), UInt64(second & 0xffff))
    // Both low sums begin at 1; the first's low sum is added once for each byte of the second.
    let low = (firstLow + secondLow + base - 1) % base
    let high = (UInt64(first >> 16) + UInt64(second >> 16) + count * (firstLow + base - 1)) % base
    return UInt32(high << 16 | low)
  }
}
