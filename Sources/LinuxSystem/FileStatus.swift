// What the kernel knows about a file.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a file is, who owns it, and when it changed (`stat(2)`).
public struct FileStatus: Sendable, Equatable {
  /// What kind of thing a name stands for.
  public enum Kind: Sendable, Equatable {
    /// An ordinary file.
    case regular
    /// A directory.
    case directory
    /// A device that is read as a stream, such as a terminal.
    case characterDevice
    /// A device of blocks, such as a disk.
    case blockDevice
    /// A pipe, with or without a name.
    case fifo
    /// A socket.
    case socket
    /// A symbolic link; only where links are not followed.
    case symlink
    /// Something that this library has no word for.
    case unknown
  }

  /// What the file is.
  public let kind: Kind
  /// The permission bits with set-user-ID, set-group-ID and sticky: the low 12 bits of `st_mode`.
  public let mode: UInt32
  /// The size in bytes; 0 for most things that are not regular files.
  public let size: Int64
  /// The number of names that the file has.
  public let linkCount: UInt64
  /// The user who owns the file.
  public let userID: UInt32
  /// The group that owns the file.
  public let groupID: UInt32
  /// When the content was last read, as far as the file system keeps count.
  public let accessTime: FileTime
  /// When the content was last changed.
  public let modificationTime: FileTime
  /// The device that holds the file; identifies it together with `inode`.
  public let device: UInt64
  /// The number of the file on its device.
  public let inode: UInt64

  /// Whether both are the status of one and the same file.
  public func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode
  }

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      case S_IFLNK: .symlink
      default: .unknown
      }
    mode = status.st_mode & 0o7777
    size = Int64(status.st_size)
    linkCount = UInt64(status.st_nlink)
    userID = status.st_uid
    groupID = status.st_gid
    accessTime = FileTime(status.st_atim)
    modificationTime = FileTime(status.st_mtim)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}

/// A time of a file: seconds and nanoseconds since 1970-01-01 00:00 UTC.
///
/// Two parts, because 64 bits of nanoseconds end in 2262 and file systems do not.
public struct FileTime: Sendable, Equatable, Comparable {
  /// Whole seconds; negative before 1970.
  public let seconds: Int64
  /// The rest, from 0 to 999,999,999 nanoseconds; always counted forwards.
  public let nanoseconds: Int64

  /// Makes a time from its parts.
  public init(seconds: Int64, nanoseconds: Int64 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Whether one time is before another.
  public static func < (a: FileTime, b: FileTime) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }

  init(_ time: timespec) {
    seconds = Int64(time.tv_sec)
    nanoseconds = Int64(time.tv_nsec)
  }

  var timespec: timespec {
    Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
  }
}
