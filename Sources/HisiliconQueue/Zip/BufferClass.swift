// The sizes in which memory for requests is given out, on the kernel path and the user path.
// SPDX-License-Identifier: Apache-2.0

/// A size of buffers: a power of two, of which small ones share the memory that is mapped for the device at once.
package struct BufferClass: Sendable {
  /// The smallest buffer, in bytes.
  private static let smallest = 4096
  /// Buffers up to this size share slabs, in bytes.
  private static let largestShared = 1 << 16
  /// The size of a slab that is shared, in bytes.
  private static let sharedSlab = 1 << 20

  /// The buffers' size, in bytes.
  package let byteCount: Int

  /// The class of buffers for `count` bytes, at most 2^62; also for none.
  package init(holding count: Int) {
    byteCount = max(Self.smallest, 1 << (Int.bitWidth - (max(count, 1) - 1).leadingZeroBitCount))
  }

  /// Whether buffers share slabs.
  package var isShared: Bool { byteCount <= Self.largestShared }
  /// What is mapped at once, in bytes: a whole number of buffers.
  package var slabByteCount: Int { isShared ? Self.sharedSlab : byteCount }
}
