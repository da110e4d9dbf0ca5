// Bringing a function up, in the order of Linux's driver, and taking it down.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  /// User domains and cache attributes: what the bus is told of each kind of access (Linux: `hisi_zip_set_user_domain`).
  private static let domains: [(UInt32, UInt32)] = [
    (0x100088, 0x4000_1070), (0x100090, 0xffff_fffe), (0x100098, 0x4000_1070), (0x1000a0, 0xffff_fffe),
    (0x1000a8, 0xffff_ffff), (0x1000ac, 0xffff), (0x1000b0, 0xffff_ffff), (0x1000cc, 0x40_1001),
    (0x1000d0, 0xffff_ffff), (0x301040, 0xffff_ffff), (0x301044, 0xffff_ffff), (0x301060, 0xffff_ffff),
    (0x301064, 0xffff_ffff),
  ]
  /// The registers of the engine's bus that also say that translations may fault.
  private static let engineDomains: [UInt32] = [0x301110, 0x30111c, 0x301128, 0x301134, 0x301140]
  private static let engineDomain: UInt32 = 0x4000_1070
  private static let cacheControl: UInt32 = 0x1833
  private static let axiTimeout: UInt32 = 0x100074
  private static let shaperTypes: [UInt32] = [0, 1]
  private static let shaperConfiguration: UInt32 = 0x4002_32ee

  // MARK: The device

  /// Initialises the device: memory, bus attributes, errors; of the physical function alone.
  func initializeDevice() throws(QueueError) {
    if identity.isVersion3 {
      try registers.write(0x1f_ffff, Self.axiTimeout)
      try registers.modify(HISI_QM_PM_CTRL, setting: 1 << 9)
    }
    try initializeMemory()
    try prepareFunction()
  }

  /// Clears what the device knows of every function's queues.
  private func initializeMemory() throws(QueueError) {
    try registers.write(1, HISI_QM_MEM_START_INIT)
    let isDone = try registers.wait(
      HISI_QM_MEM_INIT_DONE, mask: 1, value: 1, nanoseconds: options.limits.register)
    guard isDone else {
      throw QueueError(.timedOut, "the device's memory does not become ready (MEM_INIT_DONE): power-cycle the device")
    }
  }

  /// What comes before the start of the physical function's queues, after the device's memory is ready.
  func prepareFunction() throws(QueueError) {
    if capabilities.hasMessages {
      try registers.write64(.max, HISI_QM_IFC_INT_SOURCE_P)
      try registers.modify(HISI_QM_IFC_INT_SOURCE_V, setting: 1)
      try registers.modify(HISI_QM_IFC_INT_MASK, clearing: 1)
    }
    for (offset, value) in Self.domains { try registers.write(value, offset) }
    let faults: UInt32 = !identity.isVersion1 && usesProcessMemory ? 1 : 0
    for offset in Self.engineDomains { try registers.write(Self.engineDomain | faults, offset) }
    if capabilities.prefetches { try openPrefetch() }
    try registers.write(capabilities.clockGates, HISI_ZIP_CLOCK_GATE_CTRL)
    try registers.write(Self.cacheControl, HISI_QM_CACHE_CTL)
    try initializeErrors()
    // The debug counters begin anew.
    try registers.write(5, HISI_ZIP_SOFT_CTRL_CNT_CLR_CE)
    try registers.write(0, HISI_ZIP_SOFT_CTRL_CNT_CLR_CE)
  }

  private var usesProcessMemory: Bool { function.capabilities.contains(.pageFaults) }

  private func openPrefetch() throws(QueueError) {
    try registers.write(try registers.read(HISI_ZIP_PREFETCH_CFG) & 0xfbfd_fffe, HISI_ZIP_PREFETCH_CFG)
    guard try registers.wait(HISI_ZIP_PREFETCH_CFG, mask: 1 << 26, value: 0, nanoseconds: options.limits.register)
    else { return notice("the prefetching of translations cannot be started") }
  }

  /// Stops prefetching before the device is reset.
  func closePrefetch() throws(QueueError) {
    guard capabilities.prefetches else { return }
    try registers.modify(HISI_ZIP_PREFETCH_CFG, setting: 1 << 26)
    let idle: UInt32 = 1 << 26 | 1 << 30
    guard try registers.wait(HISI_ZIP_SVA_TRANS, mask: idle, value: 0, nanoseconds: options.limits.register)
    else { return notice("the prefetching of translations cannot be stopped") }
  }

  // MARK: The function

  /// Starts the function: its window, event queues and tables, and the interrupts at last.
  ///
  /// - Returns: how many queues the function has.
  func startFunction() throws(QueueError) -> Int {
    try FunctionIdentity.enable(registers)
    let count = identity.isVirtual ? try readWindow() : try writeWindows()
    let eventContext = events.withLock { $0.restart(); return Self.context($0, isVersion1: identity.isVersion1) }
    try mailbox.set(HISI_MAILBOX_CMD_EQC, eventContext)
    let asynchronousContext = asynchronousEvents.withLock { $0.restart(); return Self.context($0, isVersion1: false) }
    try mailbox.set(HISI_MAILBOX_CMD_AEQC, asynchronousContext)
    contexts.wipe(layout.submissionTable..<layout.mailbox)
    try mailbox.perform(HISI_MAILBOX_CMD_SQC_BT, base: contexts.address + UInt64(layout.submissionTable))
    try mailbox.perform(HISI_MAILBOX_CMD_CQC_BT, base: contexts.address + UInt64(layout.completionTable))
    if capabilities.prefetches { try registers.write(Self.pageSize, HISI_QM_PAGE_SIZE) }
    // Armed before they are unmasked, so that no event falls in between.
    try ringEvents(HISI_DOORBELL_CMD_AEQ, index: 0)
    try ringEvents(HISI_DOORBELL_CMD_EQ, index: 0)
    try registers.write(0, HISI_QM_EQ_INT_MASK)
    try registers.write(0, HISI_QM_AEQ_INT_MASK)
    if identity.isVirtual {
      if capabilities.hasMessages { try registers.modify(HISI_QM_IFC_INT_MASK, clearing: 1) }
      if identity.isVersion3 { try registers.write(0, HISI_QM_VF_STATE) }
    }
    return count
  }

  /// 0 for pages of 4 KiB, 1 of 16, 2 of 64.
  private static var pageSize: UInt32 {
    switch CurrentProcess.pageSize {
    case 16_384: 1
    case 65_536: 2
    default: 0
    }
  }

  private static func context(_ reader: borrowing EventReader, isVersion1: Bool) -> hisi_eqc {
    var context = hisi_eqc()
    context.base_l = UInt32(truncatingIfNeeded: reader.address)
    context.base_h = UInt32(truncatingIfNeeded: reader.address >> 32)
    if isVersion1 { context.dw3 = 0x2000 }
    context.dw6 = (reader.depth - 1) | HISI_EQC_DW6_PHASE
    return context
  }

  /// Masks the events and, of the physical function, the errors.
  func maskInterrupts() throws(QueueError) {
    try registers.write(1, HISI_QM_EQ_INT_MASK)
    try registers.write(1, HISI_QM_AEQ_INT_MASK)
    guard !identity.isVirtual, !identity.isVersion1 else { return }
    try registers.write(HISI_QM_ERROR_ALL, HISI_QM_ABNORMAL_INT_MASK)
    try registers.write(HISI_ZIP_ERROR_ALL, HISI_ZIP_CORE_INT_MASK)
  }

  /// Has the device write its contexts to the tables, so that it has nothing left of them.
  func writeBackContexts() throws(QueueError) {
    guard !identity.isVersion1 else { return }
    try registers.write(1, HISI_QM_CACHE_WB_START)
    guard try registers.wait(HISI_QM_CACHE_WB_DONE, mask: 1, value: 1, nanoseconds: options.limits.register) else {
      return notice("the contexts were not written back")
    }
  }

  // MARK: Queue windows

  /// The window of a virtual function; at revision 0x20 it cannot be asked for.
  private func readWindow() throws(QueueError) -> Int {
    if identity.isVersion1 { return Self.fixedQueueCount }
    let entry = try mailbox.perform(HISI_MAILBOX_CMD_SQC_VFT, isGet: true)
    let number = Int(entry >> HISI_VFT_SQC_NUMBER_SHIFT & HISI_VFT_SQC_NUMBER_MASK) + 1
    guard entry != 0 else {
      throw QueueError(.failed, "the virtual function has no queues: have the physical function's driver give it some")
    }
    return min(number, ContextLayout.mostQueues)
  }

  /// The queues of the physical function, which come first.
  private var ownQueueCount: Int { min(options.queueCount, Int(max(capabilities.deviceQueueCount, 1))) }

  /// Gives the physical function its window, and the virtual ones theirs behind it.
  private func writeWindows() throws(QueueError) -> Int {
    let own = ownQueueCount
    for function in 0...options.virtualFunctionCount {
      let count = function == 0 ? own : options.virtualQueueCount
      let base = function == 0 ? 0 : own + (function - 1) * options.virtualQueueCount
      try writeWindow(function: UInt32(function), base: UInt64(base), count: UInt64(count))
    }
    if capabilities.hasShaper { try registers.write(Self.shaperConfiguration, HISI_QM_SHAPER_CFG) }
    return own
  }

  private func writeWindow(function: UInt32, base: UInt64, count: UInt64) throws(QueueError) {
    let window =
      base << HISI_VFT_SQC_BASE_SHIFT | HISI_VFT_SQC_VALID
      | (identity.isVersion1 ? 0 : (count - 1) << HISI_VFT_SQC_NUMBER_SHIFT)
    try setEntry(HISI_VFT_TYPE_SQC, function, window)
    try setEntry(HISI_VFT_TYPE_CQC, function, HISI_VFT_CQC_VALID)
    guard capabilities.hasShaper else { return }
    for type in Self.shaperTypes {
      try setEntry(
        HISI_VFT_TYPE_SHAPER, function | type << HISI_VFT_CFG_SHAPER_TYPE_SHIFT, HISI_VFT_SHAPER_DEFAULT)
    }
  }

  /// Takes the physical function's window away: the device stops all its queues. Virtual functions stop one by one.
  func stopQueues() throws(QueueError) {
    if identity.isVirtual {
      do throws(DeviceError) { try function.reset() } catch { throw QueueError(error) }
    } else {
      try setEntry(HISI_VFT_TYPE_SQC, 0, 0)
      try setEntry(HISI_VFT_TYPE_CQC, 0, 0)
    }
  }

  /// Writes an entry of the queue windows' table.
  private func setEntry(_ type: UInt32, _ function: UInt32, _ entry: UInt64) throws(QueueError) {
    try waitForTable()
    try registers.write(0, HISI_QM_VFT_CFG_OP_WR)
    try registers.write(type, HISI_QM_VFT_CFG_TYPE)
    try registers.write(function, HISI_QM_VFT_CFG)
    try registers.write(UInt32(truncatingIfNeeded: entry), HISI_QM_VFT_CFG_DATA_L)
    try registers.write(UInt32(truncatingIfNeeded: entry >> 32), HISI_QM_VFT_CFG_DATA_H)
    try registers.write(0, HISI_QM_VFT_CFG_RDY)
    try registers.write(1, HISI_QM_VFT_CFG_OP_ENABLE)
    try waitForTable()
  }

  private func waitForTable() throws(QueueError) {
    let isReady = try registers.wait(HISI_QM_VFT_CFG_RDY, mask: 1, value: 1, nanoseconds: options.limits.register)
    guard isReady else {
      throw QueueError(.timedOut, "the table of queue windows does not become ready (VFT_CFG_RDY): reset the device")
    }
  }
}
