// What the device can do with memory while an access section lasts.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization

/// Access to an address space, within a section; see ``AddressSpace/withAccess(_:)``.
///
/// Every call checks the range and the permissions. Memory is shared with whoever wrote the request and changes at any
/// time: read it once, into memory of your own, and check and use only the copy.
struct MemoryAccess: ~Copyable {
  private let space: AddressSpace
  /// When the section's time for memory that is reached by messages ends; 0 before it has used any.
  private let remoteDeadline = Atomic<UInt64>(0)
  private let excluded: ExcludedRange
  // Atomic to be changed where the access is only lent; one thread uses a section.
  private let remoteBytes = Atomic<UInt64>(0)
  private let pageFaults = Atomic<UInt64>(0)
  private let refusals = Atomic<UInt64>(0)

  @inline(__always)
  init(_ space: AddressSpace, excluding excluded: ExcludedRange = .none) {
    self.space = space
    self.excluded = excluded
  }

  /// What the section's accesses have come to so far.
  var tally: AccessTally {
    AccessTally(
      remoteBytes: remoteBytes.load(ordering: .relaxed), pageFaults: pageFaults.load(ordering: .relaxed),
      refusals: refusals.load(ordering: .relaxed))
  }

  /// The bytes from `iova` on that lie in one mapping.
  ///
  /// - Parameters:
  ///   - iova: the first address.
  ///   - count: the most bytes, at least 1.
  ///   - access: `.read`, `.write` or both.
  /// - Throws: a fault for the first byte: `unmapped`, `denied`, `excluded`.
  @inline(__always)
  func segment(
    at iova: UInt64, count: Int, for access: DevicePermissions
  ) throws(TranslationFault) -> MemorySegment {
    var count = count
    // The one comparison that an access without anything excluded pays.
    if iova <= excluded.last { count = try allowed(count, at: iova, access) }
    guard let mapping = unsafe space.mapping(at: iova) else { return try fault(at: iova, count: count, access) }
    // The section keeps the mapping alive. It contains `iova`, so that neither difference is negative.
    let (first, last, base, isAllowed) = unsafe mapping._withUnsafeGuaranteedRef {
      unsafe ($0.first, $0.last, $0.base, $0.permissions.isSuperset(of: access))
    }
    guard isAllowed else { throw TranslationFault(.denied, at: iova, access) }
    let beyondFirst = last - iova
    let run = beyondFirst < UInt64(count) ? Int(beyondFirst) + 1 : count
    guard let base = unsafe base else {
      return unsafe MemorySegment(iova: iova, count: run, deadline: deadline(), mapping: mapping)
    }
    return unsafe MemorySegment(iova: iova, count: run, base: base + Int(iova - first), mapping: mapping)
  }

  /// How many of `count` bytes from `iova` on lie before what is excluded.
  @inline(never)
  private func allowed(
    _ count: Int, at iova: UInt64, _ access: DevicePermissions
  ) throws(TranslationFault) -> Int {
    if excluded.isEmpty { return count }
    guard iova < excluded.first else {
      refusals.wrappingAdd(1, ordering: .relaxed)
      throw TranslationFault(.excluded, at: iova, access)
    }
    return Int(min(UInt64(count), excluded.first - iova))
  }

  /// Bytes where nothing is mapped: the process behind the address space may have them.
  @inline(never)
  private func fault(
    at iova: UInt64, count: Int, _ access: DevicePermissions
  ) throws(TranslationFault) -> MemorySegment {
    guard let (mapping, last) = unsafe space.faulted(at: iova) else {
      // Something may have been mapped since the caller looked.
      guard unsafe space.mapping(at: iova) != nil else { throw TranslationFault(.unmapped, at: iova, access) }
      return try segment(at: iova, count: count, for: access)
    }
    pageFaults.wrappingAdd(1, ordering: .relaxed)
    let run = Int(min(UInt64(count - 1), last - iova)) + 1
    return unsafe MemorySegment(iova: iova, count: run, deadline: deadline(), mapping: mapping)
  }

  /// Whether bytes can be used without a call to another process, all of them in one mapping.
  func isLocal(_ iova: UInt64, _ count: UInt64) -> Bool {
    guard let mapping = unsafe space.mapping(at: iova) else { return false }
    // The section keeps the mapping alive.
    return unsafe mapping._withUnsafeGuaranteedRef { unsafe $0.base != nil && $0.last - iova >= count - 1 }
  }

  /// Whether some of the address space is reached by calls to another process.
  var mayBeRemote: Bool { space.mayBeRemote }

