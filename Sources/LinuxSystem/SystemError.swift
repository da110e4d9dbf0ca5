// The error of a system call.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The error number as the kernel gave it (`errno(3)`).
  public let errno: Int32
  /// The name of the system call, such as `open`.
  public let operation: String
  /// The path the call was about, if it was about one.
  public let path: String?

  /// Makes an error from its parts.
  public init(errno: Int32, operation: String, path: String? = nil) {
    self.errno = errno
    self.operation = operation
    self.path = path
  }

  /// The same error with the path that the caller knows, as descriptors do not know theirs.
  public func about(_ path: String) -> SystemError {
    SystemError(errno: errno, operation: operation, path: path)
  }

  /// What the error number means, such as `No such file or directory`.
  public var message: String {
    // 256 bytes are several times glibc's longest message; a longer one would be cut, not overrun.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress else { return "error \(errno)" }
      unsafe clinux_error_message(errno, base, buffer.count)
      return unsafe String(cString: base)
    }
  }

  /// One line: the path, the message and the system call.
  public var description: String {
    let what = "\(message) (\(operation))"
    guard let path else { return what }
    return "\(path): \(what)"
  }
}
