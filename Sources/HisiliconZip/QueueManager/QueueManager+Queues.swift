// Queue pairs: taking, starting, stopping and giving them back.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// How a queue is started.
struct QueueConfiguration: Hashable, Sendable {
  /// 0 compresses, 1 decompresses.
  var type: UInt16
  /// The address space of its requests and rings; nil is the function's own.
  var pasid: UInt32?
  /// Whether the first completion makes an event.
  var isArmed: Bool
}

extension QueueManager {
  /// How many queues are free.
  var freeQueueCount: Int {
    state.withLock { Self.obstacle($0) == nil ? $0.bitmap.freeCount : 0 }
  }

  /// How many queues the function has.
  var queueCount: Int { state.withLock { $0.bitmap.count } }

  /// Takes a queue out of the bitmap, with zeroed rings of its own.
  ///
  /// - Throws: `busy` where none is free, `resetting`, `deviceLost`, `resourceExhausted`.
  func take() throws(QueueError) -> HardwareQueue {
    let number = try state.withLock { (state) throws(QueueError) in
      if let obstacle = Self.obstacle(state) { throw obstacle }
      guard let number = state.bitmap.take() else {
        throw QueueError(.busy, "all \(state.bitmap.count) queues of \(options.name) are taken: release one, or use software")
      }
      return number
    }
    do throws(QueueError) {
      // Memory of its own each time: who had the queue before has nothing of it any more.
      let layout = RingLayout(submissionDepth: queueDepth, completionDepth: queueDepth)
      let rings = try memory.make("hisi-zip-queue-\(number)", byteCount: layout.byteCount)
      return HardwareQueue(number: number, rings: rings, depth: queueDepth)
    } catch {
      state.withLock { $0.bitmap.release(number) }
      throw error
    }
  }

  /// Says who is told of a queue's events.
  func attach(_ client: any QueueClient, to number: UInt16) {
    state.withLock { $0.clients[Int(number)].client = client }
  }

  /// Gives a queue back.
  ///
  /// - Parameter isStopped: false for one that the device may still work on: it and its memory stay until a reset.
  func giveBack(_ queue: HardwareQueue, isStopped: Bool) {
    state.withLock { state in
      guard Int(queue.number) < state.clients.count else { return }
      state.clients[Int(queue.number)].client = nil
      if !isStopped && state.phase != .ended { state.retired.append(queue) }
    }
    guard isStopped else { return }
    memory.release(queue.rings)
    state.withLock { $0.bitmap.release(queue.number) }
  }

  /// Starts a queue with empty rings, which are mapped where its requests are.
  ///
  /// - Throws: `resetting`, `deviceLost`, `failed` where the device refuses, `invalid` for a PASID that there is not.
  func start(_ queue: HardwareQueue, _ configuration: QueueConfiguration) throws(QueueError) {
    try inTurn { () throws(QueueError) in
      if let obstacle { throw obstacle }
      do throws(QueueError) {
        try activate(queue, configuration)
      } catch {
        try rethrow(error)
      }
    }
  }

  /// As `start`, for one who has the turn.
  func activate(_ queue: HardwareQueue, _ configuration: QueueConfiguration) throws(QueueError) {
    queue.wipe()
    memory.unmap(queue.rings)
    try memory.map(queue.rings, pasid: configuration.pasid)
    try mailbox.set(
      HISI_MAILBOX_CMD_SQC, queue: queue.number, submissionContext(queue, configuration, isDisabled: false))
    try mailbox.set(HISI_MAILBOX_CMD_CQC, queue: queue.number, completionContext(queue, configuration))
  }

  /// Stops a queue: nothing of its memory is touched afterwards.
  ///
  /// - Parameter drops: drops what was not begun, where the device can; otherwise everything accepted is answered.
  /// - Throws: `timedOut` or `failed` for one that does not stop; a reset was asked for then. `resetting`, `deviceLost`.
  func stop(
    _ queue: HardwareQueue, _ configuration: QueueConfiguration, drops: Bool
  ) throws(QueueError) {
    try inTurn { () throws(QueueError) in
      let phase = state.withLock { $0.phase }
      guard phase == .working else { throw obstacle ?? QueueError(.deviceLost, "the driver has ended") }
      do throws(QueueError) {
        try halt(queue, configuration, drops: drops)
      } catch {
        service.requestReset(
          .controller, isFault: true, reason: "queue \(queue.number) cannot be stopped: \(error.message)")
        throw error
      }
    }
  }

