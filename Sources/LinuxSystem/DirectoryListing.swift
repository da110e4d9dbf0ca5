// The names in a directory.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Lists of the names in a directory.
public enum DirectoryListing {
  /// The names in a directory without `.` and `..`, in the order of their bytes.
  ///
  /// - Throws: `ENOENT`, `ENOTDIR`, `EACCES`; `EILSEQ` if a name is no valid UTF-8, because no string could open it.
  public static func names(in path: String) throws(SystemError) -> [String] {
    try refuseZeroByte(in: path, "opendir")
    guard let stream = unsafe opendir(path) else {
      throw SystemError(errno: errno, operation: "opendir", path: path)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      // Only `errno` tells the end from an error.
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw SystemError(errno: errno, operation: "readdir", path: path) }
        // Not by Swift's order of strings, for which different names of the same characters are equal.
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      // The entry may be shorter than its type, so the name is read where it lies and not through a copy.
      guard let name = unsafe name(of: entry) else {
        throw SystemError(errno: EILSEQ, operation: "readdir", path: path)
      }
      if name != "." && name != ".." { names.append(name) }
    }
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
    return unsafe String(validatingCString: (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self))
  }
}
