// A driver's side of one queue pair: memory, rings, doorbells, and engines whose behaviour a test scripts.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Synchronization
import Testing

@testable import HisiliconModel

/// Longer than any scheduling delay of a loaded machine, also under a sanitizer: a lost event is a failure, not a hang.
let patience: UInt64 = 60_000_000_000

/// Waits until a condition holds.
func eventually(_ condition: () -> Bool) -> Bool {
  let deadline = MonotonicClock.deadline(after: patience)
  let pause = TimedSemaphore(value: 0)
  while !condition() {
    if MonotonicClock.now() > deadline { return false }
    _ = pause.wait(nanoseconds: 50_000)
  }
  return true
}

/// What a queue told its function.
final class RecordedEvents: QueueEvents {
  private let record = Guarded(Record())

  private struct Record {
    var completions: [UInt16] = []
    var asynchronous: [UInt32] = []
    var randomInvalid = 0
  }

  /// The queues that completion events named.
  var completions: [UInt16] { record.withLock { $0.completions } }
  /// The types of asynchronous events.
  var asynchronous: [UInt32] { record.withLock { $0.asynchronous } }
  var randomInvalid: Int { record.withLock { $0.randomInvalid } }

  func completionEvent(queue: UInt16) { record.withLock { $0.completions.append(queue) } }
  func asynchronousEvent(queue: UInt16, type: UInt32) { record.withLock { $0.asynchronous.append(type) } }
  func doorbellRandomInvalid(queue: UInt16) { record.withLock { $0.randomInvalid += 1 } }
}

/// What engines do in a test, by the request's tag.
final class JobScript: Sendable {
  private let state = Guarded(State())

  private struct State {
    var gates: [UInt32: Gate] = [:]
    var started: [UInt32] = []
    var running = 0
    var mostRunning = 0
  }

  /// Has the request with this tag wait until the gate is opened.
  func hold(_ tag: UInt32) -> Gate {
    let gate = Gate()
    state.withLock { $0.gates[tag] = gate }
    return gate
  }

  /// The tags in the order in which engines began them.
  var started: [UInt32] { state.withLock { $0.started } }
  /// The most requests that were with engines at one time.
  var mostRunning: Int { state.withLock { $0.mostRunning } }

  func begin(_ tag: UInt32) -> Gate? {
    state.withLock { state in
      state.started.append(tag)
      state.running += 1
      state.mostRunning = max(state.mostRunning, state.running)
      return state.gates[tag]
    }
  }

  func end() { state.withLock { $0.running -= 1 } }
}

/// An engine that consumes all input and produces half of it, without looking at either.
final class ScriptedExecutor: JobExecutor {
  private let script: JobScript

  init(_ script: JobScript) { self.script = script }

  func execute(
    _ sqe: inout hisi_zip_sqe, direction: ZipDirection, revision: UInt32, memory: borrowing MemoryAccess,
    contexts: StreamContexts
  ) {
    if let gate = script.begin(sqe.tag_l) { _ = gate.wait(nanoseconds: patience) }
    sqe.consumed = sqe.input_data_length
    sqe.produced = sqe.input_data_length / 2
    sqe.dw3 = HISI_ZIP_STATUS_OK
    script.end()
  }
}

/// Memory of a driver, kept alive by the address space that maps it.
///
/// `@unchecked Sendable`: driver and device share it by the rules of the rings.
@safe final class DriverMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe base = .allocate(byteCount: byteCount, alignment: 4096)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit { unsafe base.deallocate() }
}

/// A queue pair with its driver.
///
/// `@unchecked Sendable`: the driver's positions belong to the test's thread, or to one thread that the test starts.
@safe final class QueueRig: @unchecked Sendable {
  /// Where the driver's memory is for the device: the submission ring, then the completion ring, then buffers.
  static let iova: UInt64 = 0x7_0000_0000
  static let bufferOffset = 0x40000

