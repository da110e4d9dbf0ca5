// How many processors there are for this process.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The processors of this machine.
public enum Processor {
  /// The number of processors that the calling thread may run on (`sched_getaffinity(2)`); at least 1.
  public static var onlineCount: Int {
    Int(clinux_processor_count())
  }
}
