// The same work on several threads at once, all begun together.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// Several threads that run one body each.
enum ParallelRun {
  private final class Shared<Outcome: Sendable>: Sendable {
    let start = Gate()
    let finished = TimedSemaphore(value: 0)
    let outcomes = Guarded<[Int: Result<Outcome, any Error>]>([:])
  }

  /// Runs `body` on `count` threads and returns what each came to, in order.
  ///
  /// - Throws: the error of the first thread, in order, whose body threw; a ``SystemError`` where there are no threads.
  static func outcomes<Outcome: Sendable>(
    of count: Int, _ body: @escaping @Sendable (Int) throws -> Outcome
  ) throws -> [Outcome] {
    let shared = Shared<Outcome>()
    var started = 0
    // Whatever happens below, no thread may wait for ever or outlive the check.
    defer {
      shared.start.open()
      for _ in 0..<started { _ = shared.finished.wait(nanoseconds: .max) }
    }
    for index in 0..<count {
      // Detached: the semaphore says when all have ended.
      _ = try Thread(name: "check-\(index)") {
        _ = shared.start.wait(nanoseconds: .max)
        let outcome = Result { try body(index) }
        shared.outcomes.withLock { $0[index] = outcome }
        shared.finished.signal()
      }
      started += 1
    }
    shared.start.open()
    for _ in 0..<count { _ = shared.finished.wait(nanoseconds: .max) }
    started = 0
    let outcomes = shared.outcomes.withLock { $0 }
    return try (0..<count).compactMap { try outcomes[$0]?.get() }
  }
}
