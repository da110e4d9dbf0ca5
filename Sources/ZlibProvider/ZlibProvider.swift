// The provider of zlib: three compression formats and the two checksums they carry.
// SPDX-License-Identifier: Apache-2.0

import CZlib
public import WarpDriveCore

/// The drivers that run on zlib: `deflate`, `zlib-deflate` and `gzip`, and `crc32` and `adler32` as hashes.
///
/// zlib defines what its formats mean in practice, so the compression drivers are flagged
/// ``AlgorithmFlags/reference``: others are checked against them. Contexts of zlib are reset and used again; those that
/// no handle uses wait in bounded pools, which end with the provider and the last of its handles.
public struct ZlibProvider: Provider {
  /// `zlib`.
  public let name = "zlib"
  /// The drivers, of priority 100: `deflate-zlib`, `zlib-deflate-zlib`, `gzip-zlib`, `crc32-zlib`, `adler32-zlib`.
  public let drivers: [any AlgorithmDriver]
  private let pools: ZlibPools

  /// Makes the provider; nothing of zlib is called yet.
  ///
  /// - Parameter idleContexts: how many unused contexts of one class are kept at most, 0 or more. A class is one
  ///   format with one window size for compression, and all of decompression. A good value is twice the number of
  ///   processors. A context of the largest window takes some 260 KiB to compress and 40 KiB to decompress (zconf.h),
  ///   and to decompress gzip another 192 KiB of address space, used only for long header fields.
  public init(idleContexts: Int = 8) {
    self.init(idleContexts: idleContexts, slice: ZlibPools.largestSlice)
  }

  /// Makes the provider with a smaller `slice`, the most bytes that one call of zlib is given of a buffer.
  package init(idleContexts: Int, slice: Int) {
    pools = ZlibPools(idleContexts: max(0, idleContexts), slice: min(max(1, slice), ZlibPools.largestSlice))
    drivers = [
      ZlibCompressionDriver(.deflate, pools), ZlibCompressionDriver(.zlib, pools), ZlibCompressionDriver(.gzip, pools),
      ChecksumDriver(.crc32), ChecksumDriver(.adler32),
    ]
  }

  /// The version of the zlib that is loaded: `1.2.13`.
  public var version: String { unsafe String(cString: zlibVersion()) }

  /// Contexts that wait for their next use.
  package var idleContexts: Int { pools.idleContexts }
}
