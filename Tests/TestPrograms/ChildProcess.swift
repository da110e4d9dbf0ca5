// Programs that tests run: the built command, and tools of the system to compare with.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import Foundation
import Synchronization

/// A program that was started, and its end.
///
/// Foundation's `Process` is not used: it reads past the end of a directory buffer when many descriptors are open
/// (`findMaximumOpenFromProcSelfFD` copies a whole `dirent`), which AddressSanitizer stops, and it leaks at each start.
public final class ChildProcess {
  /// How a program ended.
  public enum Termination: Equatable {
    /// By itself, with this exit status.
    case exit(Int32)
    /// By this signal.
    case signal(Int32)
  }

  /// Where one of its standard streams leads.
  public enum Stream {
    /// To this process's.
    case inherited
    /// To the file at a path, which exists.
    case file(String)
    /// To this process, through a pipe.
    case pipe
  }

  /// Its number, valid until `wait` has returned.
  public let identifier: pid_t
  /// The writing end of its standard input, where that is a pipe.
  public let input: FileHandle?
  /// The reading end of its standard output, where that is a pipe.
  public let output: FileHandle?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: its path; one without a slash is looked for as `execvp` does.
  ///   - arguments: what follows its name.
  ///   - folder: where it starts; nil is this process's folder.
  ///   - environment: all of its variables; nil is this process's environment.
  ///   - input: its standard input.
  ///   - output: its standard output.
  ///   - errors: the file that its standard error is written to; nil is this process's.
  /// - Throws: ``ChildProcessError`` where it cannot be started.
  public init(
    _ program: String, _ arguments: [String], folder: String? = nil, environment: [String: String]? = nil,
    input: Stream = .file("/dev/null"), output: Stream = .inherited, errors: String? = nil
  ) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let errors { unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY, 0) }
    // Swift's Glibc module has no posix_spawn_file_actions_addchdir_np: env(1) changes the folder, then becomes the program.
    let command = (folder.map { ["/usr/bin/env", "--chdir=\($0)"] } ?? []) + [program] + arguments
    // Foundation's pipes are open in every program that this process starts: between making one and marking it, no
    // other may start, or that one would hold it open.
    let (identifier, source, sink) = try Self.starting.withLock { _ in
      let source = unsafe Self.connect(input, to: STDIN_FILENO, O_RDONLY, &actions)
      let sink = unsafe Self.connect(output, to: STDOUT_FILENO, O_WRONLY, &actions)
      let variables = environment ?? ProcessInfo.processInfo.environment
      var started = pid_t()
      let number = unsafe ChildProcess.withCStrings(command) { argv in
        unsafe ChildProcess.withCStrings(variables.map { "\($0)=\($1)" }) { envp in
          unsafe posix_spawnp(&started, command[0], &actions, nil, argv, envp)
        }
      }
      guard number == 0 else {
        throw ChildProcessError(program: program, reason: unsafe String(cString: strerror(number)))
      }
      return (started, source, sink)
    }
    self.identifier = identifier
    self.input = source?.fileHandleForWriting
    self.output = sink?.fileHandleForReading
    // The child's ends live in the child only: it is told of the other end's closing, and so is this process.
    try source?.fileHandleForReading.close()
    try sink?.fileHandleForWriting.close()
  }

  private static let starting = Mutex(())

  /// Lets the child's standard stream `number` lead where `stream` says; returns the pipe if it is one.
  private static func connect(
    _ stream: Stream, to number: Int32, _ access: Int32, _ actions: inout posix_spawn_file_actions_t
  ) -> Pipe? {
    switch stream {
    case .inherited: return nil
    case .file(let path):
      unsafe posix_spawn_file_actions_addopen(&actions, number, path, access, 0)
      return nil
    case .pipe:
      let pipe = Pipe()
      for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
        _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
      }
      let end = access == O_RDONLY ? pipe.fileHandleForReading : pipe.fileHandleForWriting
      unsafe posix_spawn_file_actions_adddup2(&actions, end.fileDescriptor, number)
      return pipe
    }
  }

  /// Sends a signal; only before `wait` has returned.
  public func send(_ signal: Int32) {
    kill(identifier, signal)
  }

  /// Waits for its end, which comes by SIGKILL after `seconds`: a test fails rather than hangs. To be called once.
  public func wait(seconds: Double = 600) throws -> Termination {
    let identifier = identifier
    let end = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: end)
    // Its end is awaited first and taken after the timer is gone, so that the timer never hits another process.
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1 && errno == EINTR {}
    end.cancel()
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) == -1 {
      guard errno == EINTR else {
        throw ChildProcessError(program: "\(identifier)", reason: unsafe String(cString: strerror(errno)))
      }
    }
    // wait(2)'s encoding: the low seven bits are a signal's number, or 0 and then the next byte is the exit status.
    return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
  }

  /// Runs a program and returns its standard output.
  ///
  /// - Throws: ``ChildProcessError`` for an end other than the exit status 0.
  public static func output(of program: String, _ arguments: [String], folder: String? = nil) throws -> [UInt8] {
    let child = try ChildProcess(program, arguments, folder: folder, output: .pipe)
    let data = try child.output?.readToEnd() ?? Data()
    let termination = try child.wait()
    guard termination == .exit(0) else {
      let words = ([program] + arguments).joined(separator: " ")
      throw ChildProcessError(program: words, reason: "ended with \(termination)")
    }
    return [UInt8](data)
  }

  /// Lends C strings, of which the last pointer is nil.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeBufferPointer { buffer in
      // The array has at least the closing nil, so there is an address.
      unsafe body(buffer.baseAddress.unsafelyUnwrapped)
    }
  }
}

/// Why a program could not be run, or how it failed.
public struct ChildProcessError: Error, CustomStringConvertible {
  /// The program.
  public let program: String
  /// What happened.
  public let reason: String

  /// One line for people.
  public var description: String { "\(program): \(reason)" }
}
