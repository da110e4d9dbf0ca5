// Taking answered requests out of a ring, and asking to be told of them.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
import LinuxSystem
import Synchronization
public import WarpDriveQueue

extension RingPair {
  /// Takes the next completed request, if there is one.
  ///
  /// - Parameter arming: whether the device is told at once, and asked for an event of the next completion.
  /// - Returns: its slot and the request as the device wrote it back; nil where none is completed.
  /// - Throws: `failed` for a completion that belongs to no request; it is consumed, and the next call looks at the one
  ///   after it. `resetting` where the queue was stopped: what is in flight is not answered any more.
  ///   `deviceLost` where the memory was taken away, `denied` in a child process.
  public func receive(arming: Bool = false) throws(QueueError) -> (slot: UInt16, sqe: hisi_zip_sqe)? {
    try checkProcess()
    guard try isCompletionThere() else { return nil }
    var sqe = hisi_zip_sqe()
    let slot = try unsafe withUnsafeMutableBytes(of: &sqe) { (buffer) throws(QueueError) in
      try unsafe take(into: buffer.baseAddress.unsafelyUnwrapped, arming)
    }
    guard let slot else { return nil }
    return (slot, sqe)
  }

  /// As `receive(arming:)`, for a request as raw bytes.
  ///
  /// - Parameter sqe: receives exactly `RingLayout.submissionSize` bytes; unchanged where nothing is returned.
  /// - Throws: as `receive(arming:)`; `invalid` for another size.
  public func receive(
    into sqe: inout MutableRawSpan, arming: Bool = false
  ) throws(QueueError) -> UInt16? {
    guard sqe.byteCount == RingLayout.submissionSize else {
      throw QueueError(.invalid, "a request has \(RingLayout.submissionSize) bytes, not \(sqe.byteCount)")
    }
    try checkProcess()
    guard try isCompletionThere() else { return nil }
    return try unsafe sqe.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      try unsafe take(into: buffer.baseAddress.unsafelyUnwrapped, arming)
    }
  }

  /// Takes the next completed requests, as many as there are and there is room for.
  ///
  /// - Parameter requests: receives them one after the other; room for a whole number of them.
  /// - Returns: how many were taken; what lies behind them in `requests` is anything.
  /// - Throws: as `receive(arming:)`, and only where none was taken: what is wrong behind some is told by the next call;
  ///   `invalid` for room that ends within a request.
  public func receive(batch requests: inout MutableRawSpan) throws(QueueError) -> Int {
    guard requests.byteCount % RingLayout.submissionSize == 0 else {
      throw QueueError(
        .invalid, "\(requests.byteCount) bytes have no room for whole requests of \(RingLayout.submissionSize) bytes")
    }
    try checkProcess()
    guard requests.byteCount > 0, try isCompletionThere() else { return 0 }
    return try unsafe requests.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      try unsafe take(batch: buffer.baseAddress.unsafelyUnwrapped, buffer.count / RingLayout.submissionSize)
    }
  }

  /// Whether every request that is in flight has been answered; the answers stay to be received.
  ///
  /// - Throws: `resetting` where the queue was stopped before, `deviceLost`, `denied` in a child process.
  public func isAnswered() throws(QueueError) -> Bool {
    try checkProcess()
    return try receiving.withLock { (receiving) throws(QueueError) in
      let count = inFlight
      if count == 0 { return true }
      // The entries are written in their order: the last one's phase tells of all.
      let last = Int(receiving.head) + count - 1
      let isWrapped = last >= layout.completionDepth
      let phase = next.load(ordering: .relaxed) >> 31
      if isCompleted(
        head: UInt32(isWrapped ? last - layout.completionDepth : last), phase: isWrapped ? phase ^ 1 : phase)
      {
        return true
      }
      try checkPresence()
      return false
    }
  }

  /// Tells the device what was consumed, and asks for an event of the next completion; at once if there is one already.
  ///
  /// Look for completions again afterwards only if the event is missed; the device does not forget it.
  public func arm() {
    guard isOwn else { return }
    receiving.withLock { receiving in ringCompletion(&receiving, arm: true) }
  }

  /// As `arm`, and until `withdrawNotice` every receive asks again, so that no waiter is forgotten for another's sake.
  public func requestNotice() {
    guard isOwn else { return }
    receiving.withLock { receiving in
      receiving.waiters += 1
      ringCompletion(&receiving, arm: true)
    }
  }

  /// Ends one `requestNotice`.
  public func withdrawNotice() {
    guard isOwn else { return }
    receiving.withLock { receiving in receiving.waiters = max(receiving.waiters - 1, 0) }
  }

  /// Tells the device what was consumed.
  func acknowledge() {
    receiving.withLock { receiving in
      if receiving.unacknowledged > 0 { ringCompletion(&receiving, arm: receiving.waiters > 0) }
    }
  }

  /// A look without the lock, so that many threads can spin.
  ///
  /// - Throws: where nothing is there and nothing will come.
  @inline(__always)
  private func isCompletionThere() throws(QueueError) -> Bool {
    let next = next.load(ordering: .relaxed)
    if isCompleted(head: next & ~Self.phaseBit, phase: next >> 31) { return true }
    try checkPresence()
    return false
  }

  /// Whether the entry is the device's newest of its lap; what was written before it is visible then.
  @inline(__always)
  private func isCompleted(head: UInt32, phase: UInt32) -> Bool {
    // The last word of an entry within the ring, aligned, and an atomic has the size of its value.
    let word = unsafe (completions + Int(head) * RingLayout.completionSize + 14)
      .assumingMemoryBound(to: Atomic<UInt16>.self)
    return unsafe word.pointee.load(ordering: .acquiring) & UInt16(HISI_CQE_W7_PHASE) == UInt16(phase)
  }

  /// An entry of the completion ring, copied once and checked.
  private struct Completion {
    let queue: UInt16
    let slot: UInt16
    let phase: UInt32
    /// Whether it belongs to a request in flight; that request's answer was copied then.
    let isValid: Bool
  }

  private func take(into sqe: UnsafeMutableRawPointer, _ arming: Bool) throws(QueueError) -> UInt16? {
    // The pointer is used within the call only.
    let target = UInt(bitPattern: sqe)
    return try receiving.withLock { (receiving) throws(QueueError) in
      let sqe = unsafe UnsafeMutableRawPointer(bitPattern: target).unsafelyUnwrapped
      guard let completion = unsafe try examine(receiving, sqe) else { return nil }
      consume(completion, &receiving)
      let arm = arming || receiving.waiters > 0
      if arm || receiving.unacknowledged >= UInt32(layout.completionDepth / 4) {
        ringCompletion(&receiving, arm: arm)
      }
      guard completion.isValid else { throw foreign(completion) }
      return completion.slot
    }
  }

  private func take(batch requests: UnsafeMutableRawPointer, _ most: Int) throws(QueueError) -> Int {
    // The pointer is used within the call only.
    let target = UInt(bitPattern: requests)
    return try receiving.withLock { (receiving) throws(QueueError) in
      let base = unsafe UnsafeMutableRawPointer(bitPattern: target).unsafelyUnwrapped
      var count = 0
      var foreign: Completion?
      while count < most {
        let next: Completion?
        do throws(QueueError) {
          next = unsafe try examine(receiving, base + count * RingLayout.submissionSize)
        } catch {
          guard count > 0 else { throw error }
          break
        }
        guard let next else { break }
        if !next.isValid {
          // Where something was taken the next call tells of it.
          if count == 0 {
            consume(next, &receiving)
            foreign = next
          }
          break
        }
        consume(next, &receiving)
        count += 1
        // Within a lap, or the doorbell's word would not change.
        if receiving.unacknowledged >= UInt32(layout.completionDepth / 4) { ringCompletion(&receiving, arm: false) }
      }
      if receiving.waiters > 0, count > 0 || foreign != nil { ringCompletion(&receiving, arm: true) }
      if let foreign { throw self.foreign(foreign) }
      return count
    }
  }

  /// Copies the next completion and the answer that it names, if it is there.
  @inline(__always)
  private func examine(
    _ receiving: borrowing Receiving, _ sqe: UnsafeMutableRawPointer
  ) throws(QueueError) -> Completion? {
    let phase = next.load(ordering: .relaxed) >> 31
    guard isCompleted(head: receiving.head, phase: phase) else { return nil }
    let entry = unsafe (completions + Int(receiving.head) * RingLayout.completionSize).load(as: hisi_cqe.self)
    let slot = entry.sq_head
    let isOurs =
      entry.sq_num == number && UInt32(entry.w7) & HISI_CQE_W7_PHASE == phase && Int(slot) < layout.submissionDepth
    let isValid = unsafe isOurs && busySlots[Int(slot)].load(ordering: .relaxed) != 0
    if isValid {
      unsafe sqe.copyMemory(
        from: submissions + Int(slot) * RingLayout.submissionSize, byteCount: RingLayout.submissionSize)
    }
    // Last: whoever wipes the rings sets the flag before, so that what was copied is what the device wrote.
    atomicMemoryFence(ordering: .acquiring)
    try checkPresence()
    return Completion(queue: entry.sq_num, slot: slot, phase: phase, isValid: isValid)
  }

  /// Goes on behind a completion, and frees its slot.
  @inline(__always)
  private func consume(_ completion: Completion, _ receiving: inout Receiving) {
    advance(&receiving, completion.phase)
    guard completion.isValid else { return }
    // Releasing: the answer was copied before a sender may overwrite it.
    unsafe busySlots[Int(completion.slot)].store(0, ordering: .releasing)
    received.store(received.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  private func foreign(_ completion: Completion) -> QueueError {
    QueueError(
      .failed,
      "queue \(number): a completion of queue \(completion.queue), slot \(completion.slot) belongs to no request: release"
        + " the queue")
  }

  @inline(__always)
  private func checkPresence() throws(QueueError) {
    if unsafe completionStop.pointee.load(ordering: .relaxed) != 0 || isAbandoned.load(ordering: .relaxed) {
      throw Self.stopped
    }
    if rings.isPoisoned { throw Self.lost }
  }

  @inline(__always)
  private func advance(_ receiving: inout Receiving, _ phase: UInt32) {
    receiving.unacknowledged += 1
    let isWrap = receiving.head + 1 == UInt32(layout.completionDepth)
    receiving.head = isWrap ? 0 : receiving.head + 1
    next.store(receiving.head | (isWrap ? phase ^ 1 : phase) << 31, ordering: .relaxed)
  }

  @inline(__always)
  private func ringCompletion(_ receiving: inout Receiving, arm: Bool) {
    acknowledged.store(
      acknowledged.load(ordering: .relaxed) &+ UInt64(receiving.unacknowledged), ordering: .relaxed)
    receiving.unacknowledged = 0
    doorbell.ringCompletion(head: receiving.head, arm: arm)
  }
}
