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

  /// Puts messages into the ring, as many as there is room for, and rings the doorbell once for all.
  ///
  /// - Parameter messages: one after the other, each of `messageSize` bytes.
  /// - Returns: how many were put, from the first on; 0 where the ring is full.
  /// - Throws: as `send(_:)`, but never `busy`, and only where none was put.
  func send(batch messages: RawSpan) throws(QueueError) -> Int

  /// Takes the next completed messages, as many as there are and there is room for, in the order of completion.
  ///
  /// - Parameter messages: receives them one after the other; room for a whole number of them.
  /// - Returns: how many were taken.
  /// - Throws: as `receive(into:)`, and only where none was taken: what is wrong behind some is told by the next call.
  func receive(batch messages: inout MutableRawSpan) throws(QueueError) -> Int

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

  /// Sends one message after the other.
  public func send(batch messages: RawSpan) throws(QueueError) -> Int {
    try checkWhole(messages.byteCount)
    var count = 0
    while (count + 1) * messageSize <= messages.byteCount {
      do throws(QueueError) {
        try send(messages.extracting(count * messageSize..<(count + 1) * messageSize))
      } catch {
        guard count == 0, error.code != .busy else { return count }
        throw error
      }
      count += 1
    }
    return count
  }

  /// Receives one message after the other.
  public func receive(batch messages: inout MutableRawSpan) throws(QueueError) -> Int {
    try checkWhole(messages.byteCount)
    var count = 0
    while (count + 1) * messageSize <= messages.byteCount {
      do throws(QueueError) {
        var place = messages._mutatingExtracting(count * messageSize..<(count + 1) * messageSize)
        guard try receive(into: &place) else { return count }
      } catch {
        guard count == 0 else { return count }
        throw error
      }
      count += 1
    }
    return count
  }

  private func checkWhole(_ byteCount: Int) throws(QueueError) {
    guard byteCount % messageSize == 0 else {
      throw QueueError(.invalid, "\(byteCount) bytes are no whole number of messages of \(messageSize) bytes")
    }
  }
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
