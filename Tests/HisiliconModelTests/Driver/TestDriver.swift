// A small driver of a function: the registers, mailboxes and doorbells of a queue manager's driver, in a test's hands.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Synchronization

/// Brings a function up and talks to it through `DeviceFunction` alone, as a driver on any transport does.
///
/// The order of the steps is that of Linux's driver. Used by one thread at a time.
final class TestDriver: @unchecked Sendable {
  static let eventDepth: UInt32 = 64

  let device: any DeviceFunction
  let revision: Revision
  let buffer: DevicePages
  let eventQueue: UInt64
  let asynchronousQueue: UInt64
  /// Counts the interrupts of each vector.
  let interrupts: [TimedSemaphore]
  private let mailboxBuffer: UInt64
  private var eventHead: UInt32 = 0
  private var eventPhase = HISI_EQE_PHASE
  private var asynchronousHead: UInt32 = 0
  private var asynchronousPhase = HISI_AEQE_PHASE

  /// Maps memory for the function and counts its interrupts.
  ///
  /// - Parameter memory: what the device is given; 16 MiB of this process's own unless given.
  init(
    _ device: any DeviceFunction, revision: Revision = .v3, vectors: Int = 4, memory: DevicePages? = nil
  ) throws {
    self.device = device
    self.revision = revision
    buffer = try memory ?? DevicePages(iova: 0x1_0000_0000, byteCount: 16 << 20)
    let iova = buffer.iova
    try device.map(buffer.memory, iova: iova, permissions: [.read, .write], pasid: nil)
    mailboxBuffer = try buffer.allocate(64)
    eventQueue = try buffer.allocate(4 * Int(Self.eventDepth), alignment: 4096)
    asynchronousQueue = try buffer.allocate(4 * Int(Self.eventDepth), alignment: 4096)
    interrupts = (0..<vectors).map { _ in TimedSemaphore(value: 0) }
    for (vector, semaphore) in interrupts.enumerated() {
      try device.setInterruptHandler(vector: vector) { semaphore.signal() }
    }
  }

  // MARK: Registers

  func read32(_ offset: UInt32) throws -> UInt32 {
    UInt32(try device.read(region: 2, offset: UInt64(offset), width: 4))
  }

  func write32(_ value: UInt32, _ offset: UInt32) throws {
    try device.write(UInt64(value), region: 2, offset: UInt64(offset), width: 4)
  }

  func read64(_ offset: UInt32) throws -> UInt64 {
    try device.read(region: 2, offset: UInt64(offset), width: 8)
  }

  func write64(_ value: UInt64, _ offset: UInt32) throws {
    try device.write(value, region: 2, offset: UInt64(offset), width: 8)
  }

  func waitForInterrupt(_ vector: UInt32) throws {
    guard interrupts[Int(vector)].wait(nanoseconds: Patience.nanoseconds) else {
      throw DriverFailure("no interrupt of vector \(vector)")
    }
  }

  /// Whether an interrupt of a vector has arrived; takes it.
  func hasInterrupt(_ vector: UInt32) -> Bool {
    interrupts[Int(vector)].tryWait()
  }

  // MARK: Bringing up

  /// Initialises the device, gives this function a window, and starts its event queues.
  func bringUp(queueCount: Int = 64) throws {
    try write32(1, HISI_QM_MEM_START_INIT)
    try Patience.wait(for: "MEM_INIT_DONE") { try read32(HISI_QM_MEM_INIT_DONE) & 1 == 1 }
    try setWindow(type: HISI_VFT_TYPE_SQC, entry: Self.window(base: 0, count: queueCount))
    try setWindow(type: HISI_VFT_TYPE_CQC, entry: HISI_VFT_CQC_VALID)
    try startEvents()
  }

