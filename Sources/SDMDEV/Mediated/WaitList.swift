// Who waits for a queue's completions.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// The waits of one queue (the series' wait queue): each ends exactly once.
final class WaitList: Sendable {
  /// What a wait comes to: an update, or why there will be none.
  typealias Completion = @Sendable (Result<Void, QueueError>) -> Void

  private struct State {
    var waiting: [UInt64: Completion] = [:]
    var next: UInt64 = 0
    /// An update that came when nobody waited, though somebody just had.
    var isUpdated = false
    var end: QueueError?
  }

  private let limit: Int
  private let state = Guarded(State())

  init(limit: Int) { self.limit = limit }

  /// Whether anybody waits.
  var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

  /// Adds a wait; its end may come before this returns, and on any thread.
  ///
  /// - Returns: its number, for `cancel`.
  /// - Throws: `busy` for too many, and what `end` said.
  func add(_ completion: @escaping Completion) throws(QueueError) -> UInt64 {
    let (number, isUpdated) = try state.withLock { (state) throws(QueueError) -> (UInt64, Bool) in
      if let end = state.end { throw end }
      guard state.waiting.count < limit else {
        throw QueueError(.busy, "\(limit) threads wait for this queue, which is the limit")
      }
      state.next += 1
      let isUpdated = state.isUpdated
      state.isUpdated = false
      if !isUpdated { state.waiting[state.next] = completion }
      return (state.next, isUpdated)
    }
    if isUpdated { completion(.success(())) }
    return number
  }

  /// Takes a wait away.
  ///
  /// - Returns: whether it had not ended, and will not any more.
  func cancel(_ number: UInt64) -> Bool {
    state.withLock { $0.waiting.removeValue(forKey: number) } != nil
  }

  /// The queue was updated: ends every wait, or the next where all have just ended otherwise.
  func update() {
    let completions = state.withLock { state in
      let completions = Array(state.waiting.values)
      state.waiting = [:]
      if completions.isEmpty && state.end == nil { state.isUpdated = true }
      return completions
    }
    for completion in completions { completion(.success(())) }
  }

  /// Ends every wait, now and later, with an error; the first error stays.
  func end(_ error: QueueError) {
    let completions = state.withLock { state in
      if state.end == nil { state.end = error }
      let completions = Array(state.waiting.values)
      state.waiting = [:]
      state.isUpdated = false
      return completions
    }
    for completion in completions { completion(.failure(error)) }
  }

  /// Lets others wait, after `end`.
  func reopen() {
    state.withLock { state in
      state.end = nil
      state.isUpdated = false
    }
  }
}
