// Scatter/gather lists as the engine reads them, in memory of a pool.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import WarpDriveQueue

/// A chain of `hisi_sgl` tables, for a request's source or destination.
///
/// It keeps its blocks until it goes; keep it until the request is answered.
public struct HardwareList: ~Copyable, Sendable {
  /// A piece of memory as the device knows it.
  public struct Segment: Hashable, Sendable {
    /// Its first byte's address.
    public var deviceAddress: UInt64
    /// Its bytes, 1 to 8 MiB.
    public var byteCount: Int

    /// Describes a piece.
    public init(deviceAddress: UInt64, byteCount: Int) {
      self.deviceAddress = deviceAddress
      self.byteCount = byteCount
    }
  }

  /// Where the chain begins, as the device knows it.
  public let deviceAddress: UInt64
  /// The bytes of all pieces.
  public let byteCount: Int
  /// How many tables the chain has.
  public let tableCount: Int
  private let tables: [TableBlock]

  /// Makes a list; a table takes a block, and has as many entries as that has room for, at most 255.
  ///
  /// - Parameters:
  ///   - pool: where the tables are; its blocks have at least 96 bytes.
  ///   - segments: the pieces in their order, at least one.
  /// - Throws: `invalid` for pieces that are empty or too large, for none, for too many (256 tables), and for blocks that
  ///   are too small; `busy` where the pool has no block left.
  public init(_ pool: MemoryPool, _ segments: [Segment]) throws(QueueError) {
    let head = MemoryLayout<hisi_sgl>.size
    let capacity = min((pool.blockSize - head) / MemoryLayout<hisi_sge>.size, Int(HISI_SGL_ENTRIES_MAX))
    guard capacity >= 1 else { throw QueueError(.invalid, "a block of \(pool.blockSize) bytes holds no list") }
    let count = (segments.count + capacity - 1) / capacity
    guard (1...Int(HISI_SGL_TABLES_MAX)).contains(count),
      segments.allSatisfy({ (1...Int(HISI_SGE_LENGTH_MAX)).contains($0.byteCount) })
    else {
      throw QueueError(
        .invalid, "a list has 1 to \(capacity * Int(HISI_SGL_TABLES_MAX)) pieces of 1 byte to 8 MiB each")
    }
    var tables: [TableBlock] = []
    var next: UInt64 = 0
    // From the last, as each has the address of the one behind it.
    for index in (0..<count).reversed() {
      let block = try pool.take()
      let part = segments[(index * capacity)..<min((index + 1) * capacity, segments.count)]
      unsafe block.withUnsafeMutableBytes { unsafe Self.write(part, of: segments.count, capacity, next, into: $0) }
      next = block.deviceAddress
      tables.append(TableBlock(block))
    }
    deviceAddress = next
    byteCount = segments.reduce(0) { $0 + $1.byteCount }
    tableCount = count
    self.tables = tables
  }

  private static func write(
    _ segments: ArraySlice<Segment>, of total: Int, _ capacity: Int, _ next: UInt64,
    into memory: UnsafeMutableRawBufferPointer
  ) {
    var head = hisi_sgl()
    head.next_dma = next
    head.sum_in_chain = UInt16(truncatingIfNeeded: total)
    head.sum_in_sgl = UInt16(segments.count)
    head.capacity = UInt16(capacity)
    unsafe memory.storeBytes(of: head, as: hisi_sgl.self)
    for (index, segment) in segments.enumerated() {
      var entry = hisi_sge()
      entry.buffer = segment.deviceAddress
      entry.length = UInt32(segment.byteCount)
      unsafe memory.storeBytes(
        of: entry, toByteOffset: MemoryLayout<hisi_sgl>.size + index * MemoryLayout<hisi_sge>.size, as: hisi_sge.self)
    }
  }
}

/// A block that an array can hold.
private final class TableBlock: Sendable {
  private let block: PoolBlock

  init(_ block: consuming PoolBlock) {
    self.block = block
  }
}
