// What a queue manager counts.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// Counters since the driver was started.
struct ManagerCounters: Hashable, Sendable {
  /// Interrupts by vector.
  var interrupts: [UInt64] = [0, 0, 0, 0]
  /// Entries read from the event queue.
  var events: UInt64 = 0
  /// Interrupts of the event queue without an entry.
  var spuriousInterrupts: UInt64 = 0
  /// Entries that named no queue of somebody's.
  var strayEvents: UInt64 = 0
  /// Entries read from the asynchronous event queue.
  var asynchronousEvents: UInt64 = 0
  /// Of these, of types that are not known.
  var unknownEvents: UInt64 = 0
  /// Queues that the device said cannot go on.
  var queueErrors: UInt64 = 0
  /// Completions that only a look at the ring has found.
  var lostInterrupts: UInt64 = 0
  /// Requests that did not complete within their time limits.
  var timeouts: UInt64 = 0
  /// Resets that ended well.
  var resets: UInt64 = 0
  /// Resets that did not.
  var failedResets: UInt64 = 0
  /// Errors of the queue manager by bit.
  var managerErrors = [UInt64](repeating: 0, count: 15)
  /// Errors of the engine by bit.
  var engineErrors = [UInt64](repeating: 0, count: 13)
  /// Messages from other functions.
  var messages: UInt64 = 0

  /// Counts the errors of a status register.
  static func add(_ status: UInt32, to counts: inout [UInt64]) {
    for bit in counts.indices where status & 1 << UInt32(bit) != 0 { counts[bit] += 1 }
  }
}
