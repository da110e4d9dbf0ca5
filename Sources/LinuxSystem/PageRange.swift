// Whole pages of this process's memory: locking them, and keeping them from children.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The whole pages that some memory lies in; who owns the memory keeps it meanwhile.
///
/// `@unchecked Sendable`: an address and a size, which nothing here reads through.
@safe public struct PageRange: @unchecked Sendable {
  /// The first byte of the first page.
  public let base: UnsafeMutableRawPointer
  /// The size in bytes, a multiple of the page size; 0 for no memory at all.
  public let byteCount: Int

  /// The pages that hold `count` bytes from `start` on.
  public init(start: UnsafeMutableRawPointer, count: Int) {
    precondition(count >= 0, "a size is not negative")
    let page = UInt(CurrentProcess.pageSize)
    let before = Int(UInt(bitPattern: start) % page)
    unsafe base = start - before
    byteCount = count == 0 ? 0 : (before + count + Int(page) - 1) / Int(page) * Int(page)
  }

  /// Brings the pages into memory and keeps them there until `unlock()`; locks do not add up (`mlock(2)`).
  ///
  /// - Throws: `ENOMEM` or `EPERM` beyond ``CurrentProcess/lockableByteCount``, `ENOMEM` for pages that are not mapped,
  ///   `EAGAIN` for pages that could not be locked.
  public func lock() throws(SystemError) {
    _ = try systemCall("mlock") { unsafe mlock(base, byteCount) }
  }

  /// Ends what `lock()` began.
  ///
  /// - Throws: `ENOMEM` for pages that are not mapped.
  public func unlock() throws(SystemError) {
    _ = try systemCall("munlock") { unsafe munlock(base, byteCount) }
  }

  /// Children will not have these pages at all (`MADV_DONTFORK`): an access ends them by `SIGSEGV`.
  ///
  /// Whoever unmaps them must not do so in a child, where the addresses may be another's.
  ///
  /// - Throws: `EINVAL` for pages of a device, `ENOMEM` for pages that are not mapped.
  public func keepFromChildren() throws(SystemError) {
    _ = try systemCall("madvise") { unsafe clinux_keep_from_children(base, byteCount) }
  }

  /// Children will find zeros in these pages (`MADV_WIPEONFORK`).
  ///
  /// - Throws: `EINVAL` for pages that are shared or of a file, `ENOMEM` for pages that are not mapped.
  public func zeroInChildren() throws(SystemError) {
    _ = try systemCall("madvise") { unsafe clinux_zero_in_children(base, byteCount) }
  }
}
