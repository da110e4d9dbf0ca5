// The table behind every lookup: from a name's bytes to its entry without a reference count.
// SPDX-License-Identifier: Apache-2.0

/// An immutable hash table from names to entries.
///
/// A `Dictionary<String, NameEntry>` costs 45 % of a lookup in SipHash and more in reference counts. Names come from
/// registered drivers, not from strangers, so a plain multiplicative hash is enough: a stranger's name can only miss.
@safe final class NameTable: Sendable {
  @safe private struct Slot {
    var hash: UInt64
    /// Bytes of the name.
    var count: Int
    /// The name's first word in the arena, where names lie padded with zeros to whole words.
    var start: Int
    var entry: Unmanaged<NameEntry>?
  }

  // Written by the initialiser alone, so that any thread may read them.
  nonisolated(unsafe) private let slots: UnsafeMutableBufferPointer<Slot>
  nonisolated(unsafe) private let arena: UnsafeMutableBufferPointer<UInt64>
  /// Keeps the entries alive that the slots point to.
  let entries: [String: NameEntry]

  /// A table of `entries`.
  init(_ entries: [String: NameEntry]) {
    self.entries = entries
    var size = 8
    while size < entries.count * 2 { size *= 2 }
    unsafe slots = .allocate(capacity: size)
    unsafe slots.initialize(repeating: Slot(hash: 0, count: 0, start: 0, entry: nil))
    unsafe arena = .allocate(capacity: entries.keys.reduce(1) { $0 + ($1.utf8.count + 7) / 8 })
    var used = 0
    for (name, entry) in entries {
      var bytes = name
      let hash = bytes.withUTF8 { unsafe Self.hash($0) }
      let start = used
      bytes.withUTF8 { name in
        for offset in stride(from: 0, to: name.count, by: 8) {
          unsafe arena[used] = Self.word(name, offset)
          used += 1
        }
      }
      var index = Int(truncatingIfNeeded: hash) & (size - 1)
      while unsafe slots[index].entry != nil { index = (index + 1) & (size - 1) }
      unsafe slots[index] = Slot(
        hash: hash, count: name.utf8.count, start: start, entry: Unmanaged.passUnretained(entry))
    }
  }

  /// The entry of `name`; it lives as long as this table.
  @inline(__always)
  func find(_ name: String) -> Unmanaged<NameEntry>? {
    // Native strings are contiguous; a bridged one does not exist on Linux.
    unsafe name.utf8.withContiguousStorageIfAvailable { unsafe find($0) } ?? nil
  }

  @inline(__always)
  private func find(_ name: UnsafeBufferPointer<UInt8>) -> Unmanaged<NameEntry>? {
    let hash = unsafe Self.hash(name)
    let mask = unsafe slots.count - 1
    var index = Int(truncatingIfNeeded: hash) & mask
    // At most half of the slots are taken, so the search ends.
    while true {
      let slot = unsafe slots[index]
      guard let entry = unsafe slot.entry else { return nil }
      if slot.hash == hash, slot.count == name.count, unsafe equal(slot.start, name) { return unsafe entry }
      index = (index + 1) & mask
    }
  }

  @inline(__always)
  private func equal(_ start: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    var place = start
    var offset = 0
    while offset < name.count {
      guard unsafe arena[place] == Self.word(name, offset) else { return false }
      place += 1
      offset += 8
    }
    return true
  }

  /// Eight bytes at a time through the finaliser of MurmurHash3 (public domain, Austin Appleby).
  @inline(__always)
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: bytes.count)
    var offset = 0
    while offset < bytes.count {
      hash = unsafe (hash ^ word(bytes, offset)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 33
      offset += 8
    }
    return hash
  }

  /// The eight bytes at `offset`, least significant first; those behind the end count as zero.
  @inline(__always)
  private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> UInt64 {
    let start = unsafe UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped)
    let rest = bytes.count - offset
    if rest >= 8 { return unsafe UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    if bytes.count >= 8 {
      // The last eight bytes, of which the first ones were read before.
      let last = unsafe start.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
      return UInt64(littleEndian: last) >> UInt64(8 * (8 - rest))
    }
    var word: UInt64 = 0
    var index = 0
    if rest & 4 != 0 {
      word = unsafe UInt64(UInt32(littleEndian: start.loadUnaligned(fromByteOffset: 0, as: UInt32.self)))
      index = 4
    }
    if rest & 2 != 0 {
      word |=
        unsafe UInt64(UInt16(littleEndian: start.loadUnaligned(fromByteOffset: index, as: UInt16.self)))
        << UInt64(8 * index)
      index += 2
    }
    if rest & 1 != 0 { word |= unsafe UInt64(bytes[index]) << UInt64(8 * index) }
    return word
  }

  deinit {
    unsafe slots.deallocate()
    unsafe arena.deallocate()
  }
}
