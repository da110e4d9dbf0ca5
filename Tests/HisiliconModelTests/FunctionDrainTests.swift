// How a host lets the queues of an accelerator come to rest.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import Testing

@Suite("Draining a device")
struct FunctionDrainTests {
  @Test("a drain answers what was accepted; then doorbells are ignored, and the function still works")
  func drain() throws {
    let rig = try TestRig(virtualFunctions: 1)
    let driver = rig.driver
    let queue = try TestQueue(driver, number: 3)
    let virtual = try rig.virtualDriver(1)
    let virtualQueue = try TestQueue(virtual, number: 0)
    let data = [UInt8]((0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
    for _ in 0..<20 {
      try queue.submit(try driver.request(data, room: 70_000).entry)
      try virtualQueue.submit(try virtual.request(data, room: 70_000).entry)
    }
    #expect(rig.accelerator.drain())
    for _ in 0..<20 {
      #expect(queue.poll() != nil)
      #expect(virtualQueue.poll() != nil)
    }
    try queue.submit(try driver.request(data, room: 70_000).entry)
    let counters = try #require(rig.accelerator.status.functions[0].queues.first { $0.number == 3 }?.counters)
    #expect(counters.completions == 20 && counters.dropped == 0 && counters.stoppedDoorbells == 1)
    try queue.start()
    _ = try queue.run(try driver.request([1, 2, 3]).entry)
    #expect(rig.accelerator.isWorking)
  }

  @Test("a drain that cannot end in time says so and drops what is left")
  func expiredDrain() throws {
    let rig = try TestRig()
    let queue = try TestQueue(rig.driver, number: 0)
    try rig.accelerator.inject(Injection(.holdCompletions))
    try queue.submit(try rig.driver.request([1, 2, 3]).entry)
    #expect(!rig.accelerator.drain(within: 1_000_000))
    #expect(rig.accelerator.status.functions[0].queues.first?.counters.dropped == 1)
    #expect(queue.poll() == nil)
  }
}
