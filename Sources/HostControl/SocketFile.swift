// The file of a socket that this process listens on, for its removal.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// A socket file as it was when it was made.
package struct SocketFile: Sendable {
  /// From the root, so that others find it.
  package let path: String
  private let identity: FileStatus

  /// Notes a file that was just made.
  package init(_ path: String) throws(SystemError) {
    self.path = try Pathname.absolute(path)
    identity = try Pathname.status(of: path, followingLinks: false)
  }

  /// Removes the file, unless another has taken its name.
  package func remove() {
    guard let now = try? Pathname.status(of: path, followingLinks: false), now.isSameFile(as: identity) else { return }
    try? Pathname.unlink(path)
  }
}
