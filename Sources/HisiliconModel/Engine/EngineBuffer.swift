// Memory of an engine's own, for data that zlib cannot use where it is.
// SPDX-License-Identifier: Apache-2.0

/// A fixed buffer, freed with its owner.
@safe struct EngineBuffer: ~Copyable {
  /// For whole chunks: as much as one message moves, and far more than a flush needs.
  static let chunkSize = RemoteBacking.largestTransfer

  /// The bytes; they must not be used after the owner's end.
  let bytes: UnsafeMutableRawBufferPointer

  init(size: Int = chunkSize) { unsafe bytes = .allocate(byteCount: size, alignment: 64) }

  deinit { unsafe bytes.deallocate() }
}
