// Pipes, writing, and the numbers of errors, for the tests.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem

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
