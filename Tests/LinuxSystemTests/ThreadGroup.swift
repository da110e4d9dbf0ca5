// Threads and unsynchronised memory for the tests of what synchronises threads.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Several threads that run the same body and are joined together.
struct ThreadGroup {
  private final class Running {
    var thread: Thread?

    init(_ thread: consuming Thread) {
      self.thread = consume thread
    }
  }

  private var running: [Running] = []

  /// Starts `count` threads, each with its index.
  init(count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    for index in 0..<count {
      running.append(Running(try Thread(name: "test-\(index)") { body(index) }))
    }
  }

  /// Waits until all have ended.
  func join() {
    for each in running {
      each.thread.take()?.join()
    }
  }
}

/// An integer that nothing guards: ThreadSanitizer reports any access that is not ordered by something else.
final class Mailbox: @unchecked Sendable {
  var value = 0
}
