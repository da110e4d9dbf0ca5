// Memory that is zero when it comes and wiped when it goes, for owners without types.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension SecureMemory {
  /// A cache line, and what the widest vectors want, in bytes.
  private static let alignment = 64

  /// `count` bytes that are all zero, aligned to 64; nil where there is no such memory.
  ///
  /// Freed by ``deallocate(_:)``.
  public static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    guard count >= 0, count <= Int.max - 2 * alignment else { return nil }
    var memory: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&memory, alignment, count + alignment) == 0, let memory = unsafe memory else {
      return nil
    }
    unsafe memset(memory, 0, count + alignment)
    // The size lies in front of the bytes.
    unsafe memory.storeBytes(of: count, as: Int.self)
    return unsafe memory + alignment
  }

  /// Wipes and frees what ``allocate(_:)`` returned; nil does nothing.
  public static func deallocate(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    let start = unsafe memory - alignment
    let count = unsafe start.load(as: Int.self)
    unsafe zero(UnsafeMutableRawBufferPointer(start: start, count: count + alignment))
    unsafe free(start)
  }
}
