// Abnormal interrupts: what the queue manager and the engine report of themselves, and isolation.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import WarpDriveQueue

extension QueueManager {
  private static let thresholdOfCorrected: UInt32 = 1

  /// Clears old errors and says which ones interrupt, and which ones stop the device's bus.
  func initializeErrors() throws(QueueError) {
    // The hardware of the first revision does not report any.
    guard !identity.isVersion1 else { return }
    let manager = capabilities.queueErrors
    let managerBits = manager.corrected | manager.uncorrected
    try registers.write(managerBits, HISI_QM_ABNORMAL_INT_SOURCE)
    try registers.write(manager.corrected, HISI_QM_RAS_CE_ENABLE)
    try registers.write(Self.thresholdOfCorrected, HISI_QM_RAS_CE_THRESHOLD)
    try registers.write(manager.uncorrected, HISI_QM_RAS_NFE_ENABLE)
    try registers.write(0, HISI_QM_RAS_FE_ENABLE)
    if identity.isVersion3 { try registers.write(manager.reset, HISI_QM_OOO_SHUTDOWN_SEL) }
    try registers.write(~managerBits & HISI_QM_ERROR_ALL, HISI_QM_ABNORMAL_INT_MASK)
    let engine = capabilities.engineErrors
    let engineBits = engine.corrected | engine.uncorrected
    try registers.write(engineBits, HISI_ZIP_CORE_INT_SOURCE)
    try registers.write(engine.corrected, HISI_ZIP_RAS_CE_ENABLE)
    try registers.write(0, HISI_ZIP_RAS_FE_ENABLE)
    try registers.write(engine.uncorrected, HISI_ZIP_RAS_NFE_ENABLE)
    try registers.modify(HISI_ZIP_AXI_SHUTDOWN_ENABLE, setting: 1 << 14)
    if identity.isVersion3 { try registers.write(engine.reset, HISI_ZIP_OOO_SHUTDOWN_SEL) }
    try registers.write(~engineBits & HISI_ZIP_ERROR_ALL, HISI_ZIP_CORE_INT_MASK)
  }

  /// Reads what the device reports, counts it, clears it, and asks for a reset where it needs one; on the service thread.
  func takeErrors() {
    guard !identity.isVirtual, state.withLock({ $0.phase == .working }) else { return }
    do throws(QueueError) {
      let manager = try registers.read(HISI_QM_ABNORMAL_INT_STATUS)
      let engine = try registers.read(HISI_ZIP_CORE_INT_STATUS)
      counters.withLock { counters in
        ManagerCounters.add(manager, to: &counters.managerErrors)
        ManagerCounters.add(engine, to: &counters.engineErrors)
      }
      if manager != 0 { notice(try describe(manager)) }
      if engine != 0 { notice("the engine reports the errors 0x\(String(engine, radix: 16))") }
      let isFatal = manager & capabilities.queueErrors.reset != 0 || engine & capabilities.engineErrors.reset != 0
      if isFatal {
        // They are not reported again until the reset has set everything up anew.
        try registers.write(
          capabilities.queueErrors.uncorrected & ~manager, HISI_QM_RAS_NFE_ENABLE)
        try registers.write(
          capabilities.engineErrors.uncorrected & ~engine, HISI_ZIP_RAS_NFE_ENABLE)
        service.requestReset(
          .controller, isFault: true,
          reason: "errors 0x\(String(manager, radix: 16)) of the queue manager, 0x\(String(engine, radix: 16)) of the engine")
      } else {
        if manager != 0 { try registers.write(manager, HISI_QM_ABNORMAL_INT_SOURCE) }
        if engine != 0 { try registers.write(engine, HISI_ZIP_CORE_INT_SOURCE) }
      }
    } catch {
      note(error)
    }
  }

  private func describe(_ status: UInt32) throws(QueueError) -> String {
    var text = "the queue manager reports the errors 0x\(String(status, radix: 16))"
    if status & HISI_QM_ERROR_OF_FIFO != 0 {
      let word = try registers.read(HISI_QM_ABNORMAL_INF00)
      text += ", an overflow at \(Self.place(word, ["CQ", "EQ", "AEQ", "unknown"]))"
    }
    if status & HISI_QM_ERROR_DB_TIMEOUT != 0 {
      let word = try registers.read(HISI_QM_ABNORMAL_INF01)
      text += ", a late doorbell at \(Self.place(word, ["SQ", "CQ", "EQ", "AEQ"]))"
    }
    if status & (HISI_QM_ERROR_AXI_RRESP | HISI_QM_ERROR_AXI_BRESP) != 0,
      try registers.read(HISI_QM_ABNORMAL_INF02) & 1 << 22 != 0
    {
      text += ", poisoned data"
    }
    return text
  }

  /// Function [5:0], kind [7:6], queue [31:16].
  private static func place(_ word: UInt32, _ kinds: [String]) -> String {
    "\(kinds[Int(word >> 6 & 3)]) of queue \(word >> 16) of function \(word & 0x3f)"
  }

  // MARK: Isolation

  /// Sets how many errors an hour isolate the device, and lifts an isolation.
  ///
  /// - Throws: `invalid` outside of 0 to 65,535.
  func setIsolateStrategy(_ strategy: Int) throws(QueueError) {
    guard ErrorWindow.strategies.contains(strategy) else {
      throw QueueError(.invalid, "an isolate_strategy of \(strategy): 0 (never) to 65535 errors an hour are possible")
    }
    state.withLock { $0.errors.setStrategy(strategy) }
  }

  /// Notes an error of the device.
  ///
  /// - Returns: whether the device is isolated now and was not before.
  func noteError() -> Bool {
    let now = MonotonicClock.now()
    return state.withLock { state in
      let before = state.errors.isIsolated
      state.errors.note(at: now)
      return state.errors.isIsolated && !before
    }
  }
}
