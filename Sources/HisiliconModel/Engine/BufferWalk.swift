// Goes through a request's buffer piece by piece, flat or by a scatter/gather list.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess

/// A place in a buffer.
///
/// Lists are hostile: each header and entry is read once, where the walk gets to it, and chains that loop or go on for
/// too long are an error. The table's `capacity` and the chain's sum are the software's bookkeeping; they are ignored.
struct BufferWalk {
  /// How an address leads to a buffer (`HISI_ZIP_BUFFER_*`).
  enum Layout {
    /// It is the first byte's.
    case flat
    /// It is that of the first table of a scatter/gather list.
    case list

    /// The layout of an SQE's buffer type; nil for one that the engine does not have.
    init?(rawValue: UInt32) {
      switch rawValue {
      case HISI_ZIP_BUFFER_FLAT: self = .flat
      case HISI_ZIP_BUFFER_SGL: self = .list
      default: return nil
      }
    }
  }

  /// Bytes to the end of the request's part of the buffer.
  private(set) var left: Int
  // The piece being used: where it goes on, and for how long. An end of 2^64 would be 0.
  private var position: UInt64
  private var pieceLeft: Int
  private var isAtTop = false
  // The entries of the table being used that are still to come, and the table after it.
  private var entry: UInt64 = 0
  private var entriesLeft = 0
  private var nextTable: UInt64
  private var skip: Int
  // Brent's loop detection: an earlier table, and after how many more another is remembered.
  private var landmark: UInt64 = 0
  private var tablesToLandmark = 0
  private var tablesSeen = 0

  /// The start of a buffer.
  ///
  /// - Parameters:
  ///   - layout: flat or list.
  ///   - address: of the first byte or table.
  ///   - skip: bytes of a list to leave out; the field has no meaning for a flat buffer.
  ///   - limit: bytes to use.
  /// - Throws: `HISI_ZIP_STATUS_BAD_SGL` for a misaligned first table.
  init(_ layout: Layout, address: UInt64, skipping skip: UInt32, limit: UInt32) throws(ZipFailure) {
    left = Int(limit)
    switch layout {
    case .flat:
      position = address
      pieceLeft = left
      nextTable = 0
      self.skip = 0
    case .list:
      guard address % UInt64(HISI_SGL_ALIGNMENT) == 0 else { throw .status(HISI_ZIP_STATUS_BAD_SGL) }
      position = 0
      pieceLeft = 0
      nextTable = address
      self.skip = Int(skip)
    }
  }

  /// The next bytes, which the walk then has behind it.
  ///
  /// - Parameters:
  ///   - access: what they are for.
  ///   - memory: where the buffer is.
  /// - Returns: as many bytes as lie in one piece and one mapping, of remote memory at most an engine's buffer full;
  ///   `left` must not be 0.
  /// - Throws: `HISI_ZIP_STATUS_BAD_SGL`, a fault.
  mutating func next(
    for access: DevicePermissions, in memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> MemorySegment {
    while pieceLeft == 0 { try nextPiece(in: memory) }
    guard !isAtTop else { throw .fault(TranslationFault(.wrapped, at: position, access)) }
    do throws(TranslationFault) {
      var segment = try memory.segment(at: position, count: min(left, pieceLeft), for: access)
      if unsafe segment.base == nil { segment = segment.prefix(EngineBuffer.chunkSize) }
      left -= segment.count
      pieceLeft -= segment.count
      (position, isAtTop) = position.addingReportingOverflow(UInt64(segment.count))
      return segment
    } catch {
      throw .fault(error)
    }
  }

  /// Takes the next entry of the list, less what is to be skipped.
  private mutating func nextPiece(in memory: borrowing MemoryAccess) throws(ZipFailure) {
    if entriesLeft == 0 { try enterTable(in: memory) }
    guard entriesLeft > 0 else { return }
    let sge = try Self.load(entry, as: hisi_sge.self, in: memory)
    entriesLeft -= 1
    entry &+= UInt64(MemoryLayout<hisi_sge>.size)
    guard sge.length <= HISI_SGE_LENGTH_MAX else { throw .status(HISI_ZIP_STATUS_BAD_SGL) }
    let skipped = min(skip, Int(sge.length))
    skip -= skipped
    pieceLeft = Int(sge.length) - skipped
    (position, isAtTop) = sge.buffer.addingReportingOverflow(UInt64(skipped))
  }

  /// Goes to the first entry of the next table; the list ends before the request's part of it does if there is none.
  private mutating func enterTable(in memory: borrowing MemoryAccess) throws(ZipFailure) {
    let table = nextTable
    guard
      tablesSeen == 0 || table != 0, table % UInt64(HISI_SGL_ALIGNMENT) == 0, tablesSeen < HISI_SGL_TABLES_MAX,
      tablesSeen == 0 || table != landmark
    else { throw .status(HISI_ZIP_STATUS_BAD_SGL) }
    if tablesToLandmark == 0 {
      landmark = table
      // 1, 2, 4 … tables later: a loop of any length is found within about three rounds.
      tablesToLandmark = tablesSeen + 1
    }
    tablesSeen += 1
    tablesToLandmark -= 1
    let head = try Self.load(table, as: hisi_sgl.self, in: memory)
    guard head.sum_in_sgl <= HISI_SGL_ENTRIES_MAX else { throw .status(HISI_ZIP_STATUS_BAD_SGL) }
    entriesLeft = Int(head.sum_in_sgl)
    // Entries beyond 2^64 are read at the bottom of the address space, where nothing need be.
    entry = table &+ UInt64(MemoryLayout<hisi_sgl>.size)
    nextTable = head.next_dma
  }

  private static func load<Value: BitwiseCopyable>(
    _ address: UInt64, as type: Value.Type, in memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> Value {
    do throws(TranslationFault) {
      return try memory.load(address, as: type)
    } catch {
      throw .fault(error)
    }
  }
}