  /// Starts the event queues: all that a virtual function has to do.
  func startEvents(depth: UInt32 = eventDepth) throws {
    var context = hisi_eqc()
    context.dw6 = (depth - 1) | HISI_EQC_DW6_PHASE
    for (command, ring) in [(HISI_MAILBOX_CMD_EQC, eventQueue), (HISI_MAILBOX_CMD_AEQC, asynchronousQueue)] {
      context.base_l = UInt32(truncatingIfNeeded: ring)
      context.base_h = UInt32(truncatingIfNeeded: ring >> 32)
      buffer.store(context, at: mailboxBuffer)
      try perform(command, queue: 0, base: mailboxBuffer)
    }
    eventHead = 0
    eventPhase = HISI_EQE_PHASE
    asynchronousHead = 0
    asynchronousPhase = HISI_AEQE_PHASE
    try ringEvents(HISI_DOORBELL_CMD_AEQ, index: 0)
    try ringEvents(HISI_DOORBELL_CMD_EQ, index: 0)
    try write32(0, HISI_QM_EQ_INT_MASK)
    try write32(0, HISI_QM_AEQ_INT_MASK)
  }

  static func window(base: UInt64, count: Int) -> UInt64 {
    base << HISI_VFT_SQC_BASE_SHIFT | HISI_VFT_SQC_VALID | UInt64(count - 1) << HISI_VFT_SQC_NUMBER_SHIFT
  }

  /// Writes an entry of the VFT, in the driver's order.
  func setWindow(type: UInt32, function: UInt32 = 0, entry: UInt64) throws {
    try Patience.wait(for: "VFT_CFG_RDY before") { try read32(HISI_QM_VFT_CFG_RDY) & 1 == 1 }
    try write32(0, HISI_QM_VFT_CFG_OP_WR)
    try write32(type, HISI_QM_VFT_CFG_TYPE)
    try write32(function, HISI_QM_VFT_CFG)
    try write32(UInt32(truncatingIfNeeded: entry), HISI_QM_VFT_CFG_DATA_L)
    try write32(UInt32(truncatingIfNeeded: entry >> 32), HISI_QM_VFT_CFG_DATA_H)
    try write32(0, HISI_QM_VFT_CFG_RDY)
    try write32(1, HISI_QM_VFT_CFG_OP_ENABLE)
    try Patience.wait(for: "VFT_CFG_RDY after") { try read32(HISI_QM_VFT_CFG_RDY) & 1 == 1 }
  }

  /// Reads an entry of the VFT.
  func readWindow(type: UInt32, function: UInt32 = 0) throws -> UInt64 {
    try write32(1, HISI_QM_VFT_CFG_OP_WR)
    try write32(type, HISI_QM_VFT_CFG_TYPE)
    try write32(function, HISI_QM_VFT_CFG)
    try write32(0, HISI_QM_VFT_CFG_RDY)
    try write32(1, HISI_QM_VFT_CFG_OP_ENABLE)
    try Patience.wait(for: "VFT_CFG_RDY") { try read32(HISI_QM_VFT_CFG_RDY) & 1 == 1 }
    let low = try read32(HISI_QM_VFT_CFG_DATA_L)
    return UInt64(try read32(HISI_QM_VFT_CFG_DATA_H)) << 32 | UInt64(low)
  }

  // MARK: Mailbox

  /// Sends a mailbox command as two 8-byte writes.
  func send(_ command: UInt32, queue: UInt16 = 0, base: UInt64 = 0, isGet: Bool = false) throws {
    let flags = HISI_MAILBOX_W0_BUSY | (isGet ? HISI_MAILBOX_W0_GET : 0)
    let low = UInt64(command | flags) | UInt64(queue) << 16 | (base & 0xffff_ffff) << 32
    try write64(low, HISI_MAILBOX)
    try write64(base >> 32, HISI_MAILBOX + 8)
  }

  /// The status of the last command, once it is no longer busy.
  func mailboxStatus() throws -> UInt32 {
    try Patience.wait(for: "an idle mailbox") { try read32(HISI_MAILBOX) & HISI_MAILBOX_W0_BUSY == 0 }
    return try read32(HISI_MAILBOX) >> HISI_MAILBOX_W0_STATUS_SHIFT & HISI_MAILBOX_W0_STATUS_MASK
  }

  /// Sends a command, waits for it, and returns its status and data.
  @discardableResult
  func mailbox(
    _ command: UInt32, queue: UInt16 = 0, base: UInt64 = 0, isGet: Bool = false
  ) throws -> (status: UInt32, data: UInt64) {
    try send(command, queue: queue, base: base, isGet: isGet)
    let status = try mailboxStatus()
    let low = try read32(HISI_MAILBOX + 4)
    return (status, UInt64(try read32(HISI_MAILBOX + 8)) << 32 | UInt64(low))
  }

