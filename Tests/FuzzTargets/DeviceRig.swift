// An accelerator in this process with its functions and their memory, as the fuzzers use it again and again.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem

/// A device with a physical and two virtual functions, which one run at a time borrows.
///
/// `@unchecked Sendable`: whoever has borrowed it has it alone.
final class DeviceRig: @unchecked Sendable {
  static let functionCount = 3
  /// Far beyond what anything takes, and less than what libFuzzer calls a hang.
  private static let patience: UInt64 = 20_000_000_000
  private static let idle = Guarded([Int: [DeviceRig]]())

  let memory = DeviceMemoryMap()
  let revision: Revision
  private let kind: Int
  private let isIsolated: Bool
  private let accelerator: Accelerator
  private let functions: [ModelFunction]
  private let pause = TimedSemaphore(value: 0)
  /// What the storage registers hold, by function, as far as it is known.
  private var stored: [[UInt32: UInt32]] = Array(repeating: [:], count: functionCount)
  /// The registers that this run has written, by function.
  private var touched: [Set<UInt32>] = Array(repeating: [], count: functionCount)
  /// The registers of each function after a reset.
  private var pristine: [[UInt32: UInt32]] = []
  /// What the well-formed request comes to.
  private var expected: [UInt8] = []

  /// Takes a device of a kind (0 to 3) that nobody uses, or makes one.
  static func borrow(_ kind: Int) throws -> DeviceRig {
    if let rig = idle.withLock({ $0[kind]?.popLast() }) { return rig }
    return try DeviceRig(kind)
  }

  /// Lets others use it.
  func giveBack() {
    Self.idle.withLock { $0[kind, default: []].append(self) }
  }

  private init(_ kind: Int) throws {
    var options = Accelerator.Options()
    options.revision = [.v3, .v2, .v1, .v3][kind]
    options.virtualFunctionCount = Self.functionCount - 1
    options.isolatesDoorbells = kind == 3
    self.kind = kind
    revision = options.revision
    isIsolated = options.isolatesDoorbells
    let accelerator = try Accelerator(options)
    self.accelerator = accelerator
    functions = try (0..<Self.functionCount).map { try ModelFunction(accelerator, function: $0) }
    try restore()
    pristine = try (0..<Self.functionCount).map { try registers($0) }
    try fill()
    try bringUp()
    expected = try work(0)
    try restore()
  }

  deinit {
    accelerator.shutdown(drainingFor: 0)
  }

  /// Waits until the engines have nothing to do.
  func settle() throws {
    let deadline = MonotonicClock.deadline(after: Self.patience)
    while !accelerator.isAtRest {
      try require(MonotonicClock.now() < deadline, "the engines do not come to rest")
      _ = pause.wait(nanoseconds: 20_000)
    }
  }

  // MARK: Accesses

  /// Whether a function has such a place, decided a second time.
  private func exists(_ function: Int, _ region: Int, _ offset: UInt64, _ width: Int) -> Bool {
    let size: UInt64 =
      switch region {
      case 2: function == 0 ? 0x40_0000 : 0x1_0000
      case 4: isIsolated ? 64 << 16 : 0
      case 7: 0x1000
      default: 0
      }
    guard [1, 2, 4, 8].contains(width), offset < size, UInt64(width) <= size - offset else { return false }
    return region == 7 || offset & UInt64(width - 1) == 0
  }

  func read(_ function: Int, region: Int, offset: UInt64, width: Int) throws {
    var value: UInt64 = 0
    let code = deviceCode { () throws(DeviceError) in
      value = try functions[function].read(region: region, offset: offset, width: width)
    }
    let isThere = exists(function, region, offset, width)
    try require(
      code == (isThere ? nil : .invalid),
      "a read of \(width) bytes at \(offset) of region \(region): \(String(describing: code))")
    guard isThere else { return }
    try require(width == 8 || value >> UInt64(width * 8) == 0, "a read of \(width) bytes gives \(value)")
    if region == 2 { try checkStorage(value, function, UInt32(offset), width) }
  }

