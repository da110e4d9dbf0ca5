// Memory that other processes can be given.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A file in memory (`memfd_create(2)`): whoever gets its descriptor can map the same pages.
public final class SharedMemory: Sendable {
  /// The descriptor, for passing it on; this object keeps owning it.
  public let descriptor: FileDescriptor
  /// The size in bytes.
  public let byteCount: Int

  /// Ways in which the memory can no longer be changed (`F_ADD_SEALS`).
  public struct Seals: OptionSet, Sendable {
    /// The kernel's flags.
    public let rawValue: Int32

    /// Makes seals from the kernel's flags.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// `F_SEAL_SEAL`: no seal can be added.
    public static let seal = Seals(rawValue: Int32(clinux_seal_seal))
    /// `F_SEAL_SHRINK`: it does not become smaller, so that no access of a mapping can fail.
    public static let shrink = Seals(rawValue: Int32(clinux_seal_shrink))
    /// `F_SEAL_GROW`: it does not become larger.
    public static let grow = Seals(rawValue: Int32(clinux_seal_grow))
    /// `F_SEAL_WRITE`: it is not written; refused with `EBUSY` while a writable mapping exists.
    public static let write = Seals(rawValue: Int32(clinux_seal_write))
  }

  /// Makes zeroed memory.
  ///
  /// - Parameters:
  ///   - name: what `/proc/PID/maps` shows, at most 249 bytes.
  ///   - byteCount: the size, at least 1.
  ///   - seals: what is forbidden from the start.
  /// - Throws: `EINVAL` for a size below 1 or a name that is too long or has a zero byte, `EMFILE`, `ENOMEM`.
  public init(name: String, byteCount: Int, seals: Seals = [.shrink, .grow]) throws(SystemError) {
    try refuseZeroByte(in: name, "memfd_create")
    guard byteCount > 0 else { throw SystemError(errno: EINVAL, operation: "memfd_create") }
    let file = FileDescriptor(owning: try systemCall("memfd_create") { unsafe clinux_memory_file(name) })
    let number = file.number
    _ = try systemCall("ftruncate") { ftruncate(number, byteCount) }
    if !seals.isEmpty { _ = try systemCall("fcntl") { clinux_add_seals(number, seals.rawValue) } }
    descriptor = file
    self.byteCount = byteCount
  }

  /// What is forbidden.
  public var seals: Seals {
    Seals(rawValue: max(clinux_get_seals(descriptor.number), 0))
  }

  /// Forbids more.
  ///
  /// - Throws: `EPERM` after `.seal`, `EBUSY` for `.write` while a writable mapping exists.
  public func add(_ seals: Seals) throws(SystemError) {
    _ = try systemCall("fcntl") { clinux_add_seals(descriptor.number, seals.rawValue) }
  }

  /// Makes the memory smaller or larger; `byteCount` stays what it was.
  ///
  /// - Throws: `EPERM` if a seal forbids it.
  public func resize(to byteCount: Int) throws(SystemError) {
    _ = try systemCall("ftruncate") { ftruncate(descriptor.number, byteCount) }
  }

  /// Maps all of the memory.
  ///
  /// - Parameters:
  ///   - permissions: what it is used for.
  ///   - isInherited: whether children have the mapping too.
  /// - Throws: `ENOMEM`.
  public func map(
    _ permissions: SharedMapping.Permissions = .readWrite, isInherited: Bool = true
  ) throws(SystemError) -> SharedMapping {
    try map(0..<byteCount, permissions, isInherited: isInherited)
  }

  /// Maps a part of the memory.
  ///
  /// - Throws: `EINVAL` for a range that is empty or begins below 0, `ENOMEM`.
  public func map(
    _ range: Range<Int>, _ permissions: SharedMapping.Permissions = .readWrite, isInherited: Bool = true
  ) throws(SystemError) -> SharedMapping {
    guard range.lowerBound >= 0 else { throw SystemError(errno: EINVAL, operation: "mmap") }
    return try SharedMapping(
      descriptor, offset: UInt64(range.lowerBound), byteCount: range.count, permissions: permissions,
      isInherited: isInherited)
  }
}
