// The clock for time limits and latencies.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The clock that never goes back and is not set by anyone: `CLOCK_MONOTONIC`.
public enum MonotonicClock {
  /// The time since an arbitrary fixed point in the past (the machine's start), in nanoseconds.
  public static func now() -> UInt64 {
    clinux_monotonic_nanoseconds()
  }

  /// The time `nanoseconds` from now, or the clock's last moment where that would overflow.
  ///
  /// - Parameter nanoseconds: the distance from now, in nanoseconds; `UInt64.max` means "never".
  public static func deadline(after nanoseconds: UInt64) -> UInt64 {
    let (sum, overflow) = now().addingReportingOverflow(nanoseconds)
    return overflow ? .max : sum
  }
}
