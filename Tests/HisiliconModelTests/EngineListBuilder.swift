// Writes scatter/gather lists into the memory of a test.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

@testable import HisiliconModel

/// Cuts a region into pieces, scatters them over memory and describes them with chained tables.
struct ListBuilder {
  /// Where pieces lie, in order: offset in the memory and length.
  var pieces: [(offset: Int, count: Int)] = []
  /// Entries of each table; the rest goes into the last.
  var entriesPerTable = 10

  /// The first table's place; tables lie as far apart as the largest is long.
  static let tableStride = 64 + 255 * 32 + 32

  /// Pieces of random sizes for `count` bytes in an area of memory, in random order and with gaps, some empty.
  static func random(
    _ count: Int, in area: Range<Int>, pieces number: Int, _ random: inout SeededGenerator
  ) -> ListBuilder {
    var sizes = (1..<max(2, number)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    sizes = zip([0] + sizes, sizes + [count]).map { $1 - $0 }
    var position = area.lowerBound
    var pieces: [(offset: Int, count: Int)] = []
    // Where they lie has nothing to do with the order in which they are used.
    for index in sizes.indices.shuffled(using: &random) {
      position += Int.random(in: 0..<50, using: &random)
      pieces.append((position, index))
      position += sizes[index]
    }
    var result = ListBuilder(pieces: Array(repeating: (0, 0), count: sizes.count))
    for (offset, index) in pieces { result.pieces[index] = (offset, sizes[index]) }
    result.entriesPerTable = Int.random(in: 1...min(255, max(1, number)), using: &random)
    // 100 tables have room in a rig.
    result.entriesPerTable = max(result.entriesPerTable, (number + 99) / 100)
    return result
  }

  /// Where the tables lie.
  func tableRange(at offset: Int) -> Range<Int> {
    offset..<offset + max(1, (pieces.count + entriesPerTable - 1) / entriesPerTable) * Self.tableStride
  }

  /// Writes the tables at an offset of the memory, which the device sees at `tables`.
  func write(to memory: TestMemory, at offset: Int, tables tableBase: UInt64 = EngineRig.base) -> TestBuffer {
    var tables: [[(offset: Int, count: Int)]] = []
    for start in stride(from: 0, to: pieces.count, by: entriesPerTable) {
      tables.append(Array(pieces[start..<min(pieces.count, start + entriesPerTable)]))
    }
    if tables.isEmpty { tables = [[]] }
    for (index, table) in tables.enumerated() {
      let place = offset + index * Self.tableStride
      var head = hisi_sgl()
      head.next_dma = index + 1 < tables.count ? tableBase + UInt64(place + Self.tableStride) : 0
      head.sum_in_chain = UInt16(truncatingIfNeeded: pieces.count)
      head.sum_in_sgl = UInt16(table.count)
      head.capacity = UInt16(entriesPerTable)
      memory.store(head, at: place)
      for (number, piece) in table.enumerated() {
        var entry = hisi_sge()
        entry.buffer = EngineRig.base + UInt64(piece.offset)
        entry.length = UInt32(piece.count)
        entry.page_ctrl = .max
        memory.store(entry, at: place + 64 + 32 * number)
      }
    }
    return TestBuffer(layout: HISI_ZIP_BUFFER_SGL, address: tableBase + UInt64(offset))
  }

  /// Writes content into the pieces.
  func scatter(_ content: [UInt8], to memory: TestMemory) {
    var position = 0
    for piece in pieces {
      let count = min(piece.count, content.count - position)
      memory.write(Array(content[position..<position + count]), at: piece.offset)
      position += count
    }
  }

  /// Reads the first `count` bytes of the pieces.
  func gather(_ count: Int, from memory: TestMemory) -> [UInt8] {
    var result: [UInt8] = []
    for piece in pieces where result.count < count {
      result += memory.read(piece.offset..<piece.offset + min(piece.count, count - result.count))
    }
    return result
  }
}

extension TestMemory {
  func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: Value.self)
  }

  func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
    unsafe base.loadUnaligned(fromByteOffset: offset, as: type)
  }
}
