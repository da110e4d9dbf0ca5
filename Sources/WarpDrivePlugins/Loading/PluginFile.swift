// One file that may be a plugin: whether it may be trusted, and which file it is.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// A file that nobody but root and this user can have put there or can change.
struct PluginFile: Sendable, Hashable {
  /// Its canonical path, without links.
  let path: String
  /// Which file it is, and in which state: device, inode, size, time of modification.
  let identity: String

  /// Checks the file `name` of a directory.
  ///
  /// - Throws: `denied` with what is wrong and the command that mends it.
  init(_ name: String, in directory: String) throws(ProviderError) {
    let named = "\(directory)/\(name)"
    guard directory.utf8.first == UInt8(ascii: "/") else {
      throw Self.refusal("\(named) is a relative path: name its directory from the root")
    }
    let objection: String?
    do throws(SystemError) {
      let folder = try Pathname.canonical(directory)
      path = try Pathname.canonical(named)
      let status = try Pathname.status(of: path, followingLinks: false)
      identity =
        "\(status.device):\(status.inode):\(status.size):\(status.modificationTime.seconds)."
        + "\(status.modificationTime.nanoseconds)"
      var why = path.hasPrefix(folder + "/") ? nil : "leads out of its directory, to \(path)"
      why = why ?? Self.objection(to: status, path)
      var parent = path
      while parent != "/", why == nil {
        parent = Pathname.parent(of: parent)
        why = Self.objection(toParent: try Pathname.status(of: parent), parent)
      }
      objection = why
    } catch {
      throw Self.refusal("\(named) cannot be looked at: \(error.message)")
    }
    if let objection { throw Self.refusal("\(named) \(objection)") }
  }

  /// Whether another path leads to the same file, in whatever state.
  func isSameFile(as other: PluginFile) -> Bool {
    !identity.isEmpty
      && identity.split(separator: ":").prefix(2) == other.identity.split(separator: ":").prefix(2)
  }

  /// A file as its author names it, for an examination.
  init(untrusted path: String) {
    self.path = path
    identity = ""
  }

  /// The owners that are trusted: root and this user.
  private static func isTrusted(_ user: UInt32) -> Bool { user == 0 || user == CurrentProcess.effectiveUserID }

  private static func objection(to status: FileStatus, _ path: String) -> String? {
    if status.kind != .regular { return "is no regular file" }
    if !isTrusted(status.userID) {
      return "belongs to user \(status.userID), who is neither root nor you: copy it if you trust it"
    }
    return status.mode & 0o022 == 0 ? nil : "can be written by others: chmod go-w \(path)"
  }

  /// A directory that others can write lets them replace what is in it, unless only owners may remove there (`S_ISVTX`).
  private static func objection(toParent status: FileStatus, _ path: String) -> String? {
    if !isTrusted(status.userID) {
      return "is below \(path), which belongs to user \(status.userID), who is neither root nor you"
    }
    let isSafe = status.mode & 0o022 == 0 || status.mode & 0o1000 != 0
    return isSafe ? nil : "is below \(path), which others can write: chmod go-w \(path)"
  }

  private static func refusal(_ why: String) -> ProviderError { ProviderError(.denied, why) }
}
