// Folders, waits and memory for the tests.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import Glibc
import LinuxSystem

/// A new directory that goes, with what is in it, when its value goes.
final class TemporaryFolder {
  let path: String

  init() throws {
    let parent = CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp"
    path = "\(parent)/DeviceAccessTests-\(UInt64.random(in: 0 ... .max))"
    try Pathname.makeDirectory(path, mode: 0o700)
  }

  deinit {
    Self.remove(path)
  }

  /// Makes a file and the folders on the way to it.
  func write(_ text: String, to name: String) throws {
    try makeFolder(name.split(separator: "/").dropLast().joined(separator: "/"))
    let file = try FileDescriptor.open("\(path)/\(name)", .writeOnly, options: [.create, .truncate])
    let bytes = Array(text.utf8)
    try unsafe file.writeAll(bytes.span.bytes)
  }

  /// Makes a folder and those on the way to it.
  func makeFolder(_ name: String) throws {
    var folder = path
    for part in name.split(separator: "/") {
      folder += "/\(part)"
      if (try? Pathname.status(of: folder)) == nil { try Pathname.makeDirectory(folder) }
    }
  }

  /// Makes a link to a folder of this one, and the folder.
  func link(_ name: String, to target: String) throws {
    try makeFolder(target)
    try makeFolder(name.split(separator: "/").dropLast().joined(separator: "/"))
    guard unsafe symlink("\(path)/\(target)", "\(path)/\(name)") == 0 else {
      throw SystemError(errno: errno, operation: "symlink")
    }
  }

  private static func remove(_ path: String) {
    for name in (try? DirectoryListing.names(in: path)) ?? [] {
      let inner = "\(path)/\(name)"
      let isDirectory = (try? Pathname.status(of: inner, followingLinks: false))?.kind == .directory
      if isDirectory { remove(inner) } else { try? Pathname.unlink(inner) }
    }
    try? Pathname.removeDirectory(path)
  }
}

/// The error that a body throws; nil if it throws none, or another kind.
func deviceError(_ body: () throws -> Void) -> DeviceError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DeviceError
  }
}

/// Far beyond what anything takes, in nanoseconds.
let patience: UInt64 = 60_000_000_000
