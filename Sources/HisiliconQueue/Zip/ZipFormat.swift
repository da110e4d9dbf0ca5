// The containers of deflate data that the engine knows, and which way a queue's requests go.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// A container of deflate data; the raw value is the request type of an SQE.
///
/// Software writes and reads the header; the engine makes and checks the body and what follows it.
public enum ZipFormat: UInt32, CaseIterable, Hashable, Sendable {
  /// None (RFC 1951); hardware revision 0x30 and later.
  case deflate = 0x01
  /// RFC 1950: Adler-32 follows the body.
  case zlib = 0x02
  /// RFC 1952: CRC-32 and the size follow the body.
  case gzip = 0x03

  /// What sysfs and the user library call it: `deflate`, `zlib`, `gzip`.
  public var name: String {
    switch self {
    case .deflate: "deflate"
    case .zlib: "zlib"
    case .gzip: "gzip"
    }
  }

  /// Bytes behind the body.
  public var trailerCount: Int {
    switch self {
    case .deflate: 0
    case .zlib: 4
    case .gzip: 8
    }
  }
}

/// Which way a queue's requests go: the queue's type says so, not the request; the raw value is that type.
public enum ZipDirection: UInt16, CaseIterable, Hashable, Sendable {
  /// Plain bytes to deflate data.
  case compress = 0
  /// Deflate data to plain bytes.
  case decompress = 1
}

/// The history that compressed data may refer back to.
public struct ZipWindow: Hashable, Sendable {
  /// Its size as a power of two: 13 to 15.
  public let bits: Int

  /// The largest: 32 KiB.
  public static let largest = ZipWindow(unchecked: 15)

  /// The sizes that can be asked for, as powers of two.
  ///
  /// The field's value for 4 KiB is what drivers write that ask for nothing, and 24 KiB is no power of two.
  public static let range = 13...15

  /// A window of `bits`; nil outside of `range`.
  public init?(bits: Int) {
    guard Self.range.contains(bits) else { return nil }
    self.bits = bits
  }

  private init(unchecked bits: Int) { self.bits = bits }

  /// The field of an SQE: 1 is 8 KiB, 2 is 16 KiB, 4 is 32 KiB.
  var field: UInt32 {
    switch bits {
    case 13: 1
    case 14: 2
    default: 4
    }
  }
}
