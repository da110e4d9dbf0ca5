// The least that a driver of the queue manager does: one thread, one request at a time, completions by interrupt.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import Dispatch

/// Why the device cannot be driven.
struct DriverFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A request that the device has answered with an error.
struct RequestFailure: Error, CustomStringConvertible {
  let status: UInt32
  var description: String { "the request ended with status 0x\(String(status, radix: 16))" }
}

/// Drives any `DeviceFunction`: here the model's, elsewhere what stands for hardware.
final class SmallDriver {
  /// The queues, whose contexts say which way their requests go.
  enum Direction: UInt16, CaseIterable {
    case compress, decompress
  }

  /// gzip's header without a name: it is software's part; the engine makes body and trailer.
  static let gzipHeader: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]

  private static let depth = 16
  private static let largest = Int(HISI_ZIP_LENGTH_MAX)
  /// Where the device sees the memory, and what is where in it.
  private static let iova: UInt64 = 0x1_0000_0000
  private static let context = 0
  private static let events = [0x1000, 0x2000]
  private static let submission = [0x3000, 0x4000]
  private static let completion = [0x5000, 0x6000]
  private static let input = 0x1_0000
  private static let output = input + largest

  private let device: any DeviceFunction
  private let memory: UnsafeMutableRawBufferPointer
  private let interrupt = DispatchSemaphore(value: 0)
  private var requestCounts = [0, 0]
  private var eventCount = 0

  /// Brings the function up.
  init(_ device: any DeviceFunction) throws {
    self.device = device
    memory = .allocate(byteCount: Self.output + Self.largest, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = memory.baseAddress else { throw DriverFailure("no memory") }
    try device.map(
      DeviceMemory(base: base, length: memory.count), iova: Self.iova, permissions: [.read, .write], pasid: nil)
    try device.setInterruptHandler(vector: Int(HISI_VECTOR_EQ)) { [interrupt] in interrupt.signal() }
    try initialize()
    try startEvents()
    for direction in Direction.allCases { try startQueue(direction) }
  }

  deinit {
    // Returns when the device no longer uses the memory.
    try? device.unmap(iova: Self.iova, length: UInt64(memory.count), pasid: nil)
    memory.deallocate()
  }

  // MARK: Bringing up

  /// Clears the device and gives this function the queues 0 to 63.
  private func initialize() throws {
    try write(1, HISI_QM_MEM_START_INIT)
    try expect(HISI_QM_MEM_INIT_DONE, "the device's memory does not become ready")
    let window = HISI_VFT_SQC_VALID | 63 << HISI_VFT_SQC_NUMBER_SHIFT
    for (type, entry) in [(HISI_VFT_TYPE_SQC, window), (HISI_VFT_TYPE_CQC, HISI_VFT_CQC_VALID)] {
      try write(type, HISI_QM_VFT_CFG_TYPE)
      try write(0, HISI_QM_VFT_CFG)
      try write(UInt32(truncatingIfNeeded: entry), HISI_QM_VFT_CFG_DATA_L)
      try write(UInt32(truncatingIfNeeded: entry >> 32), HISI_QM_VFT_CFG_DATA_H)
      try write(0, HISI_QM_VFT_CFG_RDY)
      try write(1, HISI_QM_VFT_CFG_OP_ENABLE)
      try expect(HISI_QM_VFT_CFG_RDY, "the queue window is not taken")
    }
  }

  /// Gives the device the event queue and the asynchronous one, arms both and lets the first one interrupt.
  private func startEvents() throws {
    for (command, ring) in zip([HISI_MAILBOX_CMD_EQC, HISI_MAILBOX_CMD_AEQC], Self.events) {
      var context = hisi_eqc()
      (context.base_l, context.base_h) = Self.halves(ring)
      context.dw6 = UInt32(Self.depth - 1) | HISI_EQC_DW6_PHASE
      try setContext(context, command)
    }
    try ring(HISI_DOORBELL_CMD_AEQ, index: 0)
    try ring(HISI_DOORBELL_CMD_EQ, index: 0)
    try write(0, HISI_QM_EQ_INT_MASK)
  }

  /// Gives the device a submission and a completion queue, the latter armed.
  private func startQueue(_ direction: Direction) throws {
    let number = direction.rawValue
    var submission = hisi_sqc()
    (submission.base_l, submission.base_h) = Self.halves(Self.submission[Int(number)])
    submission.dw3 = UInt32(Self.depth - 1) | 7 << HISI_SQC_DW3_SIZE_SHIFT
    submission.cq_num = number
    submission.w13 = 1 << UInt16(HISI_SQC_W13_ORDER_SHIFT) | number << UInt16(HISI_SQC_W13_TYPE_SHIFT)
    try setContext(submission, HISI_MAILBOX_CMD_SQC, queue: number)
    var completion = hisi_cqc()
    (completion.base_l, completion.base_h) = Self.halves(Self.completion[Int(number)])
    completion.dw3 = UInt32(Self.depth - 1) | 4 << HISI_CQC_DW3_SIZE_SHIFT
    completion.dw6 = HISI_CQC_DW6_PHASE | HISI_CQC_DW6_ARMED
    try setContext(completion, HISI_MAILBOX_CMD_CQC, queue: number)
  }

  // MARK: Requests

  /// The body and trailer of a gzip member, or what was in it.
  func run(_ direction: Direction, _ bytes: [UInt8]) throws -> [UInt8] {
    guard bytes.count <= Self.largest else { throw DriverFailure("a request has at most \(Self.largest) bytes") }
    UnsafeMutableRawBufferPointer(rebasing: memory[Self.input...]).copyBytes(from: bytes)
    var request = hisi_zip_sqe()
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = HISI_ZIP_REQUEST_GZIP
    request.input_data_length = UInt32(bytes.count)
    request.dest_avail_out = UInt32(Self.largest)
    (request.source_addr_l, request.source_addr_h) = Self.halves(Self.input)
    (request.dest_addr_l, request.dest_addr_h) = Self.halves(Self.output)
    let answer = try execute(request, on: direction.rawValue)
    let status = answer.dw3 & HISI_ZIP_DW3_STATUS_MASK
    // Output that is no smaller than the input is valid all the same.
    guard status == HISI_ZIP_STATUS_OK || status == HISI_ZIP_STATUS_NEGACOMPRESS else {
      throw RequestFailure(status: status)
    }
    return [UInt8](memory[Self.output..<Self.output + Int(answer.produced)])
  }

  /// Has the device execute a request, and returns it as the device has answered it.
  private func execute(_ request: hisi_zip_sqe, on queue: UInt16) throws -> hisi_zip_sqe {
    let count = requestCounts[Int(queue)]
    let slot = count % Self.depth
    let next = UInt16((count + 1) % Self.depth)
    let place = Self.submission[Int(queue)] + slot * MemoryLayout<hisi_zip_sqe>.size
    memory.storeBytes(of: request, toByteOffset: place, as: hisi_zip_sqe.self)
    try ring(HISI_DOORBELL_CMD_SQ, queue: queue, index: next)
    // The completion makes an event, and the event an interrupt.
    guard interrupt.wait(timeout: .now() + 30) == .success else { throw DriverFailure("no interrupt in 30 s") }
    let entry = memory.load(
      fromByteOffset: Self.completion[Int(queue)] + slot * MemoryLayout<hisi_cqe>.size, as: hisi_cqe.self)
    // The device writes phase 1 on its first lap and toggles it at each wrap.
    let phase = UInt16(1 - count / Self.depth % 2)
    guard entry.w7 & UInt16(HISI_CQE_W7_PHASE) == phase, entry.sq_num == queue, Int(entry.sq_head) == slot else {
      throw DriverFailure("the completion is another's")
    }
    requestCounts[Int(queue)] += 1
    eventCount += 1
    // What was consumed, and that the next one is to make an event again.
    try ring(HISI_DOORBELL_CMD_CQ, queue: queue, index: next, priority: 1)
    try ring(HISI_DOORBELL_CMD_EQ, index: UInt16(eventCount % Self.depth))
    return memory.load(fromByteOffset: place, as: hisi_zip_sqe.self)
  }

  // MARK: Registers

  private static func halves(_ offset: Int) -> (UInt32, UInt32) {
    let address = iova + UInt64(offset)
    return (UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32))
  }

  private func write(_ value: UInt32, _ offset: UInt32) throws {
    try device.write(UInt64(value), region: Int(HISI_BAR_REGISTERS), offset: UInt64(offset), width: 4)
  }

  private func write64(_ value: UInt64, _ offset: UInt32) throws {
    try device.write(value, region: Int(HISI_BAR_REGISTERS), offset: UInt64(offset), width: 8)
  }

  /// Looks a while for bit 0 of a register.
  private func expect(_ offset: UInt32, _ otherwise: String) throws {
    for _ in 0..<1000
    where try device.read(region: Int(HISI_BAR_REGISTERS), offset: UInt64(offset), width: 4) & 1 == 1 { return }
    throw DriverFailure(otherwise)
  }

  /// Gives the device a context by a mailbox command: 16 bytes, of which the last one begins it.
  private func setContext(_ context: some BitwiseCopyable, _ command: UInt32, queue: UInt16 = 0) throws {
    memory.storeBytes(of: context, toByteOffset: Self.context, as: type(of: context))
    let (low, high) = Self.halves(Self.context)
    try write64(UInt64(command | HISI_MAILBOX_W0_BUSY) | UInt64(queue) << 16 | UInt64(low) << 32, HISI_MAILBOX)
    try write64(UInt64(high), HISI_MAILBOX + 8)
    let word = UInt32(
      try device.read(region: Int(HISI_BAR_REGISTERS), offset: UInt64(HISI_MAILBOX), width: 2))
    // The model is done with a context when the write returns; hardware is polled for its busy bit.
    guard word & (HISI_MAILBOX_W0_BUSY | HISI_MAILBOX_W0_STATUS_MASK << HISI_MAILBOX_W0_STATUS_SHIFT) == 0 else {
      throw DriverFailure("mailbox command \(command) of queue \(queue) failed: 0x\(String(word, radix: 16))")
    }
  }

  private func ring(_ command: UInt32, queue: UInt16 = 0, index: UInt16, priority: UInt64 = 0) throws {
    let isEvent = command == HISI_DOORBELL_CMD_EQ || command == HISI_DOORBELL_CMD_AEQ
    let word =
      UInt64(queue) | UInt64(command) << HISI_DOORBELL_CMD_SHIFT | UInt64(index) << HISI_DOORBELL_INDEX_SHIFT
      | priority << HISI_DOORBELL_PRIORITY_SHIFT
    try write64(word, isEvent ? HISI_DOORBELL_EQ_AEQ : HISI_DOORBELL_SQ_CQ)
  }
}
