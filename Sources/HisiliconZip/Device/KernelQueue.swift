// A queue pair of the kernel path: requests of this process, completed by interrupt.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
public import HisiliconQueue
import LinuxSystem
import Synchronization
public import WarpDriveQueue

/// A queue pair that the driver has for itself, for one direction; many threads share it.
///
/// A request is answered once: with what the device wrote, or with an error after which the device does not touch the
/// request's memory any more. It goes back to the device when it was idle for a while and nobody has it.
public final class KernelQueue: Sendable {
  enum Phase: Hashable, Sendable {
    case running
    /// Nothing is sent; a restart or a reset is under way.
    case stopped
    /// Nothing is sent any more.
    case ended
  }

  struct State {
    var phase = Phase.stopped
    var rings: RingPair?
    /// By slot.
    var pending: [PendingRequest?]
    var inFlight = 0
    /// When a request was last sent or answered.
    var lastActivity = MonotonicClock.now()
    /// Answers that are to be given once the manager holds nothing.
    var concluded: [(PendingRequest, RequestAnswer)] = []
    var failure: QueueError?
    /// Whether the service thread was asked to stop and start the queue.
    var isBroken = false
  }

  /// How long a thread waits for the service thread to end a request that is late, nanoseconds.
  private static let recoveryLimit: UInt64 = 300_000_000_000

  /// Which way the queue's requests go.
  public let direction: ZipDirection
  /// The queue's number in its function.
  public let number: UInt16
  /// The most requests that are in flight at once.
  public let capacity: Int
  let manager: QueueManager
  let hardware: HardwareQueue
  let state: Guarded<State>

  init(_ manager: QueueManager, _ direction: ZipDirection) throws(QueueError) {
    self.manager = manager
    self.direction = direction
    hardware = try manager.take()
    number = hardware.number
    capacity = hardware.depth - 1
    state = Guarded(State(pending: Array(repeating: nil, count: hardware.depth)))
  }

  /// Starts the queue for the first time.
  func open() throws(QueueError) {
    manager.attach(self, to: number)
    var isKnown = false
    do throws(QueueError) {
      try manager.start(
        hardware, configuration,
        isWanted: {
          isKnown = true
          return true
        }, finish: run)
    } catch {
      state.withLock { $0.phase = .ended }
      // One that the device was told of may be at work as far as anybody knows.
      manager.giveBack(hardware, isStopped: !isKnown || error.code == .failed || error.code == .deviceLost)
      throw error
    }
  }

  var configuration: QueueConfiguration {
    QueueConfiguration(type: direction.rawValue, pasid: nil, isArmed: true)
  }

  /// Takes the rings of a queue that was just started; before anybody else has the turn.
  func run() throws(QueueError) {
    let manager = manager
    let number = number
    let rings = try RingPair(
      rings: hardware.rings.mapping, submissionDepth: hardware.depth, completionDepth: hardware.depth, number: number,
      isVersion1: manager.identity.isVersion1, doorbell: .call { manager.ring($0, queue: number) })
    state.withLock { state in
      guard state.phase != .ended else { return }
      state.rings = rings
      state.isBroken = false
      state.phase = .running
    }
  }

  // MARK: Requests

  /// Requests that are in flight now.
  public var inFlight: Int { state.withLock { $0.inFlight } }

