// Threads for the tests of what many of them use at once.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Several threads that run the same body and are joined together.
public struct ThreadGroup {
  private final class Running {
    var thread: Thread?

    init(_ thread: consuming Thread) {
      self.thread = consume thread
    }
  }

  private var running: [Running] = []

  /// Starts `count` threads, each with its index.
  public init(count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    for index in 0..<count {
      running.append(Running(try Thread(name: "test-\(index)") { body(index) }))
    }
  }

  /// Waits until all have ended.
  public func join() {
    for each in running {
      each.thread.take()?.join()
    }
  }
}
