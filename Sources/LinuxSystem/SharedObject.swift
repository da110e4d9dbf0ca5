// Shared objects: tried in a child process, then loaded into this one for good.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Loading shared objects (`dlopen(3)`), at once and for this process alone (`RTLD_NOW | RTLD_LOCAL`).
public enum SharedObject {
  /// Why an object was not loaded.
  public struct Failure: Error, Sendable, Equatable {
    /// What the dynamic linker says, or that the symbol is missing.
    public let message: String
  }

  /// How a trial ended.
  public enum Trial: Sendable, Equatable {
    /// The body ran to its end, and wrote this.
    case ended([UInt8])
    /// The object could not be loaded.
    case notLoaded(reason: String)
    /// It has no such symbol.
    case noSymbol
    /// The child ended with a status of its own: something in the object called `exit`.
    case exited(status: Int32)
    /// A signal ended the child: a crash.
    case crashed(signal: Int32)
    /// The child was not done in time, and was killed.
    case timedOut
  }

  /// A child that is made while another thread is within the dynamic linker finds the linker's lists half changed.
  private static let linker = TimedSemaphore(value: 1)

  /// The most that a trial may write, in bytes.
  private static let outputLimit = 1 << 20

  /// Loads an object for as long as the process lives, and returns the address of one of its symbols.
  ///
  /// Its constructors run in this thread. An object without the symbol is unloaded again.
  ///
  /// - Throws: `Failure` with what the dynamic linker says.
  public static func load(_ path: String, symbol: String) throws(Failure) -> UnsafeMutableRawPointer {
    _ = linker.wait(nanoseconds: .max)
    defer { linker.signal() }
    guard !path.utf8.contains(0), let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(message: linkerMessage())
    }
    guard let address = unsafe dlsym(library, symbol) else {
      _ = unsafe dlclose(library)
      throw Failure(message: "it has no symbol \(symbol)")
    }
    return unsafe address
  }

  private static func linkerMessage() -> String {
    guard let text = unsafe dlerror() else { return "it cannot be loaded" }
    return unsafe String(cString: text)
  }

  /// Loads an object in a child process and runs `body` there with the address of `symbol` and a descriptor to write to.
  ///
  /// - Parameters:
  ///   - path: the object's path.
  ///   - symbol: the symbol that it has to have.
  ///   - nanoseconds: the time limit for all of it.
  ///   - body: C code, since a child of a process with threads must not enter Swift's runtime.
  /// - Throws: `EAGAIN`, `ENOMEM`, `EMFILE` where no child can be made.
  public static func attempt(
    _ path: String, symbol: String, nanoseconds: UInt64,
    _ body: @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  ) throws(SystemError) -> Trial {
    guard !path.utf8.contains(0) else { return .notLoaded(reason: "its path has a zero byte") }
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    // A child that waits uses no processor time; one that computes for ever is ended by the kernel, whatever comes of us.
    let seconds = UInt32(clamping: nanoseconds / 1_000_000_000 + 1)
    let started = try start(until: deadline) { output in
      unsafe clinux_start_trial(path, symbol, body, seconds, &output)
    }
    guard let child = started else { return .timedOut }
    let written = read(child.pipe, until: deadline)
    // One that closed the pipe may hang all the same.
    guard let status = end(of: child.id, until: written == nil ? 0 : deadline), let written else { return .timedOut }
    let signal = status & 0x7F
    if signal != 0 { return .crashed(signal: signal) }
    switch status >> 8 & 0xFF {
    case Int32(CLINUX_TRIAL_DONE): return .ended(written)
    case Int32(CLINUX_TRIAL_NOT_LOADED): return .notLoaded(reason: String(decoding: written, as: UTF8.self))
    case Int32(CLINUX_TRIAL_NO_SYMBOL): return .noSymbol
    case let other: return .exited(status: other)
    }
  }

  /// A child, and the pipe that it writes to.
  private struct Child: ~Copyable {
    let id: pid_t
    let pipe: FileDescriptor
  }

  /// Makes a child that is about to load; nil where none came so far.
  ///
  /// A child may find a lock of the linker taken for ever, by a thread that it does not have: then the next is tried.
  private static func start(
    until deadline: UInt64, _ fork: (inout Int32) -> pid_t
  ) throws(SystemError) -> Child? {
    var patience: UInt64 = 100_000_000
    while MonotonicClock.remaining(until: deadline) > 0 {
      guard linker.wait(nanoseconds: MonotonicClock.remaining(until: deadline)) else { return nil }
      var output: Int32 = -1
      let result = Result { () throws(SystemError) in try systemCall("fork") { fork(&output) } }
      linker.signal()
      let child = Child(id: try result.get(), pipe: FileDescriptor(owning: output))
      if isReady(child.pipe, until: min(deadline, MonotonicClock.deadline(after: patience))) { return child }
      _ = end(of: child.id, until: 0)
      patience *= 2
    }
    return nil
  }

  /// Takes the byte from the pipe which says that the child is about to load.
  private static func isReady(_ pipe: borrowing FileDescriptor, until deadline: UInt64) -> Bool {
    let ready = try? pipe.poll(for: .readable, nanoseconds: MonotonicClock.remaining(until: deadline))
    guard ready?.isEmpty == false else { return false }
    var byte: [UInt8] = [1]
    return (try? FileDescriptor.readChunk(of: pipe, into: &byte)) == 1 && byte == [0]
  }

  /// The status with which a child ended; nil where it had not by the deadline, and was killed with what it started.
  private static func end(of child: pid_t, until deadline: UInt64) -> Int32? {
    var pause: UInt64 = 50_000
    while true {
      var status: Int32 = 0
      let result = unsafe waitpid(child, &status, WNOHANG)
      if result == child { return status }
      let left = MonotonicClock.remaining(until: deadline)
      if left == 0 { break }
      // There is no event for this: a child is mostly gone when its pipe is.
      Thread.sleep(nanoseconds: min(left, pause))
      pause = min(pause * 2, 10_000_000)
    }
    _ = kill(-child, SIGKILL)
    _ = kill(child, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) == -1, errno == EINTR {}
    return nil
  }

  /// What comes from a pipe until its other end is closed; nil where that takes too long, or is too much.
  private static func read(_ pipe: borrowing FileDescriptor, until deadline: UInt64) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = MonotonicClock.remaining(until: deadline)
      guard left > 0, let ready = try? pipe.poll(for: .readable, nanoseconds: left), !ready.isEmpty else { return nil }
      guard let count = try? FileDescriptor.readChunk(of: pipe, into: &chunk) else { return nil }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= outputLimit else { return nil }
    }
  }
}
