// A program that this one starts, and what it writes.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A child process whose standard output comes here; standard error is this process's.
///
/// It is killed and waited for when its owner ends.
public struct SpawnedProcess: ~Copyable {
  /// How a process ended.
  public enum Ending: Sendable, Equatable {
    /// By itself, with this status.
    case exited(Int32)
    /// By this signal.
    case signalled(Int32)
  }

  /// The program that runs now, for another copy of it.
  public static let thisProgram = "/proc/self/exe"

  private let processID: pid_t
  private var isWaitedFor = false
  /// Where its standard output arrives.
  public let output: FileDescriptor

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: its file.
  ///   - arguments: what follows its name.
  /// - Throws: `ENOENT`, `EACCES`, `EAGAIN`, `EMFILE`, `ENOMEM`.
  public init(_ path: String, _ arguments: [String]) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    _ = try systemCall("pipe2") { unsafe clinux_pipe(&ends) }
    let source = FileDescriptor(owning: ends[0])
    let sink = FileDescriptor(owning: ends[1])
    processID = try Self.start(path, arguments, sink)
    output = source
  }

  private static func start(
    _ path: String, _ arguments: [String], _ sink: borrowing FileDescriptor
  ) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, sink.number, STDOUT_FILENO)
    var strings = unsafe ([path] + arguments).map { unsafe strdup($0) }
    defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
    unsafe strings.append(nil)
    var started = pid_t()
    let number = unsafe posix_spawn(&started, path, &actions, nil, strings, environ)
    guard number == 0 else { throw SystemError(errno: number, operation: "posix_spawn", path: path) }
    return started
  }

  deinit {
    guard !isWaitedFor else { return }
    _ = Glibc.kill(processID, SIGKILL)
    _ = Self.wait(processID)
  }

  /// Ends it by `SIGKILL`.
  public func kill() { _ = Glibc.kill(processID, SIGKILL) }

  /// Waits until it has ended.
  public mutating func wait() -> Ending {
    isWaitedFor = true
    return Self.wait(processID)
  }

  private static func wait(_ process: pid_t) -> Ending {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
  }

  /// What it has written until now, waiting for more for a while.
  ///
  /// - Parameter nanoseconds: the time limit.
  /// - Returns: bytes; none where its output has ended; nil where nothing came in time.
  /// - Throws: what reading throws.
  public func read(nanoseconds: UInt64) throws(SystemError) -> [UInt8]? {
    guard try !output.poll(for: .readable, nanoseconds: nanoseconds).isEmpty else { return nil }
    var chunk = [UInt8](repeating: 0, count: 16_384)
    let count = try FileDescriptor.readChunk(of: output, into: &chunk)
    return Array(chunk.prefix(count))
  }
}
