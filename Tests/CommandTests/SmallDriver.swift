// Just enough of a driver to have a served function compress: one queue, through a socket, in shared memory.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import VFIOUser

/// A client of the physical function with one queue of 64 entries.
final class SmallDriver {
  private static let iova: UInt64 = 0x1000_0000
  private static let submissionRing: UInt64 = 0x1000
  private static let completionRing: UInt64 = 0x4000
  private static let source: UInt64 = 0x1_0000
  private static let target: UInt64 = 0x10_0000
  private static let room: UInt64 = 0x2_0000
  private static let depth = 64

  private let client: VFIOUserClient
  private let mapping: SharedMapping

  /// Connects, and lends memory that stays after the host has gone.
  init(_ path: String) throws {
    client = try VFIOUserClient(path: path)
    let byteCount = Int(Self.target + UInt64(Self.depth) * Self.room)
    let memory = try SharedMemory(name: "test", byteCount: byteCount)
    mapping = try memory.map()
    try client.mapMemory(iova: Self.iova, length: UInt64(byteCount), descriptor: memory.descriptor)
    store(Array(Sample.noise(0x1_0000)), at: Self.source)
  }

  /// Gives the function a window of queues and starts queue 0, without events.
  func start() throws {
    let window = HISI_VFT_SQC_VALID | 63 << HISI_VFT_SQC_NUMBER_SHIFT
    for (type, entry) in [(HISI_VFT_TYPE_SQC, window), (HISI_VFT_TYPE_CQC, HISI_VFT_CQC_VALID)] {
      try write(0, HISI_QM_VFT_CFG_OP_WR)
      try write(type, HISI_QM_VFT_CFG_TYPE)
      try write(0, HISI_QM_VFT_CFG)
      try write(UInt32(truncatingIfNeeded: entry), HISI_QM_VFT_CFG_DATA_L)
      try write(UInt32(truncatingIfNeeded: entry >> 32), HISI_QM_VFT_CFG_DATA_H)
      try write(1, HISI_QM_VFT_CFG_OP_ENABLE)
    }
    var submission = hisi_sqc()
    submission.base_l = UInt32(Self.iova + Self.submissionRing)
    submission.dw3 = 7 << HISI_SQC_DW3_SIZE_SHIFT | UInt32(Self.depth - 1)
    submission.w13 = UInt16(1 << HISI_SQC_W13_ORDER_SHIFT)
    try mailbox(HISI_MAILBOX_CMD_SQC, submission)
    var completion = hisi_cqc()
    completion.base_l = UInt32(Self.iova + Self.completionRing)
    completion.dw3 = 4 << HISI_CQC_DW3_SIZE_SHIFT | UInt32(Self.depth - 1)
    completion.dw6 = HISI_CQC_DW6_PHASE
    try mailbox(HISI_MAILBOX_CMD_CQC, completion)
  }

  /// Has 64 KiB compressed `count` times, with one doorbell; at most 63 times in all.
  func submit(_ count: Int) throws {
    for slot in 0..<UInt64(count) {
      var request = hisi_zip_sqe()
      request.input_data_length = 0x1_0000
      request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
      request.dw9 = HISI_ZIP_REQUEST_DEFLATE
      request.dest_avail_out = UInt32(Self.room)
      request.source_addr_l = UInt32(Self.iova + Self.source)
      request.dest_addr_l = UInt32(Self.iova + Self.target + slot * Self.room)
      store(request, at: Self.submissionRing + slot * 128)
    }
    let doorbell = UInt64(HISI_DOORBELL_CMD_SQ) << HISI_DOORBELL_CMD_SHIFT | UInt64(count) << HISI_DOORBELL_INDEX_SHIFT
    try client.write(doorbell, region: 2, offset: UInt64(HISI_DOORBELL_SQ_CQ), width: 8)
  }

  /// How many completions of the first round are there, each of a request that has an output.
  var completions: Int {
    (0..<Self.depth).count { slot in
      let phase = load(Self.completionRing + UInt64(slot) * 16 + 14, as: UInt16.self)
      let answer = load(Self.submissionRing + UInt64(slot) * 128, as: hisi_zip_sqe.self)
      return UInt32(phase) & HISI_CQE_W7_PHASE != 0 && answer.consumed == 0x1_0000 && answer.produced > 0
    }
  }

  private func mailbox(_ command: UInt32, _ context: some BitwiseCopyable) throws {
    store(context, at: 0)
    let first = UInt64(command | HISI_MAILBOX_W0_BUSY) | Self.iova << 32
    try client.write(first, region: 2, offset: UInt64(HISI_MAILBOX), width: 8)
    try client.write(0, region: 2, offset: UInt64(HISI_MAILBOX) + 8, width: 8)
    let word = UInt32(try client.read(region: 2, offset: UInt64(HISI_MAILBOX), width: 4))
    guard word & (HISI_MAILBOX_W0_BUSY | HISI_MAILBOX_W0_STATUS_MASK << HISI_MAILBOX_W0_STATUS_SHIFT) == 0 else {
      throw ToolError("mailbox command \(command) ended with \(word)")
    }
  }

  private func write(_ value: UInt32, _ offset: UInt32) throws {
    try client.write(UInt64(value), region: 2, offset: UInt64(offset), width: 4)
  }

  private func store<Value: BitwiseCopyable>(_ value: Value, at offset: UInt64) {
    unsafe (mapping.base + Int(offset)).storeBytes(of: value, as: Value.self)
  }

  private func store(_ bytes: [UInt8], at offset: UInt64) {
    unsafe (mapping.base + Int(offset)).copyMemory(from: bytes, byteCount: bytes.count)
  }

  private func load<Value: BitwiseCopyable>(_ offset: UInt64, as type: Value.Type) -> Value {
    unsafe (mapping.base + Int(offset)).loadUnaligned(as: Value.self)
  }
}
