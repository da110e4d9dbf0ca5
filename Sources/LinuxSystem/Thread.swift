// A thread of the operating system that one value owns.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A POSIX thread; dropped without `join()`, it runs on detached.
public struct Thread: ~Copyable, Sendable {
  private let handle: pthread_t

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: what debuggers and `top -H` show; the kernel keeps its first 15 bytes.
  ///   - body: what the thread does.
  /// - Throws: `EAGAIN` when a limit on threads or memory is reached.
  public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let start = Start(name: Thread.shortened(name), body: body)
    // The new thread takes over this reference; it is taken back below if there is no new thread.
    let reference = unsafe Unmanaged.passRetained(start)
    var created = pthread_t()
    let number = unsafe pthread_create(&created, nil, Thread.run, reference.toOpaque())
    guard number == 0 else {
      unsafe reference.release()
      throw SystemError(errno: number, operation: "pthread_create")
    }
    handle = created
  }

  deinit {
    pthread_detach(handle)
  }

  /// A number that no other thread has that runs now (`pthread_self(3)`).
  public static var currentIdentifier: UInt64 { UInt64(pthread_self()) }

  /// Lets other threads that wait for this processor have it, if there are any.
  public static func yield() {
    // It always succeeds on Linux.
    _ = sched_yield()
  }

  /// Has this thread wait, for what nobody tells of.
  ///
  /// - Parameter nanoseconds: how long, at least.
  public static func sleep(nanoseconds: UInt64) {
    _ = Gate().wait(nanoseconds: nanoseconds)
  }

  /// Lets all others come before the calling thread, which does what nobody waits for (nice value 19).
  public static func lowerPriority() {
    clinux_lower_thread_priority()
  }

  /// Waits until the thread has ended.
  ///
  /// A thread must not join itself.
  public consuming func join() {
    let number = pthread_join(handle, nil)
    precondition(number == 0, "a thread joined itself")
    discard self
  }

  /// A name cut between characters to the 15 bytes that the kernel keeps (`TASK_COMM_LEN` less the end).
  private static func shortened(_ name: String) -> String {
    var shortened = name
    while shortened.utf8.count > 15 { shortened.removeLast() }
    return shortened
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private typealias Routine = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?

  private static let run: Routine = { argument in
    guard let argument = unsafe argument else { return nil }
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    unsafe clinux_name_current_thread(start.name)
    start.body()
    return nil
  }
}
