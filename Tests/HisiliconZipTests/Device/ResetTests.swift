// Resets under load, isolation, and functions beside each other.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import SDMDEV
import Synchronization
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite struct ResetTests {
  @Test("twenty resets under load lose nothing and double nothing", arguments: Revision.allCases)
  func resetsUnderLoad(revision: Revision) throws {
    let rig = try ZipRig(revision, engines: 2)
    let isEnding = Atomic<Bool>(false)
    let wrong = Atomic<Int>(0)
    let answered = Atomic<Int>(0)
    let calls = Atomic<Int>(0)
    let sent = Atomic<Int>(0)
    let done = Gate()
    _ = try Thread(name: "resetter") {
      for _ in 0..<20 {
        do { try rig.device.reset() } catch { wrong.wrappingAdd(1, ordering: .relaxed) }
      }
      isEnding.store(true, ordering: .releasing)
      done.open()
    }
    try onThreads(4) { thread in
      var round = 0
      while !isEnding.load(ordering: .acquiring) || round < 5 {
        round += 1
        do {
          let bytes = sample(2000 + round % 50, seed: thread &* 1000 &+ round)
          let job = try Job(rig.device, .zlib, bytes)
          let queue = try rig.device.kernelQueue(.compress)
          if thread < 2 {
            let answer = try queue.execute(job.request, timeLimit: Patience.nanoseconds)
            if try inflate(.zlib, job.result(answer), count: bytes.count) != bytes {
              wrong.wrappingAdd(1, ordering: .relaxed)
            }
            answered.wrappingAdd(1, ordering: .relaxed)
          } else {
            let gate = Gate()
            try queue.submit(job.request, timeLimit: Patience.nanoseconds) { _ in
              calls.wrappingAdd(1, ordering: .relaxed)
              gate.open()
            }
            sent.wrappingAdd(1, ordering: .relaxed)
            if !gate.wait(nanoseconds: Patience.nanoseconds) { wrong.wrappingAdd(1, ordering: .relaxed) }
          }
        } catch let error as QueueError where error.code == .resetting {
          // Whoever is told so sends it again.
        } catch {
          wrong.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(done.wait(nanoseconds: Patience.nanoseconds))
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(answered.load(ordering: .relaxed) > 0)
    #expect(calls.load(ordering: .relaxed) == sent.load(ordering: .relaxed))
    #expect(rig.device.status.resets == 20)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("a reset ends queues of programs, says so in their flags, and brings kernel queues back")
  func mediatedQueues() throws {
    let rig = try ZipRig()
    let queue = try rig.device.getQueue()
    try queue.start(pasid: nil)
    let notices = TimedSemaphore(value: 0)
    queue.setNotification { notices.signal() }
    let kernel = try rig.device.kernelQueue(.compress)
    try rig.device.reset()
    #expect(queue.state == .stopped)
    #expect(notices.wait(nanoseconds: Patience.nanoseconds))
    let rings = try queue.rings.map()
    let flags = unsafe (rings.base + rings.byteCount - 8).load(as: (UInt32, UInt32).self)
    #expect(flags.0 == 1 && flags.1 == 1)
    queue.put()
    let job = try Job(rig.device, .zlib, sample(100))
    _ = try job.result(kernel.execute(job.request, timeLimit: Patience.nanoseconds))
    #expect(rig.device.attributes.availableInstances == 63)
  }

  @Test("as many errors as the strategy says isolate the device, and a new strategy lifts that")
  func isolation() throws {
    let rig = try ZipRig(options: { $0.isolateStrategy = 2 })
    let queue = try rig.device.kernelQueue(.compress)
    try rig.device.reset()
    #expect(!rig.device.attributes.isIsolated)
    try rig.device.reset()
    #expect(rig.device.attributes.isIsolated)
    #expect(rig.device.attributes.availableInstances == 0)
    let job = try Job(rig.device, .zlib, sample(100))
    let error = #expect(throws: QueueError.self) { try queue.execute(job.request, timeLimit: 1) }
    #expect(error?.code == .deviceLost)
    #expect(throws: QueueError.self) { try rig.device.getQueue() }
    #expect(throws: QueueError.self) { try rig.device.setIsolateStrategy(65_536) }
    try rig.device.setIsolateStrategy(0)
    #expect(!rig.device.attributes.isIsolated)
    #expect(try rig.device.roundTrip(.zlib, sample(100)))
  }

  @Test("an error counts for an hour")
  func errorWindow() {
    var window = ErrorWindow(strategy: 3)
    window.note(at: 0)
    window.note(at: 1)
    #expect(window.count(at: 1) == 2)
    window.note(at: ErrorWindow.span)
    #expect(window.count(at: ErrorWindow.span) == 2)
    #expect(!window.isIsolated)
    window.note(at: ErrorWindow.span)
    #expect(window.isIsolated)
    window.setStrategy(0)
    for _ in 0..<10 { window.note(at: ErrorWindow.span) }
    #expect(!window.isIsolated)
  }

  @Test("a virtual function works beside the physical one, through its resets", arguments: Revision.allCases)
  func virtualFunction(revision: Revision) throws {
    let rig = try ZipRig(
      revision, engines: 2, options: { $0.virtualFunctionCount = 1 }, model: { $0.virtualFunctionCount = 1 })
    var options = ZipDevice.Options()
    options.name = "hisi_zip-1"
    let virtual = try ZipDevice(ModelFunction(rig.accelerator, function: 1), options: options)
    defer { virtual.shutdown() }
    #expect(virtual.isVirtualFunction)
    #expect(virtual.attributes.availableInstances == 64)
    #expect(try virtual.roundTrip(.gzip, sample(5000)))
    #expect(try rig.device.roundTrip(.gzip, sample(5000)))
    try virtual.reset()
    #expect(try virtual.roundTrip(.gzip, sample(5000)))
    let queue = try virtual.getQueue()
    try queue.start(pasid: nil)
    try rig.device.reset()
    try Patience.wait(for: "the virtual function's work after the physical one's reset") {
      do {
        return try virtual.roundTrip(.gzip, sample(5000))
      } catch let error as QueueError where error.code == .resetting || error.code == .failed {
        return false
      }
    }
    try Patience.wait(for: "the end of a program's queue") { queue.state == .stopped }
    queue.put()
    if revision == .v3 { #expect(virtual.status.messages >= 2) }
    virtual.shutdown()
    #expect(rig.accelerator.status.functions[1].mappingCount == 0)
    #expect(try rig.device.roundTrip(.gzip, sample(5000)))
  }

  @Test("the nearest device that has room is chosen")
  func nearest() throws {
    let near = try ZipRig(options: { $0.queueCount = 2 }, wrap: { FaultyFunction($0, numaNode: 1) })
    let far = try ZipRig(wrap: { FaultyFunction($0, numaNode: 0) })
    let devices = ZipDeviceSet([far.device, near.device])
    let distance: (Int?) -> Int = { $0 == 1 ? 10 : 20 }
    #expect(devices.nearest(distance: distance) === near.device)
    #expect(devices.nearest() != nil)
    let taken = [try near.device.getQueue(), try near.device.getQueue()]
    #expect(devices.nearest(distance: distance) === far.device)
    for queue in taken { queue.put() }
    #expect(devices.nearest(distance: distance) === near.device)
    near.device.shutdown()
    #expect(devices.nearest(distance: distance) === far.device)
  }
}
