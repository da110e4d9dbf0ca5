// The queue windows (VFT): writing and reading entries, and stopping what loses its window.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

extension Function {
  /// Executes the operation that the VFT registers describe.
  ///
  /// Entries are stored for every function and read back. They decide the physical function's window; a virtual
  /// function keeps the one that it was made with, and an invalidated entry stops its queues.
  func executeWindowOperation() {
    let (entry, function, isStuck) = state.withLock { state in
      let registers = state.registers
      let key = VirtualFunctionTable.Key(
        type: registers.load(HISI_QM_VFT_CFG_TYPE), function: registers.load(HISI_QM_VFT_CFG))
      guard !state.faults.isWindowTableStuck else { return (UInt64?.none, 0, true) }
      if registers.load(HISI_QM_VFT_CFG_OP_WR) & 1 != 0 {
        let entry = state.windows[key]
        state.registers.store(UInt32(truncatingIfNeeded: entry), at: HISI_QM_VFT_CFG_DATA_L)
        state.registers.store(UInt32(truncatingIfNeeded: entry >> 32), at: HISI_QM_VFT_CFG_DATA_H)
        return (nil, 0, false)
      }
      let entry =
        UInt64(registers.load(HISI_QM_VFT_CFG_DATA_H)) << 32 | UInt64(registers.load(HISI_QM_VFT_CFG_DATA_L))
      state.windows[key] = entry
      return (key.type == HISI_VFT_TYPE_SQC ? entry : nil, Int(key.function), false)
    }
    if isStuck { return }
    if let entry, let target = function == index ? self : platform.function(function) {
      target.exclusively { target.apply(entry) }
    }
    state.withLock { $0.registers.store(1, at: HISI_QM_VFT_CFG_RDY) }
  }

  /// Takes over this function's entry of the SQC table.
  private func apply(_ entry: UInt64) {
    if entry & HISI_VFT_SQC_VALID == 0 { killQueues() }
    guard isPhysical else { return }
    var window = QueueWindow(entry: entry, revision: revision, total: Platform.queueCount)
    // Beside virtual functions with windows of their own, the physical one has its first queues only.
    window.count = min(window.count, UInt32(queues.count))
    self.window = window
  }
}
