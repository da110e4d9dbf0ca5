// What a queue tells the function that it belongs to.
// SPDX-License-Identifier: Apache-2.0

/// The function behind a queue: it turns what a queue has to tell into event queue entries and interrupts.
///
/// Called on an engine's, the poller's or the ringing thread, with no lock of the queue's held; what the queue wrote to
/// memory before is visible by then. Calls may come from several threads at once, even for one queue.
protocol QueueEvents: AnyObject, Sendable {
  /// A completion that the driver armed the queue for is there (an EQE is due).
  func completionEvent(queue: UInt16)

  /// Something is wrong with a queue (an AEQE is due).
  ///
  /// - Parameter type: `HISI_AEQE_CQ_OVERFLOW` or `HISI_AEQE_CQE_ERROR`.
  func asynchronousEvent(queue: UInt16, type: UInt32)

  /// A doorbell in a register did not repeat the context's random number (`HISI_QM_ERROR_DB_RANDOM_INVALID` is due).
  ///
  /// Never called for a doorbell of a page: a page's client could make the device's error interrupt a storm.
  func doorbellRandomInvalid(queue: UInt16)
}
