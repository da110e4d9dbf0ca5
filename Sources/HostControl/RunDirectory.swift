// The folder with a host's sockets: where it is, what is in it, and whether it may be trusted.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Where a host listens, and where its clients look for it.
package struct RunDirectory: Hashable, Sendable {
  /// What the file `version` of a host says: the version of its sockets' protocols.
  package static let version = "1"

  /// The folder.
  package let path: String

  /// The folder that is named, or else the usual one.
  ///
  /// - Throws: `invalidArgument` where neither is known.
  package init(_ named: String?) throws(ControlFailure) {
    guard let path = named ?? Self.usual, !path.isEmpty else {
      throw ControlFailure(
        .invalidArgument,
        "there is no run folder: XDG_RUNTIME_DIR is not set; name one with --run-dir or WDPROV_RUN_DIR")
    }
    self.path = path
  }

  /// `$WDPROV_RUN_DIR`, else root's or the user's; nil where a user has no folder for such things.
  package static var usual: String? {
    if let named = CurrentProcess.environmentVariable("WDPROV_RUN_DIR"), !named.isEmpty { return named }
    if CurrentProcess.effectiveUserID == 0 { return "/run/wdprov" }
    guard let user = CurrentProcess.environmentVariable("XDG_RUNTIME_DIR"), !user.isEmpty else { return nil }
    return user + "/wdprov"
  }

  /// The socket file on which a host takes requests.
  package var controlSocket: String { path + "/control.sock" }
  /// The file that says which version its sockets are of.
  package var versionFile: String { path + "/version" }

  /// Whether a host takes connections there.
  package var hasHost: Bool {
    do throws(SystemError) {
      _ = try UnixSocket.connect(to: controlSocket)
      return true
    } catch {
      return false
    }
  }

  // MARK: For clients

  /// Refuses a folder in which somebody other than its owner could have put sockets.
  ///
  /// - Throws: `denied` where it belongs to neither root nor this user, or anybody may write it; `unavailable` where it
  ///   is not there.
  package func checkTrust() throws(ControlFailure) {
    let status: FileStatus
    do throws(SystemError) {
      status = try Pathname.status(of: path)
    } catch {
      switch error.errno {
      case SystemError.accessDenied, SystemError.notPermitted:
        throw ControlFailure(.denied, "\(path): \(error.message)")
      case SystemError.nameTooLong: throw ControlFailure(.invalidArgument, "\(path): \(error.message)")
      default: throw noHost
      }
    }
    guard status.userID == 0 || status.userID == CurrentProcess.effectiveUserID else {
      throw ControlFailure(
        .denied,
        "\(path) belongs to user \(status.userID), who is not trusted with this process's data: name another"
          + " folder with --run-dir or WDPROV_RUN_DIR")
    }
    // In a sticky folder such as /tmp nobody could replace the socket, but anybody could have made it.
    guard status.mode & 0o002 == 0 else {
      throw ControlFailure(
        .denied, "\(path) may be changed by anybody: take that right away (chmod o-w), or name another folder")
    }
  }

  /// Refuses a host of another version; one that says nothing of versions is taken for this one.
  ///
  /// - Throws: `version`.
  package func checkVersion() throws(ControlFailure) {
    guard let bytes = try? FileDescriptor.contents(of: versionFile, limit: 64) else { return }
    let named = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard named == Self.version else {
      throw ControlFailure(
        .version,
        "the host in \(path) is of version '\(named)', and this program of version \(Self.version): use both from one"
          + " release")
    }
  }

  /// What is said where nobody listens.
  package var noHost: ControlFailure {
    ControlFailure(
      .unavailable, "no host answers in \(path): start one with 'wdprov serve', or name its --run-dir")
  }

  // MARK: For hosts

  /// Makes the folder if it is not there, and takes it for one host.
  ///
  /// Whoever may change the folder could put other sockets in the place of the host's: it has to be this user's alone.
  ///
  /// - Parameter group: whose members may enter the folder, to reach its sockets; nil: nobody's.
  /// - Returns: the lock; the folder is taken until it goes.
  /// - Throws: `denied` for a folder of somebody else, `cannotCreate` where it cannot be made or another host has it.
  package func take(group: UInt32? = nil) throws(ControlFailure) -> FileDescriptor {
    let folder = try open()
    let status: FileStatus
    let isTaken: Bool
    do throws(SystemError) {
      status = try folder.status()
      isTaken = try folder.tryLock()
    } catch {
      throw ControlFailure(creating: path, error)
    }
    guard status.userID == CurrentProcess.effectiveUserID else {
      throw ControlFailure(
        .denied, "\(path) belongs to user \(status.userID): name a folder of your own with --run-dir")
    }
    guard status.mode & 0o022 == 0 else {
      throw ControlFailure(
        .denied, "\(path) may be changed by others: take that from them, or name another folder with --run-dir")
    }
    guard isTaken else { throw ControlFailure(.cannotCreate, "\(path): another host runs there") }
    if let group {
      do throws(SystemError) {
        try folder.setOwner(userID: nil, groupID: group)
        try folder.setMode(0o750)
      } catch {
        throw ControlFailure(creating: path, error)
      }
    }
    return folder
  }

  /// Writes the file that says which version the sockets are of; with everything ready for clients.
  ///
  /// - Returns: the file, for its removal.
  package func publishVersion() throws(ControlFailure) -> SocketFile {
    do throws(SystemError) {
      let file = try OutputFile(path: versionFile, mode: 0o644)
      try file.descriptor.writeAll(Array((Self.version + "\n").utf8).rawSpan)
      try file.commit(replacing: true)
      return try SocketFile(versionFile)
    } catch {
      throw ControlFailure(creating: versionFile, error)
    }
  }

  private func open() throws(ControlFailure) -> FileDescriptor {
    do throws(SystemError) {
      do throws(SystemError) {
        try Pathname.makeDirectory(path, mode: 0o700)
      } catch  where error.errno == SystemError.exists {}
      return try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow])
    } catch {
      throw ControlFailure(creating: path, error)
    }
  }
}
