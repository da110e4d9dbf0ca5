// Pages of a file that another process may share, and may take away.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import Synchronization

/// A shared mapping of a descriptor, unmapped once, when its last reference goes.
///
/// Whoever else has the file can make it shorter. An access beyond its new end would end the process (`SIGBUS`); here a
/// handler puts zeroed memory of this process's own in the mapping's place, the access is made again, and `isPoisoned`
/// is true from then on. Who reads shared memory asks for that after reading, and before believing it.
///
/// The first mapping installs the handler for the process; a `SIGBUS` that is none of these mappings' goes to the handler
/// that was installed before.
///
/// `@unchecked Sendable`: addresses and a length that do not change; what lies there is shared anyway, or atomic.
@safe public final class SharedMapping: @unchecked Sendable {
  /// What may be done with the memory.
  public struct Permissions: OptionSet, Sendable {
    /// Bit 0: reading, bit 1: writing.
    public let rawValue: UInt8

    /// Makes permissions from their bits.
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// It may be read.
    public static let read = Permissions(rawValue: 1)
    /// It may be written.
    public static let write = Permissions(rawValue: 2)
    /// Both.
    public static let readWrite: Permissions = [.read, .write]
  }

  /// The first byte; it must not be used once the mapping is gone.
  public let base: UnsafeMutableRawPointer
  /// The size in bytes.
  public let byteCount: Int
  /// What may be done with the memory; anything else ends the process (`SIGSEGV`).
  public let permissions: Permissions
  /// Whether the file lies in memory alone (a memfd, tmpfs, huge pages), so that an access waits for no disk and no
  /// other process.
  public let isOfMemory: Bool
  private let file: (device: UInt64, inode: UInt64, offset: UInt64)
  private let handle: Int64
  /// The handler's note, of the same size as its atomic; it is there as long as the mapping.
  @usableFromInline let poisonFlag: UnsafePointer<Atomic<Int32>>
  /// For a mapping that children do not have: the generation of processes that has it.
  private let generation: UInt32?

  /// Maps a part of a file.
  ///
  /// - Parameters:
  ///   - descriptor: the file; the mapping does not need it any more afterwards.
  ///   - offset: where the part begins, in bytes; any, not only a multiple of the page size.
  ///   - byteCount: its size, at least 1. It may lie beyond the file's end: touching that poisons the mapping.
  ///   - permissions: what it is used for.
  ///   - isInherited: whether children have it too; otherwise one that touches it ends (`SIGSEGV`).
  /// - Throws: `EINVAL` for a part that is empty or too large, `EACCES` for a descriptor that was not opened for this,
  ///   `ENODEV` for what cannot be mapped, `EPERM` for a seal, `ENOMEM`.
  public init(
    _ descriptor: borrowing FileDescriptor, offset: UInt64 = 0, byteCount: Int, permissions: Permissions = .readWrite,
    isInherited: Bool = true
  ) throws(SystemError) {
    let page = UInt64(CurrentProcess.pageSize)
    let before = Int(offset % page)
    let (padded, overflow) = byteCount.addingReportingOverflow(before)
    // The sum below the largest file offset, so that the kernel's arithmetic on whole pages cannot wrap.
    guard byteCount > 0, !overflow, offset < 1 << 62, padded < 1 << 62 else {
      throw SystemError(errno: EINVAL, operation: "mmap")
    }
    let number = descriptor.number
    // Only such files can be sealed: fcntl(2).
    isOfMemory = clinux_get_seals(number) >= 0
    let status = try descriptor.status()
    file = (status.device, status.inode, offset)
    var start: UnsafeMutableRawPointer?
    // The kernel maps whole pages also for a size that is not: so does the handler's table.
    let size = (padded + Int(page) - 1) / Int(page) * Int(page)
    let handle = try systemCall("mmap") {
      unsafe clinux_map_guarded(
        number, offset - UInt64(before), size, permissions.contains(.read) ? 1 : 0,
        permissions.contains(.write) ? 1 : 0, &start)
    }
    guard let start = unsafe start else { throw SystemError(errno: EINVAL, operation: "mmap") }
    unsafe base = start + before
    self.byteCount = byteCount
    self.permissions = permissions
    self.handle = handle
    unsafe poisonFlag = clinux_poison_flag(handle).assumingMemoryBound(to: Atomic<Int32>.self)
    generation = isInherited ? nil : CurrentProcess.generation
    // On failure `deinit` unmaps it.
    if !isInherited { try unsafe PageRange(start: start, count: size).keepFromChildren() }
  }

  deinit {
    if let generation, generation != CurrentProcess.generation {
      clinux_forget_guarded(handle)
    } else {
      clinux_unmap_guarded(handle)
    }
  }

  /// Whether another mapping is of the same bytes of the same file, for the same use.
  public func isOfSameMemory(as other: SharedMapping) -> Bool {
    file == other.file && byteCount == other.byteCount && permissions == other.permissions
  }

  /// Whether the file became shorter under an access, so that what was read since is not what the other side wrote.
  ///
  /// Inlinable: whoever polls memory asks at every look.
  @inlinable public var isPoisoned: Bool {
    unsafe poisonFlag.pointee.load(ordering: .acquiring) != 0
  }

  /// Lends the bytes as a buffer; it must not be used after the call.
  ///
  /// Other processes may change them at any time: copy once, check the copy, use only the copy.
  public func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }
}
