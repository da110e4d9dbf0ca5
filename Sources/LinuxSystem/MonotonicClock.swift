// The clock for time limits and latencies.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The clock that never goes back and is not set by anyone: `CLOCK_MONOTONIC`.
public enum MonotonicClock {
  /// The time since an arbitrary fixed point in the past (the machine's start), in nanoseconds.
  public static func now() -> UInt64 {
    clinux_monotonic_nanoseconds()
  }

  /// The processor time that the calling thread has used, in nanoseconds (`CLOCK_THREAD_CPUTIME_ID`).
  ///
  /// It stands still while the thread waits or another one has its processor: the clock for what work costs, and not for
  /// how long it takes. Reading it is a system call.
  public static func threadTime() -> UInt64 {
    clinux_thread_nanoseconds()
  }

  /// The time `nanoseconds` after a moment, or the clock's last moment where that would overflow.
  ///
  /// - Parameters:
  ///   - nanoseconds: the distance, in nanoseconds; `UInt64.max` means "never".
  ///   - start: the moment; now, unless it is known already.
  public static func deadline(after nanoseconds: UInt64, from start: UInt64 = now()) -> UInt64 {
    let (sum, overflow) = start.addingReportingOverflow(nanoseconds)
    return overflow ? .max : sum
  }

  /// The time from now until a moment of this clock, in nanoseconds; 0 where it is over.
  public static func remaining(until deadline: UInt64) -> UInt64 {
    let now = now()
    return deadline > now ? deadline - now : 0
  }
}
