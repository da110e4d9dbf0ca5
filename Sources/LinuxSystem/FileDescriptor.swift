// An open file that one value owns.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An open file, closed once: by `close()`, which reports errors, or else when the value goes.
///
/// Every call is made again when a signal interrupts it. Descriptors are closed in programs that this one executes.
public struct FileDescriptor: ~Copyable, Sendable {
  /// The number of the descriptor in this process, for messages and for the C interfaces of others.
  ///
  /// It is the kernel's as long as this value lives; whoever closes it breaks this value.
  public let number: Int32
  private let isOwned: Bool

  /// Takes over a descriptor that the kernel just returned; nobody else may close it.
  package init(owning number: Int32) {
    self.number = number
    isOwned = true
  }

  /// Uses a descriptor that lives as long as the process.
  private init(standard number: Int32) {
    self.number = number
    isOwned = false
  }

  deinit {
    // Whoever wants to know whether closing failed calls `close()`.
    if isOwned { _ = Glibc.close(number) }
  }

  /// Standard input; never closed by its value.
  public static var standardInput: FileDescriptor { FileDescriptor(standard: STDIN_FILENO) }
  /// Standard output; never closed by its value.
  public static var standardOutput: FileDescriptor { FileDescriptor(standard: STDOUT_FILENO) }
  /// Standard error; never closed by its value.
  public static var standardError: FileDescriptor { FileDescriptor(standard: STDERR_FILENO) }

  /// Closes the descriptor and reports what writing may have held back until now, such as a full disk.
  ///
  /// A standard descriptor is not closed, but what the kernel holds back for it is reported in the same way.
  ///
  /// - Throws: `ENOSPC`, `EDQUOT` or `EIO` for data that was accepted earlier and is lost. The descriptor is closed
  ///   also then.
  public consuming func close() throws(SystemError) {
    var failure: SystemError?
    do throws(SystemError) {
      if isOwned { try FileDescriptor.close(number) } else { try flush() }
    } catch {
      failure = error
    }
    discard self
    if let failure { throw failure }
  }

  /// Reports what `close()` would, and leaves the descriptor open.
  ///
  /// The kernel flushes a file at each closing of one of its descriptors: this closes a duplicate.
  ///
  /// - Throws: as `close()`.
  func flush() throws(SystemError) {
    let duplicate = try systemCall("dup") { fcntl(number, F_DUPFD_CLOEXEC, 0) }
    try FileDescriptor.close(duplicate)
  }

  private static func close(_ number: Int32) throws(SystemError) {
    // Not repeated after an interruption: Linux has released the number by then, and another thread may have it.
    if Glibc.close(number) == -1 && errno != EINTR { throw SystemError(errno: errno, operation: "close") }
  }
}

extension FileDescriptor {
  /// What an open file may be used for.
  public enum Access: Sendable {
    /// Reading only.
    case readOnly
    /// Writing only.
    case writeOnly
    /// Reading and writing.
    case readWrite

    fileprivate var flag: Int32 {
      switch self {
      case .readOnly: O_RDONLY
      case .writeOnly: O_WRONLY
      case .readWrite: O_RDWR
      }
    }
  }

  /// How a file is opened (`open(2)`).
  public struct OpenOptions: OptionSet, Sendable {
    /// The kernel's flags.
    public let rawValue: Int32

    /// Makes options from the kernel's flags.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// `O_CREAT`: makes the file if there is none.
    public static let create = OpenOptions(rawValue: O_CREAT)
    /// `O_EXCL`: with `create`, fails with `EEXIST` if the name exists, also as a link.
    public static let exclusive = OpenOptions(rawValue: O_EXCL)
    /// `O_TRUNC`: removes what a regular file holds.
    public static let truncate = OpenOptions(rawValue: O_TRUNC)
    /// `O_APPEND`: each write goes to the end.
    public static let append = OpenOptions(rawValue: O_APPEND)
    /// `O_DIRECTORY`: fails with `ENOTDIR` unless this is a directory.
    public static let directory = OpenOptions(rawValue: O_DIRECTORY)
    /// `O_NOFOLLOW`: fails with `ELOOP` if this is a symbolic link.
    public static let noFollow = OpenOptions(rawValue: O_NOFOLLOW)
    /// `O_NONBLOCK`: does not wait for the other end of a named pipe, nor for a device.
    public static let nonBlocking = OpenOptions(rawValue: O_NONBLOCK)
  }

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: the file's path, as UTF-8.
  ///   - access: what it is used for.
  ///   - options: how it is opened. It is always closed on execution, and never becomes a controlling terminal.
  ///   - mode: the permission bits of a new file, of which the process's umask removes some.
  /// - Throws: `ENOENT`, `EACCES`, `EISDIR` for a directory that is to be written, `EEXIST` with `.exclusive`, `EINVAL`
  ///   for a path with a zero byte, and what else `open(2)` lists.
  public static func open(
    _ path: String, _ access: Access, options: OpenOptions = [], mode: UInt32 = 0o666
  ) throws(SystemError) -> FileDescriptor {
    let flags = access.flag | options.rawValue | O_CLOEXEC | O_NOCTTY
    return FileDescriptor(owning: try systemCall("open", path: path) { unsafe Glibc.open(path, flags, mode) })
  }
}
