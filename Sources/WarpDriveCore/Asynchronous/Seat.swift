// Places in a bounded queue, given out in the order in which they were asked for.
// SPDX-License-Identifier: Apache-2.0

/// A fixed number of places; asynchronous callers are suspended until one is free.
final class Seating: Sendable {
  /// One caller's wait: granted or cancelled, whichever comes first, and resumed once.
  private final class Seat: Sendable {
    enum Phase {
      case fresh
      case waiting(CheckedContinuation<Bool, Never>)
      case granted
      case cancelled
    }
    private let phase = Guarded(Phase.fresh)

    /// True where the place is the caller's, false where it was cancelled first.
    func wait() async -> Bool {
      await withCheckedContinuation { continuation in
        let outcome = phase.withLock { phase -> Bool? in
          switch phase {
          case .granted: return true
          case .cancelled: return false
          default:
            phase = .waiting(continuation)
            return nil
          }
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    }

    /// Ends the wait; false where it had ended.
    func end(granted: Bool) -> Bool {
      let (ended, continuation) = phase.withLock { phase -> (Bool, CheckedContinuation<Bool, Never>?) in
        switch phase {
        case .granted, .cancelled: return (false, nil)
        case .fresh:
          phase = granted ? .granted : .cancelled
          return (true, nil)
        case .waiting(let continuation):
          phase = granted ? .granted : .cancelled
          return (true, continuation)
        }
      }
      continuation?.resume(returning: granted)
      return ended
    }
  }

  private struct State {
    var free: Int
    var waiting: [Seat] = []
  }
  private let state: Guarded<State>

  init(count: Int) { state = Guarded(State(free: count)) }

  /// Places that are free, less those who wait: negative where there is a queue.
  var balance: Int { state.withLock { $0.free - $0.waiting.count } }

  /// Takes a place, waiting for one; false where the task was cancelled first.
  func take() async -> Bool {
    let seat = state.withLock { state -> Seat? in
      guard state.free == 0 || !state.waiting.isEmpty else {
        state.free -= 1
        return nil
      }
      let seat = Seat()
      state.waiting.append(seat)
      return seat
    }
    if let seat {
      return await withTaskCancellationHandler {
        await seat.wait()
      } onCancel: {
        _ = seat.end(granted: false)
      }
    }
    guard Task.isCancelled else { return true }
    giveBack()
    return false
  }

  /// Gives a place back, to the one who waits longest if anyone does.
  func giveBack() {
    while true {
      let next = state.withLock { state -> Seat? in
        guard !state.waiting.isEmpty else {
          state.free += 1
          return nil
        }
        return state.waiting.removeFirst()
      }
      // Who was cancelled while waiting is passed over.
      guard let next, !next.end(granted: true) else { return }
    }
  }
}
