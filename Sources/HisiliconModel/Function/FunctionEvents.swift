// What a function's queues report, made into event queue entries, errors and interrupts.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// The receiving end of a function's queues.
///
/// An object of its own, because the queues are made before the function is complete.
final class FunctionEvents: QueueEvents {
  /// The event queue (EQ).
  let completions: EventRing
  /// The asynchronous event queue (AEQ).
  let asynchronous: EventRing
  private let platform: Platform

  init(platform: Platform, interrupts: InterruptVectors, memory: AddressSpace, queueCount: Int) {
    self.platform = platform
    // An armed queue has one event under way; what is more than that is injected.
    completions = EventRing(
      backlog: queueCount + 64, vector: HISI_VECTOR_EQ, interrupts: interrupts, memory: memory)
    asynchronous = EventRing(
      backlog: queueCount + 64, vector: HISI_VECTOR_AEQ, interrupts: interrupts, memory: memory)
  }

  func completionEvent(queue: UInt16) {
    if completions.post(UInt32(queue)) == .overflowed { eventQueueOverflow() }
  }

  func asynchronousEvent(queue: UInt16, type: UInt32) {
    // A full AEQ has nowhere to be reported: what does not fit waits.
    _ = asynchronous.post(UInt32(queue) | (type & HISI_AEQE_TYPE_MASK) << HISI_AEQE_TYPE_SHIFT)
  }

  func doorbellRandomInvalid(queue: UInt16) {
    platform.raiseQueueErrors(HISI_QM_ERROR_DB_RANDOM_INVALID)
  }

  /// The event queue was full when an event was due.
  func eventQueueOverflow() {
    asynchronousEvent(queue: 0, type: HISI_AEQE_EQ_OVERFLOW)
  }

  /// The doorbell of the EQ or AEQ.
  func ring(asynchronous isAsynchronous: Bool, index: UInt16) {
    if isAsynchronous {
      _ = asynchronous.ring(index: UInt32(index))
    } else if completions.ring(index: UInt32(index)) == .overflowed {
      eventQueueOverflow()
    }
  }

  /// Forgets both rings, as a reset does.
  func reset() {
    completions.reset()
    asynchronous.reset()
  }
}
