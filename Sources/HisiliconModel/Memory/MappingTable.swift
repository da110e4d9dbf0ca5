// The mappings of an address space in the order of their addresses.
// SPDX-License-Identifier: Apache-2.0

/// Disjoint mappings, sorted, in pieces of bounded size.
///
/// A guest with a virtual IOMMU maps and unmaps single pages all the time, with tens of thousands of them in place:
/// one sorted array would move half a megabyte each time. In pieces, a change moves a few kilobytes and a look-up is
/// two binary searches.
struct MappingTable {
  /// The most mappings of one piece.
  static let pieceCapacity = 256

  private struct Entry {
    let first: UInt64
    let last: UInt64
    let mapping: Mapping
  }

  // No piece is empty.
  private var pieces: [[Entry]] = []
  /// How many mappings there are.
  private(set) var count = 0
  /// What stands for every address without a mapping; nil: nothing does.
  var faults: Mapping?

  /// The mapping that contains `address`.
  func find(_ address: UInt64) -> Mapping? {
    guard let (piece, index) = position(lastAtLeast: address) else { return nil }
    let entry = pieces[piece][index]
    return entry.first <= address ? entry.mapping : nil
  }

  /// What stands for `address` where nothing is mapped, and the last address that it stands for from there on.
  func faulted(_ address: UInt64) -> (mapping: Mapping, last: UInt64)? {
    guard let faults else { return nil }
    guard let (piece, index) = position(lastAtLeast: address) else { return (faults, .max) }
    let entry = pieces[piece][index]
    return entry.first <= address ? nil : (faults, entry.first - 1)
  }

  /// Adds a mapping.
  ///
  /// - Throws: `overlapping`.
  mutating func insert(_ mapping: Mapping) throws(AddressSpaceError) {
    let entry = Entry(first: mapping.first, last: mapping.last, mapping: mapping)
    guard let (piece, index) = position(lastAtLeast: mapping.first) else {
      // Beyond all others.
      if let end = pieces.indices.last {
        insert(entry, piece: end, index: pieces[end].count)
      } else {
        pieces = [[entry]]
      }
      count += 1
      return
    }
    guard pieces[piece][index].first > mapping.last else { throw .overlapping }
    insert(entry, piece: piece, index: index)
    count += 1
  }

  /// Takes out the mappings of a range, given by its first and last address.
  ///
  /// - Throws: `cutsMapping`; nothing is taken out then.
  mutating func remove(_ first: UInt64, through last: UInt64) throws(AddressSpaceError) -> [Mapping] {
    guard let start = position(lastAtLeast: first), pieces[start.piece][start.index].first <= last else { return [] }
    guard pieces[start.piece][start.index].first >= first else { throw .cutsMapping }
    if let end = position(lastAtLeast: last) {
      let entry = pieces[end.piece][end.index]
      guard entry.first > last || entry.last == last else { throw .cutsMapping }
    }
    var removed: [Mapping] = []
    var piece = start.piece
    var index = start.index
    while piece < pieces.count {
      let end = pieces[piece][index...].firstIndex { $0.first > last } ?? pieces[piece].count
      for entry in pieces[piece][index..<end] { removed.append(entry.mapping) }
      let isDone = end < pieces[piece].count
      pieces[piece].removeSubrange(index..<end)
      // What is left is joined with the piece before where both are small, so that pieces do not stay nearly empty.
      if pieces[piece].isEmpty {
        pieces.remove(at: piece)
      } else {
        piece += 1
      }
      if isDone { break }
      index = 0
    }
    join(around: start.piece)
    count -= removed.count
    return removed
  }

  /// Takes out every mapping, and what stands for addresses without one.
  mutating func removeAll() -> [Mapping] {
    let removed = pieces.flatMap { $0.map(\.mapping) } + (faults.map { [$0] } ?? [])
    faults = nil
    pieces = []
    count = 0
    return removed
  }

  /// Where the first mapping is whose last address is `address` or higher.
  private func position(lastAtLeast address: UInt64) -> (piece: Int, index: Int)? {
    let piece = Self.partition(pieces.count) { pieces[$0][pieces[$0].count - 1].last >= address }
    guard piece < pieces.count else { return nil }
    return (piece, Self.partition(pieces[piece].count) { pieces[piece][$0].last >= address })
  }

  private mutating func insert(_ entry: Entry, piece: Int, index: Int) {
    pieces[piece].insert(entry, at: index)
    guard pieces[piece].count > Self.pieceCapacity else { return }
    let half = Self.pieceCapacity / 2
    let upper = Array(pieces[piece][half...])
    pieces[piece].removeSubrange(half...)
    pieces.insert(upper, at: piece + 1)
  }

  /// Joins the piece with the one before and after, where they fit in half a piece together.
  private mutating func join(around piece: Int) {
    for lower in [piece, piece - 1] where lower >= 0 && lower + 1 < pieces.count {
      guard pieces[lower].count + pieces[lower + 1].count <= Self.pieceCapacity / 2 else { continue }
      pieces[lower] += pieces[lower + 1]
      pieces.remove(at: lower + 1)
    }
  }

  /// The first of `count` indices for which `isReached` holds, which holds for all that follow it too; else `count`.
  private static func partition(_ count: Int, _ isReached: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isReached(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
