// Entry point of the accelerator's registers: any accesses to any function leave a device that a reset makes whole.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel

/// The input: a byte of choices, changes to the memory that the device finds, then accesses, each a byte of its kind and
/// of what it needs.
enum RegisterFileTarget {
  private static let mostAccesses = 64
  private static let mostChanges = 48
  private static let mailboxCommands: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 8, 9, 0xc, 0xd, 0xe]

  static func run(_ reader: inout InputReader) throws {
    // Bits 0 and 1: which device; bit 2: the drivers have brought it up; bits 3 and 4: the function that works
    // afterwards; bit 5: what a reset leaves is looked at.
    let choices = reader.byte()
    let device = try DeviceRig.borrow(Int(choices & 3))
    try device.fill()
    for _ in 0..<Int(reader.byte()) % mostChanges {
      device.memory.flip(Int(reader.word16()), reader.byte())
    }
    if choices & 4 != 0 { try device.bringUp() }
    for _ in 0..<mostAccesses where !reader.isAtEnd { try access(device, &reader) }
    try device.finish(working: Int(choices >> 3 & 3) % DeviceRig.functionCount, isThorough: choices & 32 != 0)
    // One that has broken an invariant is not used again.
    device.giveBack()
  }

  private static func access(_ device: DeviceRig, _ reader: inout InputReader) throws {
    let byte = reader.byte()
    let function = Int(byte >> 4 & 3) % DeviceRig.functionCount
    let width = 1 << Int(byte >> 6)
    switch byte & 15 {
    case 0: try device.read(function, region: 7, offset: UInt64(reader.word16() & 0x1fff), width: width)
    case 1:
      let offset = UInt64(reader.word16() & 0x1fff)
      try device.write(UInt64(reader.word32()), function, region: 7, offset: offset, width: width)
    case 2: try device.read(function, region: 2, offset: UInt64(reader.choice(Registers.named)), width: width)
    case 3:
      let offset = UInt64(reader.choice(Registers.named))
      try device.write(UInt64(reader.word32()), function, region: 2, offset: offset, width: width)
    case 4: try device.read(function, region: 2, offset: UInt64(reader.word32() & 0x7f_ffff), width: width)
    case 5:
      let offset = UInt64(reader.word32() & 0x7f_ffff)
      try device.write(reader.word64(), function, region: 2, offset: offset, width: width)
    case 6:
      let offset = UInt64(reader.byte()) << 16 | UInt64(reader.word16())
      if width == 1 { try device.read(function, region: 4, offset: offset, width: 8) }
      try device.write(reader.word64(), function, region: 4, offset: offset, width: width)
    case 7, 8: try mailbox(device, function, &reader)
    case 9: try doorbell(device, function, HISI_DOORBELL_CMD_SQ, &reader)
    case 10: try doorbell(device, function, HISI_DOORBELL_CMD_CQ, &reader)
    case 11: try doorbell(device, function, width < 4 ? HISI_DOORBELL_CMD_EQ : HISI_DOORBELL_CMD_AEQ, &reader)
    case 12: try device.reset(function)
    case 13: try device.remap(function, reader.byte())
    case 14: try device.setInterrupt(function, vector: Int(reader.byte() & 7) - 1, isOn: width != 1)
    default:
      // A region, width and offset of any kind.
      let region = Int(Int8(bitPattern: reader.byte()))
      let width = Int(Int8(bitPattern: reader.byte()))
      let offset = reader.word64()
      try device.read(function, region: region, offset: offset, width: width)
      try device.write(offset, function, region: region, offset: offset, width: width)
    }
  }

  /// A command as a driver sends it; the address is that of a context, or of anything.
  private static func mailbox(_ device: DeviceRig, _ function: Int, _ reader: inout InputReader) throws {
    let command = reader.byte()
    let number = command & 0x80 != 0 ? command : mailboxCommands[Int(command & 0x3f) % mailboxCommands.count]
    let queue = reader.byte()
    let place = reader.byte()
    let base: UInt64 =
      switch place {
      case 0..<0x20: DeviceMap.base + UInt64(place) * 32
      case 0x20..<0x40: DeviceMap.readOnly + UInt64(place) * 32
      case 0x40..<0x80: UInt64(place) << 56 | UInt64(reader.word32())
      default: 0 &- UInt64(place & 0x7f)
      }
    try device.mailbox(
      function, UInt32(number), queue: queue == 0xff ? 0xffff : UInt16(queue & 0x7f), base: base,
      isGet: command & 0x40 != 0)
  }

  private static func doorbell(
    _ device: DeviceRig, _ function: Int, _ command: UInt32, _ reader: inout InputReader
  ) throws {
    let queue = reader.byte()
    let index = reader.byte()
    // Mostly a small index and no random number.
    let isOdd = queue & 0x80 != 0
    try device.ring(
      function, command, queue: UInt16(queue & 0x7f), index: isOdd ? reader.word16() : UInt16(index & 0x7f),
      priority: index >> 7, random: isOdd ? UInt16(index) : 0)
  }
}

