// A queue of a device as something that is created, opened, closed and removed: the series' mediated device.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
public import LinuxSystem
public import WarpDriveQueue

/// One queue of a device, with a name of its own (`struct vfio_sdmdev_queue`).
///
/// It takes its queue when it is created (`get_queue`), starts it when it is opened or bound (`start_queue`), stops it
/// when it is closed (`stop_queue`), and gives it back when it is removed (`put_queue`). One process at a time has it open;
/// of that process nothing is left once it is closed. Calls may come from any thread.
public final class MediatedDevice: Sendable {
  /// Its name.
  public let id: MediatedDeviceID
  /// The device whose queue it is.
  public let parent: SDMDEVDevice
  /// Whether it was made by opening the device, and goes when it is closed.
  public let isImplicit: Bool
  /// The user whose quota it counts for.
  public let userID: UInt32

  /// A piece of memory that its process shared.
  struct Piece {
    let range: ClosedRange<UInt64>
    let ownerAddress: UInt64
    /// What counts for the user's limit: whole pages.
    let lockedBytes: UInt64
  }

  struct State {
    var queue: (any SDMDEVQueue)?
    var owner: QueueOwner?
    var domain: ShareDomain?
    var flags: QueueFlags = []
    /// By device address.
    var pieces: [UInt64: Piece] = [:]
    var pool: SharedMemory?
    var isRemoved = false
  }

  let state: Guarded<State>
  let waits: WaitList
  private let turn = Turn()

  init(
    _ id: MediatedDeviceID, of parent: SDMDEVDevice, queue: any SDMDEVQueue, userID: UInt32, isImplicit: Bool
  ) {
    self.id = id
    self.parent = parent
    self.userID = userID
    self.isImplicit = isImplicit
    state = Guarded(State(queue: queue))
    waits = WaitList(limit: parent.accounts.limits.waitersOfQueue)
    waits.end(Self.notOpen)
  }

  static let notOpen = QueueError(.invalid, "the queue is not open")

  /// What the queue is at (`INIT`, `STARTED`, `ZOMBIE`).
  public var queueState: SDMDEVQueueState { state.withLock { $0.queue?.state } ?? .stopped }

  /// The queue's number in its device; nil while it has none.
  public var queueNumber: UInt16? { state.withLock { $0.queue?.number } }

  /// The process that has it open.
  public var owner: ProcessIdentity? { state.withLock { $0.owner?.process } }

  /// The address space that the queue is bound to; nil without one.
  public var pasid: UInt32? { state.withLock { $0.domain?.pasid } }

  /// How many bytes its process shares through it, in whole pages.
  public var lockedByteCount: UInt64 { state.withLock { $0.pieces.values.reduce(0) { $0 + $1.lockedBytes } } }

  /// What is special about the queue, as it holds for its process.
  public var flags: QueueFlags { state.withLock { $0.flags } }

  // MARK: - Life

  /// Opens it for a process.
  ///
  /// - Throws: `exists` while it is open, `busy` while another process has a device for one process, `deviceLost` once it
  ///   was removed.
  public func open(_ owner: QueueOwner) throws(QueueError) {
    try turn.take { () throws(QueueError) in
      let (isRemoved, isOpen) = state.withLock { ($0.isRemoved, $0.owner != nil) }
      if isRemoved { throw Self.removed }
      if isOpen { throw QueueError(.exists, "mediated device \(id) is open already: it has one user at a time") }
      try takeFreshQueue()
      let domain =
        parent.domains.hasPASIDs ? nil : try parent.domains.shareOwn(holder: id, owner: owner.process)
      let flags = parent.attributes.flags
      state.withLock { state in
        state.owner = owner
        state.domain = domain
        state.flags = flags
      }
      waits.reopen()
    }
    parent.noteChange()
  }

  /// Starts the queue, once (`start_queue`); where queues have PASIDs, with a new one.
  ///
  /// - Throws: `invalid` where it was started already or is not open, `resetting` after a reset, and what the device says.
  public func start() throws(QueueError) {
    if parent.domains.hasPASIDs {
      _ = try bind(pasid: 0)
    } else {
      try turn.take { () throws(QueueError) in try start(try unstartedQueue(), pasid: nil) }
      parent.noteChange()
    }
  }

  /// Gives the queue an address space of its process, and starts it (`VFIO_SDMDEV_CMD_BIND_PASID`).
  ///
  /// - Parameter pasid: one that the same process has; 0 makes a new one.
  /// - Returns: the PASID, and the flags as they hold for this queue: where this process may not reach the other's memory,
  ///   `QueueFlags.sharedVirtual` is not among them.
  /// - Throws: `unsupported` for a device without PASIDs, `denied` for a PASID that is not the process's, `invalid` where
  ///   the queue was started, and what the device says.
  public func bind(pasid: UInt32) throws(QueueError) -> (pasid: UInt32, flags: QueueFlags) {
    guard parent.domains.hasPASIDs else {
      throw QueueError(.unsupported, "the device has no PASIDs (\(parent.domains.mode.names)): start the queue")
    }
    let bound = try turn.take { () throws(QueueError) in
      let queue = try unstartedQueue()
      guard let owner = state.withLock({ $0.owner }) else { throw Self.notOpen }
      let faults = parent.domains.mode == .sharedVirtual ? memory(of: owner) : nil
      let domain = try parent.domains.bind(pasid, owner: owner.process, faults: faults, holder: id)
      do throws(QueueError) {
        try start(queue, pasid: domain.pasid)
      } catch {
        parent.domains.detach(domain, holder: id)
        throw error
      }
      let hasFaults = parent.domains.faults(in: domain)
      let flags = state.withLock { state in
        state.domain = domain
        if hasFaults { state.flags.insert(.sharedVirtual) } else { state.flags.remove(.sharedVirtual) }
        return state.flags
      }
      return (domain.pasid ?? 0, flags)
    }
    parent.noteChange()
    return bound
  }

