// WAIT: sleeping until the device has completed something.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveQueue

extension MediatedDevice {
  /// Waits until the queue was updated since the last wait that told of it (`VFIO_SDMDEV_CMD_WAIT`).
  ///
  /// Several threads may wait; an update ends all their waits. No update is lost between two waits, and a wait does not
  /// end for nothing.
  ///
  /// - Parameter nanoseconds: the most time; 0 looks only, `.max` is for ever.
  /// - Returns: false where the time ran out.
  /// - Throws: `resetting` after a reset of the device, `deviceLost` once the mediated device was removed, `invalid` when
  ///   it is closed or not started, `busy` where too many threads wait.
  public func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    let outcome = Guarded(Result<Void, QueueError>?.none)
    let isOver = TimedSemaphore(value: 0)
    let number = try beginWait { result in
      outcome.withLock { $0 = result }
      isOver.signal()
    }
    if !isOver.wait(nanoseconds: nanoseconds) {
      if waits.cancel(number) { return false }
      // Its end is under way, on another thread.
      _ = isOver.wait(nanoseconds: .max)
    }
    if case .failure(let error) = outcome.withLock({ $0 }) { throw error }
    return true
  }

  /// Begins a wait; see `wait`.
  ///
  /// - Parameter completion: called exactly once unless the wait is cancelled, perhaps at once, on a thread of the device's
  ///   that it must not keep.
  /// - Returns: a number for `WaitList.cancel`.
  func beginWait(_ completion: @escaping WaitList.Completion) throws(QueueError) -> UInt64 {
    let queue = try openQueue()
    if queue.state == .initial { throw QueueError(.invalid, "the queue is not started: nothing will come") }
    let number = try waits.add(completion)
    // After it was added: whatever happened before is seen here, what happens later by the device's call.
    noteEvent()
    return number
  }

  /// The device says that something happened, or somebody begins to wait.
  func noteEvent() {
    // Telling takes the update away: only where somebody is told.
    guard !waits.isEmpty else { return }
    let (isUpdated, isStopped) = state.withLock { state in
      guard let queue = state.queue else { return (false, false) }
      return (queue.isUpdated(), queue.state == .stopped)
    }
    // What was completed before the stop is to be received yet.
    if isUpdated { waits.update() } else if isStopped { waits.end(Self.wasReset) }
  }
}
