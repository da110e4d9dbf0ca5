// One life of a queue pair, from the contexts that start it to its stop: what is constant, and the copies of requests.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import Synchronization

/// What a queue's requests and completions refer to while they are under way.
///
/// A queue that is stopped or started anew leaves its run to those who still work in it; they notice at the next look
/// at the queue's state that the run is over, and answer nothing.
///
/// `@unchecked Sendable`: constants and atomics, and copies of requests, each of which belongs to one thread at a time:
/// the queue's state says to whom.
@safe final class QueueRun: @unchecked Sendable {
  /// Where a request is; by slot, under the queue's lock.
  enum Stage: UInt8 {
    /// No request is there, or it has not been fetched.
    case free
    /// Fetched, and waiting for its turn.
    case held
    /// With an engine.
    case running
    /// Executed, and not answered yet.
    case done
  }

  let sq: SubmissionRing
  let cq: CompletionRing
  /// The queue's stateful streams.
  let contexts = StreamContexts()
  /// The number of requests whose entries are written back: their slots may be used again.
  ///
  /// Raised before the completion entry can be seen, so that who sees it may submit at once.
  let answered = Atomic<UInt64>(0)
  /// The completion entries that are written or about to be seen, counted from the start of the completion queue.
  let completed: Atomic<UInt64>
  /// The copies of the requests, by slot.
  let requests: UnsafeMutablePointer<hisi_zip_sqe>
  // What the requests' buffers are kept away from.
  private let excludedFirst = Atomic(ExcludedRange.none.first)
  private let excludedLast = Atomic(ExcludedRange.none.last)
  /// A stage for each slot.
  let stages: UnsafeMutablePointer<Stage>

  init(sq: SubmissionRing, cq: CompletionRing, completed: UInt64) {
    self.sq = sq
    self.cq = cq
    self.completed = Atomic(completed)
    // Not initialised: a slot is read only after it was written, and most of a deep ring is never touched.
    unsafe requests = .allocate(capacity: Int(sq.depth))
    unsafe stages = .allocate(capacity: Int(sq.depth))
    unsafe stages.initialize(repeating: .free, count: Int(sq.depth))
  }

  deinit {
    unsafe requests.deallocate()
    unsafe stages.deallocate()
  }

  /// What the requests' buffers and lists are kept away from, as of the next request.
  var excluded: ExcludedRange {
    get {
      ExcludedRange(
        first: excludedFirst.load(ordering: .relaxed), last: excludedLast.load(ordering: .relaxed))
    }
    set {
      excludedFirst.store(newValue.first, ordering: .relaxed)
      excludedLast.store(newValue.last, ordering: .relaxed)
    }
  }

  /// Whether the requests are kept away from something.
  @inline(__always)
  var isConfined: Bool { excludedLast.load(ordering: .relaxed) != 0 }

  /// Counts a request that is written back.
  ///
  /// Only the thread that answers counts, here and in `noteCompleted`, so that a load and a store do: an atomic addition
  /// would first wait for what was written before, which is another processor's to give up.
  @inline(__always)
  func noteAnswered() {
    answered.store(answered.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Counts a completion entry that is about to be seen.
  @inline(__always)
  func noteCompleted() {
    completed.store(completed.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Whether both rings are in one address space, so that one access section does for both.
  var hasOneAddressSpace: Bool { sq.memory === cq.memory }
}

extension QueueRun {
  /// Has the lines of several requests come to this processor, all at the same time.
  ///
  /// Copying waits for each of them, as every copy is looked at before the next is made.
  @inline(__always)
  func approach(_ slot: UInt32, _ count: UInt32, _ memory: borrowing MemoryAccess) throws(TranslationFault) {
    let bytes = Int(min(count, sq.depth - slot)) * entryBytes
    let address = sq.base + UInt64(slot) * SubmissionRing.entrySize
    let segment = try memory.segment(at: address, count: bytes, for: .read)
    guard let base = unsafe segment.base else { return }
    for offset in stride(from: 0, to: segment.count, by: 64) {
      // A byte within the segment; an atomic load is not left out although nobody wants the value.
      _ = unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt8>.self).pointee.load(ordering: .relaxed)
    }
  }

  /// Copies a request, once.
  @inline(__always)
  func fetch(_ slot: UInt32, _ memory: borrowing MemoryAccess) throws(TranslationFault) {
    let address = sq.base + UInt64(slot) * SubmissionRing.entrySize
    try unsafe memory.read(address, into: UnsafeMutableRawBufferPointer(start: requests + Int(slot), count: entryBytes))
  }

  /// Writes an executed request back: all of it, with its inputs as they were read.
  @inline(__always)
  func writeBack(_ slot: UInt32, _ memory: borrowing MemoryAccess) throws(TranslationFault) {
    let address = sq.base + UInt64(slot) * SubmissionRing.entrySize
    try unsafe memory.write(address, from: UnsafeRawBufferPointer(start: requests + Int(slot), count: entryBytes))
  }

  /// Writes a completion entry, the word with the phase last.
  @inline(__always)
  func complete(
    slot: UInt32, number: UInt16, at place: RingPosition, _ memory: borrowing MemoryAccess
  ) throws(TranslationFault) {
    let address = cq.base + UInt64(place.slot) * CompletionRing.entrySize
    let phase: UInt16 = place.lap ? UInt16(HISI_CQE_W7_PHASE) : 0
    let segment = try memory.segment(at: address, count: Int(CompletionRing.entrySize), for: .write)
    if segment.count == Int(CompletionRing.entrySize), let base = unsafe segment.base, UInt(bitPattern: base) & 7 == 0 {
      unsafe base.storeBytes(of: 0, as: UInt64.self)
      unsafe base.storeBytes(of: slot | UInt32(number) << 16, toByteOffset: 8, as: UInt32.self)
      unsafe base.storeBytes(of: 0, toByteOffset: 12, as: UInt16.self)
      // The segment's 16 bytes are aligned to 8 at least.
      unsafe (base + 14).assumingMemoryBound(to: Atomic<UInt16>.self).pointee.store(phase, ordering: .releasing)
      try segment.check(.write)
    } else {
      // In two pieces: memory without a descriptor costs a message for each.
      let entry = hisi_cqe(
        rsvd0: 0, cmd_id: 0, rsvd1: 0, sq_head: UInt16(truncatingIfNeeded: slot), sq_num: number, rsvd2: 0, w7: phase)
      try unsafe withUnsafeBytes(of: entry) { (bytes) throws(TranslationFault) in
        try unsafe memory.write(address, from: UnsafeRawBufferPointer(rebasing: bytes[..<14]))
      }
      try memory.storeRelease16(phase, at: address + 14)
    }
  }
}

/// The size of a request in memory.
private let entryBytes = Int(SubmissionRing.entrySize)
