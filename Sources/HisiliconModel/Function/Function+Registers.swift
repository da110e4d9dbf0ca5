// The registers of BAR 2: which of them are more than storage, and what they do.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

extension Function {
  /// Reads registers; 8 bytes are two of them.
  func readRegisters(_ offset: UInt32, width: Int) -> UInt64 {
    if width == 8 { return UInt64(readWord(offset)) | UInt64(readWord(offset + 4)) << 32 }
    let word = readWord(offset & ~3) >> (offset % 4 * 8)
    return UInt64(word & Lanes(offset: 0, width: width).mask)
  }

  /// Writes registers; 8 bytes are a doorbell, or two registers from the lower on.
  func writeRegisters(_ value: UInt64, _ offset: UInt32, width: Int) {
    if isDoorbell(offset & ~7) {
      writeDoorbell(value, offset, width: width)
    } else if width == 8 {
      writeWord(UInt32(truncatingIfNeeded: value), at: offset, lanes: .all)
      writeWord(UInt32(truncatingIfNeeded: value >> 32), at: offset + 4, lanes: .all)
    } else {
      let lanes = Lanes(offset: offset % 4, width: width)
      writeWord(UInt32(truncatingIfNeeded: value) << (offset % 4 * 8), at: offset & ~3, lanes: lanes)
    }
  }

  /// Reads a register.
  ///
  /// - Parameter clearing: false only looks at counters that reading clears.
  func readWord(_ offset: UInt32, clearing: Bool = true) -> UInt32 {
    if offset >= HISI_QM_ABNORMAL_INT_SOURCE { return readPhysicalWord(offset, clearing) }
    switch offset {
    case HISI_QM_AEQ_INT_SOURCE: return events.asynchronous.source
    case HISI_QM_AEQ_INT_MASK: return events.asynchronous.mask
    case HISI_QM_EQ_INT_SOURCE: return events.completions.source
    case HISI_QM_EQ_INT_MASK: return events.completions.mask
    case HISI_QM_IFC_INT_SOURCE_V: return !isPhysical && platform.messages.isWaiting(at: index) ? 1 : 0
    case HISI_QM_IFC_INT_MASK: return platform.messages.mask(of: index)
    case HISI_QM_IFC_INT_STATUS:
      let isHidden = platform.messages.mask(of: index) & 1 != 0
      return !isHidden && platform.messages.isWaiting(at: index) ? 1 : 0
    case HISI_QM_IFC_INT_SET_V: return !isPhysical && platform.messages.isUnread(from: index) ? 1 : 0
    case HISI_QM_QUE_ISO_CFG_V: return doorbellSize > 0 ? 1 : 0
    case HISI_MAILBOX..<HISI_MAILBOX + 16: return state.withLock { $0.mailbox.load(offset - HISI_MAILBOX) }
    case CapabilityRegisters.range: return revision == .v3 ? capabilities.load(offset) : 0
    default: return isDoorbell(offset & ~7) ? 0 : state.withLock { $0.registers.load(offset) }
    }
  }

  private func writeWord(_ value: UInt32, at offset: UInt32, lanes: Lanes) {
    if offset >= HISI_QM_ABNORMAL_INT_SOURCE { return writePhysicalWord(value, at: offset, lanes: lanes) }
    let covered = value & lanes.mask
    switch offset {
    case HISI_QM_AEQ_INT_MASK: events.asynchronous.setMask(value, lanes: lanes)
    case HISI_QM_EQ_INT_MASK: events.completions.setMask(value, lanes: lanes)
    case HISI_QM_IFC_INT_SOURCE_V: if covered & 1 != 0 { platform.messages.acknowledge(at: index) }
    case HISI_QM_IFC_INT_MASK:
      if platform.messages.setMask(value, lanes: lanes, of: index) { interrupts.fire(Int(HISI_VECTOR_MESSAGE)) }
    case HISI_QM_IFC_INT_SET_V: if covered & 1 != 0 { announceToPhysical() }
    case HISI_MAILBOX..<HISI_MAILBOX + 16: writeMailbox(value, at: offset - HISI_MAILBOX, lanes: lanes)
    case HISI_QM_CACHE_WB_START:
      state.withLock { state in
        state.registers.store(value, at: offset, lanes: lanes)
        if covered & 1 != 0 { state.registers.store(0, at: HISI_QM_CACHE_WB_DONE) }
      }
      if covered & 1 != 0 { writeBackContexts() }
    case HISI_QM_AEQ_INT_SOURCE, HISI_QM_EQ_INT_SOURCE, HISI_QM_IFC_INT_STATUS, HISI_QM_QUE_ISO_CFG_V,
      HISI_QM_CACHE_WB_DONE, HISI_QM_SUB_VERSION_ID:
      break
    case CapabilityRegisters.range where revision == .v3: break
    default: state.withLock { $0.registers.store(value, at: offset, lanes: lanes) }
    }
  }

