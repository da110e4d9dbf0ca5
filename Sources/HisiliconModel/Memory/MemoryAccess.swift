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

  @inline(__always)
  init(_ space: AddressSpace) { self.space = space }

  /// The bytes from `iova` on that lie in one mapping.
  ///
  /// - Parameters:
  ///   - iova: the first address.
  ///   - count: the most bytes, at least 1.
  ///   - access: `.read`, `.write` or both.
  /// - Throws: a fault for the first byte: `unmapped`, `denied`.
  @inline(__always)
  func segment(
    at iova: UInt64, count: Int, for access: DevicePermissions
  ) throws(TranslationFault) -> MemorySegment {
    guard let mapping = unsafe space.mapping(at: iova) else { throw TranslationFault(.unmapped, at: iova, access) }
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
        try unsafe segment.readRemotely(into: part)
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
        try unsafe segment.writeRemotely(from: part)
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
