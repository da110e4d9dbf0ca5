// A name that goes when its value goes, or when a signal ends the process.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// An open directory, for calls that are relative to it; several values refer to one.
final class DirectoryReference: Sendable {
  let descriptor: FileDescriptor

  /// Opens a directory for reference.
  ///
  /// - Throws: `ENOENT`, `ENOTDIR`, `EACCES`.
  init(_ path: String) throws(SystemError) {
    descriptor = FileDescriptor(
      owning: try systemCall("open", path: path) { unsafe clinux_open_directory_reference(path) })
  }

  var number: Int32 { descriptor.number }
}

/// A unique name in a directory for a file that is not complete.
struct TemporaryName: ~Copyable {
  let directory: DirectoryReference
  let name: String
  private let place: Int32
  private var isKept = false

  /// Makes a file under a new name.
  ///
  /// - Parameters:
  ///   - directory: where.
  ///   - operation: the system call that `make` makes, for the error.
  ///   - path: the path the user knows, for the error.
  ///   - make: makes the file called so; returns -1 with `errno`, and `EEXIST` for a name that is taken.
  /// - Returns: the name, with what `make` returned.
  init<Result: SignedInteger>(
    in directory: DirectoryReference, operation: String, path: String, result: inout Result,
    _ make: (_ directory: Int32, _ name: String) -> Result
  ) throws(SystemError) {
    // 64 random bits: a second attempt is rare, a hundredth means that the file system is broken.
    for _ in 0..<100 {
      let name = ".warpdrive-" + String(UInt64.random(in: 0 ... .max), radix: 36)
      var mask = sigset_t()
      let place = try systemCall("register temporary file", path: path) {
        unsafe clinux_temporary_begin(directory.number, name, &mask)
      }
      do throws(SystemError) {
        defer { unsafe clinux_temporary_created(place, result == -1 ? 0 : 1, &mask) }
        result = try systemCall(operation, path: path) { make(directory.number, name) }
      } catch  where error.errno == EEXIST {
        continue
      }
      self.directory = directory
      self.name = name
      self.place = place
      return
    }
    throw SystemError(errno: EEXIST, operation: operation, path: path)
  }

  deinit {
    if !isKept { _ = unsafe unlinkat(directory.number, name, 0) }
    clinux_temporary_end(place)
  }

  /// Gives the file its name.
  ///
  /// - Parameters:
  ///   - target: the name in the same directory.
  ///   - replacing: whether a file of that name is replaced.
  ///   - path: the path the user knows, for the error.
  /// - Throws: `EEXIST` if there is such a file and it is not to be replaced; the temporary name is then gone.
  consuming func rename(to target: String, replacing: Bool, path: String) throws(SystemError) {
    if replacing {
      _ = try systemCall("rename", path: path) {
        unsafe renameat(directory.number, name, directory.number, target)
      }
      isKept = true
      return
    }
    do throws(SystemError) {
      _ = try systemCall("renameat2", path: path) {
        unsafe clinux_rename_exclusively(directory.number, name, target)
      }
      isKept = true
    } catch  where error.errno == EINVAL || error.errno == ENOSYS {
      // A file system without the exclusive form (NFS): a second name is exclusive everywhere, and the first then goes
      // as it does after a failure.
      _ = try systemCall("link", path: path) {
        unsafe linkat(directory.number, name, directory.number, target, 0)
      }
    }
  }
}