  // MARK: The physical function's

  private func readPhysicalWord(_ offset: UInt32, _ clearing: Bool) -> UInt32 {
    switch offset {
    case HISI_QM_ABNORMAL_INT_SOURCE: return platform.queueErrors.source
    case HISI_QM_ABNORMAL_INT_MASK: return platform.queueErrors.mask
    case HISI_QM_ABNORMAL_INT_STATUS: return platform.queueErrors.status
    case HISI_ZIP_CORE_INT_SOURCE: return platform.engineErrors.source
    case HISI_ZIP_CORE_INT_MASK: return platform.engineErrors.mask
    case HISI_ZIP_CORE_INT_STATUS: return platform.engineErrors.status
    case HISI_QM_IFC_READY_STATUS: return UInt32(truncatingIfNeeded: platform.messages.unacknowledged)
    case HISI_QM_IFC_READY_STATUS + 4: return UInt32(truncatingIfNeeded: platform.messages.unacknowledged >> 32)
    case HISI_QM_IFC_INT_SOURCE_P: return UInt32(truncatingIfNeeded: platform.messages.waitingAtPhysical)
    case HISI_QM_IFC_INT_SOURCE_P + 4: return UInt32(truncatingIfNeeded: platform.messages.waitingAtPhysical >> 32)
    case HISI_QM_QUE_ISO_EN: return doorbellSize > 0 ? 1 : 0
    case HISI_QM_CAPBILITY: return Platform.queueCount | platform.mostQueuesPerFunction << 11
    // Nothing is under way between accesses: whoever stops the device waits for what runs.
    case HISI_ACC_MASTER_TRANS_RETURN: return 3
    case HISI_QM_ABNORMAL_INT_SET, HISI_ZIP_CORE_INT_SET, HISI_QM_IFC_INT_SET_P: return 0
    case HISI_QM_PEH_DFX_INFO0, HISI_QM_PEH_DFX_INFO1, HISI_ZIP_SVA_TRANS: return 0
    default:
      if let value = readDebug(offset, clearing: clearing) { return value }
      return state.withLock { $0.registers.load(offset) }
    }
  }

  private func writePhysicalWord(_ value: UInt32, at offset: UInt32, lanes: Lanes) {
    let covered = value & lanes.mask
    switch offset {
    case HISI_QM_ABNORMAL_INT_SOURCE: platform.queueErrors.clear(covered)
    case HISI_QM_ABNORMAL_INT_MASK:
      if platform.queueErrors.setMask(value, lanes: lanes) { platform.interruptAbnormal() }
    case HISI_QM_ABNORMAL_INT_SET: platform.raiseQueueErrors(covered)
    case HISI_ZIP_CORE_INT_SOURCE: platform.engineErrors.clear(covered)
    case HISI_ZIP_CORE_INT_MASK:
      if platform.engineErrors.setMask(value, lanes: lanes) { platform.interruptAbnormal() }
    case HISI_ZIP_CORE_INT_SET: platform.raiseEngineErrors(covered)
    case HISI_QM_IFC_INT_SET_P: if covered & 1 != 0 { announceToVirtual() }
    case HISI_QM_IFC_INT_SOURCE_P: platform.messages.acknowledgeAtPhysical(UInt64(covered))
    case HISI_QM_IFC_INT_SOURCE_P + 4: platform.messages.acknowledgeAtPhysical(UInt64(covered) << 32)
    case HISI_QM_MEM_START_INIT, HISI_ACC_MASTER_GLOBAL_CTRL, HISI_QM_VFT_CFG_OP_ENABLE:
      state.withLock { $0.registers.store(value, at: offset, lanes: lanes) }
      if covered & 1 != 0 { execute(offset) }
    case HISI_QM_ABNORMAL_INT_STATUS, HISI_ZIP_CORE_INT_STATUS, HISI_QM_IFC_READY_STATUS,
      HISI_QM_IFC_READY_STATUS + 4, HISI_QM_ABNORMAL_INF00, HISI_QM_ABNORMAL_INF01, HISI_QM_ABNORMAL_INF02,
      HISI_QM_MEM_INIT_DONE, HISI_QM_PEH_DFX_INFO0, HISI_QM_PEH_DFX_INFO1, HISI_QM_QUE_ISO_EN, HISI_QM_CAPBILITY,
      HISI_ACC_MASTER_TRANS_RETURN, HISI_ZIP_SVA_TRANS, HISI_ZIP_SRAM_ECC_ERR_INFO:
      break
    default:
      guard !isDebugCounter(offset) else { return }
      state.withLock { $0.registers.store(value, at: offset, lanes: lanes) }
    }
  }

  private func execute(_ offset: UInt32) {
    switch offset {
    case HISI_QM_MEM_START_INIT: initializeMemory()
    case HISI_ACC_MASTER_GLOBAL_CTRL: stopDevice()
    default: executeWindowOperation()
    }
  }
}
