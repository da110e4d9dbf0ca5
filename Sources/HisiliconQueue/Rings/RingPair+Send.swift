// Putting requests into a ring.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
import LinuxSystem
import Synchronization
public import WarpDriveQueue

extension RingPair {
  /// Puts a request into the ring and rings the doorbell.
  ///
  /// - Parameters:
  ///   - sqe: the request.
  ///   - prepare: called with the slot before the device can see the request, with the lock held: no answer can be
  ///     received before it returns. It must not use this object.
  /// - Returns: the slot, which the completion names.
  /// - Throws: `busy` with `capacity` requests in flight, or where the next slot's request is not received yet: receive
  ///   first; `resetting` where the queue was stopped; `denied` in a child of the process that made this object.
  @discardableResult
  public func send(
    _ sqe: borrowing hisi_zip_sqe, prepare: (UInt16) -> Void = { _ in }
  ) throws(QueueError) -> UInt16 {
    try unsafe withUnsafeBytes(of: sqe) { (bytes) throws(QueueError) in try unsafe put(bytes, prepare) }
  }

  /// As `send`, for a request as raw bytes.
  ///
  /// - Parameter sqe: exactly `RingLayout.submissionSize` bytes.
  /// - Throws: as `send`; `invalid` for another size.
  @discardableResult
  public func send(bytes sqe: RawSpan) throws(QueueError) -> UInt16 {
    guard sqe.byteCount == RingLayout.submissionSize else {
      throw QueueError(.invalid, "a request has \(RingLayout.submissionSize) bytes, not \(sqe.byteCount)")
    }
    return try unsafe sqe.withUnsafeBytes { (bytes) throws(QueueError) in try unsafe put(bytes) { _ in } }
  }

  /// Puts requests into the ring, as many as there is room for, and rings the doorbell once for all.
  ///
  /// - Parameter requests: one after the other, each of `RingLayout.submissionSize` bytes.
  /// - Returns: how many were put, from the first on; 0 where the ring is full.
  /// - Throws: `resetting` and `denied` as `send`; `invalid` for a part of a request.
  public func send(batch requests: RawSpan) throws(QueueError) -> Int {
    guard requests.byteCount % RingLayout.submissionSize == 0 else {
      throw QueueError(
        .invalid, "\(requests.byteCount) bytes are no whole number of requests of \(RingLayout.submissionSize) bytes")
    }
    try checkProcess()
    return try unsafe requests.withUnsafeBytes { (bytes) throws(QueueError) in
      try sending.withLock { (sending) throws(QueueError) in
        let most = bytes.count / RingLayout.submissionSize
        var count = 0
        try checkSubmission(sending)
        while count < most, let slot = vacantSlot(sending, ahead: count) {
          let offset = count * RingLayout.submissionSize
          unsafe write(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + RingLayout.submissionSize]), slot)
          advance(&sending)
          count += 1
        }
        guard count > 0 else { return 0 }
        submit(sending, count)
        return count
      }
    }
  }

  @inline(__always)
  private func put(
    _ sqe: UnsafeRawBufferPointer, _ prepare: (UInt16) -> Void
  ) throws(QueueError) -> UInt16 {
    try checkProcess()
    return try sending.withLock { (sending) throws(QueueError) in
      try checkSubmission(sending)
      guard let slot = vacantSlot(sending, ahead: 0) else {
        throw QueueError(.busy, "the ring is full: receive completed requests first")
      }
      unsafe write(sqe, slot)
      prepare(UInt16(slot))
      advance(&sending)
      submit(sending, 1)
      return UInt16(slot)
    }
  }

  @inline(__always)
  private func checkSubmission(_ sending: borrowing Sending) throws(QueueError) {
    guard unsafe submissionStop.pointee.load(ordering: .relaxed) == 0, !sending.isAbandoned else { throw Self.stopped }
  }

  /// The next slot, if it is free, with `ahead` requests written that are not counted as sent yet.
  @inline(__always)
  private func vacantSlot(_ sending: borrowing Sending, ahead: Int) -> UInt32? {
    let count = sent.load(ordering: .relaxed) &+ UInt64(ahead)
    // Acquiring: the receiver has copied the slot's answer before it is overwritten.
    guard count &- received.load(ordering: .acquiring) < UInt64(capacity),
      unsafe busySlots[Int(sending.tail)].load(ordering: .acquiring) == 0
    else { return nil }
    // The device must always have an entry for the completion; told of what was consumed, it has.
    if Int64(bitPattern: count &- acknowledged.load(ordering: .relaxed)) >= Int64(layout.completionDepth - 1) {
      acknowledge()
    }
    return sending.tail
  }

  @inline(__always)
  private func write(_ sqe: UnsafeRawBufferPointer, _ slot: UInt32) {
    unsafe (submissions + Int(slot) * RingLayout.submissionSize).copyMemory(
      from: sqe.baseAddress.unsafelyUnwrapped, byteCount: RingLayout.submissionSize)
    unsafe busySlots[Int(slot)].store(1, ordering: .relaxed)
  }

  @inline(__always)
  private func advance(_ sending: inout Sending) {
    sending.tail = sending.tail + 1 == UInt32(layout.submissionDepth) ? 0 : sending.tail + 1
  }

  /// Counts written requests as sent, then tells the device.
  @inline(__always)
  private func submit(_ sending: borrowing Sending, _ count: Int) {
    // A receiver that sees the completion sees the slot, by way of the device; releasing for who asks what is in flight.
    sent.store(sent.load(ordering: .relaxed) &+ UInt64(count), ordering: .releasing)
    doorbell.ringSubmission(tail: sending.tail)
  }
}
