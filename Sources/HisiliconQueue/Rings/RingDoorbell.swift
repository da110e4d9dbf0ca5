// How a ring's doorbells are rung: a page of a model's, registers, or a call.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization
import WarpDriveQueue

/// The doorbells of one queue, in the format of its device.
///
/// `@unchecked Sendable`: constant pointers to atomics, in mappings that live as long as this value.
@safe struct RingDoorbell: @unchecked Sendable {
  /// Where the words are stored; nil for a call.
  private let submissionWord: UnsafePointer<Atomic<UInt64>>?
  private let completionWord: UnsafePointer<Atomic<UInt64>>?
  /// Says whether the poller sleeps; only a doorbell page has it.
  private let sleepingWord: UnsafePointer<Atomic<UInt32>>?
  private let doorbell: QueueDoorbell
  private let number: UInt64
  private let commandShift: UInt64

  init(_ doorbell: QueueDoorbell, number: UInt16, isVersion1: Bool) throws(QueueError) {
    self.doorbell = doorbell
    self.number = UInt64(number)
    commandShift = isVersion1 ? HISI_DOORBELL_V1_CMD_SHIFT : HISI_DOORBELL_CMD_SHIFT
    guard isVersion1 || UInt64(number) <= HISI_DOORBELL_QN_MASK else {
      throw QueueError(.invalid, "queue \(number) does not fit into a doorbell of 12 bits")
    }
    switch doorbell {
    case .page(let page, _):
      guard page.byteCount >= Int(HISI_DOORBELL_PAGE_SIZE), page.permissions == .readWrite else {
        throw QueueError(.invalid, "a doorbell page has \(HISI_DOORBELL_PAGE_SIZE) bytes, for reading and writing")
      }
      // Each word lies within the page, aligned, and an atomic has the size of its value.
      unsafe submissionWord = Self.word(page, Int(HISI_DOORBELL_PAGE_SQ))
      unsafe completionWord = Self.word(page, Int(HISI_DOORBELL_PAGE_CQ))
      unsafe sleepingWord = UnsafePointer(
        (page.base + Int(HISI_DOORBELL_PAGE_SLEEPING)).assumingMemoryBound(to: Atomic<UInt32>.self))
    case .registers(let registers, let offset):
      guard offset >= 0, offset % 8 == 0, offset <= registers.byteCount - 8, registers.permissions.contains(.write)
      else { throw QueueError(.invalid, "the doorbell register at \(offset) is not mapped for writing") }
      unsafe submissionWord = Self.word(registers, offset)
      unsafe completionWord = unsafe submissionWord
      unsafe sleepingWord = nil
    case .call:
      unsafe submissionWord = nil
      unsafe completionWord = nil
      unsafe sleepingWord = nil
    }
  }

  private static func word(_ mapping: SharedMapping, _ offset: Int) -> UnsafePointer<Atomic<UInt64>> {
    unsafe UnsafePointer((mapping.base + offset).assumingMemoryBound(to: Atomic<UInt64>.self))
  }

  /// Tells the device of the submission queue's new tail; what was written before is visible to it.
  @inline(__always)
  func ringSubmission(tail: UInt32) {
    let raw = number | UInt64(HISI_DOORBELL_CMD_SQ) << commandShift | UInt64(tail) << HISI_DOORBELL_INDEX_SHIFT
    unsafe ring(raw, submissionWord)
  }

  /// Tells the device of the completion queue's new head, and whether the next completion is to make an event.
  @inline(__always)
  func ringCompletion(head: UInt32, arm: Bool) {
    let raw =
      number | UInt64(HISI_DOORBELL_CMD_CQ) << commandShift | UInt64(head) << HISI_DOORBELL_INDEX_SHIFT
      | (arm ? 1 << HISI_DOORBELL_PRIORITY_SHIFT : 0)
    unsafe ring(raw, completionWord)
  }

  @inline(__always)
  private func ring(_ raw: UInt64, _ word: UnsafePointer<Atomic<UInt64>>?) {
    switch doorbell {
    case .page(_, let wakeUp):
      guard let word = unsafe word, let sleepingWord = unsafe sleepingWord else { return }
      unsafe word.pointee.store(raw, ordering: .releasing)
      // With the poller's own fence, one of the two sees the other: the poller the doorbell, or this the word.
      atomicMemoryFence(ordering: .sequentiallyConsistent)
      // Whoever takes the word signals; the requests behind it, until the poller runs, need not.
      guard unsafe sleepingWord.pointee.load(ordering: .relaxed) != 0 else { return }
      if unsafe sleepingWord.pointee.exchange(0, ordering: .relaxed) != 0 { wakeUp.signal() }
    case .registers:
      guard let word = unsafe word else { return }
      // A device reads the memory that was written before: a release alone would order it for processors only.
      atomicMemoryFence(ordering: .sequentiallyConsistent)
      unsafe word.pointee.store(raw, ordering: .releasing)
    case .call(let write):
      write(raw)
    }
  }
}
