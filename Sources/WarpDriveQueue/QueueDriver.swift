// What a device's user driver is to the library: the entries of the adapter table.
// SPDX-License-Identifier: Apache-2.0

/// A driver of one opened queue: it knows the rings' layout.
///
/// Calls may come from any thread, several at once.
public protocol QueueDriver: AnyObject, Sendable {
  /// Bytes of a message: the device's request as it lies in the ring.
  var messageSize: Int { get }
  /// The most messages that are in flight at once.
  var depth: Int { get }

  /// Puts a message into the ring and rings the doorbell.
  ///
  /// - Throws: `busy` where the ring is full, `resetting` or `deviceLost` where the queue was stopped.
  func send(_ message: RawSpan) throws(QueueError)

  /// Takes the next completed message, as the device wrote it, in the order of completion; false where none is there.
  ///
  /// - Throws: `failed` for a completion that belongs to no message; `resetting` or `deviceLost` where the queue was
  ///   stopped and nothing more will come.
  func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool

  /// Asks for the device's notice of the next completion, before `QueueTransport.wait`.
  func requestNotification() throws(QueueError)

  /// Takes one `requestNotification` back, once its caller no longer waits.
  func withdrawNotification()

  /// Waits until the ring is empty or the time ran out; completed messages stay to be received.
  func flush(nanoseconds: UInt64) throws(QueueError)

  /// Ends the use of the rings.
  func close()
}

extension QueueDriver {
  /// Nothing: for a driver whose notices end by themselves.
  public func withdrawNotification() {}
}

/// An entry of the adapter table: who drives the queues of a `device_api`.
public protocol QueueAdapter: Sendable {
  /// The `device_api` strings that it serves.
  var deviceAPIs: [String] { get }

  /// Brings an opened queue up: maps its regions, sets its type, starts it.
  ///
  /// - Parameters:
  ///   - transport: the queue.
  ///   - type: what the queue is for, as the device numbers it (0 compress, 1 decompress).
  func open(_ transport: any QueueTransport, type: UInt16) throws(QueueError) -> any QueueDriver
}
