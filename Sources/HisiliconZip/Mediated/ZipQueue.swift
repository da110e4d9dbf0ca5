// A queue pair that a program is given: the operations of a mediated device's queue.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconQueue
import LinuxSystem
import SDMDEV
import WarpDriveQueue

/// A queue that was taken from a `ZipDevice`, for a program's requests.
///
/// The program writes the rings: nothing that is in them is believed.
final class ZipQueue: SDMDEVQueue, QueueClient {
  struct State {
    var phase = SDMDEVQueueState.initial
    var isGivenBack = false
    /// Whether the device has to be asked to stop it; a failed stop leaves this.
    var isActive = false
    var configuration = QueueConfiguration(type: 0, pasid: nil, isArmed: false)
    var doorbells: (any QueueDoorbells)?
    var notification: (@Sendable () -> Void)?
    /// The end of the completions that `isUpdated` has told of.
    var told: CompletionEnd
    /// When new completions were seen that no event told of.
    var unannounced: UInt64?
  }

  let number: UInt16
  let hardware: HardwareQueue
  private let device: ZipDevice
  private let guarded: Guarded<State>
  private var manager: QueueManager { device.manager }

  init(_ device: ZipDevice, _ hardware: HardwareQueue) {
    self.device = device
    self.hardware = hardware
    number = hardware.number
    guarded = Guarded(State(told: CompletionEnd(emptyRing: hardware.depth)))
  }

  deinit {
    giveBack()
  }

  var state: SDMDEVQueueState { guarded.withLock { $0.phase } }
  var rings: SharedMemory { hardware.rings.memory }
  var doorbells: (any QueueDoorbells)? { guarded.withLock { $0.doorbells } }
}

extension ZipQueue {
  // MARK: Life

  func start(pasid: UInt32?) throws(SDMDEVError) {
    let configuration = try guarded.withLock { (state) throws(SDMDEVError) in
      guard state.phase == .initial, !state.isActive, !state.isGivenBack else {
        throw QueueError(.invalid, "queue \(number) was started before: release it and request another")
      }
      state.isActive = true
      state.configuration.pasid = pasid
      return state.configuration
    }
    do throws(QueueError) {
      try bringUp(configuration, from: .initial)
    } catch {
      // A device that failed to start it may know of it: it is stopped when it is given back.
      guarded.withLock { $0.phase = .stopped }
      throw error
    }
    manager.service.startWatching()
  }

  private func bringUp(_ configuration: QueueConfiguration, from phase: SDMDEVQueueState) throws(QueueError) {
    let isWanted = { self.guarded.withLock { $0.isActive && $0.phase == phase } }
    try manager.start(hardware, configuration, isWanted: isWanted) { () throws(QueueError) in
      do throws(DeviceError) {
        try prepareUse(configuration)
      } catch {
        throw QueueError(error)
      }
      guarded.withLock { $0.phase = .started }
    }
  }

  /// What lasts until the queue's next start, and its doorbells.
  private func prepareUse(_ configuration: QueueConfiguration) throws(DeviceError) {
    let function = device.function
    if configuration.pasid == nil && function.capabilities.contains(.confinement) {
      try function.confine(queue: number, excluding: manager.memory.addresses)
    }
    let hasPage = guarded.withLock { $0.doorbells != nil }
    if function.capabilities.contains(.doorbellPages) && !hasPage {
      let page = try function.mapDoorbells(queue: number)
      guarded.withLock { $0.doorbells = page }
    }
  }

  func stop() {
    let (isOurs, configuration) = guarded.withLock { state in
      (state.isActive && state.phase != .stopped, state.configuration)
    }
    guard isOurs else { return }
    hardware.stopSubmissions()
    halt(configuration)
    end()
  }

  /// Stops the hardware, by a reset where nothing else helps.
  private func halt(_ configuration: QueueConfiguration) {
    do throws(QueueError) {
      try manager.stop(hardware, configuration, drops: true)
      guarded.withLock { $0.isActive = false }
    } catch {
      // The reset that was asked for concludes this queue, too; without a device nothing works on it.
      do throws(QueueError) {
        try manager.reset(reason: "queue \(number) cannot be stopped: \(error.message)")
      } catch {
        manager.notice("queue \(number) cannot be stopped: \(error.message)")
      }
    }
  }

  /// Says that nothing more will come.
  private func end() {
    hardware.stopCompletions()
    let notification = guarded.withLock { state in
      state.phase = .stopped
      return state.notification
    }
    notification?()
  }

  func put() {
    giveBack()
  }

  private func giveBack() {
    let wasGivenBack = guarded.withLock { state in
      defer { state.isGivenBack = true }
      return state.isGivenBack
    }
    guard !wasGivenBack else { return }
    stop()
    let (isActive, configuration) = guarded.withLock { ($0.isActive, $0.configuration) }
    // A start that failed half way.
    if isActive { halt(configuration) }
    // Before the number is another's: the page's doorbells are obeyed as long as it is there.
    let page = guarded.withLock { state in
      defer { state.doorbells = nil }
      state.notification = nil
      return state.doorbells
    }
    _ = consume page
    manager.giveBack(hardware, isStopped: guarded.withLock { !$0.isActive })
  }

  func reset() throws(SDMDEVError) {
    let configuration = try guarded.withLock { (state) throws(SDMDEVError) in
      guard state.phase == .started, !state.isGivenBack else {
        throw QueueError(.invalid, "queue \(number) is not started: request another")
      }
      return state.configuration
    }
    hardware.stopSubmissions()
    do throws(QueueError) {
      try manager.stop(hardware, configuration, drops: true)
      try bringUp(configuration, from: .started)
    } catch {
      end()
      throw error
    }
    guarded.withLock { state in
      state.told = CompletionEnd(emptyRing: hardware.depth)
      state.unannounced = nil
    }
  }

