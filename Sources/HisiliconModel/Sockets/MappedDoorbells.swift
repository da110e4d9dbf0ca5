// A queue's doorbells as a page of memory, which a client in this process or another rings without a call.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import DeviceAccess
public import LinuxSystem
import Synchronization

/// The doorbell page of one queue: an extension of the model, for mediated devices.
///
/// Whoever has `memory` mapped stores a doorbell, then a full fence, and signals `wakeUp` only where the word `sleeping`
/// is not 0; `ringSubmission` and `ringCompletion` do that for a client in this process. The page exists until this
/// object goes, and its doorbells are obeyed as long.
public final class MappedDoorbells: QueueDoorbells {
  /// The page, `HISI_DOORBELL_PAGE_SIZE` bytes, for passing it on.
  public var memory: SharedMemory { page.memory }
  /// What wakes the poller, for passing it on.
  public var wakeUp: EventCounter { page.wakeUp }
  private let page: DoorbellPage
  private let window: DoorbellWindow
  private let accelerator: Accelerator

  init(_ accelerator: Accelerator, queue: QueuePair) throws(DeviceError) {
    do throws(SystemError) {
      page = try DoorbellPage(queue: queue)
      window = try DoorbellWindow(page.memory)
      try accelerator.poller.attach(page)
    } catch {
      throw DeviceError(.failed, "no doorbell page for queue \(queue.number): \(error)")
    }
    self.accelerator = accelerator
  }

  deinit {
    accelerator.poller.detach(page)
  }

  /// Rings the submission queue.
  ///
  /// - Parameters:
  ///   - index: the new tail.
  ///   - rand: what the queue's context says.
  public func ringSubmission(index: UInt16, rand: UInt16 = 0) {
    ring(HISI_DOORBELL_PAGE_SQ, HISI_DOORBELL_CMD_SQ, index, rand, priority: 0)
  }

  /// Rings the completion queue.
  ///
  /// - Parameters:
  ///   - index: the new head.
  ///   - arm: whether the next completion makes an event.
  ///   - rand: what the queue's context says.
  public func ringCompletion(index: UInt16, arm: Bool, rand: UInt16 = 0) {
    ring(HISI_DOORBELL_PAGE_CQ, HISI_DOORBELL_CMD_CQ, index, rand, priority: arm ? 1 : 0)
  }

  private func ring(_ offset: UInt32, _ command: UInt32, _ index: UInt16, _ rand: UInt16, priority: UInt8) {
    let doorbell = Doorbell(queue: page.number, command: command, rand: rand, index: index, priority: priority)
    if window.store(doorbell.raw(revision: page.queue.revision), at: Int(offset)) { wakeUp.signal() }
  }
}

/// A client's mapping of a doorbell page.
///
/// `@unchecked Sendable`: atomics in memory that lives as long as the mapping.
@safe private final class DoorbellWindow: @unchecked Sendable {
  private let mapping: SharedMapping

  init(_ memory: SharedMemory) throws(SystemError) {
    mapping = try memory.map()
  }

  /// Stores a doorbell.
  ///
  /// - Returns: whether the poller sleeps, and has to be woken by this caller.
  func store(_ doorbell: UInt64, at offset: Int) -> Bool {
    // Both words lie within the page, aligned, and an atomic has the size of its value.
    let base = unsafe mapping.base
    unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(doorbell, ordering: .releasing)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    let sleeping = unsafe (base + Int(HISI_DOORBELL_PAGE_SLEEPING)).assumingMemoryBound(to: Atomic<UInt32>.self)
    // Whoever takes the word signals.
    return unsafe sleeping.pointee.load(ordering: .relaxed) != 0
      && sleeping.pointee.exchange(0, ordering: .relaxed) != 0
  }
}

extension ModelFunction {
  /// Makes a doorbell page for a queue; use either the page or the registers' doorbells of a queue.
  ///
  /// - Throws: `invalid` for a queue that the function does not have, `failed` when there are no descriptors or memory
  ///   to be had, `lost` after a shutdown.
  public func doorbellPage(queue number: UInt16) throws(DeviceError) -> MappedDoorbells {
    try MappedDoorbells(accelerator, queue: queue(number))
  }

  /// As ``doorbellPage(queue:)``, for a driver that does not know the model.
  public func mapDoorbells(queue number: UInt16) throws(DeviceError) -> any QueueDoorbells {
    try doorbellPage(queue: number)
  }
}