  /// Sends a command that must succeed.
  func perform(_ command: UInt32, queue: UInt16 = 0, base: UInt64 = 0, isGet: Bool = false) throws {
    let status = try mailbox(command, queue: queue, base: base, isGet: isGet).status
    guard status == 0 else { throw DriverFailure("mailbox command \(command) ended with status \(status)") }
  }

  /// Gives the device a context.
  func set(_ command: UInt32, queue: UInt16 = 0, _ context: some BitwiseCopyable) throws -> UInt32 {
    buffer.store(context, at: mailboxBuffer)
    return try mailbox(command, queue: queue, base: mailboxBuffer).status
  }

  /// Asks the device for a context.
  func get<Context: BitwiseCopyable>(_ command: UInt32, queue: UInt16 = 0, as type: Context.Type) throws -> Context {
    try perform(command, queue: queue, base: mailboxBuffer, isGet: true)
    return buffer.load(mailboxBuffer, as: type)
  }

  // MARK: Doorbells and events

  func ring(_ command: UInt32, queue: UInt16, index: UInt16, priority: UInt8 = 0, rand: UInt16 = 0) throws {
    let common = UInt64(index) << HISI_DOORBELL_INDEX_SHIFT | UInt64(priority) << HISI_DOORBELL_PRIORITY_SHIFT
    if revision == .v1 {
      try write64(common | UInt64(queue) | UInt64(command) << HISI_DOORBELL_V1_CMD_SHIFT, HISI_DOORBELL_V1)
    } else {
      let isEvent = command == HISI_DOORBELL_CMD_EQ || command == HISI_DOORBELL_CMD_AEQ
      let raw =
        common | UInt64(queue) | UInt64(command) << HISI_DOORBELL_CMD_SHIFT
        | UInt64(rand) << HISI_DOORBELL_RAND_SHIFT
      try write64(raw, isEvent ? HISI_DOORBELL_EQ_AEQ : HISI_DOORBELL_SQ_CQ)
    }
  }

  func ringEvents(_ command: UInt32, index: UInt32) throws {
    try ring(command, queue: 0, index: UInt16(truncatingIfNeeded: index))
  }

  /// The queues of the events that are there, consumed; the doorbell arms the event queue again.
  func takeEvents(ringing: Bool = true) throws -> [UInt32] {
    var queues: [UInt32] = []
    while true {
      let entry = buffer.acquire32(eventQueue + UInt64(eventHead) * 4)
      guard entry & HISI_EQE_PHASE == eventPhase else { break }
      queues.append(entry & HISI_EQE_CQN_MASK)
      eventHead += 1
      if eventHead == Self.eventDepth {
        eventHead = 0
        eventPhase ^= HISI_EQE_PHASE
      }
    }
    if ringing { try ringEvents(HISI_DOORBELL_CMD_EQ, index: eventHead) }
    return queues
  }

  /// The asynchronous events that are there, consumed: queue and type of each.
  func takeAsynchronousEvents(ringing: Bool = true) throws -> [AsynchronousEvent] {
    var events: [AsynchronousEvent] = []
    while true {
      let entry = buffer.acquire32(asynchronousQueue + UInt64(asynchronousHead) * 4)
      guard entry & HISI_AEQE_PHASE == asynchronousPhase else { break }
      events.append(
        AsynchronousEvent(
          queue: entry & HISI_AEQE_QN_MASK, type: entry >> HISI_AEQE_TYPE_SHIFT & HISI_AEQE_TYPE_MASK))
      asynchronousHead += 1
      if asynchronousHead == Self.eventDepth {
        asynchronousHead = 0
        asynchronousPhase ^= HISI_AEQE_PHASE
      }
    }
    if ringing { try ringEvents(HISI_DOORBELL_CMD_AEQ, index: asynchronousHead) }
    return events
  }

  struct AsynchronousEvent: Equatable {
    var queue: UInt32
    var type: UInt32
  }
}
