// A page of doorbells of one queue, which its client maps and rings without a system call.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

/// The doorbells of one queue in memory that is shared with the client.
///
/// The client stores a doorbell, then a full fence, and signals `wakeUp` only where the word `sleeping` is not 0. A word
/// keeps only what was stored last; that is enough, as the submission queue's words are tails and the completion queue's
/// are heads, each of which implies those before. A client that consumes a whole lap of the completion queue has to ring
/// in between, and one that arms has to have consumed something since it last armed, or its word would not change.
///
/// The memory cannot be made smaller or larger. Whatever the client writes there concerns its own queue only: words that
/// name another are ignored and counted, and a false `sleeping` only costs the client wake-ups.
///
/// `@unchecked Sendable`: constant pointers to atomics within a mapping that lives as long as the page.
@safe final class DoorbellPage: @unchecked Sendable {
  /// The memory, `HISI_DOORBELL_PAGE_SIZE` bytes; a socket gives its descriptor to the client.
  let memory: SharedMemory
  /// What wakes the poller; the client gets its descriptor too.
  ///
  /// Each page has its own, so that a client that reads it, and so takes the signal away, harms itself only.
  let wakeUp: EventCounter
  /// The queue that is rung.
  let queue: QueuePair
  private let mapping: SharedMapping
  private let submissionWord: UnsafePointer<Atomic<UInt64>>
  private let completionWord: UnsafePointer<Atomic<UInt64>>
  private let sleepingWord: UnsafePointer<Atomic<UInt32>>

  /// Makes a page; it does something once a poller has it.
  ///
  /// - Throws: `EMFILE`, `ENFILE` or `ENOMEM`.
  init(queue: QueuePair) throws(SystemError) {
    self.queue = queue
    memory = try SharedMemory(
      name: "wd-doorbell", byteCount: Int(HISI_DOORBELL_PAGE_SIZE), seals: [.shrink, .grow, .seal])
    wakeUp = try EventCounter()
    mapping = try memory.map()
    // Each word lies within the page, aligned, and an atomic has the size of its value.
    let base = unsafe mapping.base
    unsafe submissionWord = UnsafePointer(
      (base + Int(HISI_DOORBELL_PAGE_SQ)).assumingMemoryBound(to: Atomic<UInt64>.self))
    unsafe completionWord = UnsafePointer(
      (base + Int(HISI_DOORBELL_PAGE_CQ)).assumingMemoryBound(to: Atomic<UInt64>.self))
    unsafe sleepingWord = UnsafePointer(
      (base + Int(HISI_DOORBELL_PAGE_SLEEPING)).assumingMemoryBound(to: Atomic<UInt32>.self))
  }

  /// The number that doorbells of this page name.
  var number: UInt16 { queue.number }

  /// The submission queue's word; what the client wrote before it is visible.
  @inline(__always)
  var submission: UInt64 { unsafe submissionWord.pointee.load(ordering: .acquiring) }

  /// The completion queue's word.
  @inline(__always)
  var completion: UInt64 { unsafe completionWord.pointee.load(ordering: .acquiring) }

  /// Says whether the poller sleeps; before the last look at the words.
  ///
  /// With the client's fence, one of the two sees the other: the poller the doorbell, or the client the word.
  func setSleeping(_ isSleeping: Bool) {
    unsafe sleepingWord.pointee.store(isSleeping ? 1 : 0, ordering: .sequentiallyConsistent)
  }

  /// Puts a position into the submission queue's word, and returns the word.
  func setSubmission(_ doorbell: Doorbell) -> UInt64 {
    let word = doorbell.raw(revision: queue.revision)
    unsafe submissionWord.pointee.store(word, ordering: .releasing)
    return word
  }

  /// Puts a position into the completion queue's word, and returns the word.
  func setCompletion(_ doorbell: Doorbell) -> UInt64 {
    let word = doorbell.raw(revision: queue.revision)
    unsafe completionWord.pointee.store(word, ordering: .releasing)
    return word
  }
}
