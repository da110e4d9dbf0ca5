// Waiting for what has no event of its own.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Waits until something holds, for at most a minute; a wait that is too long shows as a failure.
public func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = MonotonicClock.deadline(after: 60_000_000_000)
  while try !condition() {
    if MonotonicClock.now() > deadline { return false }
    _ = Gate().wait(nanoseconds: 1_000_000)
  }
  return true
}
