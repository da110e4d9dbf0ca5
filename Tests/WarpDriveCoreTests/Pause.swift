// Waiting in tests, always with a limit.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

enum Pause {
  /// Sleeps the thread.
  static func nanoseconds(_ count: UInt64) { _ = Gate().wait(nanoseconds: count) }

  /// Runs `body` on `count` threads at once and waits for all of them, at most 30 s; false where one is missing.
  static func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws -> Bool {
    let start = Gate()
    let ends = (0..<count).map { _ in Gate() }
    for index in 0..<count {
      let end = ends[index]
      _ = try Thread(name: "test-\(index)") {
        _ = start.wait(nanoseconds: 30_000_000_000)
        body(index)
        end.open()
      }
    }
    start.open()
    return ends.allSatisfy { $0.wait(nanoseconds: 30_000_000_000) }
  }
}