  /// Writes; what may reach memory on this thread waits for the engines, so that an input does the same each time.
  func write(_ value: UInt64, _ function: Int, region: Int, offset: UInt64, width: Int) throws {
    if region != 7 { try settle() }
    let code = deviceCode { () throws(DeviceError) in
      try functions[function].write(value, region: region, offset: offset, width: width)
    }
    let isThere = exists(function, region, offset, width)
    try require(
      code == (isThere ? nil : .invalid),
      "a write of \(width) bytes at \(offset) of region \(region): \(String(describing: code))")
    guard isThere else { return }
    if region == 2 { note(value, function, UInt32(offset), width) }
    // It may have been the bit that resets the function.
    if region == 7 { stored[function] = [:] }
  }

  /// Sends a mailbox command as a driver does.
  ///
  /// - Returns: how it ended.
  @discardableResult
  func mailbox(_ function: Int, _ command: UInt32, queue: UInt16, base: UInt64, isGet: Bool = false) throws -> UInt32 {
    let flags = HISI_MAILBOX_W0_BUSY | (isGet ? HISI_MAILBOX_W0_GET : 0)
    let low = UInt64(command | flags) | UInt64(queue) << 16 | (base & 0xffff_ffff) << 32
    try write(low, function, region: 2, offset: UInt64(HISI_MAILBOX), width: 8)
    try write(base >> 32, function, region: 2, offset: UInt64(HISI_MAILBOX) + 8, width: 8)
    // The engines are at rest, so that no command has anything to wait for.
    let word = UInt32(try functions[function].read(region: 2, offset: UInt64(HISI_MAILBOX), width: 4))
    try require(word & HISI_MAILBOX_W0_BUSY == 0, "mailbox command \(command) does not end")
    return word >> HISI_MAILBOX_W0_STATUS_SHIFT & HISI_MAILBOX_W0_STATUS_MASK
  }

  /// Rings a doorbell of BAR 2 as a driver of the revision does.
  func ring(
    _ function: Int, _ command: UInt32, queue: UInt16, index: UInt16, priority: UInt8 = 0, random: UInt16 = 0
  ) throws {
    let common =
      UInt64(index) << HISI_DOORBELL_INDEX_SHIFT | UInt64(priority) << HISI_DOORBELL_PRIORITY_SHIFT | UInt64(queue)
    let isEvent = command == HISI_DOORBELL_CMD_EQ || command == HISI_DOORBELL_CMD_AEQ
    if revision == .v1 {
      let raw = common | UInt64(command) << HISI_DOORBELL_V1_CMD_SHIFT
      try write(raw, function, region: 2, offset: UInt64(HISI_DOORBELL_V1), width: 8)
    } else {
      let raw =
        common | UInt64(command) << HISI_DOORBELL_CMD_SHIFT | UInt64(random) << HISI_DOORBELL_RAND_SHIFT
      let offset = isEvent ? HISI_DOORBELL_EQ_AEQ : HISI_DOORBELL_SQ_CQ
      try write(raw, function, region: 2, offset: UInt64(offset), width: 8)
    }
  }

  private func vectorCount(_ function: Int) -> Int {
    switch revision {
    case .v1: 1
    case .v2: function == 0 ? 4 : 2
    case .v3: 4
    }
  }

  func setInterrupt(_ function: Int, vector: Int, isOn: Bool) throws {
    let handler: (@Sendable () -> Void)? = isOn ? { @Sendable () -> Void in } : nil
    let code = deviceCode { () throws(DeviceError) in
      try functions[function].setInterruptHandler(vector: vector, handler)
    }
    let isThere = (0..<vectorCount(function)).contains(vector)
    try require(code == (isThere ? nil : .invalid), "vector \(vector): \(String(describing: code))")
  }

  /// Resets a function, also while engines are at its requests.
  func reset(_ function: Int) throws {
    try functions[function].reset()
    stored[function] = [:]
  }

