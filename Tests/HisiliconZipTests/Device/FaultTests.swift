// What the device can get wrong: each ends with the right error, and the device works again.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import Synchronization
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite struct FaultTests {
  private static let short: UInt64 = 50_000_000

  /// The error of a request.
  private func failure(
    _ rig: ZipRig, _ queue: KernelQueue, timeLimit: UInt64 = Patience.nanoseconds
  ) throws -> QueueError.Code? {
    let job = try Job(rig.device, .zlib, sample(100))
    do throws(QueueError) {
      _ = try queue.execute(job.request, timeLimit: timeLimit)
      return nil
    } catch {
      return error.code
    }
  }

  /// Waits until requests get through again.
  private func expectRecovery(_ rig: ZipRig) throws {
    try Patience.wait(for: "a request that is answered after a fault") {
      do {
        return try rig.device.roundTrip(.zlib, sample(300))
      } catch let error as QueueError where error.code == .resetting || error.code == .failed {
        return false
      }
    }
    #expect(rig.device.isWorking)
  }

  @Test("a lost completion is an error after its time, and the queue starts again", arguments: Revision.allCases)
  func lostCompletion(revision: Revision) throws {
    let rig = try ZipRig(revision, options: { $0.limits.drain = 300_000_000 })
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.loseCompletions, queue: queue.number)
    #expect(try failure(rig, queue, timeLimit: Self.short) == .timedOut)
    #expect(rig.device.status.timeouts == 1)
    try expectRecovery(rig)
  }

  @Test("a completion that is held back beyond its time leads to a reset")
  func heldCompletion() throws {
    let rig = try ZipRig(options: { $0.limits.drain = 200_000_000 })
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.holdCompletions, queue: queue.number)
    #expect(try failure(rig, queue, timeLimit: Self.short) == .timedOut)
    try rig.inject(.clearQueue, queue: queue.number)
    try expectRecovery(rig)
    #expect(rig.device.status.resets >= 1)
  }

  @Test("an asynchronous request that is late is told so, once")
  func lateSubmission() throws {
    let rig = try ZipRig()
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.loseCompletions, queue: queue.number)
    let job = try Job(rig.device, .zlib, sample(100))
    let calls = Atomic<Int>(0)
    let lateCalls = Atomic<Int>(0)
    let done = TimedSemaphore(value: 0)
    try queue.submit(job.request, timeLimit: Self.short) { answer in
      calls.wrappingAdd(1, ordering: .relaxed)
      if case .failure(let error) = answer, error.code == .timedOut { lateCalls.wrappingAdd(1, ordering: .relaxed) }
      done.signal()
    }
    #expect(done.wait(nanoseconds: Patience.nanoseconds))
    try expectRecovery(rig)
    #expect(calls.load(ordering: .relaxed) == 1)
    #expect(lateCalls.load(ordering: .relaxed) == 1)
  }

  /// A rig whose function can be made to misbehave.
  private func faultyRig(_ revision: Revision) throws -> (ZipRig, FaultyFunction) {
    let function = Guarded(FaultyFunction?.none)
    let rig = try ZipRig(
      revision,
      wrap: { inner in
        let faulty = FaultyFunction(inner)
        function.withLock { $0 = faulty }
        return faulty
      })
    return (rig, try #require(function.withLock { $0 }))
  }

  @Test("a lost interrupt keeps nobody waiting", arguments: Revision.allCases)
  func lostInterrupt(revision: Revision) throws {
    let (rig, faulty) = try faultyRig(revision)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
    faulty.losesInterrupts.store(true, ordering: .relaxed)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
    let done = TimedSemaphore(value: 0)
    let job = try Job(rig.device, .zlib, sample(100))
    try rig.device.kernelQueue(.compress).submit(job.request, timeLimit: Patience.nanoseconds) { answer in
      if case .success = answer { done.signal() }
    }
    #expect(done.wait(nanoseconds: Patience.nanoseconds))
    // One interrupt may have been on its way when the loss began.
    #expect(rig.device.status.lostInterrupts >= 2)
    faulty.losesInterrupts.store(false, ordering: .relaxed)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("a stuck mailbox is found by whoever needs it, and a reset frees it", arguments: Revision.allCases)
  func stuckMailbox(revision: Revision) throws {
    let rig = try ZipRig(revision, options: { $0.limits.mailbox = 100_000_000 })
    try rig.inject(.stickMailbox)
    let error = #expect(throws: QueueError.self) { try rig.device.kernelQueue(.compress) }
    #expect(error?.code == .resetting)
    try expectRecovery(rig)
    #expect(rig.device.status.mailboxErrors > 0)
  }

  @Test("a mailbox command that fails is the caller's error, and the next one works")
  func failingMailbox() throws {
    let rig = try ZipRig()
    try rig.inject(.mailboxFailure, value: 5)
    let error = #expect(throws: QueueError.self) { try rig.device.kernelQueue(.compress) }
    #expect(error?.code == .failed)
    try expectRecovery(rig)
    #expect(rig.device.attributes.availableInstances == 62)
  }

  @Test(
    "a device that does not come up is an error, and nothing stays mapped",
    arguments: [Injection.Kind.memoryInitializationStuck, .windowTableStuck, .stickMailbox])
  func stuckAtStart(kind: Injection.Kind) throws {
    let accelerator = try Accelerator()
    defer { accelerator.shutdown(drainingFor: 0) }
    let function = try ModelFunction(accelerator)
    try accelerator.inject(Injection(kind))
    var options = ZipDevice.Options()
    options.limits.register = 50_000_000
    options.limits.mailbox = 50_000_000
    let error = #expect(throws: QueueError.self) { try ZipDevice(function, options: options) }
    #expect(error?.code == .timedOut)
    #expect(accelerator.status.functions[0].mappingCount == 0)
    // A fault that is over leaves a function that can be brought up.
    try accelerator.inject(Injection(kind == .stickMailbox ? .releaseMailbox : kind, count: 0))
    let device = try ZipDevice(function)
    #expect(try device.roundTrip(.zlib, sample(100)))
    device.shutdown()
  }

  @Test("a reset that fails ends the device: everything answers that it is lost")
  func failedReset() throws {
    let rig = try ZipRig(options: { $0.limits.register = 50_000_000 })
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.windowTableStuck)
    let error = #expect(throws: QueueError.self) { try rig.device.reset() }
    #expect(error?.code == .deviceLost)
    #expect(!rig.device.isWorking)
    #expect(try failure(rig, queue) == .deviceLost)
    #expect(throws: QueueError.self) { try rig.device.getQueue() }
    #expect(rig.device.status.failedResets == 1)
    #expect(rig.device.status.obstacle != nil)
  }

  @Test("a memory initialisation that is stuck leaves the function-level reset")
  func stuckMemoryAtReset() throws {
    let rig = try ZipRig(options: { $0.limits.register = 50_000_000 })
    try rig.inject(.memoryInitializationStuck)
    try rig.device.reset()
    try expectRecovery(rig)
  }

  @Test(
    "a device that is gone answers everything, whether or not it says that it goes", arguments: Revision.allCases,
    [false, true])
  func goneDevice(revision: Revision, saysSo: Bool) throws {
    let (rig, faulty) = try faultyRig(revision)
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.holdCompletions, queue: queue.number)
    let job = try Job(rig.device, .zlib, sample(100))
    let done = TimedSemaphore(value: 0)
    try queue.submit(job.request, timeLimit: Patience.nanoseconds) { answer in
      if case .failure(let error) = answer, error.code == .deviceLost { done.signal() }
    }
    if saysSo {
      faulty.lose()
    } else {
      faulty.isGone.store(true, ordering: .relaxed)
      // Whoever touches the device next finds out.
      _ = try? queue.execute(job.request, timeLimit: Self.short)
    }
    #expect(done.wait(nanoseconds: Patience.nanoseconds))
    #expect(!rig.device.isWorking)
    rig.device.shutdown()
    #expect(rig.accelerator.status.functions[0].mappingCount == 0)
  }

  @Test("errors that need a reset bring one, the others are counted and cleared")
  func reportedErrors() throws {
    let rig = try ZipRig()
    for (kind, value) in [
      (Injection.Kind.queueManagerError, HISI_QM_ERROR_ECC_1BIT), (.engineError, HISI_ZIP_ERROR_ECC_1BIT),
      (.engineError, HISI_ZIP_ERROR_AXI_POISON),
    ] {
      try rig.inject(kind, value: value)
    }
    try Patience.wait(for: "errors that were counted and cleared") {
      let status = rig.device.status
      return status.managerErrors[3] >= 1 && status.engineErrors[0] >= 1 && status.engineErrors[11] >= 1
        && rig.accelerator.status.queueManagerErrors.source == 0 && rig.accelerator.status.engineErrors.source == 0
    }
    #expect(rig.device.status.resets == 0)
    var count: UInt64 = 0
    for (kind, value) in [
      (Injection.Kind.queueManagerError, HISI_QM_ERROR_ECC_MBIT), (.engineError, HISI_ZIP_ERROR_SRC_ADDR_PARSE),
      (.fifoOverflow, 0), (.doorbellTimeout, 1), (.busPoison, 0),
    ] {
      try rig.inject(kind, value: value)
      count += 1
      try Patience.wait(for: "a reset") { rig.device.status.resets >= count }
      try expectRecovery(rig)
    }
  }

  @Test(
    "events that say that a queue cannot go on restart it, an overflow of events restarts all",
    arguments: [
      Injection.Kind.completionQueueOverflow, .completionQueueError, .eventQueueOverflow, .unknownEvent, .spuriousEvent,
      .spuriousInterrupt,
    ])
  func asynchronousEvents(kind: Injection.Kind) throws {
    let rig = try ZipRig()
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(kind, queue: queue.number, value: kind == .unknownEvent ? 5 : 0)
    try Patience.wait(for: "a trace of the event") {
      let status = rig.device.status
      switch kind {
      case .completionQueueOverflow, .completionQueueError: return status.queueErrors == 1
      case .eventQueueOverflow: return status.resets == 1
      case .unknownEvent: return status.unknownEvents == 1
      case .spuriousEvent: return status.events >= 1
      default: return status.spuriousInterrupts >= 1
      }
    }
    try expectRecovery(rig)
  }

  @Test("a queue that the device refuses to start again is brought back by a reset", arguments: Revision.allCases)
  func refusedRestart(revision: Revision) throws {
    let (rig, faulty) = try faultyRig(revision)
    let queue = try rig.device.kernelQueue(.compress)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
    // The second of the two contexts: some revisions' queues are stopped by setting the first one.
    faulty.spoiledCommand.store(UInt64(HISI_MAILBOX_CMD_CQC), ordering: .relaxed)
    queue.fail(QueueError(.failed, "the test has it stopped"))
    try Patience.wait(for: "the reset") { rig.device.status.resets == 1 }
    try expectRecovery(rig)
    #expect(faulty.spoiledCommand.load(ordering: .relaxed) == .max)
  }

  @Test("a completion that belongs to nothing restarts the queue, and its requests end")
  func corruptCompletion() throws {
    let rig = try ZipRig()
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.holdCompletions, queue: queue.number)
    let job = try Job(rig.device, .zlib, sample(100))
    let done = TimedSemaphore(value: 0)
    try queue.submit(job.request, timeLimit: Patience.nanoseconds) { answer in
      if case .failure(let error) = answer, error.code == .failed { done.signal() }
    }
    var entry = hisi_cqe()
    entry.sq_head = 7
    entry.sq_num = queue.number
    entry.w7 = 1
    queue.hardware.rings.store(entry, at: queue.hardware.depth * RingLayout.submissionSize)
    queue.completed()
    // The stop of the queue waits for what the model holds back; that belongs to no slot any more.
    try rig.inject(.clearQueue, queue: queue.number)
    #expect(done.wait(nanoseconds: Patience.nanoseconds) || rig.device.status.resets > 0)
    try expectRecovery(rig)
  }
}