  let memory = DriverMemory(byteCount: 0x100000)
  let space = AddressSpace()
  let events = RecordedEvents()
  let queue: QueuePair
  let depth: UInt32
  let completionDepth: UInt32
  /// Where the two rings are; a test may move one out of the mapping.
  var submissionBase = QueueRig.iova
  var completionBase: UInt64
  // The driver's positions.
  private(set) var tail: UInt32 = 0
  private var head: UInt32 = 0
  private var phase: UInt16 = 1

  init(
    _ scheduler: Scheduler, number: UInt16 = 0, depth: UInt32 = 16, completionDepth: UInt32? = nil,
    revision: UInt32 = HISI_QM_HW_V3, weight: UInt32 = 1, report: QueueIncidentReport? = nil
  ) throws {
    self.depth = depth
    self.completionDepth = completionDepth ?? depth
    completionBase = Self.iova + UInt64(depth) * 128
    queue = QueuePair(
      number: number, revision: revision, events: events, scheduler: scheduler, weight: weight, report: report)
    try space.map(
      iova: Self.iova, length: UInt64(memory.byteCount), permissions: [.read, .write],
      backing: .memory(unsafe MappedMemory(base: memory.base, owner: memory)))
  }

  /// A submission context for the rig's ring.
  func submissionContext(direction: UInt32 = HISI_SQC_TYPE_COMPRESS, priority: UInt16 = 0, rand: UInt16 = 0) -> hisi_sqc
  {
    var context = hisi_sqc()
    context.base_l = UInt32(truncatingIfNeeded: submissionBase)
    context.base_h = UInt32(submissionBase >> 32)
    let isFirst = queue.revision == HISI_QM_HW_V1
    context.dw3 = (isFirst ? 0 : depth - 1) | 7 << HISI_SQC_DW3_SIZE_SHIFT
    context.w8 = isFirst ? UInt16(depth - 1) : rand
    context.cq_num = queue.number
    context.w13 = priority | 1 << 4 | UInt16(direction << HISI_SQC_W13_TYPE_SHIFT)
    return context
  }

  /// A completion context for the rig's ring.
  func completionContext(isArmed: Bool = false, rand: UInt16 = 0) -> hisi_cqc {
    var context = hisi_cqc()
    context.base_l = UInt32(truncatingIfNeeded: completionBase)
    context.base_h = UInt32(completionBase >> 32)
    let isFirst = queue.revision == HISI_QM_HW_V1
    context.dw3 = (isFirst ? 0 : completionDepth - 1) | 4 << HISI_CQC_DW3_SIZE_SHIFT
    context.w8 = isFirst ? UInt16(completionDepth - 1) : rand
    context.dw6 = HISI_CQC_DW6_PHASE | (isArmed ? HISI_CQC_DW6_ARMED : 0)
    return context
  }

  /// Starts the queue anew, with the driver's positions at the start.
  func start(
    direction: UInt32 = HISI_SQC_TYPE_COMPRESS, priority: UInt16 = 0, isArmed: Bool = false, rand: UInt16 = 0
  ) throws {
    tail = 0
    head = 0
    phase = 1
    // What completions an earlier run left would be valid in this one.
    let ring = unsafe memory.base + Int(completionBase - Self.iova) % memory.byteCount
    unsafe ring.initializeMemory(as: UInt8.self, repeating: 0, count: Int(completionDepth) * 16)
    try queue.startSQ(submissionContext(direction: direction, priority: priority, rand: rand), memory: space)
    try queue.startCQ(completionContext(isArmed: isArmed, rand: rand), memory: space)
  }

