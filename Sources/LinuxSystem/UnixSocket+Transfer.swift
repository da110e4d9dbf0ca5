// Sending and receiving bytes with descriptors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension UnixSocket {
  /// Sends two pieces as one, in as few calls as that takes: one, if the other end has room.
  ///
  /// Concurrent senders must take turns, or their bytes are mixed.
  ///
  /// - Parameters:
  ///   - first: what goes first; not empty if there are descriptors.
  ///   - second: what follows; may be empty.
  ///   - descriptors: the numbers of at most 16 descriptors to attach to the first byte; they stay the sender's.
  /// - Throws: `EPIPE` or `ECONNRESET` if nobody reads, `EAGAIN` after the limit of `setSendLimit`, `EINVAL` for too many
  ///   descriptors. How much was sent before is not known then.
  public func sendAll(_ first: RawSpan, _ second: RawSpan = RawSpan(), descriptors: [Int32] = []) throws(SystemError) {
    try unsafe first.withUnsafeBytes { (first) throws(SystemError) in
      try unsafe second.withUnsafeBytes { (second) throws(SystemError) in
        try unsafe sendAll(first, second, descriptors)
      }
    }
  }

  /// Sends a short message at once, or not at all.
  ///
  /// Concurrent senders must take turns, or their bytes are mixed.
  ///
  /// - Parameter message: from 1 to 2048 bytes, which the kernel takes as a whole.
  /// - Returns: whether it was sent; false where the other end has to read first.
  /// - Throws: `EPIPE` or `ECONNRESET` if nobody reads.
  public func trySend(_ message: RawSpan) throws(SystemError) -> Bool {
    let number = descriptor.number
    do throws(SystemError) {
      let sent = try unsafe message.withUnsafeBytes { (bytes) throws(SystemError) in
        try systemCall("send") {
          unsafe send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
      }
      guard sent == message.byteCount else { throw SystemError(errno: EPIPE, operation: "send") }
      return true
    } catch  where error.errno == EAGAIN || error.errno == EWOULDBLOCK {
      return false
    }
  }

  private func sendAll(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ descriptors: [Int32]
  ) throws(SystemError) {
    let number = descriptor.number
    let total = first.count + second.count
    var sent = 0
    // The usual message is one piece without descriptors, for which the kernel has less to look at.
    while unsafe sent < total && second.isEmpty && descriptors.isEmpty {
      sent += try systemCall("send") {
        unsafe send(number, first.baseAddress?.advanced(by: sent), total - sent, Int32(MSG_NOSIGNAL))
      }
    }
    while sent < total {
      let fromFirst = min(sent, first.count)
      let fromSecond = sent - fromFirst
      // The kernel reads only; iovec has one type for both directions.
      var segments = unsafe (
        iovec(
          iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress?.advanced(by: fromFirst)),
          iov_len: first.count - fromFirst),
        iovec(
          iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress?.advanced(by: fromSecond)),
          iov_len: second.count - fromSecond)
      )
      let attached = sent == 0 ? descriptors.count : 0
      sent += try unsafe withUnsafePointer(to: &segments) { (tuple) throws(SystemError) in
        // A tuple of two equal C structures lies in memory as an array of them.
        let array = unsafe UnsafeRawPointer(tuple).assumingMemoryBound(to: iovec.self)
        return try systemCall("sendmsg") {
          unsafe clinux_send_message(number, array, 2, descriptors, attached)
        }
      }
    }
  }

  /// Receives once, at most as many bytes as the buffer has, with the descriptors that are attached to them.
  ///
  /// Bytes of a later send may follow in the same buffer, with its descriptors: to know which message these belong to,
  /// receive no more than its header.
  ///
  /// - Parameters:
  ///   - buffer: receives the bytes; not empty.
  ///   - descriptors: receives the descriptors; what it had before is closed.
  /// - Returns: the number of bytes; 0 is the end of the stream.
  /// - Throws: `ECONNRESET`, and what else `recvmsg(2)` lists.
  public func receive(
    into buffer: UnsafeMutableRawBufferPointer, descriptors: inout ReceivedDescriptors
  ) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress, buffer.count > 0 else {
      throw SystemError(errno: EINVAL, operation: "recvmsg")
    }
    descriptors.removeAll()
    return try unsafe descriptors.receive(on: descriptor.number, into: base, capacity: buffer.count)
  }

  /// Receives once, at most as many bytes as the buffer has; descriptors that are attached to them are closed.
  ///
  /// - Returns: the number of bytes; 0 is the end of the stream.
  /// - Throws: `EAGAIN` after the limit of `setReceiveLimit`, `ECONNRESET`, and what else `recv(2)` lists.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    let number = descriptor.number
    return try systemCall("recv") { unsafe recv(number, buffer.baseAddress, buffer.count, 0) }
  }

  /// Receives until the buffer is full or the stream ends; descriptors that are attached are closed.
  ///
  /// - Parameters:
  ///   - buffer: receives the bytes.
  ///   - nanoseconds: how long to wait for bytes that are not there yet; `UInt64.max` waits for ever.
  /// - Returns: the number of bytes; less than the buffer's only at the end of the stream.
  /// - Throws: `ETIMEDOUT`, `ECONNRESET`, and what else `recv(2)` lists.
  public func receiveAll(
    into buffer: UnsafeMutableRawBufferPointer, nanoseconds: UInt64 = .max
  ) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    let number = descriptor.number
    var total = 0
    var deadline: UInt64?
    while total < buffer.count {
      let count: Int
      do throws(SystemError) {
        // Not waiting first: a message's body is there with its header, so that the usual case is one call.
        let flags = nanoseconds == .max ? 0 : Int32(MSG_DONTWAIT)
        count = try systemCall("recv") { unsafe recv(number, base + total, buffer.count - total, flags) }
      } catch  where nanoseconds != .max && (error.errno == EAGAIN || error.errno == EWOULDBLOCK) {
        let limit = deadline ?? MonotonicClock.deadline(after: nanoseconds)
        deadline = limit
        let now = MonotonicClock.now()
        guard now < limit, try descriptor.poll(for: .readable, nanoseconds: limit - now) != [] else {
          throw SystemError(errno: ETIMEDOUT, operation: "recv")
        }
        continue
      }
      if count == 0 { break }
      total += count
    }
    return total
  }
}
