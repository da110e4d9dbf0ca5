// Send and receive: the one interface of whatever completes requests later, in hardware or in threads.
// SPDX-License-Identifier: Apache-2.0

/// One request to a compression queue.
///
/// It owns its memory until it is taken back: nobody frees what a device may write.
public struct QueueRequest: ~Copyable, Sendable {
  /// Which way the data runs.
  public let direction: CompressionDirection
  /// The message.
  public var input: ScatterList
  /// Where the result goes, in order.
  public var output: ScatterList

  /// Makes a request over memory that it then owns.
  public init(_ direction: CompressionDirection, input: consuming ScatterList, output: consuming ScatterList) {
    self.direction = direction
    self.input = input
    self.output = output
  }
}

/// Names a request that a queue has accepted; unique in the queue's life.
public struct Ticket: Hashable, Sendable {
  /// The number.
  public let number: UInt64
  /// Makes a ticket.
  public init(number: UInt64) { self.number = number }
}

/// What became of a request that was sent.
public enum SendResult: ~Copyable, Sendable {
  /// The queue has it; its completion will name this ticket, exactly once.
  case accepted(Ticket)
  /// The queue is full; the request comes back untouched.
  case busy(QueueRequest)
}

/// The end of one request.
public struct Completion: Sendable {
  /// The request.
  public let ticket: Ticket
  /// Bytes used and written, or why it failed.
  public let result: Result<RequestResult, ProviderError>
  /// The driver that answered.
  public let driverName: String

  /// Makes a completion.
  public init(ticket: Ticket, result: Result<RequestResult, ProviderError>, driverName: String) {
    self.ticket = ticket
    self.result = result
    self.driverName = driverName
  }
}

/// A queue of requests that complete later and in any order.
///
/// All calls may come from any thread.
public protocol RequestQueue: Sendable {
  /// The most requests that are in flight at once.
  var depth: Int { get }
  /// Hands a request over.
  ///
  /// - Throws: ``ProviderError/Code/deviceLost`` and the like; a full queue is no error but ``SendResult/busy(_:)``.
  func send(_ request: consuming QueueRequest) throws(ProviderError) -> SendResult
  /// The completions that have come, at most `maximum`; waits for the first for at most `timeout` nanoseconds.
  func receive(_ maximum: Int, timeout: UInt64) -> [Completion]
  /// The completed request, with its memory; nil for a ticket that is not complete, was taken or was detached.
  func take(_ ticket: Ticket) -> QueueRequest?
  /// Gives a request up: its completion is not delivered, and its memory is freed once nothing can write to it any more.
  func detach(_ ticket: Ticket)
}
