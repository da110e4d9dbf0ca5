// Shows that a request on a held handle allocates nothing and takes no lock; retains are counted by Scripts/hot-path.sh.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

/// What a million requests on a held handle did besides their work.
struct HotPathCount {
  let name: String
  let operations: Int
  let allocations: UInt64
  let locks: UInt64
}

enum HotPath {
  /// Counts around `operations` requests, after a few that fill caches.
  nonisolated static func count(
    _ name: String, _ operations: Int = 1_000_000, _ body: (Int) throws -> Void
  ) rethrows -> HotPathCount {
    try body(1000)
    let before = (baseline_allocations(), baseline_locks())
    try body(operations)
    let after = (baseline_allocations(), baseline_locks())
    return HotPathCount(
      name: name, operations: operations, allocations: after.0 - before.0, locks: after.1 - before.1)
  }
}
