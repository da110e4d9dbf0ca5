// Faults that a queue can be told to have, for testing drivers.
// SPDX-License-Identifier: Apache-2.0

/// A fault to inject into one queue; it stays until it has happened or is cleared, also while the queue is stopped.
enum QueueFault: Hashable, Sendable {
  /// The next `jobs` requests are answered with `code` as their status (0–0xff) and are not executed.
  case status(code: UInt8, jobs: Int)
  /// No completion is delivered until `deliverHeldCompletions`; jobs run on. STOP_QP waits.
  case holdCompletions
  /// Ends `holdCompletions`: late completions arrive, in order.
  case deliverHeldCompletions
  /// The next `count` completions never come: the request is written back, its completion entry is not written.
  case loseCompletions(count: Int)
  /// An asynchronous event of type 0 now, as if the completion queue were full.
  case completionOverflow
  /// An asynchronous event of type 2 now, as if a completion entry were bad.
  case completionError
  /// Forgets what has not happened yet; held completions are delivered.
  case clear
  /// A completion event now, with no new completion behind it.
  case spuriousEvent
}