  /// A raw-deflate compression of `length` bytes within the rig's buffers.
  static func request(tag: UInt32, length: UInt32 = 4096, isStateful: Bool = false) -> hisi_zip_sqe {
    var sqe = hisi_zip_sqe()
    sqe.input_data_length = length
    sqe.dest_avail_out = 0x10000
    sqe.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT | (isStateful ? HISI_ZIP_DW7_STATEFUL : 0)
    sqe.dw9 = HISI_ZIP_REQUEST_DEFLATE | 4 << HISI_ZIP_DW9_WINDOW_SHIFT
    let source = iova + UInt64(bufferOffset)
    sqe.source_addr_l = UInt32(truncatingIfNeeded: source)
    sqe.source_addr_h = UInt32(source >> 32)
    let destination = source + 0x20000
    sqe.dest_addr_l = UInt32(truncatingIfNeeded: destination)
    sqe.dest_addr_h = UInt32(destination >> 32)
    sqe.tag_l = tag
    return sqe
  }

  /// The address of a submission entry, for the driver.
  private func entry(_ slot: UInt32) -> UnsafeMutableRawPointer {
    unsafe memory.base + Int(slot) * 128
  }

  /// Writes a request into the next entry, and rings nothing.
  func push(_ sqe: hisi_zip_sqe) {
    unsafe entry(tail).storeBytes(of: sqe, as: hisi_zip_sqe.self)
    tail = (tail + 1) % depth
  }

  /// Writes requests and rings the doorbell in the register.
  func submit(_ sqes: hisi_zip_sqe...) {
    for sqe in sqes { push(sqe) }
    ring()
  }

  /// Rings the submission doorbell in the register.
  func ring(rand: UInt16 = 0) {
    queue.ringSQ(index: UInt16(tail), rand: rand)
  }

  /// Changes an entry behind the device's back.
  func overwrite(_ slot: UInt32, _ sqe: hisi_zip_sqe) {
    unsafe entry(slot).storeBytes(of: sqe, as: hisi_zip_sqe.self)
  }

  /// The entry as it is in memory.
  func sqe(_ slot: UInt32) -> hisi_zip_sqe {
    unsafe entry(slot).load(as: hisi_zip_sqe.self)
  }

  /// A completion that the driver has consumed.
  struct Completion: Equatable {
    var slot: UInt16
    var queue: UInt16
    var tag: UInt32
    var status: UInt32
  }

  /// Consumes the next completion, if it is there.
  func poll() -> Completion? {
    let cqe = unsafe memory.base + Int(completionBase - Self.iova) + Int(head) * 16
    // The word with the phase, read in one piece, before anything that it covers.
    let word = unsafe (cqe + 14).assumingMemoryBound(to: Atomic<UInt16>.self).pointee.load(ordering: .acquiring)
    guard word & 1 == phase else { return nil }
    let (slot, queue) = unsafe (
      cqe.load(fromByteOffset: 8, as: UInt16.self), cqe.load(fromByteOffset: 10, as: UInt16.self)
    )
    head += 1
    if head == completionDepth {
      head = 0
      phase ^= 1
    }
    let sqe = sqe(UInt32(slot))
    return Completion(slot: slot, queue: queue, tag: sqe.tag_l, status: sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK)
  }

  /// Consumes `count` completions and tells the device.
  func consume(_ count: Int, arm: Bool = false) -> [Completion] {
    var completions: [Completion] = []
    _ = eventually {
      while completions.count < count, let completion = poll() { completions.append(completion) }
      return completions.count >= count
    }
    acknowledge(arm: arm)
    return completions
  }

  /// Rings the completion doorbell in the register.
  func acknowledge(arm: Bool = false) {
    queue.ringCQ(index: UInt16(head), rand: 0, arm: arm)
  }

  /// Waits until engines have nothing left to do for the queue.
  func settle() -> Bool {
    eventually { queue.isIdle }
  }
}

/// Engines that a test scripts, with their scheduler.
final class ScriptedEngines: Sendable {
  let script = JobScript()
  let scheduler: Scheduler
  let pool: EnginePool

  init(engines: Int = 1) throws {
    scheduler = Scheduler()
    let script = script
    pool = try EnginePool(executors: (0..<engines).map { _ in ScriptedExecutor(script) }, scheduler: scheduler)
  }

  deinit { pool.stop() }
}
