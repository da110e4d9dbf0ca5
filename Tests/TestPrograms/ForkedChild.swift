// Copies of the test's own process: what a child finds of its parent's memory, and memory of another process.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// fork(2), which Swift does not offer, since a child of a process with threads can do so little.
@_silgen_name("fork") public func cFork() -> Int32

/// A child made by `fork(2)`, killed and waited for when its value goes.
public struct ForkedChild: ~Copyable {
  /// Its number, valid until `wait` has returned.
  public let identifier: Int32

  /// Forks; the child runs `body` and exits with its result.
  ///
  /// - Parameter body: only what a signal handler may do: other threads may have held any lock. It may take a minute.
  /// - Throws: ``ChildProcessError`` where there is no process to be had.
  public init(_ body: () -> Int32) throws {
    let child = cFork()
    if child == 0 {
      alarm(60)
      _exit(body())
    }
    guard child > 0 else { throw ChildProcessError(program: "fork", reason: "error \(errno)") }
    identifier = child
  }

  deinit {
    kill(identifier, SIGKILL)
    _ = Self.reap(identifier)
  }

  /// Waits for its end.
  public consuming func wait() -> ChildProcess.Termination {
    let status = Self.reap(identifier)
    discard self
    // wait(2)'s encoding: the low seven bits are a signal's number, or 0 and then the next byte is the exit status.
    return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
  }

  private static func reap(_ identifier: Int32) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) == -1 && errno == EINTR {}
    return status
  }
}