/// Offsets of BAR 2.
enum Registers {
  /// Storage of the physical function, and of each: what is written is read.
  static let physicalStorage: Set<UInt32> = [
    HISI_QM_CACHE_CTL, HISI_QM_VFT_CFG_OP_WR, HISI_QM_VFT_CFG_TYPE, HISI_QM_VFT_CFG, HISI_QM_RAS_CE_ENABLE,
    HISI_QM_RAS_FE_ENABLE, HISI_QM_RAS_NFE_ENABLE, HISI_QM_RAS_CE_THRESHOLD, HISI_QM_IFC_INT_CFG, HISI_QM_PM_CTRL,
    HISI_QM_SHAPER_CFG, HISI_QM_OOO_SHUTDOWN_SEL, HISI_ZIP_CLOCK_GATE_CTRL, HISI_ZIP_AXI_SHUTDOWN_ENABLE,
    HISI_ZIP_RAS_CE_ENABLE, HISI_ZIP_RAS_NFE_ENABLE, HISI_ZIP_RAS_FE_ENABLE, HISI_ZIP_PREFETCH_CFG,
    HISI_ZIP_OOO_SHUTDOWN_SEL, 0x3f_fffc,
  ]
  static let storage: Set<UInt32> = [HISI_QM_PAGE_SIZE, HISI_QM_VF_STATE, HISI_QM_FUNS_ACTIVE_ST, 0x5000, 0xfffc]

  /// Everything that has a name or a meaning.
  static let named: [UInt32] =
    Array(stride(from: HISI_QM_AEQ_INT_SOURCE, to: 0x64, by: 4)) + Array(stride(from: 0x200, to: 0x214, by: 4))
    + Array(stride(from: HISI_MAILBOX, to: HISI_MAILBOX + 16, by: 4))
    + [HISI_DOORBELL_V1, HISI_DOORBELL_V1 + 4, HISI_DOORBELL_SQ_CQ, HISI_DOORBELL_SQ_CQ + 4]
    + [HISI_DOORBELL_EQ_AEQ, HISI_DOORBELL_EQ_AEQ + 4, 0x5000, 0xfffc]
    + Array(stride(from: HISI_QM_CAP_FUNC, to: 0x3160, by: 4))
    + Array(stride(from: HISI_QM_ABNORMAL_INT_SOURCE, to: 0x10_001c, by: 4))
    + Array(stride(from: HISI_QM_MEM_START_INIT, to: 0x10_0070, by: 4))
    + Array(stride(from: HISI_QM_RAS_CE_ENABLE, to: 0x10_0168, by: 4))
    + Array(stride(from: 0x10_4000, to: 0x10_4064, by: 8)) + Array(stride(from: 0x10_4010, to: 0x10_4050, by: 16))
    + [HISI_QM_DFX_CQE_ERROR_CNT, HISI_QM_IDLE_STATUS, HISI_ACC_MASTER_GLOBAL_CTRL, HISI_ACC_MASTER_TRANS_RETURN]
    + [HISI_ZIP_SOFT_CTRL_CNT_CLR_CE] + Array(stride(from: HISI_ZIP_CORE_INT_SOURCE, to: 0x30_10b0, by: 4))
    + [HISI_ZIP_SRAM_ECC_ERR_INFO, HISI_ZIP_SVA_TRANS, 0x30_2000, 0x30_4038] + physicalStorage.sorted()
}

extension InputReader {
  mutating func word16() -> UInt16 { UInt16(byte()) | UInt16(byte()) << 8 }
  mutating func word32() -> UInt32 { UInt32(word16()) | UInt32(word16()) << 16 }
  mutating func word64() -> UInt64 { UInt64(word32()) | UInt64(word32()) << 32 }
}
