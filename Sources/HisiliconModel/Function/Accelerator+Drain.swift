// Lets an accelerator's queues come to rest while its functions still serve.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

extension Accelerator {
  /// Stops every queue of every function as a driver's command would: what was accepted is answered, further doorbells
  /// are ignored until the driver starts the queue anew.
  ///
  /// Engines, functions and their users stay as they are, so that drivers still see their answers.
  ///
  /// - Parameter nanoseconds: how long to wait for all of them together; what is not answered by then is dropped.
  /// - Returns: whether that was long enough.
  public func drain(within nanoseconds: UInt64 = drainLimit) -> Bool {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    let queues = platform.functions.flatMap(\.queues)
    for queue in queues { queue.beginStop() }
    var isDrained = true
    for queue in queues {
      if queue.finishStop(within: MonotonicClock.remaining(until: deadline)) == .expired { isDrained = false }
    }
    return isDrained
  }
}
