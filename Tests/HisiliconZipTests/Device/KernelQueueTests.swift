// The kernel path over the model, at all revisions.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import SDMDEV
import Synchronization
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite struct KernelQueueTests {
  @Test("requests of every format go there and back on both queues, and zlib reads them", arguments: Revision.allCases)
  func roundTrips(revision: Revision) throws {
    let rig = try ZipRig(revision)
    for format in rig.formats {
      for count in [1, 5000, 200_000] {
        let bytes = sample(count)
        let packed = try rig.device.run(.compress, format, bytes)
        #expect(try inflate(format, packed, count: count) == bytes)
        #expect(try rig.device.run(.decompress, format, packed, room: count + 64) == bytes)
      }
    }
    let status = rig.device.status
    #expect(status.revision == UInt32(revision.rawValue))
    #expect(status.kernelQueueCount == 2)
    #expect(status.events > 0)
    #expect(status.timeouts == 0)
  }

  @Test("a device says what it is", arguments: zip(Revision.allCases, ["hisi_qm_v1", "hisi_qm_v2", "hisi_qm_v3"]))
  func attributes(revision: Revision, api: String) throws {
    let rig = try ZipRig(revision)
    let attributes = rig.device.attributes
    #expect(attributes.deviceAPI == api)
    #expect(attributes.algorithms == (revision == .v3 ? ["zlib", "gzip", "deflate"] : ["zlib", "gzip"]))
    #expect(attributes.availableInstances == 64)
    #expect(rig.device.isWorking)
    #expect(!rig.device.isVirtualFunction)
  }

  @Test("many threads share the queues, and every answer is its own request's", arguments: Revision.allCases)
  func threads(revision: Revision) throws {
    let rig = try ZipRig(revision, engines: 2)
    let failures = Atomic<Int>(0)
    try onThreads(4) { thread in
      for round in 0..<20 {
        do {
          guard try rig.device.roundTrip(.zlib, sample(3000 + round, seed: thread * 100 + round)) else {
            throw RigFailure("another's answer")
          }
        } catch {
          failures.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(failures.load(ordering: .relaxed) == 0)
  }

  @Test("a ring that is full is busy, and its requests are answered")
  func fullRing() throws {
    let rig = try ZipRig { $0.queueDepth = 8 }
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.holdCompletions, queue: queue.number)
    let job = try Job(rig.device, .zlib, sample(100))
    let answered = TimedSemaphore(value: 0)
    for _ in 0..<queue.capacity {
      try queue.submit(job.request, timeLimit: Patience.nanoseconds) { answer in
        if case .success = answer { answered.signal() }
      }
    }
    let error = #expect(throws: QueueError.self) {
      try queue.execute(job.request, timeLimit: Patience.nanoseconds)
    }
    #expect(error?.code == .busy)
    try rig.inject(.deliverCompletions, queue: queue.number)
    for _ in 0..<queue.capacity { #expect(answered.wait(nanoseconds: Patience.nanoseconds)) }
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("a request's error is the request's own, and the queue works on")
  func requestError() throws {
    let rig = try ZipRig()
    let queue = try rig.device.kernelQueue(.compress)
    try rig.inject(.requestStatus, queue: queue.number, value: HISI_ZIP_STATUS_CRC_ERROR)
    let job = try Job(rig.device, .zlib, sample(100))
    let answer = try queue.execute(job.request, timeLimit: Patience.nanoseconds)
    #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_CRC_ERROR)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("nothing stays mapped after the end, and what is asked for then is refused", arguments: Revision.allCases)
  func shutdown(revision: Revision) throws {
    let rig = try ZipRig(revision)
    #expect(try rig.device.roundTrip(.gzip, sample(1000)))
    let queue = try rig.device.kernelQueue(.compress)
    let buffer = try rig.device.buffers.take(100)
    #expect(rig.accelerator.status.functions[0].mappingCount > 0)
    rig.device.shutdown()
    #expect(rig.accelerator.status.functions[0].mappingCount == 0)
    #expect(throws: QueueError.self) { try rig.device.kernelQueue(.compress) }
    #expect(throws: QueueError.self) { try queue.execute(hisi_zip_sqe(), timeLimit: 1) }
    #expect(throws: QueueError.self) { try rig.device.buffers.take(100) }
    #expect(throws: QueueError.self) { try rig.device.getQueue() }
    #expect(throws: QueueError.self) { try rig.device.reset() }
    #expect(!rig.device.isWorking)
    _ = buffer.byteCount
  }

  @Test("queues that nobody keeps make room for programs, kept ones do not")
  func exhaustion() throws {
    let rig = try ZipRig { $0.queueCount = 2 }
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
    // Both kernel queues are idle and nobody's.
    let first = try takeQueue(rig)
    let second = try takeQueue(rig)
    let error = #expect(throws: QueueError.self) { try rig.device.kernelQueue(.compress) }
    #expect(error?.code == .busy)
    #expect(rig.device.attributes.availableInstances == 0)
    first.put()
    let kept = try rig.device.kernelQueue(.compress)
    #expect(throws: QueueError.self) { try rig.device.getQueue() }
    second.put()
    _ = kept.number
    #expect(rig.device.attributes.availableInstances == 1)
  }

  /// A queue, as soon as the driver's threads have let go of the idle ones that they look at.
  private func takeQueue(_ rig: ZipRig) throws -> any SDMDEVQueue {
    var queue: (any SDMDEVQueue)?
    try Patience.wait(for: "a queue that is given back") {
      do {
        queue = try rig.device.getQueue()
        return true
      } catch let error as QueueError where error.code == .busy {
        return false
      }
    }
    return try #require(queue)
  }
}
