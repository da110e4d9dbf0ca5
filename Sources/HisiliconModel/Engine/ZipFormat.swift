// The containers that the engine knows, and the checksum that each carries.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib

/// A container of deflate data: software writes and reads the header, the engine the body and what follows it.
enum ZipFormat: Hashable, Sendable {
  /// None (RFC 1951), revision 0x30 and later.
  case deflate
  /// RFC 1950: Adler-32 follows.
  case zlib
  /// RFC 1952: CRC-32 and the size follow.
  case gzip

  /// The format of a request type at a hardware revision; nil for what that hardware does not have.
  init?(requestType: UInt32, revision: UInt32) {
    switch requestType {
    case HISI_ZIP_REQUEST_DEFLATE where revision >= HISI_QM_HW_V3: self = .deflate
    case HISI_ZIP_REQUEST_ZLIB: self = .zlib
    case HISI_ZIP_REQUEST_GZIP: self = .gzip
    default: return nil
    }
  }

  /// Bytes after the body.
  var trailerCount: Int {
    switch self {
    case .deflate: 0
    case .zlib: 4
    case .gzip: 8
    }
  }
}

/// The checksum and the size of a stream's uncompressed bytes so far, as an SQE carries them from request to request.
struct ZipTally {
  private let format: ZipFormat
  private var checksum: UInt32
  /// The size modulo 2^32, as gzip has it.
  private(set) var size: UInt32

  /// The tally of no bytes.
  init(_ format: ZipFormat) {
    self.format = format
    checksum = format == .zlib ? 1 : 0
    size = 0
  }

  /// The tally that an SQE carries.
  init(_ format: ZipFormat, resuming sqe: hisi_zip_sqe) {
    self.format = format
    size = sqe.isize
    checksum = format == .gzip ? ~Self.bitReversed(sqe.checksum) : sqe.checksum
  }

  /// Adds bytes; memory that changes meanwhile makes a wrong checksum for whoever changes it.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    size &+= UInt32(truncatingIfNeeded: bytes.count)
    guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: Bytef.self) else { return }
    switch format {
    case .deflate: break
    case .zlib: checksum = unsafe UInt32(truncatingIfNeeded: adler32_z(uLong(checksum), start, bytes.count))
    case .gzip: checksum = unsafe UInt32(truncatingIfNeeded: crc32_z(uLong(checksum), start, bytes.count))
    }
  }

  /// Gives the tally to the SQE: a gzip checksum is the register of the hardware, bit-reversed and inverted.
  func store(in sqe: inout hisi_zip_sqe) {
    sqe.isize = size
    switch format {
    case .deflate: break
    case .zlib: sqe.checksum = checksum
    case .gzip: sqe.checksum = Self.bitReversed(~checksum)
    }
  }

  /// What follows the body, its first byte lowest; ``ZipFormat/trailerCount`` bytes count.
  var trailer: UInt64 {
    switch format {
    case .deflate: 0
    case .zlib: UInt64(checksum.byteSwapped)
    case .gzip: UInt64(size) << 32 | UInt64(checksum)
    }
  }

  private static func bitReversed(_ value: UInt32) -> UInt32 {
    var bytes = value.byteSwapped
    bytes = (bytes & 0x0f0f_0f0f) << 4 | (bytes & 0xf0f0_f0f0) >> 4
    bytes = (bytes & 0x3333_3333) << 2 | (bytes & 0xcccc_cccc) >> 2
    return (bytes & 0x5555_5555) << 1 | (bytes & 0xaaaa_aaaa) >> 1
  }
}
