// The least that a driver of the accelerator does, for measuring it: memory, contexts, events.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import Dispatch
import Glibc
import HisiliconModel

struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Drives a function through its registers, and sleeps until an interrupt comes.
///
/// Used by one thread. `@unchecked Sendable` for the memory, which it shares with the device anyway.
@safe final class DeviceDriver: @unchecked Sendable {
  static let eventDepth: UInt32 = 1024
  private static let iova: UInt64 = 0x1_0000_0000
  private static let byteCount = 128 << 20

  let function: ModelFunction
  private let base: UnsafeMutableRawPointer
  private var used = 0
  private let interrupt = DispatchSemaphore(value: 0)
  private var context: UnsafeMutableRawPointer
  private var events: UnsafeMutableRawPointer
  private var eventHead: UInt32 = 0
  private var eventPhase = HISI_EQE_PHASE

  /// Brings the function up.
  init(_ accelerator: Accelerator) throws {
    guard
      let base = unsafe mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe base != MAP_FAILED
    else { throw BenchmarkFailure("no memory") }
    unsafe self.base = base
    unsafe context = base
    unsafe events = base
    function = try ModelFunction(accelerator)
    try unsafe function.map(
      DeviceMemory(base: base, length: Self.byteCount), iova: Self.iova, permissions: [.read, .write], pasid: nil)
    unsafe context = allocate(4096)
    unsafe events = allocate(Int(Self.eventDepth) * 4)
    try function.setInterruptHandler(vector: Int(HISI_VECTOR_EQ)) { [interrupt] in interrupt.signal() }
    try bringUp()
  }

  deinit {
    // Returns when the device no longer uses the memory.
    try? function.unmap(iova: Self.iova, length: UInt64(Self.byteCount), pasid: nil)
    unsafe munmap(base, Self.byteCount)
  }

  /// Zeroed pages.
  func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    defer { used += (count + 4095) / 4096 * 4096 }
    precondition(used + count <= Self.byteCount, "the benchmark's memory is used up")
    return unsafe base + used
  }

  /// Where the device sees an address, in two halves.
  func halves(_ address: UnsafeMutableRawPointer) -> (UInt32, UInt32) {
    let iova = unsafe Self.iova + UInt64(address - base)
    return (UInt32(truncatingIfNeeded: iova), UInt32(truncatingIfNeeded: iova >> 32))
  }

  private func bringUp() throws {
    try write(1, HISI_QM_MEM_START_INIT)
    let window = HISI_VFT_SQC_VALID | 63 << HISI_VFT_SQC_NUMBER_SHIFT
    for (type, entry) in [(HISI_VFT_TYPE_SQC, window), (HISI_VFT_TYPE_CQC, HISI_VFT_CQC_VALID)] {
      try write(type, HISI_QM_VFT_CFG_TYPE)
      try write(0, HISI_QM_VFT_CFG)
      try write(UInt32(truncatingIfNeeded: entry), HISI_QM_VFT_CFG_DATA_L)
      try write(UInt32(truncatingIfNeeded: entry >> 32), HISI_QM_VFT_CFG_DATA_H)
      try write(0, HISI_QM_VFT_CFG_RDY)
      try write(1, HISI_QM_VFT_CFG_OP_ENABLE)
    }
    let asynchronous = unsafe allocate(Int(Self.eventDepth) * 4)
    try unsafe startEvents(HISI_MAILBOX_CMD_EQC, events)
    try unsafe startEvents(HISI_MAILBOX_CMD_AEQC, asynchronous)
    try ring(HISI_DOORBELL_CMD_AEQ, index: 0)
    try ring(HISI_DOORBELL_CMD_EQ, index: 0)
    try write(0, HISI_QM_EQ_INT_MASK)
  }

  private func startEvents(_ command: UInt32, _ ring: UnsafeMutableRawPointer) throws {
    var context = hisi_eqc()
    unsafe (context.base_l, context.base_h) = halves(ring)
    context.dw6 = (Self.eventDepth - 1) | HISI_EQC_DW6_PHASE
    try set(command, context)
  }

  /// Gives the device a context; the model is done with it when the write returns.
  func set(_ command: UInt32, queue: UInt16 = 0, _ value: some BitwiseCopyable) throws {
    unsafe context.storeBytes(of: value, as: type(of: value))
    let (low, high) = unsafe halves(context)
    try write64(UInt64(command | HISI_MAILBOX_W0_BUSY) | UInt64(queue) << 16 | UInt64(low) << 32, HISI_MAILBOX)
    try write64(UInt64(high), HISI_MAILBOX + 8)
    let word = UInt32(try function.read(region: 2, offset: UInt64(HISI_MAILBOX), width: 4))
    guard word & (HISI_MAILBOX_W0_BUSY | HISI_MAILBOX_W0_STATUS_MASK << HISI_MAILBOX_W0_STATUS_SHIFT) == 0 else {
      throw BenchmarkFailure("mailbox command \(command) of queue \(queue) failed")
    }
  }

  /// Rings a trapped doorbell.
  func ring(_ command: UInt32, queue: UInt16 = 0, index: UInt32, priority: UInt64 = 0) throws {
    let isEvent = command == HISI_DOORBELL_CMD_EQ || command == HISI_DOORBELL_CMD_AEQ
    let word =
      UInt64(queue) | UInt64(command) << HISI_DOORBELL_CMD_SHIFT | UInt64(index) << HISI_DOORBELL_INDEX_SHIFT
      | priority << HISI_DOORBELL_PRIORITY_SHIFT
    try write64(word, isEvent ? HISI_DOORBELL_EQ_AEQ : HISI_DOORBELL_SQ_CQ)
  }

  /// Sleeps until an interrupt of the event queue comes, and consumes its entries, not rung yet.
  func sleep() throws {
    guard interrupt.wait(timeout: .now() + 30) == .success else { throw BenchmarkFailure("no interrupt in 30 s") }
    while true {
      let entry = unsafe events.load(fromByteOffset: Int(eventHead) * 4, as: UInt32.self)
      guard entry & HISI_EQE_PHASE == eventPhase else { break }
      eventHead += 1
      if eventHead == Self.eventDepth {
        eventHead = 0
        eventPhase ^= HISI_EQE_PHASE
      }
    }
  }

  /// Tells the device which events were consumed, and arms the event queue.
  func acknowledgeEvents() throws {
    try ring(HISI_DOORBELL_CMD_EQ, index: eventHead)
  }

  private func write(_ value: UInt32, _ offset: UInt32) throws {
    try function.write(UInt64(value), region: 2, offset: UInt64(offset), width: 4)
  }

  private func write64(_ value: UInt64, _ offset: UInt32) throws {
    try function.write(value, region: 2, offset: UInt64(offset), width: 8)
  }
}
