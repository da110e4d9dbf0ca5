// The folder of a user in which programs keep what they can find out again.
// SPDX-License-Identifier: Apache-2.0

/// A program's folder for what saves time and may be deleted.
public struct CacheFolder: Sendable {
  /// Where the folder is, or would be.
  public let path: String

  /// The folder at a path, which need not exist.
  public init(path: String) {
    self.path = path
  }

  /// The user's folder of this name: below `$XDG_CACHE_HOME`, or else below `$HOME/.cache` (XDG Base Directory
  /// Specification 0.8); nil in a set-user-ID program and where no variable names an absolute path.
  public static func usual(_ name: String) -> CacheFolder? {
    // A path that is not absolute is to be ignored.
    func folder(_ variable: String) -> String? {
      CurrentProcess.environmentVariable(variable).flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
    }
    let caches = folder("XDG_CACHE_HOME") ?? folder("HOME").map { $0 + "/.cache" }
    return caches.map { CacheFolder(path: "\($0)/\(name)") }
  }

  /// Makes the folder, for the user alone, and the one that it is in, which a new user does not have either.
  ///
  /// - Throws: `EACCES`, `ENOENT` where more than these two is missing, `ENOTDIR`, `EROFS`; not where it exists.
  public func make() throws(SystemError) {
    for folder in [Pathname.parent(of: path), path] {
      do throws(SystemError) {
        try Pathname.makeDirectory(folder, mode: 0o700)
      } catch {
        guard error.errno == SystemError.exists else { throw error }
      }
    }
  }
}
