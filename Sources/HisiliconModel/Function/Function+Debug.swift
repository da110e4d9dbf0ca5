// The debug registers (DFX) of the physical function: what the device has counted.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

extension Function {
  /// The words of all cores.
  private var coreRange: Range<UInt32> {
    let cores = revision.coreCounts
    let count = UInt32(cores.compressors + cores.decompressors)
    return HISI_ZIP_CORE_DFX_BASE..<HISI_ZIP_CORE_DFX_BASE + count * HISI_ZIP_CORE_DFX_STRIDE
  }

  /// Whether a register only shows what the device counts.
  func isDebugCounter(_ offset: UInt32) -> Bool {
    switch offset {
    case memoryErrors1Bit, memoryErrorsManyBits, HISI_QM_DFX_MB_CNT, HISI_QM_DFX_DB_CNT,
      HISI_QM_DFX_SQE_CNT, HISI_QM_DFX_CQE_CNT, HISI_QM_DFX_TO_ACC_CNT, HISI_QM_DFX_FROM_ACC_CNT,
      HISI_QM_DFX_FINISH_CNT, HISI_QM_DFX_CQE_ERROR_CNT, HISI_QM_IDLE_STATUS:
      true
    default: coreRange.contains(offset)
    }
  }

  /// The value of a debug register, or `nil` for a register of another kind.
  ///
  /// - Parameter clearing: whether counters are cleared where the driver has said that reading does.
  func readDebug(_ offset: UInt32, clearing: Bool) -> UInt32? {
    if offset == HISI_QM_IDLE_STATUS { return platform.isIdle ? 1 : 0 }
    guard isDebugCounter(offset) else { return nil }
    if coreRange.contains(offset) { return readCore(offset, clearing) }
    let (selector, clears) = state.withLock { state in
      (
        Self.selector(of: offset).map { state.registers.load($0) } ?? 0,
        clearing && state.registers.load(HISI_QM_DFX_CNT_CLR_CE) & 1 != 0
      )
    }
    return show(offset, selector, total: total(offset, selector), clears: clears)
  }

  private static func selector(of offset: UInt32) -> UInt32? {
    switch offset {
    case HISI_QM_DFX_MB_CNT: HISI_QM_DFX_MB_CNT_VF
    case HISI_QM_DFX_DB_CNT: HISI_QM_DFX_DB_CNT_VF
    case HISI_QM_DFX_SQE_CNT: HISI_QM_DFX_SQE_CNT_VF_SQN
    case HISI_QM_DFX_CQE_CNT: HISI_QM_DFX_CQE_CNT_VF_CQN
    default: nil
    }
  }

  private func show(_ offset: UInt32, _ selector: UInt32, total: UInt64, clears: Bool) -> UInt32 {
    let counter = DebugBaselines.Counter(register: offset, selector: selector)
    let shown = state.withLock { $0.baselines.read(counter, total: total, clears: clears) }
    return UInt32(truncatingIfNeeded: shown)
  }

  /// What a counter has reached since the device was made.
  ///
  /// - Parameter selector: a function, or a function and from bit 16 a queue of it.
  private func total(_ offset: UInt32, _ selector: UInt32) -> UInt64 {
    let selected = platform.function(Int(selector & 0xffff))
    let queue = selected.flatMap { function -> QueueCounters? in
      let number = Int(selector >> 16)
      return number < function.queues.count ? function.queues[number].counters : nil
    }
    switch offset {
    case memoryErrors1Bit: return platform.queueErrors.raisedCount(HISI_QM_ERROR_ECC_1BIT)
    case memoryErrorsManyBits: return platform.queueErrors.raisedCount(HISI_QM_ERROR_ECC_MBIT)
    case HISI_QM_DFX_MB_CNT: return selected?.mailboxCount.load(ordering: .relaxed) ?? 0
    case HISI_QM_DFX_DB_CNT: return selected?.doorbellCount.load(ordering: .relaxed) ?? 0
    case HISI_QM_DFX_SQE_CNT: return queue?.requests ?? 0
    case HISI_QM_DFX_CQE_CNT: return queue?.completions ?? 0
    case HISI_QM_DFX_TO_ACC_CNT: return engines { $0.begun } + queues { $0.inlineRequests }
    case HISI_QM_DFX_FROM_ACC_CNT: return engines { $0.finished } + queues { $0.inlineRequests }
    case HISI_QM_DFX_FINISH_CNT: return queues { $0.completions }
    default: return queues { $0.ringFaults }
    }
  }

  private func engines(_ count: (EngineCounters.Direction) -> UInt64) -> UInt64 {
    platform.engineCounters.reduce(0) { $0 &+ count($1.compress) &+ count($1.decompress) }
  }

  private func queues(_ count: (QueueCounters) -> UInt64) -> UInt64 {
    platform.functions.reduce(0) { sum, function in
      function.queues.reduce(sum) { $0 &+ count($1.counters) }
    }
  }

  // MARK: Cores

  /// A core's register: compressors come first, and engine e works as core e modulo the number of cores of its kind.
  private func readCore(_ offset: UInt32, _ clearing: Bool) -> UInt32 {
    let core = Int((offset - HISI_ZIP_CORE_DFX_BASE) / HISI_ZIP_CORE_DFX_STRIDE)
    let clears = state.withLock { clearing && $0.registers.load(HISI_ZIP_SOFT_CTRL_CNT_CLR_CE) & 1 != 0 }
    let place = offset % HISI_ZIP_CORE_DFX_STRIDE
    switch place {
    case HISI_ZIP_CORE_GET_BD_NUM: return show(offset, 0, total: coreTotal(core) { $0.begun }, clears: clears)
    case HISI_ZIP_CORE_RIGHT_BD_NUM:
      return show(offset, 0, total: coreTotal(core) { $0.finished &- $0.errors }, clears: clears)
    case HISI_ZIP_CORE_ERROR_BD_NUM: return show(offset, 0, total: coreTotal(core) { $0.errors }, clears: clears)
    case HISI_ZIP_CORE_DONE_BD_NUM: return show(offset, 0, total: coreTotal(core) { $0.finished }, clears: clears)
    case HISI_ZIP_CORE_CONSUMED_BYTE:
      return show(offset, 0, total: coreTotal(core) { $0.bytesIn }, clears: clears)
    case HISI_ZIP_CORE_PRODUCED_BYTE:
      return show(offset, 0, total: coreTotal(core) { $0.bytesOut }, clears: clears)
    default: return 0
    }
  }

  private func coreTotal(_ core: Int, _ count: (EngineCounters.Direction) -> UInt64) -> UInt64 {
    let cores = revision.coreCounts
    let isCompressor = core < cores.compressors
    let number = isCompressor ? core : core - cores.compressors
    let kind = isCompressor ? cores.compressors : cores.decompressors
    return platform.engineCounters.enumerated().reduce(0) { sum, engine in
      guard engine.offset % kind == number else { return sum }
      return sum &+ count(isCompressor ? engine.element.compress : engine.element.decompress)
    }
  }
}

/// Counters of memory errors, which the driver's register dump calls QM_ECC_1BIT_CNT and QM_ECC_MBIT_CNT.
private let memoryErrors1Bit: UInt32 = 0x104000
private let memoryErrorsManyBits: UInt32 = 0x104008
