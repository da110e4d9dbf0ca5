// Small files in folders: writing them as a whole, and removing them without following links.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Files of a tree below a directory that is this process's alone.
enum FileTree {
  /// Deeper than any tree of ours.
  private static let mostDepth = 16

  /// Writes a file, and the folders on the way to it; who reads it finds the old text or the new.
  ///
  /// - Parameters:
  ///   - text: what it is to hold.
  ///   - path: where, from `directory`.
  ///   - directory: exists.
  static func write(_ text: String, to path: String, in directory: String) throws(SystemError) {
    let parts = path.split(separator: "/")
    var folder = directory
    for part in parts.dropLast() {
      folder += "/\(part)"
      do throws(SystemError) {
        try Pathname.makeDirectory(folder, mode: 0o755)
      } catch  where error.errno == SystemError.exists {
        continue
      }
      // Who may enter the directory above may read the tree, whatever the umask.
      try Pathname.setMode(0o755, of: folder)
    }
    let file = try OutputFile(path: "\(directory)/\(path)", mode: 0o600)
    let bytes = Array(text.utf8)
    try unsafe file.descriptor.writeAll(bytes.span.bytes)
    try file.descriptor.setMode(0o644)
    try file.commit(replacing: true)
  }

  /// Removes a file that need not be there, and the folders on the way to it that are empty then.
  static func removeFile(_ path: String, in directory: String) throws(SystemError) {
    try removeIfThere("\(directory)/\(path)")
    var parts = path.split(separator: "/").dropLast()
    while !parts.isEmpty {
      // One that has other files stays.
      guard (try? Pathname.removeDirectory("\(directory)/\(parts.joined(separator: "/"))")) != nil else { return }
      parts = parts.dropLast()
    }
  }

  /// Removes a file or a folder with what is in it; a link goes itself, not what it leads to.
  ///
  /// - Throws: `ELOOP` for what is nested too deeply to be a tree of this process, and what removing reports.
  static func remove(_ path: String, depth: Int = 0) throws(SystemError) {
    guard depth < mostDepth else {
      throw SystemError(errno: SystemError.tooManyLinks, operation: "rmdir", path: path)
    }
    let status: FileStatus
    do throws(SystemError) {
      status = try Pathname.status(of: path, followingLinks: false)
    } catch {
      if error.errno == SystemError.notFound { return }
      throw error
    }
    guard status.kind == .directory else { return try removeIfThere(path) }
    for name in try DirectoryListing.names(in: path) { try remove("\(path)/\(name)", depth: depth + 1) }
    try Pathname.removeDirectory(path)
  }

  private static func removeIfThere(_ path: String) throws(SystemError) {
    do throws(SystemError) {
      try Pathname.unlink(path)
    } catch {
      if error.errno != SystemError.notFound { throw error }
    }
  }
}