  // MARK: Use

  func ring(_ doorbell: UInt64) {
    guard isOwn(doorbell), guarded.withLock({ $0.phase == .started }) else { return }
    manager.ring(doorbell, queue: number)
  }

  /// Whether a doorbell is one of this queue's: the register is everybody's.
  private func isOwn(_ doorbell: UInt64) -> Bool {
    let isVersion1 = manager.identity.isVersion1
    let number = doorbell & (isVersion1 ? HISI_DOORBELL_V1_QN_MASK : HISI_DOORBELL_QN_MASK)
    let command =
      isVersion1
      ? doorbell >> HISI_DOORBELL_V1_CMD_SHIFT & HISI_DOORBELL_V1_CMD_MASK
      : doorbell >> HISI_DOORBELL_CMD_SHIFT & HISI_DOORBELL_CMD_MASK
    return number == UInt64(self.number) && command <= UInt64(HISI_DOORBELL_CMD_CQ)
  }

  func isUpdated() -> Bool {
    guarded.withLock { state in
      let end = completionEnd()
      guard end != state.told else { return false }
      state.told = end
      state.unannounced = nil
      return true
    }
  }

  /// Where the device's completions end now.
  private func completionEnd() -> CompletionEnd {
    let ring = hardware.depth * RingLayout.submissionSize
    return CompletionEnd(depth: hardware.depth) { place in
      UInt32(hardware.rings.acquire16(ring + place * RingLayout.completionSize + 14)) & HISI_CQE_W7_PHASE != 0
    }
  }

  func setNotification(_ handler: (@Sendable () -> Void)?) {
    guarded.withLock { $0.notification = handler }
    if handler != nil { manager.service.startWatching() }
  }

  func perform(_ command: UInt16, _ body: [UInt8]) throws(SDMDEVError) -> [UInt8] {
    switch command {
    case QueueCommand.setContext: return try setContext(body)
    case QueueCommand.getInformation:
      guard body.isEmpty else { throw QueueError(.invalid, "getInformation has no body") }
      let depth = UInt16(truncatingIfNeeded: hardware.depth)
      return UInt32(RingLayout.submissionSize).littleEndianBytes + depth.littleEndianBytes + depth.littleEndianBytes
        + UInt64(0).littleEndianBytes
    default: throw QueueError(.unsupported, "the device has no command 0x\(String(command, radix: 16))")
    }
  }

  private func setContext(_ body: [UInt8]) throws(SDMDEVError) -> [UInt8] {
    guard body.count == 4 else { throw QueueError(.invalid, "setContext has a body of 4 bytes, not \(body.count)") }
    let type = UInt16(littleEndianBytes: body[2...])
    guard ZipDirection(rawValue: type) != nil else {
      throw QueueError(.invalid, "a queue of type \(type): 0 compresses, 1 decompresses")
    }
    try guarded.withLock { (state) throws(SDMDEVError) in
      guard state.phase == .initial, !state.isActive else {
        throw QueueError(.invalid, "queue \(number) was started: its type is set before that")
      }
      state.configuration.type = type
    }
    return number.littleEndianBytes + type.littleEndianBytes
  }
}

extension ZipQueue {
  // MARK: The manager's client

  func completed() {
    let notification = guarded.withLock { state in
      state.unannounced = nil
      return state.notification
    }
    notification?()
  }

  func suspend() {
    hardware.stopSubmissions()
  }

  func conclude(_ error: QueueError) {
    let isEnding = guarded.withLock { state in
      let wasActive = state.isActive
      state.isActive = false
      if wasActive { state.phase = .stopped }
      return wasActive
    }
    if isEnding { hardware.stopCompletions() }
  }

  /// Queues of programs do not come back: their users release them.
  func resume() {}

  func abandon(_ error: QueueError) {
    conclude(error)
  }

  func announce() {
    let notification = guarded.withLock { $0.phase == .stopped ? $0.notification : nil }
    notification?()
  }

  func fail(_ error: QueueError) {
    let (isStarted, configuration) = guarded.withLock { ($0.phase == .started, $0.configuration) }
    guard isStarted else { return }
    hardware.stopSubmissions()
    do throws(QueueError) {
      try manager.stop(hardware, configuration, drops: true)
    } catch {
      // A reset was asked for, or is under way, and concludes the queue; this is the thread that would make it.
      return manager.notice("queue \(number) waits for a reset: \(error.message)")
    }
    guarded.withLock { $0.isActive = false }
    end()
  }

  func watch(at now: UInt64) -> Bool {
    let (isWaiting, notification) = guarded.withLock { state -> (Bool, (@Sendable () -> Void)?) in
      guard state.phase == .started, let notification = state.notification else { return (false, nil) }
      guard completionEnd() != state.told else {
        state.unannounced = nil
        return (true, nil)
      }
      guard let since = state.unannounced else {
        state.unannounced = now
        return (true, nil)
      }
      guard now - since >= QueueManager.interruptPatience else { return (true, nil) }
      state.unannounced = now
      return (true, notification)
    }
    if let notification {
      if !manager.takeEvents(isInterrupt: false) { manager.counters.withLock { $0.lostInterrupts += 1 } }
      notification()
    }
    return isWaiting
  }
}
