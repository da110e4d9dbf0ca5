// Many threads at one device: drivers, resets, injections and those who only look.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Synchronization
import Testing

@Suite("Many threads")
struct FunctionConcurrencyTests {
  private static var rounds: Int { CurrentProcess.environmentVariable("WDPROV_SOAK") == "1" ? 20_000 : 150 }

  @Test("resets, commands, doorbells, errors and looks at the same time end in a device that works")
  func storm() throws {
    let rig = try TestRig(engines: 2, virtualFunctions: 1)
    let virtual = try rig.virtualDriver(1)
    let queue = try TestQueue(virtual, number: 0)
    let request = try virtual.request([UInt8](repeating: 6, count: 300)).entry
    for slot in 0..<64 { virtual.buffer.store(request, at: queue.submission + UInt64(slot) * 128) }
    let submission = try context(queue.submissionContext(), virtual)
    let completion = try context(queue.completionContext(isArmed: true), virtual)

    let threads = RunningThreads()
    let device = virtual.device
    let physical = rig.driver.device
    let accelerator = rig.accelerator
    // A driver that starts its queue again and again, and rings.
    try threads.start { round in
      let low = UInt64(HISI_MAILBOX_W0_BUSY)
      for (command, address) in [(HISI_MAILBOX_CMD_SQC, submission), (HISI_MAILBOX_CMD_CQC, completion)] {
        try device.write(
          low | UInt64(command) | (address & 0xffff_ffff) << 32, region: 2, offset: 0x300, width: 8)
        try device.write(address >> 32, region: 2, offset: 0x308, width: 8)
      }
      let index = UInt64(round % 64) << HISI_DOORBELL_INDEX_SHIFT
      try device.write(index, region: 2, offset: UInt64(HISI_DOORBELL_SQ_CQ), width: 8)
      try device.write(
        index | UInt64(HISI_DOORBELL_CMD_EQ) << HISI_DOORBELL_CMD_SHIFT, region: 2,
        offset: UInt64(HISI_DOORBELL_EQ_AEQ), width: 8)
    }
    try threads.start { round in
      if round % 8 == 0 { try device.reset() }
      if round % 16 == 0 { try accelerator.reset(function: 1) }
    }
    try threads.start { round in
      if round % 16 == 0 { try physical.write(1, region: 2, offset: UInt64(HISI_QM_MEM_START_INIT), width: 4) }
      try physical.write(UInt64(round % 2), region: 2, offset: UInt64(HISI_QM_ABNORMAL_INT_MASK), width: 4)
      try accelerator.inject(Injection(.queueManagerError, value: 1))
      for kind in [Injection.Kind.spuriousEvent, .completionQueueError] {
        do throws(DeviceError) {
          try accelerator.inject(Injection(kind, function: 1, queue: UInt16(round % 64)))
        } catch {
          // While the function is being reset it has no queues.
          guard error.code == .invalid else { throw error }
        }
      }
    }
    try threads.start { round in
      _ = accelerator.status
      if round % 8 == 0 { _ = try accelerator.registers() }
      _ = try device.read(region: 2, offset: 0x300, width: 8)
      try device.write(UInt64(round & 1), region: 7, offset: 0x90, width: 4)
    }
    try threads.join(after: Self.rounds)

    try device.reset()
    try device.write(0, region: 7, offset: 0x90, width: 4)
    try virtual.startEvents()
    try queue.start(isArmed: true)
    while virtual.hasInterrupt(HISI_VECTOR_EQ) {}
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    try virtual.waitForInterrupt(HISI_VECTOR_EQ)
  }

  private func context(_ value: some BitwiseCopyable, _ driver: TestDriver) throws -> UInt64 {
    let address = try driver.buffer.allocate(64)
    driver.buffer.store(value, at: address)
    return address
  }
}

/// Threads that repeat a step until all have done as many rounds as they should.
private final class RunningThreads: Sendable {
  private let rounds = Atomic<Int>(0)
  private let failure = Guarded((any Error)?.none)
  private let ended = TimedSemaphore(value: 0)
  private let count = Atomic<Int>(0)
  private let begin = Gate()

  func start(_ step: @escaping @Sendable (Int) throws -> Void) throws {
    count.wrappingAdd(1, ordering: .relaxed)
    _ = try Thread(name: "test-storm") { [self] in
      _ = begin.wait(nanoseconds: Patience.nanoseconds)
      do {
        for round in 0..<rounds.load(ordering: .relaxed) { try step(round) }
      } catch {
        failure.withLock { $0 = error }
      }
      ended.signal()
    }
  }

  func join(after rounds: Int) throws {
    self.rounds.store(rounds, ordering: .relaxed)
    begin.open()
    for _ in 0..<count.load(ordering: .relaxed) {
      guard ended.wait(nanoseconds: 20 * Patience.nanoseconds) else { throw DriverFailure("a thread hangs") }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }
}
