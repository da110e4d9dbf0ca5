// Calling the kernel: interruption, error numbers, and paths that C would misread.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Makes a system call again for as long as a signal interrupts it.
///
/// - Parameters:
///   - operation: the name of the call, for the error.
///   - path: what it is about, for the error.
///   - body: the call; -1 is failure, with the reason in `errno`.
/// - Throws: what the call reports; `EINVAL` for a path with a zero byte.
func systemCall<Result: SignedInteger>(
  _ operation: String, path: String? = nil, _ body: () -> Result
) throws(SystemError) -> Result {
  if let path { try refuseZeroByte(in: path, operation) }
  while true {
    let result = body()
    if result != -1 { return result }
    let number = errno
    if number != EINTR { throw SystemError(errno: number, operation: operation, path: path) }
  }
}

/// Throws `EINVAL` if a path has a zero byte, which C would take for its end and so name another file.
func refuseZeroByte(in path: String, _ operation: String) throws(SystemError) {
  if path.utf8.contains(0) { throw SystemError(errno: EINVAL, operation: operation, path: path) }
}
