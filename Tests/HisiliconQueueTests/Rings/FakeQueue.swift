// A queue whose device is a thread of the test's.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Synchronization
import TestPrograms
import WarpDriveQueue

/// A transport over `FakeRings`, whose thread answers what is rung for.
final class FakeQueue: QueueTransport {
  let attributes: QueueAttributes
  let rings: FakeRings
  let commands = Guarded<[String]>([])
  /// Slots are answered only while this is false.
  let isHolding = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)
  private let notices = TimedSemaphore(value: 0)
  private let isStarted = Atomic<Bool>(false)
  private let hasEnded = Gate()
  private let information: [UInt8]

  init(
    deviceAPI: String = "hisi_qm_v2", dmaFlags: DMAFlags = .sharedVirtual, depth: Int = 16, sqeSize: UInt8 = 128
  ) throws {
    attributes = QueueAttributes(
      device: "fake-0", deviceAPI: deviceAPI, algorithms: ["zlib"], dmaFlags: dmaFlags, flags: .sharedVirtual)
    rings = try FakeRings(submissionDepth: depth, number: 5)
    information = [sqeSize, 0, 0, 0, UInt8(depth), 0, UInt8(depth), 0, 0, 0, 0, 0, 0, 0, 0, 0]
  }

  /// Starts answering.
  func start() throws {
    isStarted.store(true, ordering: .relaxed)
    _ = try LinuxSystem.Thread(name: "fake-queue") { [self] in answer() }
  }

  private func answer() {
    let never = Gate()
    while !isOver.load(ordering: .acquiring) {
      let slots = isHolding.load(ordering: .acquiring) ? [] : rings.takeSlots()
      for slot in slots {
        rings.answer(slot)
        // Armed or not: a notice too many is allowed.
        notices.signal()
      }
      if slots.isEmpty { _ = never.wait(nanoseconds: 1_000) }
    }
    hasEnded.open()
  }

  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    commands.withLock { $0.append("map \(region)") }
    do throws(SystemError) {
      return try (region == .rings ? rings.memory : rings.page).map(isInherited: false)
    } catch {
      throw QueueError(.failed, "\(error)")
    }
  }

  func doorbell() throws(QueueError) -> QueueDoorbell {
    .page(try map(.doorbells), wakeUp: rings.wakeUp)
  }

  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    commands.withLock { $0.append("\(String(command, radix: 16)) \(body)") }
    switch command {
    case QueueCommand.setContext: return [5, 0] + body.suffix(2)
    case QueueCommand.getInformation: return information
    default: return []
    }
  }

  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool { notices.wait(nanoseconds: nanoseconds) }

  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    UInt64(UInt(bitPattern: memory.baseAddress))
  }

  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {}

  func close() {
    isOver.store(true, ordering: .releasing)
    if isStarted.load(ordering: .relaxed) { _ = hasEnded.wait(nanoseconds: 60_000_000_000) }
  }
}

/// The code of the error that a body throws; nil if it throws none, or another kind.
func code(_ body: () throws -> Void) -> QueueError.Code? {
  thrown(QueueError.self, by: body)?.code
}