  /// Sends a request and waits for its answer.
  ///
  /// - Parameters:
  ///   - request: addresses are those of `DeviceBuffer`s.
  ///   - timeLimit: the most time for the answer, nanoseconds.
  /// - Returns: the request as the device wrote it back, whatever its status says.
  /// - Throws: `timedOut` (the queue was stopped and started again since), `busy` for a full ring, `resetting`,
  ///   `failed`, `deviceLost`. The device does not touch the request's memory any more.
  public func execute(_ request: hisi_zip_sqe, timeLimit: UInt64) throws(QueueError) -> hisi_zip_sqe {
    let waiter = RequestWaiter()
    let deadline = MonotonicClock.deadline(after: timeLimit)
    try send(request, PendingRequest(deadline: deadline) { waiter.finish($0) })
    while true {
      let rest = MonotonicClock.remaining(until: deadline)
      if let answer = waiter.wait(nanoseconds: min(rest, QueueManager.interruptPatience)) { return try answer.get() }
      // No interrupt for a while: it may be lost, while the completion is there.
      lookForLost()
      if let answer = waiter.wait(nanoseconds: 0) { return try answer.get() }
      if MonotonicClock.now() >= deadline { break }
    }
    repair(QueueError(.resetting, "queue \(number) was restarted, as a request was late: send the request again"))
    if let answer = waiter.wait(nanoseconds: Self.recoveryLimit) { return try answer.get() }
    throw QueueError(.deviceLost, "the driver does not end a request that is late: end this process")
  }

  /// Sends a request; the answer comes later.
  ///
  /// - Parameters:
  ///   - request: as for `execute`.
  ///   - timeLimit: the most time for the answer, nanoseconds.
  ///   - completion: called once with the answer, on a thread of the driver's; it must not wait.
  /// - Throws: `busy` for a full ring, `resetting`, `deviceLost`; `completion` is not called then.
  public func submit(
    _ request: hisi_zip_sqe, timeLimit: UInt64,
    completion: @escaping @Sendable (Result<hisi_zip_sqe, QueueError>) -> Void
  ) throws(QueueError) {
    let deadline = MonotonicClock.deadline(after: timeLimit)
    try send(request, PendingRequest(deadline: deadline, completion: completion))
    manager.service.startWatching()
  }

  private func send(_ request: hisi_zip_sqe, _ pending: PendingRequest) throws(QueueError) {
    try state.withLock { (state) throws(QueueError) in
      guard state.phase == .running, let rings = state.rings else {
        throw state.failure ?? manager.obstacle
          ?? QueueError(.resetting, "queue \(number) is being restarted: send the request again later")
      }
      // With the lock held, no answer can be taken before the slot is known.
      let slot = try rings.send(request)
      state.pending[Int(slot)] = pending
      state.inFlight += 1
      state.lastActivity = MonotonicClock.now()
    }
  }

  /// Takes what has completed, and has the next completion make an event.
  ///
  /// - Returns: how many requests were answered.
  @discardableResult
  func receive() -> Int {
    var count = 0
    var rings: RingPair?
    while let (pending, answer, current) = next() {
      rings = current
      count += 1
      pending?.completion(answer)
    }
    rings?.arm()
    return count
  }

  private func next() -> (PendingRequest?, RequestAnswer, RingPair)? {
    let (found, error) = state.withLock { state -> ((PendingRequest?, RequestAnswer, RingPair)?, QueueError?) in
      guard let rings = state.rings else { return (nil, nil) }
      do throws(QueueError) {
        guard let (slot, answer) = try rings.receive() else { return (nil, nil) }
        let pending = state.pending[Int(slot)]
        state.pending[Int(slot)] = nil
        state.inFlight -= 1
        state.lastActivity = MonotonicClock.now()
        return ((pending, .success(answer), rings), nil)
      } catch {
        // What the device wrote cannot be believed: the queue is stopped, and nothing of it is read meanwhile.
        state.phase = .stopped
        return (nil, state.isBroken ? nil : error)
      }
    }
    if let error { repair(QueueError(.failed, error.message)) }
    return found
  }

  /// Looks at the rings because no interrupt came.
  func lookForLost() {
    manager.takeEvents(isInterrupt: false)
    let count = receive()
    if count > 0 { manager.counters.withLock { $0.lostInterrupts += UInt64(count) } }
  }

  /// Has the service thread stop the queue and start it again.
  func repair(_ error: QueueError) {
    let isFirst = state.withLock { state in
      defer { state.isBroken = true }
      return !state.isBroken
    }
    if isFirst { manager.breakQueue(number, error) }
  }
}
