// Lines that a model's hooks give, from any thread.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Collects lines.
final class TraceLines: Sendable {
  private let lines = Guarded([String]())

  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}
