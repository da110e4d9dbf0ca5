// A directory for one test, removed with everything in it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A new directory that goes, with what is in it, when its value goes.
public final class TemporaryDirectory: Sendable {
  /// The directory's path.
  public let path: String

  /// Makes a directory of this user's alone.
  public init() throws {
    path = "\(CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp")/warpdrive-test-\(UInt64.random(in: 0 ... .max))"
    try Pathname.makeDirectory(path, mode: 0o700)
  }

  deinit {
    TemporaryDirectory.remove(path)
  }

  /// The path of a name in the directory.
  public func file(_ name: String) -> String {
    "\(path)/\(name)"
  }

  /// The names in the directory.
  public func names() throws -> [String] {
    try DirectoryListing.names(in: path)
  }

  /// Makes a directory in it, and those on the way to it.
  public func makeDirectory(_ name: String) throws {
    var directory = path
    for part in name.split(separator: "/") {
      directory += "/\(part)"
      if (try? Pathname.status(of: directory)) == nil { try Pathname.makeDirectory(directory) }
    }
  }

  /// Writes a file, and makes the directories on the way to it.
  public func write(_ bytes: [UInt8], to name: String) throws {
    try makeDirectory(name.split(separator: "/").dropLast().joined(separator: "/"))
    let file = try FileDescriptor.open(file(name), .writeOnly, options: [.create, .truncate])
    // The span lives as long as the call.
    try unsafe file.writeAll(bytes.span.bytes)
    try file.close()
  }

  /// Writes a file of text, and makes the directories on the way to it.
  public func write(_ text: String, to name: String) throws {
    try write(Array(text.utf8), to: name)
  }

  /// Reads a file.
  public func read(_ name: String) throws -> [UInt8] {
    try FileDescriptor.contents(of: file(name), limit: 1 << 24)
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