  /// Maps or unmaps a part of the memory, also while engines use it.
  func remap(_ function: Int, _ choice: UInt8) throws {
    let (part, iova, permissions): (DeviceMemory, UInt64, DevicePermissions) =
      switch choice & 3 {
      case 0: (memory.work, DeviceMap.base, [.read, .write])
      case 1: (memory.work, DeviceMap.base, .read)
      case 2: (memory.readOnly, DeviceMap.readOnly, .read)
      default: (memory.top, DeviceMap.top, [.read, .write])
      }
    let isMapping = choice & 4 != 0
    let code = deviceCode { () throws(DeviceError) in
      if isMapping {
        try functions[function].map(part, iova: iova, permissions: permissions, pasid: nil)
      } else {
        try functions[function].unmap(iova: iova, length: UInt64(part.length), pasid: nil)
      }
    }
    try require(code == nil || isMapping && code == .invalid, "mapping: \(String(describing: code))")
  }

  // MARK: A run

  /// Fills the memory and maps it for each function.
  func fill() throws {
    touched = Array(repeating: [], count: Self.functionCount)
    memory.fill(revision)
    for function in functions {
      try function.map(memory.work, iova: DeviceMap.base, permissions: [.read, .write], pasid: nil)
      try function.map(memory.readOnly, iova: DeviceMap.readOnly, permissions: .read, pasid: nil)
      try function.map(memory.top, iova: DeviceMap.top, permissions: [.read, .write], pasid: nil)
    }
  }

  /// Does what drivers do first: the physical function's queues, and each function's event queues.
  func bringUp() throws {
    let entry = HISI_VFT_SQC_VALID | 63 << HISI_VFT_SQC_NUMBER_SHIFT
    for (offset, value) in [
      (HISI_QM_MEM_START_INIT, 1), (HISI_QM_VFT_CFG_OP_WR, 0), (HISI_QM_VFT_CFG_TYPE, HISI_VFT_TYPE_SQC),
      (HISI_QM_VFT_CFG, 0), (HISI_QM_VFT_CFG_DATA_L, UInt32(truncatingIfNeeded: entry)),
      (HISI_QM_VFT_CFG_DATA_H, UInt32(entry >> 32)), (HISI_QM_VFT_CFG_RDY, 0), (HISI_QM_VFT_CFG_OP_ENABLE, 1),
    ] {
      try write(UInt64(value), 0, region: 2, offset: UInt64(offset), width: 4)
    }
    for function in 0..<Self.functionCount {
      for (command, place) in [(HISI_MAILBOX_CMD_EQC, 4), (HISI_MAILBOX_CMD_AEQC, 5)] {
        try mailbox(function, command, queue: 0, base: DeviceMap.base + UInt64(DeviceMemoryMap.contextOffset(place)))
      }
    }
  }

  /// Has a function work: starts queue 0 and runs the first request of its ring.
  ///
  /// - Returns: the output.
  private func work(_ function: Int) throws -> [UInt8] {
    for (place, command) in [HISI_MAILBOX_CMD_SQC, HISI_MAILBOX_CMD_CQC].enumerated() {
      let base = DeviceMap.base + UInt64(DeviceMemoryMap.contextOffset(place))
      try require(try mailbox(function, command, queue: 0, base: base) == 0, "function \(function): no queue starts")
    }
    try ring(function, HISI_DOORBELL_CMD_SQ, queue: 0, index: 1)
    try settle()
    let answer = memory.load(DeviceMap.submission[0], as: hisi_zip_sqe.self)
    let completion = memory.load(DeviceMap.completion[0], as: hisi_cqe.self)
    let event = memory.load(DeviceMap.events[0], as: hisi_eqe.self)
    try require(
      UInt32(completion.w7) & HISI_CQE_W7_PHASE == 1 && completion.sq_head == 0 && completion.sq_num == 0,
      "function \(function): no completion")
    try require(event.dw0 == HISI_EQE_PHASE, "function \(function): no event")
    let status = answer.dw3 & HISI_ZIP_DW3_STATUS_MASK
    try require(
      (status == HISI_ZIP_STATUS_OK || status == HISI_ZIP_STATUS_NEGACOMPRESS) && answer.produced > 0
        && answer.consumed == answer.input_data_length && answer.produced <= answer.dest_avail_out,
      "function \(function): status \(status), \(answer.consumed) bytes to \(answer.produced)")
    return memory.bytes(DeviceMap.target, count: Int(answer.produced))
  }

