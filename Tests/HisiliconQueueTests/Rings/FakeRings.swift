// A device's side of a ring pair, in a test's hands.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Synchronization
import Testing
import WarpDriveQueue

/// The memory of a queue, and the moves of a device that answers it.
///
/// Used by one thread on the device's side. `@unchecked Sendable`: pointers into mappings that live as long as this.
@safe final class FakeRings: @unchecked Sendable {
  let layout: RingLayout
  let number: UInt16
  let memory: SharedMemory
  let page: SharedMemory
  let wakeUp: EventCounter
  private let rings: SharedMapping
  private let doorbells: SharedMapping
  private var head = 0
  private var tail = 0
  private var phase: UInt16 = 1
  /// Completions written, and those that the driver has acknowledged.
  private(set) var written = 0
  private var acknowledged = 0
  private var acknowledgedHead = 0

  init(
    submissionDepth: Int, completionDepth: Int? = nil, number: UInt16 = 3, seals: SharedMemory.Seals = .grow
  ) throws {
    layout = RingLayout(submissionDepth: submissionDepth, completionDepth: completionDepth ?? submissionDepth)
    self.number = number
    memory = try SharedMemory(name: "test-rings", byteCount: layout.byteCount, seals: seals)
    page = try SharedMemory(name: "test-doorbells", byteCount: Int(HISI_DOORBELL_PAGE_SIZE))
    wakeUp = try EventCounter()
    rings = try memory.map()
    doorbells = try page.map()
  }

  /// The driver's side, with a doorbell page.
  func makePair(isVersion1: Bool = false) throws -> RingPair {
    try makePair(.page(page.map(), wakeUp: wakeUp), isVersion1: isVersion1)
  }

  func makePair(_ doorbell: QueueDoorbell, isVersion1: Bool = false) throws -> RingPair {
    try RingPair(
      rings: memory.map(), submissionDepth: layout.submissionDepth, completionDepth: layout.completionDepth,
      number: number, isVersion1: isVersion1, doorbell: doorbell)
  }

  private func word<Value: AtomicRepresentable>(
    _ mapping: SharedMapping, _ offset: Int, _ type: Value.Type
  ) -> UnsafePointer<Atomic<Value>> {
    unsafe UnsafePointer((mapping.base + offset).assumingMemoryBound(to: Atomic<Value>.self))
  }

  var submissionDoorbell: UInt64 {
    unsafe word(doorbells, Int(HISI_DOORBELL_PAGE_SQ), UInt64.self).pointee.load(ordering: .acquiring)
  }

  var completionDoorbell: UInt64 {
    unsafe word(doorbells, Int(HISI_DOORBELL_PAGE_CQ), UInt64.self).pointee.load(ordering: .acquiring)
  }

  var isSleeping: Bool {
    get { unsafe word(doorbells, Int(HISI_DOORBELL_PAGE_SLEEPING), UInt32.self).pointee.load(ordering: .relaxed) != 0 }
    set {
      unsafe word(doorbells, Int(HISI_DOORBELL_PAGE_SLEEPING), UInt32.self).pointee
        .store(newValue ? 1 : 0, ordering: .sequentiallyConsistent)
    }
  }

  func stopSubmissions() {
    unsafe word(rings, RingLayout.submissionStopOffset(in: layout.byteCount), UInt32.self).pointee
      .store(1, ordering: .releasing)
  }

  func stopCompletions() {
    unsafe word(rings, RingLayout.completionStopOffset(in: layout.byteCount), UInt32.self).pointee
      .store(1, ordering: .releasing)
  }

  /// The slots that the driver has rung for since the last call.
  func takeSlots() -> [UInt16] {
    let end = Int(submissionDoorbell >> 32 & 0xffff)
    var slots: [UInt16] = []
    while head != end {
      slots.append(UInt16(head))
      head = (head + 1) % layout.submissionDepth
    }
    return slots
  }

  func request(_ slot: UInt16) -> hisi_zip_sqe {
    unsafe (rings.base + Int(slot) * RingLayout.submissionSize).load(as: hisi_zip_sqe.self)
  }

  /// Answers a slot: its tag, plus one, is what was produced.
  func answer(_ slot: UInt16) {
    var sqe = request(slot)
    sqe.produced = sqe.tag &+ 1
    unsafe (rings.base + Int(slot) * RingLayout.submissionSize).storeBytes(of: sqe, as: hisi_zip_sqe.self)
    complete(slot: slot)
  }

  /// Writes a completion, whatever it says.
  func complete(slot: UInt16, queue: UInt16? = nil) {
    let entry = unsafe rings.base + layout.completionOffset + tail * RingLayout.completionSize
    unsafe entry.storeBytes(of: slot, toByteOffset: 8, as: UInt16.self)
    unsafe entry.storeBytes(of: queue ?? number, toByteOffset: 10, as: UInt16.self)
    let last = layout.completionOffset + tail * RingLayout.completionSize + 14
    unsafe word(rings, last, UInt16.self).pointee.store(phase, ordering: .releasing)
    written += 1
    tail += 1
    if tail == layout.completionDepth {
      tail = 0
      phase ^= 1
    }
  }

  /// Completions that the device may not overwrite yet, as far as the driver has told.
  func unacknowledged() -> Int {
    let now = Int(completionDoorbell >> 32 & 0xffff)
    acknowledged += (now - acknowledgedHead + layout.completionDepth) % layout.completionDepth
    acknowledgedHead = now
    return written - acknowledged
  }
}

func request(tag: UInt32) -> hisi_zip_sqe {
  var sqe = hisi_zip_sqe()
  sqe.tag = tag
  return sqe
}
