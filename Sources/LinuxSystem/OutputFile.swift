// A file that appears when it is complete, or not at all.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A new file without its name: `commit(replacing:)` gives it the name at once, and without that nothing remains.
///
/// Where the file system can, the file has no name at all until then (`O_TMPFILE`), so that not even a crash leaves
/// anything. Elsewhere it has a temporary name in the same directory, and
/// `Signals.onTerminationRemoveTemporaryFiles()` takes care of that. It does not matter if the program changes its
/// current directory, or someone moves the target's.
public struct OutputFile: ~Copyable {
  /// The path the file will have.
  public let path: String
  /// The open file: for writing, for its mode, owner and times, and to synchronise it.
  public let descriptor: FileDescriptor
  private let directory: DirectoryReference
  private let name: String
  private var temporaryName: TemporaryName?

  /// Makes the file, not yet visible under its path.
  ///
  /// - Parameters:
  ///   - path: the path it will have. Its directory must exist; whether the file exists is a question of `commit`.
  ///   - mode: the permission bits, of which the process's umask removes some. Who copies the mode of another file asks
  ///     for 0o600 and sets the other afterwards, so that the content is never more visible than it will be.
  /// - Throws: `ENOENT`, `ENOTDIR`, `EACCES` or `EROFS` for the directory; `EISDIR` for a path that ends in `/`, `.` or
  ///   `..`; `ENAMETOOLONG`, `ENOSPC`; `EMFILE` also for more than 64 temporary names at once.
  public init(path: String, mode: UInt32 = 0o666) throws(SystemError) {
    try self.init(path: path, mode: mode, withoutName: true)
  }

  /// Makes the file as a file system without `O_TMPFILE` does, unless `withoutName`.
  package init(path: String, mode: UInt32, withoutName: Bool) throws(SystemError) {
    try refuseZeroByte(in: path, "open")
    let (directoryPath, name) = OutputFile.split(path)
    guard !name.isEmpty && name != "." && name != ".." else {
      throw SystemError(errno: path.isEmpty ? ENOENT : EISDIR, operation: "open", path: path)
    }
    // NAME_MAX: not to learn this only when all is written.
    guard name.utf8.count <= 255 else { throw SystemError(errno: ENAMETOOLONG, operation: "open", path: path) }
    let directory = try DirectoryReference(directoryPath)
    if withoutName, let unnamed = try OutputFile.unnamed(in: directory, mode: mode, path: path) {
      self.init(path, directory, name, unnamed, nil)
      return
    }
    var number: Int32 = -1
    let temporaryName = try TemporaryName(in: directory, operation: "open", path: path, result: &number) {
      unsafe openat($0, $1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    }
    self.init(path, directory, name, FileDescriptor(owning: number), temporaryName)
  }

  private init(
    _ path: String, _ directory: DirectoryReference, _ name: String, _ descriptor: consuming FileDescriptor,
    _ temporaryName: consuming TemporaryName?
  ) {
    self.path = path
    self.descriptor = descriptor
    self.directory = directory
    self.name = name
    self.temporaryName = temporaryName
  }

  /// Gives the complete file its name, in one step: others see the old state or the whole new file.
  ///
  /// It does not wait for the disk; call `descriptor.sync()` before where a crash of the machine matters.
  ///
  /// - Parameter replacing: whether a file or a symbolic link that has the name is replaced. Anything else never is.
  /// - Throws: `EEXIST` if the name is taken and is not to be replaced, or is a device, pipe or socket; `EISDIR` if it
  ///   is a directory; `ENOSPC`, `EDQUOT` or `EIO` for written data that is lost. Nothing remains of the file then,
  ///   and what had the name is as it was.
  public consuming func commit(replacing: Bool) throws(SystemError) {
    // Errors that closing would report must show before the name does.
    do throws(SystemError) {
      try descriptor.flush()
    } catch {
      throw error.about(path)
    }
    if replacing { try refuseSpecialFile() }
    if let temporaryName = temporaryName.take() {
      return try temporaryName.rename(to: name, replacing: replacing, path: path)
    }
    let source = OutputFile.procPath(of: descriptor)
    do throws(SystemError) {
      _ = try systemCall("link", path: path) {
        unsafe linkat(AT_FDCWD, source, directory.number, name, AT_SYMLINK_FOLLOW)
      }
    } catch  where replacing && error.errno == EEXIST {
      // A link never replaces: a temporary name first, which a rename then can give away.
      var result: Int32 = -1
      let temporaryName = try TemporaryName(in: directory, operation: "link", path: path, result: &result) {
        unsafe linkat(AT_FDCWD, source, $0, $1, AT_SYMLINK_FOLLOW)
      }
      try temporaryName.rename(to: name, replacing: true, path: path)
    }
  }

  private func refuseSpecialFile() throws(SystemError) {
    var status = stat()
    guard unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    switch FileStatus(status).kind {
    case .regular, .symlink: return
    case .directory: throw SystemError(errno: EISDIR, operation: "rename", path: path)
    default: throw SystemError(errno: EEXIST, operation: "rename", path: path)
    }
  }

  /// A file without a name, or nil where the file system or the lack of `/proc` does not allow that.
  private static func unnamed(
    in directory: DirectoryReference, mode: UInt32, path: String
  ) throws(SystemError) -> FileDescriptor? {
    let file: FileDescriptor
    do throws(SystemError) {
      file = FileDescriptor(
        owning: try systemCall("open", path: path) { clinux_open_unnamed(directory.number, mode) })
    } catch  where error.errno == EOPNOTSUPP || error.errno == EISDIR || error.errno == EINVAL {
      // EISDIR is from a kernel, and EINVAL from a file system, that does not know the flag: open(2).
      return nil
    }
    // Without privileges the file gets its name through /proc; a sandbox may have none, or another one.
    guard let status = try? Pathname.status(of: procPath(of: file)), status.isSameFile(as: try file.status()) else {
      return nil
    }
    return file
  }

  private static func procPath(of file: borrowing FileDescriptor) -> String {
    "/proc/self/fd/\(file.number)"
  }

  /// The directory of a path, and the name in it: both as the kernel would take them.
  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let directory = path[...slash]
    return (String(directory), String(path[path.utf8.index(after: slash)...]))
  }
}