  /// Counts bytes that were moved by calls.
  func countRemote(_ count: Int) {
    remoteBytes.wrappingAdd(UInt64(count), ordering: .relaxed)
  }

  /// When this section has to be done with memory that is reached by messages.
  private func deadline() -> UInt64 {
    let known = remoteDeadline.load(ordering: .relaxed)
    guard known == 0 else { return known }
    // One thread uses a section; nobody else sets this.
    let deadline = MonotonicClock.deadline(after: space.remoteLimit)
    remoteDeadline.store(deadline, ordering: .relaxed)
    return deadline
  }

  /// Reads bytes.
  ///
  /// - Throws: a fault; the buffer's contents are of no use then.
  @inline(__always)
  func read(_ iova: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(TranslationFault) {
    var done = 0
    while done < buffer.count {
      let address = try Self.advance(iova, done, buffer.count, .read)
      let segment = try segment(at: address, count: buffer.count - done, for: .read)
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + segment.count])
      if let base = unsafe segment.base {
        unsafe part.copyMemory(from: UnsafeRawBufferPointer(start: base, count: segment.count))
        // What follows uses the copy: no read of the shared bytes may be moved, or repeated, after this.
        atomicMemoryFence(ordering: .acquiring)
        try segment.check(.read)
      } else {
        try unsafe segment.readRemotely(into: part, in: self)
      }
      done += segment.count
    }
  }

  /// Writes bytes.
  ///
  /// - Throws: a fault; what lies before its address may have been written.
  @inline(__always)
  func write(_ iova: UInt64, from buffer: UnsafeRawBufferPointer) throws(TranslationFault) {
    var done = 0
    while done < buffer.count {
      let address = try Self.advance(iova, done, buffer.count, .write)
      let segment = try segment(at: address, count: buffer.count - done, for: .write)
      let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[done..<done + segment.count])
      if let base = unsafe segment.base {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: segment.count).copyMemory(from: part)
        try segment.check(.write)
      } else {
        try unsafe segment.writeRemotely(from: part, in: self)
      }
      done += segment.count
    }
  }

  /// Reads a structure of plain bytes, at any alignment.
  @inline(__always)
  func load<Value: BitwiseCopyable>(_ iova: UInt64, as type: Value.Type) throws(TranslationFault) -> Value {
    try unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { (copy) throws(TranslationFault) in
      try unsafe read(iova, into: UnsafeMutableRawBufferPointer(copy))
      return unsafe copy[0]
    }
  }

  /// Writes a structure of plain bytes, at any alignment.
  @inline(__always)
  func store<Value: BitwiseCopyable>(_ value: Value, at iova: UInt64) throws(TranslationFault) {
    try unsafe withUnsafeBytes(of: value) { (bytes) throws(TranslationFault) in try unsafe write(iova, from: bytes) }
  }

  /// Writes 16 bits, after everything that was written before: the word of a ring's entry that holds its phase.
  @inline(__always)
  func storeRelease16(_ value: UInt16, at iova: UInt64) throws(TranslationFault) {
    let segment = try segment(at: iova, count: 2, for: .write)
    if segment.count == 2, let base = unsafe segment.base, UInt(bitPattern: base) & 1 == 0 {
      // Aligned, and as large as its atomic.
      unsafe base.assumingMemoryBound(to: Atomic<UInt16>.self).pointee.store(value, ordering: .releasing)
      try segment.check(.write)
    } else {
      atomicMemoryFence(ordering: .releasing)
      try store(value, at: iova)
    }
  }

  /// Writes 32 bits, after everything that was written before: an event queue's entry.
  @inline(__always)
  func storeRelease32(_ value: UInt32, at iova: UInt64) throws(TranslationFault) {
    let segment = try segment(at: iova, count: 4, for: .write)
    if segment.count == 4, let base = unsafe segment.base, UInt(bitPattern: base) & 3 == 0 {
      // Aligned, and as large as its atomic.
      unsafe base.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(value, ordering: .releasing)
      try segment.check(.write)
    } else {
      atomicMemoryFence(ordering: .releasing)
      try store(value, at: iova)
    }
  }

  /// The address of byte `done` of `count` from `iova` on.
  @inline(__always)
  private static func advance(
    _ iova: UInt64, _ done: Int, _ count: Int, _ access: DevicePermissions
  ) throws(TranslationFault) -> UInt64 {
    guard !iova.addingReportingOverflow(UInt64(count - 1)).overflow else {
      throw TranslationFault(.wrapped, at: iova, access)
    }
    return iova + UInt64(done)
  }
}
