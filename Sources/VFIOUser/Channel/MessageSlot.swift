// A received message and who waits for one.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// One received message: its bytes, header first, and its descriptors.
///
/// `@unchecked Sendable`: at any moment one thread uses it, and handing it over is ordered by the channel's lock.
final class MessageSlot: @unchecked Sendable {
  var header = VFIOUserHeader(messageID: 0, command: .version, bodySize: 0)
  var buffer = MessageBuffer(capacity: MessageSlot.usualSize)
  var descriptors = ReceivedDescriptors()

  /// Room for every message but large transfers.
  private static let usualSize = 4096

  /// Lends what follows the header.
  @inline(__always)
  func withBody<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.withBytes(VFIOUserHeader.byteCount..<Int(header.size), body)
  }

  /// Exchanges the messages of two slots.
  func exchange(with other: MessageSlot) {
    swap(&header, &other.header)
    swap(&buffer, &other.buffer)
    swap(&descriptors, &other.descriptors)
  }

  /// Closes the descriptors that nobody took.
  func closeDescriptors() {
    descriptors = ReceivedDescriptors()
  }
}

/// A thread that waits for the reply to a command of its own.
///
/// `@unchecked Sendable`: the fields below the slot belong to the channel's lock.
final class ReplyWaiter: @unchecked Sendable {
  /// Receives the reply; until then the waiting thread reads into it whatever comes.
  let slot = MessageSlot()
  /// The command's header and structure.
  let request = MessageBuffer(capacity: 256)
  /// Ends a sleep: the reply is there, or it is this thread's turn to read.
  let wakeUp = TimedSemaphore(value: 0)

  var messageID: UInt16 = 0
  var isDone = false
  var isParked = false
  /// Whether nothing but this thread's reply can come; belongs to the thread.
  var isAlone = false
  /// Why there will be no reply.
  var failure: VFIOUserError?
  /// The addresses that a memory access is about: the first and the last.
  var iovas: ClosedRange<UInt64>?
}
