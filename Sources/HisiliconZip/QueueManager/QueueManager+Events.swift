// Interrupts: events of queues, asynchronous events, and the doorbells that answer them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  // MARK: Vectors

  /// Connects the interrupts; handlers do not keep this object.
  func connectInterrupts() throws(QueueError) {
    try connect(capabilities.eventVector) { $0.takeEvents(isInterrupt: true) }
    if let vector = capabilities.asynchronousVector {
      try connect(vector) { $0.service.add { $0.hasAsynchronousEvents = true } }
    }
    if let vector = capabilities.messageVector { try connect(vector) { $0.service.add { $0.hasMessages = true } } }
    if let vector = capabilities.abnormalVector { try connect(vector) { $0.service.add { $0.hasErrors = true } } }
    // What is under way is answered by the reset, which fails.
    function.setLossHandler { [weak self] in self?.note(QueueError(.deviceLost, "the device is gone: open it again")) }
  }

  private func connect(_ vector: Int, _ handle: @escaping @Sendable (QueueManager) -> Void) throws(QueueError) {
    do throws(DeviceError) {
      try function.setInterruptHandler(vector: vector) { [weak self] in
        guard let self else { return }
        self.counters.withLock { if vector < $0.interrupts.count { $0.interrupts[vector] += 1 } }
        handle(self)
      }
    } catch {
      throw QueueError(error)
    }
  }

  /// Disconnects the interrupts.
  func disconnectInterrupts() {
    function.setLossHandler(nil)
    let vectors = [
      capabilities.eventVector, capabilities.asynchronousVector, capabilities.messageVector,
      capabilities.abnormalVector,
    ]
    for vector in vectors.compactMap({ $0 }) {
      // A device that is gone has none.
      try? function.setInterruptHandler(vector: vector, nil)
    }
  }

  // MARK: The event queue

  /// Reads the event queue, arms it again, and tells the queues' owners.
  ///
  /// - Parameter isInterrupt: false for a look without an interrupt.
  /// - Returns: whether there was any event.
  @discardableResult
  func takeEvents(isInterrupt: Bool) -> Bool {
    var numbers: [UInt16] = []
    let error = events.withLock { reader -> QueueError? in
      guard reader.isRunning else { return nil }
      // At most one lap: whatever comes meanwhile makes another interrupt.
      while numbers.count < Int(reader.depth), let entry = reader.next() {
        numbers.append(UInt16(truncatingIfNeeded: entry & HISI_EQE_CQN_MASK))
      }
      guard isInterrupt || !numbers.isEmpty else { return nil }
      return ringing { () throws(QueueError) in try ringEvents(HISI_DOORBELL_CMD_EQ, index: reader.head) }
    }
    if let error { note(error) }
    var strays: UInt64 = 0
    for number in numbers {
      if let client = client(number) { client.completed() } else { strays += 1 }
    }
    let (count, strayCount) = (UInt64(numbers.count), strays)
    counters.withLock { counters in
      counters.events += count
      counters.strayEvents += strayCount
      if count == 0 && isInterrupt { counters.spuriousInterrupts += 1 }
      if count > 0 && !isInterrupt { counters.lostInterrupts += 1 }
    }
    // Revision 0x20 has one vector: asynchronous events are looked for on its occasions.
    if capabilities.asynchronousVector == nil && isInterrupt { service.add { $0.hasAsynchronousEvents = true } }
    return !numbers.isEmpty
  }

  private func ringing(_ body: () throws(QueueError) -> Void) -> QueueError? {
    do throws(QueueError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  /// Rings the doorbell of the EQ or AEQ.
  func ringEvents(_ command: UInt32, index: UInt32) throws(QueueError) {
    let place = UInt64(index) << HISI_DOORBELL_INDEX_SHIFT
    if identity.isVersion1 {
      try registers.ring(
        place | UInt64(command) << HISI_DOORBELL_V1_CMD_SHIFT, region: Int(HISI_BAR_REGISTERS),
        offset: UInt64(HISI_DOORBELL_V1))
    } else {
      try registers.ring(
        place | UInt64(command) << HISI_DOORBELL_CMD_SHIFT, region: Int(HISI_BAR_REGISTERS),
        offset: UInt64(HISI_DOORBELL_EQ_AEQ))
    }
  }

  /// Where the doorbells of a queue are.
  func doorbellPlace(_ number: UInt16) -> (region: Int, offset: UInt64) {
    if identity.isVersion1 { return (Int(HISI_BAR_REGISTERS), UInt64(HISI_DOORBELL_V1)) }
    let offset = UInt64(HISI_DOORBELL_SQ_CQ)
    guard capabilities.isolatesDoorbells else { return (Int(HISI_BAR_REGISTERS), offset) }
    return (Int(HISI_BAR_DOORBELLS), UInt64(number) * UInt64(HISI_BAR_DOORBELLS_STRIDE) + offset)
  }

  /// Rings a queue's doorbell in the registers.
  func ring(_ doorbell: UInt64, queue number: UInt16) {
    let place = doorbellPlace(number)
    do throws(QueueError) {
      try registers.ring(doorbell, region: place.region, offset: place.offset)
    } catch {
      note(error)
    }
  }

  // MARK: The asynchronous event queue

  /// Reads the asynchronous event queue; on the service thread.
  func takeAsynchronousEvents() {
    var entries: [UInt32] = []
    let error = asynchronousEvents.withLock { reader -> QueueError? in
      guard reader.isRunning else { return nil }
      while entries.count < Int(reader.depth), let entry = reader.next() { entries.append(entry) }
      // After an overflow of the EQ the ring is set up anew by the reset that follows.
      let isOverflow = entries.contains { Self.eventType($0) == HISI_AEQE_EQ_OVERFLOW }
      if isOverflow { return nil }
      return ringing { () throws(QueueError) in try ringEvents(HISI_DOORBELL_CMD_AEQ, index: reader.head) }
    }
    if let error { note(error) }
    for entry in entries { handle(entry) }
  }

  private static func eventType(_ entry: UInt32) -> UInt32 { entry >> HISI_AEQE_TYPE_SHIFT & HISI_AEQE_TYPE_MASK }

  private func handle(_ entry: UInt32) {
    let number = UInt16(truncatingIfNeeded: entry & HISI_AEQE_QN_MASK)
    let type = Self.eventType(entry)
    let isQueueError = type == HISI_AEQE_CQ_OVERFLOW || type == HISI_AEQE_CQE_ERROR
    counters.withLock { counters in
      counters.asynchronousEvents += 1
      if isQueueError { counters.queueErrors += 1 }
      if !isQueueError && type != HISI_AEQE_EQ_OVERFLOW { counters.unknownEvents += 1 }
    }
    switch type {
    case HISI_AEQE_CQ_OVERFLOW:
      notice("queue \(number): its completion queue is full")
      breakQueue(number, QueueError(.failed, "queue \(number) was stopped: its completion queue was full"))
    case HISI_AEQE_CQE_ERROR:
      notice("queue \(number): the device reports a bad entry")
      breakQueue(number, QueueError(.failed, "queue \(number) was stopped: the device cannot use its rings"))
    case HISI_AEQE_EQ_OVERFLOW:
      service.requestReset(.queues, isFault: true, reason: "the event queue was full")
    default:
      notice("an asynchronous event of the unknown type \(type)")
    }
  }

  /// Has the service thread stop a queue that cannot go on.
  func breakQueue(_ number: UInt16, _ error: QueueError) {
    service.add { work in
      if work.broken[number] == nil { work.broken[number] = error }
    }
  }

  /// What an access's error means for the device: one that is gone stays gone, others are told of.
  func note(_ error: QueueError) {
    if error.code == .deviceLost {
      service.requestReset(.controller, isFault: true, reason: error.message)
    } else {
      notice(error.message)
    }
  }
}
