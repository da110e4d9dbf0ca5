// The folder with a host's sockets: where it is, and whether it may be trusted.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Where a host listens, and where its clients look for it.
struct RunDirectory {
  let path: String

  /// The folder that is named, or else the usual one.
  ///
  /// - Throws: 64 where neither is known.
  init(_ named: String?) throws(CommandFailure) {
    guard let path = named ?? Self.usual, !path.isEmpty else {
      throw CommandFailure(
        .usage, "there is no run folder: XDG_RUNTIME_DIR is not set; name one with --run-dir or WDPROV_RUN_DIR")
    }
    self.path = path
  }

  /// `$WDPROV_RUN_DIR`, else root's or the user's; nil where a user has no folder for such things.
  static var usual: String? {
    if let named = CurrentProcess.environmentVariable("WDPROV_RUN_DIR"), !named.isEmpty { return named }
    if CurrentProcess.effectiveUserID == 0 { return "/run/wdprov" }
    guard let user = CurrentProcess.environmentVariable("XDG_RUNTIME_DIR"), !user.isEmpty else { return nil }
    return user + "/wdprov"
  }

  /// The socket file on which a host takes requests.
  var controlSocket: String { path + "/control.sock" }

  /// Whether a host takes connections there.
  var hasHost: Bool {
    do throws(SystemError) {
      _ = try UnixSocket.connect(to: controlSocket)
      return true
    } catch {
      return false
    }
  }

  /// Makes the folder if it is not there, and takes it for one host.
  ///
  /// Whoever may change the folder could put other sockets in the place of the host's: it has to be this user's alone.
  ///
  /// - Returns: the lock; the folder is taken until it goes.
  /// - Throws: 77 for a folder of somebody else, 73 where it cannot be made or another host has it.
  func take() throws(CommandFailure) -> FileDescriptor {
    let folder = try open()
    let status: FileStatus
    let isTaken: Bool
    do throws(SystemError) {
      status = try folder.status()
      isTaken = try folder.tryLock()
    } catch {
      throw CommandFailure(creating: path, error)
    }
    guard status.userID == CurrentProcess.effectiveUserID else {
      throw CommandFailure(
        .permission, "\(path) belongs to user \(status.userID): name a folder of your own with --run-dir")
    }
    guard status.mode & 0o022 == 0 else {
      throw CommandFailure(
        .permission, "\(path) may be changed by others: take that from them, or name another folder with --run-dir")
    }
    guard isTaken else { throw CommandFailure(.cannotCreate, "\(path): another host runs there") }
    return folder
  }

  private func open() throws(CommandFailure) -> FileDescriptor {
    do throws(SystemError) {
      do throws(SystemError) {
        try Pathname.makeDirectory(path, mode: 0o700)
      } catch  where error.errno == SystemError.exists {}
      return try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow])
    } catch {
      throw CommandFailure(creating: path, error)
    }
  }
}
