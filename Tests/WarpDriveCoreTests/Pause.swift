// Waiting in tests, always with a limit.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

enum Pause {
  /// Nanoseconds after which a wait counts as lost; never reached where the code is right, however busy the machine.
  static let limit: UInt64 = 120_000_000_000

  /// Sleeps the thread.
  static func nanoseconds(_ count: UInt64) { _ = Gate().wait(nanoseconds: count) }

  /// Runs `body` on `count` threads at once and waits for all of them, at most `limit`; false where one is missing.
  static func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws -> Bool {
    let start = Gate()
    let ends = (0..<count).map { _ in Gate() }
    for index in 0..<count {
      let end = ends[index]
      _ = try Thread(name: "test-\(index)") {
        _ = start.wait(nanoseconds: limit)
        body(index)
        end.open()
      }
    }
    start.open()
    return ends.allSatisfy { $0.wait(nanoseconds: limit) }
  }
}
