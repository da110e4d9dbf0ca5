// Which of several queues takes the next message: the user library's wd_sched.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Chooses among queues for a session's messages, and polls those that are polled.
public final class QueueScheduler: Sendable {
  /// How queues are chosen.
  public enum Policy: Hashable, Sendable, CaseIterable {
    /// `SCHED_POLICY_RR`: one after the other, of those near the caller, or else of all.
    case roundRobin
    /// `SCHED_POLICY_NONE`: the first queue for everything.
    case none
    /// `SCHED_POLICY_SINGLE`: the first queue of the mode.
    case single
    /// `SCHED_POLICY_DEV`: a session keeps to one device, and there to one queue after the other.
    case device
  }

  /// How a queue's answers are taken.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// By the thread that sent.
    case synchronous = "sync"
    /// By whoever polls.
    case asynchronous = "async"
  }

  /// A queue, and what it is for.
  public struct Entry: Sendable {
    /// The queue.
    public let queue: Queue
    /// 0 compress, 1 decompress.
    public let type: UInt16
    /// How its answers are taken.
    public let mode: Mode

    /// Describes a queue; its type is what it was requested for.
    public init(_ queue: Queue, mode: Mode = .synchronous) {
      self.queue = queue
      type = queue.capability.type
      self.mode = mode
    }
  }

  /// The queues, in the order in which they were given.
  public let entries: [Entry]
  /// How they are chosen.
  public let policy: Policy
  private let turn = Atomic<Int>(0)
  private let pollTurn = Atomic<Int>(0)

  /// Schedules queues.
  ///
  /// - Throws: `invalid` without any.
  public init(_ policy: Policy, _ entries: [Entry]) throws(QueueError) {
    guard !entries.isEmpty else { throw QueueError(.invalid, "a scheduler needs a queue") }
    self.policy = policy
    self.entries = entries
  }

  /// Chooses a queue for a message.
  ///
  /// - Parameters:
  ///   - type: 0 compress, 1 decompress.
  ///   - mode: how the answer will be taken.
  ///   - session: tells sessions apart, for `Policy.device`.
  ///   - node: where the caller is; nil: the calling thread's NUMA node.
  /// - Throws: `notFound` where no queue is for that.
  public func pick(
    type: UInt16, mode: Mode = .synchronous, session: Int = 0, node: Int? = nil
  ) throws(QueueError) -> Queue {
    if policy == .none { return entries[0].queue }
    let fitting = entries.filter { $0.type == type && $0.mode == mode }
    guard let first = fitting.first else {
      throw QueueError(.notFound, "no \(mode.rawValue) queue of type \(type) was requested")
    }
    switch policy {
    case .none, .single:
      return first.queue
    case .roundRobin:
      let node = node ?? Processor.currentNode
      let near = fitting.filter { $0.queue.attributes.numaNode == node }
      return next(near.isEmpty ? fitting : near)
    case .device:
      var names: [String] = []
      for entry in fitting where !names.contains(entry.queue.attributes.device) {
        names.append(entry.queue.attributes.device)
      }
      let name = names[Int(session.magnitude % UInt(names.count))]
      return next(fitting.filter { $0.queue.attributes.device == name })
    }
  }

  private func next(_ entries: [Entry]) -> Queue {
    let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
    return entries[Int(UInt(bitPattern: turn) % UInt(entries.count))].queue
  }

  /// Takes answers of the asynchronous queues, without waiting: `poll_policy`.
  ///
  /// - Parameters:
  ///   - limit: the most answers, at least 1.
  ///   - handler: called for each, with the queue and the message; it may send.
  /// - Returns: how many were there.
  /// - Throws: what a queue throws; answers that were handled before are.
  @discardableResult
  public func poll(
    limit: Int = .max, _ handler: (Queue, RawSpan) -> Void
  ) throws(QueueError) -> Int {
    let queues = entries.filter { $0.mode == .asynchronous }.map(\.queue)
    guard !queues.isEmpty else { return 0 }
    // Another one first each time, so that a limit starves none.
    let start = pollTurn.wrappingAdd(1, ordering: .relaxed).oldValue
    var count = 0
    var message: [UInt8] = []
    for index in queues.indices {
      let queue = queues[Int((UInt(bitPattern: start) &+ UInt(index)) % UInt(queues.count))]
      if message.count != queue.messageSize { message = [UInt8](repeating: 0, count: queue.messageSize) }
      while count < limit {
        guard try Self.receive(from: queue, into: &message) else { break }
        count += 1
        unsafe handler(queue, message.span.bytes)
      }
    }
    return count
  }

  private static func receive(from queue: Queue, into message: inout [UInt8]) throws(QueueError) -> Bool {
    var span = message.mutableSpan
    return try unsafe span.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      var bytes = unsafe MutableRawSpan(_unsafeBytes: buffer)
      return try queue.receive(into: &bytes)
    }
  }

  /// Gives all queues back.
  public func release() {
    for entry in entries { entry.queue.release() }
  }
}
