// A directory for one test, removed with everything in it.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem

/// A new directory that goes, with what is in it, when its value goes.
final class TemporaryDirectory {
  /// The directory's path.
  let path: String

  init() throws {
    path = "\(CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp")/LinuxSystemTests-\(UInt64.random(in: 0 ... .max))"
    try Pathname.makeDirectory(path, mode: 0o700)
  }

  deinit {
    TemporaryDirectory.remove(path)
  }

  /// The path of a name in the directory.
  func file(_ name: String) -> String {
    "\(path)/\(name)"
  }

  /// The names in the directory.
  func names() throws -> [String] {
    try DirectoryListing.names(in: path)
  }

  /// Writes a file.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = try FileDescriptor.open(file(name), .writeOnly, options: [.create, .truncate])
    try file.writeAll(bytes)
    try file.close()
  }

  /// Reads a file.
  func read(_ name: String) throws -> [UInt8] {
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

/// Both ends of a pipe.
struct Pipe: ~Copyable {
  var reading: FileDescriptor?
  var writing: FileDescriptor?

  /// Makes a pipe.
  init(nonBlocking: Bool = false) throws {
    var numbers: [Int32] = [-1, -1]
    guard unsafe pipe(&numbers) == 0 else { throw SystemError(errno: errno, operation: "pipe") }
    if nonBlocking {
      for number in numbers { _ = fcntl(number, F_SETFL, O_NONBLOCK) }
    }
    reading = FileDescriptor(owning: numbers[0])
    writing = FileDescriptor(owning: numbers[1])
  }

  /// Hands over the end that is read.
  mutating func takeReading() throws(SystemError) -> FileDescriptor {
    guard let end = reading.take() else { throw SystemError(errno: EBADF, operation: "pipe") }
    return end
  }

  /// Hands over the end that is written.
  mutating func takeWriting() throws(SystemError) -> FileDescriptor {
    guard let end = writing.take() else { throw SystemError(errno: EBADF, operation: "pipe") }
    return end
  }
}

extension FileDescriptor {
  /// Writes all bytes of an array.
  func writeAll(_ bytes: [UInt8]) throws(SystemError) {
    // The span lives as long as the call.
    try unsafe writeAll(bytes.span.bytes)
  }
}

/// Runs a body that must throw a `SystemError`, and gives its number.
func errorNumber(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch let error as SystemError {
    return error.errno
  } catch {
    return nil
  }
}
