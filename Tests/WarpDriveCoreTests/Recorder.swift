// Collects lines from any thread.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

final class Recorder: Sendable {
  private let storage = Guarded<[String]>([])
  var lines: [String] { storage.withLock { $0 } }
  func add(_ line: String) { storage.withLock { $0.append(line) } }
}
