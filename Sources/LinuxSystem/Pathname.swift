// What names in the file system stand for, and changing them.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The names of files: asking, removing, renaming.
///
/// Paths are UTF-8. One with a zero byte is refused with `EINVAL`: C would take that for its end.
public enum Pathname {
  /// What the kernel knows about the file behind a path.
  ///
  /// - Parameters:
  ///   - path: the path.
  ///   - followingLinks: whether a symbolic link stands for what it points to; otherwise for itself.
  /// - Throws: `ENOENT`, `ENOTDIR`, `EACCES` for a directory on the way, `ELOOP`.
  public static func status(of path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus {
    var status = stat()
    if followingLinks {
      _ = try systemCall("stat", path: path) { unsafe stat(path, &status) }
    } else {
      _ = try systemCall("lstat", path: path) { unsafe lstat(path, &status) }
    }
    return FileStatus(status)
  }

  /// The directory that the last name of a path is in, as it is written: `/` above `/name`, `.` where there is no slash.
  public static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Removes a name that is no directory's.
  ///
  /// - Throws: `ENOENT`, `EACCES`, `EISDIR`, `EROFS`.
  public static func unlink(_ path: String) throws(SystemError) {
    _ = try systemCall("unlink", path: path) { unsafe Glibc.unlink(path) }
  }

  /// Gives a file another name, atomically replacing a file that has it.
  ///
  /// - Throws: `ENOENT`, `EACCES`, `EXDEV` across file systems, `EISDIR`; the error names the old path.
  public static func rename(_ path: String, to newPath: String) throws(SystemError) {
    try refuseZeroByte(in: newPath, "rename")
    _ = try systemCall("rename", path: path) { unsafe Glibc.rename(path, newPath) }
  }

  /// Sets the permission bits of a file, not of what a symbolic link points to.
  ///
  /// - Parameters:
  ///   - mode: the low 12 bits of `st_mode`; the umask does not matter.
  ///   - path: the file's path.
  /// - Throws: `ENOENT`, `EPERM` for another user's file, `EROFS`, `EOPNOTSUPP` for a symbolic link.
  public static func setMode(_ mode: UInt32, of path: String) throws(SystemError) {
    _ = try systemCall("fchmodat", path: path) { unsafe fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) }
  }

  /// Gives a file to a user and a group, not what a symbolic link points to.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - userID: the new owner; nil leaves it.
  ///   - groupID: the new group; nil leaves it.
  /// - Throws: `ENOENT`, `EPERM` without the privilege to do so, `EROFS`.
  public static func setOwner(of path: String, userID: UInt32? = nil, groupID: UInt32? = nil) throws(SystemError) {
    // (uid_t)-1 means "as it is": chown(2).
    _ = try systemCall("lchown", path: path) { unsafe lchown(path, userID ?? .max, groupID ?? .max) }
  }

  /// Makes a directory.
  ///
  /// - Parameters:
  ///   - path: its path.
  ///   - mode: its permission bits, of which the process's umask removes some.
  /// - Throws: `EEXIST`, `ENOENT` for a missing parent, `EACCES`, `ENOSPC`.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o777) throws(SystemError) {
    _ = try systemCall("mkdir", path: path) { unsafe mkdir(path, mode) }
  }

  /// Removes an empty directory.
  ///
  /// - Throws: `ENOTEMPTY`, `ENOENT`, `ENOTDIR`, `EACCES`.
  public static func removeDirectory(_ path: String) throws(SystemError) {
    _ = try systemCall("rmdir", path: path) { unsafe rmdir(path) }
  }

  /// The path from the root without links, `.` and `..` (`realpath(3)`).
  ///
  /// - Throws: `ENOENT` if the file does not exist, `EACCES`, `ELOOP`, `EILSEQ` for a path that is no valid UTF-8.
  public static func canonical(_ path: String) throws(SystemError) -> String {
    try refuseZeroByte(in: path, "realpath")
    guard let resolved = unsafe realpath(path, nil) else {
      throw SystemError(errno: errno, operation: "realpath", path: path)
    }
    defer { unsafe free(resolved) }
    guard let canonical = unsafe String(validatingCString: resolved) else {
      throw SystemError(errno: EILSEQ, operation: "realpath", path: path)
    }
    return canonical
  }

  /// The path from the root, with links, `.` and `..` as they are; the file need not exist.
  ///
  /// - Throws: `ENOENT` if the current directory was removed or the path is empty.
  public static func absolute(_ path: String) throws(SystemError) -> String {
    if path.utf8.isEmpty { throw SystemError(errno: ENOENT, operation: "getcwd", path: path) }
    if path.utf8.first == UInt8(ascii: "/") { return path }
    let current = try canonical(".")
    return current == "/" ? "/" + path : current + "/" + path
  }
}