  /// Resets every function and takes all memory away.
  private func restore() throws {
    for index in 0..<Self.functionCount {
      try reset(index)
      // A range ends at 2^64 at most, and its length fits into 64 bits.
      for start in [0, 1 << 63] as [UInt64] {
        try functions[index].unmap(iova: start, length: 1 << 63, pasid: nil)
      }
      for vector in 0..<vectorCount(index) { try setInterrupt(index, vector: vector, isOn: false) }
    }
    try settle()
  }

  /// What must hold after any accesses: they wrote nothing elsewhere, and after a reset a function works as ever.
  func finish(working function: Int, isThorough: Bool) throws {
    try settle()
    for (index, registers) in stored.enumerated() {
      for (offset, _) in registers { try read(index, region: 2, offset: UInt64(offset), width: 4) }
    }
    try restore()
    try require(memory.isIntact, "something was written where it must not be")
    if isThorough {
      for index in 0..<Self.functionCount {
        let left = try registers(index)
        try require(left == pristine[index], "function \(index): a reset leaves \(left), not \(pristine[index])")
      }
    }
    try fill()
    try bringUp()
    try require(try work(function) == expected, "function \(function): the output has changed")
    try restore()
  }

  // MARK: Registers

  /// The registers of a function that are not 0: those with a name, and those written; but none that count.
  private func registers(_ function: Int) throws -> [UInt32: UInt32] {
    let counters: [Range<UInt32>] = [0x10_4000..<0x10_5000, HISI_ZIP_CORE_DFX_BASE..<0x30_a000]
    var registers: [UInt32: UInt32] = [:]
    for offset in touched[function].union(Registers.named) {
      let isCounter = counters.contains { $0.contains(offset) }
      guard exists(function, 2, UInt64(offset), 4), !isCounter else { continue }
      let value = UInt32(try functions[function].read(region: 2, offset: UInt64(offset), width: 4))
      if value != 0 { registers[offset] = value }
    }
    return registers
  }

  private static func isStorage(_ function: Int, _ offset: UInt32) -> Bool {
    Registers.storage.contains(offset) || function == 0 && Registers.physicalStorage.contains(offset)
  }

  /// Remembers what a write stores.
  private func note(_ value: UInt64, _ function: Int, _ offset: UInt32, _ width: Int) {
    for index in 0..<width {
      let place = offset + UInt32(index)
      let word = place & ~3
      touched[function].insert(word)
      guard Self.isStorage(function, word) else { continue }
      let shift = place % 4 * 8
      // Without a value that is known, only a write of the whole register makes it so.
      guard let old = stored[function][word] ?? (width >= 4 ? 0 : nil) else { continue }
      stored[function][word] = old & ~(0xff << shift) | UInt32(value >> UInt64(index * 8) & 0xff) << shift
    }
  }

  private func checkStorage(_ value: UInt64, _ function: Int, _ offset: UInt32, _ width: Int) throws {
    for index in 0..<width {
      let place = offset + UInt32(index)
      guard let word = stored[function][place & ~3] else { continue }
      let byte = UInt8(truncatingIfNeeded: word >> (place % 4 * 8))
      try require(
        UInt8(truncatingIfNeeded: value >> UInt64(index * 8)) == byte,
        "function \(function): byte \(place) of the registers is not \(byte), as it was written")
    }
  }
}

/// The code of the error that `body` throws.
private func deviceCode(_ body: () throws(DeviceError) -> Void) -> DeviceError.Code? {
  do throws(DeviceError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