  private func halt(
    _ queue: HardwareQueue, _ configuration: QueueConfiguration, drops: Bool
  ) throws(QueueError) {
    // A disabled context ends a model's run at once; what hardware makes of one while it works is not known.
    if drops && isEmulated { try disable(queue, configuration) }
    if capabilities.stopsQueues {
      try mailbox.perform(HISI_MAILBOX_CMD_STOP_QP, queue: queue.number)
    } else if !(drops && isEmulated) {
      try drain(queue, configuration)
    }
  }

  private func disable(_ queue: HardwareQueue, _ configuration: QueueConfiguration) throws(QueueError) {
    try mailbox.set(
      HISI_MAILBOX_CMD_SQC, queue: queue.number, submissionContext(queue, configuration, isDisabled: true))
  }

  /// Waits until a queue has answered everything, where the device has no command for it.
  private func drain(_ queue: HardwareQueue, _ configuration: QueueConfiguration) throws(QueueError) {
    let isDrained = try FunctionRegisters.wait(nanoseconds: options.limits.drain) { () throws(QueueError) in
      let submission = try mailbox.get(HISI_MAILBOX_CMD_SQC, queue: queue.number, as: hisi_sqc.self)
      let completion = try mailbox.get(HISI_MAILBOX_CMD_CQC, queue: queue.number, as: hisi_cqc.self)
      let wrap = UInt16(HISI_QC_W11_TAIL_WRAP)
      return submission.tail == completion.tail && submission.w11 & wrap == completion.w11 & wrap
    }
    // So that what is rung later is ignored; and where completions were lost, the two never meet.
    if isEmulated { return try disable(queue, configuration) }
    guard isDrained else {
      throw QueueError(.timedOut, "queue \(queue.number) does not answer what it has accepted: reset the device")
    }
  }

  /// What a failed command means to whoever wanted something of the device.
  private func rethrow(_ error: QueueError) throws(QueueError) {
    switch error.code {
    case .timedOut:
      service.requestReset(.controller, isFault: true, reason: error.message)
      throw QueueError(.resetting, "\(error.message); it is being reset")
    case .deviceLost:
      note(error)
      throw error
    default:
      throw error
    }
  }

  // MARK: Contexts

  private func submissionContext(
    _ queue: HardwareQueue, _ configuration: QueueConfiguration, isDisabled: Bool
  ) -> hisi_sqc {
    var context = hisi_sqc()
    let address = queue.rings.address
    context.base_l = UInt32(truncatingIfNeeded: address)
    context.base_h = UInt32(truncatingIfNeeded: address >> 32)
    context.dw3 = UInt32(RingLayout.submissionSize.trailingZeroBitCount) << HISI_SQC_DW3_SIZE_SHIFT
    if identity.isVersion1 { context.w8 = UInt16(queue.depth - 1) } else { context.dw3 |= UInt32(queue.depth - 1) }
    if let pasid = configuration.pasid {
      context.pasid = UInt16(truncatingIfNeeded: pasid)
      if identity.isVersion3 { context.w11 |= UInt16(HISI_SQC_W11_PASID_ENABLE) }
    }
    context.cq_num = queue.number
    context.w13 =
      1 << UInt16(HISI_SQC_W13_ORDER_SHIFT)
      | (configuration.type & UInt16(HISI_SQC_W13_TYPE_MASK)) << UInt16(HISI_SQC_W13_TYPE_SHIFT)
    if isDisabled { context.w13 |= UInt16(HISI_SQC_W13_DISABLED) }
    return context
  }

  private func completionContext(_ queue: HardwareQueue, _ configuration: QueueConfiguration) -> hisi_cqc {
    var context = hisi_cqc()
    let address = queue.rings.address + UInt64(queue.depth * RingLayout.submissionSize)
    context.base_l = UInt32(truncatingIfNeeded: address)
    context.base_h = UInt32(truncatingIfNeeded: address >> 32)
    context.dw3 = UInt32(RingLayout.completionSize.trailingZeroBitCount) << HISI_CQC_DW3_SIZE_SHIFT
    if identity.isVersion1 { context.w8 = UInt16(queue.depth - 1) } else { context.dw3 |= UInt32(queue.depth - 1) }
    if let pasid = configuration.pasid {
      context.pasid = UInt16(truncatingIfNeeded: pasid)
      if identity.isVersion3 { context.w11 |= UInt16(HISI_CQC_W11_PASID_ENABLE) }
    }
    context.dw6 = HISI_CQC_DW6_PHASE | (configuration.isArmed ? HISI_CQC_DW6_ARMED : 0)
    return context
  }
}