  /// Starts the queue unless it was: the series starts it when it is opened.
  ///
  /// - Throws: as `start`.
  func startIfNeeded() throws(QueueError) {
    switch try openQueue().state {
    case .initial:
      do throws(QueueError) {
        try start()
      } catch {
        // Another thread may have done it.
        guard error.code == .invalid, queueState == .started else { throw error }
      }
    case .started: break
    case .stopped: throw Self.wasReset
    }
  }

  /// Stops and starts the queue with empty rings (`reset_queue`).
  ///
  /// - Throws: `invalid` where it is not started, and what the device says.
  public func resetQueue() throws(QueueError) {
    try turn.take { () throws(QueueError) in
      let queue = try openQueue()
      guard queue.state == .started else { throw QueueError(.invalid, "the queue is not started") }
      try queue.reset()
    }
  }

  /// Closes it: the queue is stopped (`stop_queue`), and everything of its process forgotten.
  ///
  /// Returns when the device uses nothing of the process's any more. Its queue is then given back and another taken, since
  /// the process may have the old one's rings mapped still. Closing what is not open does nothing.
  public func close() {
    close(ending: QueueError(.invalid, "the queue was closed"))
  }

  private func close(ending error: QueueError) {
    // First, so that nobody waits for the turn and for this.
    waits.end(error)
    let wasOpen = turn.takeOrGoOn {
      let isOpen = state.withLock { $0.owner != nil }
      guard isOpen else { return false }
      // From here on no event is looked at.
      let queue = state.withLock { $0.queue.take() }
      queue?.setNotification(nil)
      queue?.stop()
      let (domain, pieces) = state.withLock { state in
        let found = (state.domain, state.pieces)
        state.domain = nil
        state.pieces = [:]
        state.pool = nil
        state.flags = []
        return found
      }
      if let domain { parent.domains.detach(domain, holder: id) }
      for piece in pieces.values { parent.accounts.unlock(piece.lockedBytes, user: userID) }
      queue?.put()
      let isKept = state.withLock { state in
        state.owner = nil
        return !state.isRemoved && !isImplicit
      }
      // Where there is none at this moment, opening tries again.
      if isKept { try? takeFreshQueue() }
      return true
    }
    if wasOpen { parent.noteChange() }
  }

  /// Gives the queue back (`put_queue`) for ever; the parent does it.
  ///
  /// - Throws: `busy` while it is open, unless that does not matter.
  func retire(isForced: Bool) throws(QueueError) {
    try state.withLock { (state) throws(QueueError) in
      guard isForced || state.owner == nil else {
        throw QueueError(.busy, "process \(state.owner?.process.processID ?? 0) has mediated device \(id) open")
      }
      state.isRemoved = true
    }
    close(ending: Self.removed)
    turn.takeOrGoOn { state.withLock { $0.queue.take() }?.put() }
  }

  /// Removes what was made by opening the device, once its user is gone.
  func removeIfImplicit() {
    if isImplicit { try? parent.removeMediatedDevice(id, isForced: true) }
  }

  // MARK: - Within a turn

  /// Sees to it that there is a queue that was never started.
  private func takeFreshQueue() throws(QueueError) {
    guard state.withLock({ $0.queue?.state != .initial }) else { return }
    state.withLock { $0.queue.take() }?.put()
    let queue = try parent.takeQueue()
    state.withLock { $0.queue = queue }
  }

  private func unstartedQueue() throws(QueueError) -> any SDMDEVQueue {
    let queue = try openQueue()
    switch queue.state {
    case .initial: return queue
    case .started: throw QueueError(.invalid, "the queue was started already")
    case .stopped: throw Self.wasReset
    }
  }

  private func start(_ queue: any SDMDEVQueue, pasid: UInt32?) throws(QueueError) {
    try queue.start(pasid: pasid)
    queue.setNotification { [weak self] in self?.noteEvent() }
    state.withLock { state in
      if queue.doorbells == nil { state.flags.remove(.doorbellPage) } else { state.flags.insert(.doorbellPage) }
    }
  }

  // MARK: - For all parts

  static let removed = QueueError(.deviceLost, "the mediated device was removed: request another queue")
  static let wasReset = QueueError(.resetting, "the device was reset: release the queue and request another")

  /// The queue, while it is open.
  func openQueue() throws(QueueError) -> any SDMDEVQueue {
    try state.withLock { (state) throws(QueueError) in
      if state.isRemoved { throw Self.removed }
      guard state.owner != nil, let queue = state.queue else { throw Self.notOpen }
      return queue
    }
  }

  /// The owner's memory, where the kernel lets this process reach it.
  func memory(of owner: QueueOwner) -> OwnerMemory? {
    let needed: DeviceCapabilities = parent.domains.mode == .sharedVirtual ? .pageFaults : .remoteMemory
    guard parent.parent.function.capabilities.contains(needed), let memory = owner.memory else { return nil }
    let owned = OwnerMemory(memory, counter: parent.copies)
    return owned.isAllowed ? owned : nil
  }

  /// Runs `body` alone among those that change the device.
  func withTurn<Result>(_ body: () throws(QueueError) -> Result) throws(QueueError) -> Result {
    try turn.take(body)
  }
}
