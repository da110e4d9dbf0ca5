// A run of device addresses within one mapping.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem

/// Bytes that the device may use in place, or by messages.
///
/// Valid only within the access section that gave it.
@safe struct MemorySegment {
  /// The first address.
  let iova: UInt64
  /// How many bytes follow in this mapping, at most as many as were asked for; at least 1.
  let count: Int
  /// The bytes; nil for memory that is reached with ``MemoryAccess/read(_:into:)`` and ``MemoryAccess/write(_:from:)``.
  let base: UnsafeMutableRawPointer?
  /// When messages for bytes without `base` are no longer sent: a time of `MonotonicClock`.
  private let deadline: UInt64
  private let mapping: Unmanaged<Mapping>

  /// Bytes in place.
  init(iova: UInt64, count: Int, base: UnsafeMutableRawPointer, mapping: Unmanaged<Mapping>) {
    self.iova = iova
    self.count = count
    unsafe self.base = base
    deadline = .max
    unsafe self.mapping = mapping
  }

  /// Bytes that are reached by messages.
  init(iova: UInt64, count: Int, deadline: UInt64, mapping: Unmanaged<Mapping>) {
    self.iova = iova
    self.count = count
    unsafe base = nil
    self.deadline = deadline
    unsafe self.mapping = mapping
  }

  /// The same from the first byte on, at most `most` bytes, which is at least 1.
  func prefix(_ most: Int) -> MemorySegment {
    guard let base = unsafe base else {
      return unsafe MemorySegment(iova: iova, count: min(count, most), deadline: deadline, mapping: mapping)
    }
    return unsafe MemorySegment(iova: iova, count: min(count, most), base: base, mapping: mapping)
  }

  /// Whether the memory was found truncated: ask after using it, and throw away what was read.
  @inline(__always)
  var isPoisoned: Bool {
    // The section keeps the mapping alive.
    unsafe mapping._withUnsafeGuaranteedRef { $0.isPoisoned }
  }

  /// Throws when the memory was found truncated.
  @inline(__always)
  func check(_ access: DevicePermissions) throws(TranslationFault) {
    if isPoisoned { throw TranslationFault(.poisoned, at: iova, access) }
  }

  /// Reads the bytes of a segment without `base`; `buffer` is no longer than the segment.
  func readRemotely(
    into buffer: UnsafeMutableRawBufferPointer, in memory: borrowing MemoryAccess
  ) throws(TranslationFault) {
    let isRead = unsafe mapping._withUnsafeGuaranteedRef { mapping in
      guard let remote = mapping.remote else { return false }
      return remote.inParts(buffer.count, until: deadline) {
        unsafe remote.read(iova + UInt64($0.lowerBound), .init(rebasing: buffer[$0]))
      }
    }
    guard isRead else { throw TranslationFault(.lost, at: iova, .read) }
    memory.countRemote(buffer.count)
  }

  /// Writes the bytes of a segment without `base`; `buffer` is no longer than the segment.
  func writeRemotely(
    from buffer: UnsafeRawBufferPointer, in memory: borrowing MemoryAccess
  ) throws(TranslationFault) {
    let isWritten = unsafe mapping._withUnsafeGuaranteedRef { mapping in
      guard let remote = mapping.remote else { return false }
      return remote.inParts(buffer.count, until: deadline) {
        unsafe remote.write(iova + UInt64($0.lowerBound), .init(rebasing: buffer[$0]))
      }
    }
    guard isWritten else { throw TranslationFault(.lost, at: iova, .write) }
    memory.countRemote(buffer.count)
  }
}

extension RemoteBacking {
  /// Calls `body` for ranges of at most ``largestTransfer`` bytes, one after the other, until one fails or the time is
  /// over.
  fileprivate func inParts(_ count: Int, until deadline: UInt64, _ body: (Range<Int>) -> Bool) -> Bool {
    var start = 0
    while start < count {
      guard MonotonicClock.now() < deadline else { return false }
      let end = min(count, start + Self.largestTransfer)
      guard body(start..<end) else { return false }
      start = end
    }
    return true
  }
}
