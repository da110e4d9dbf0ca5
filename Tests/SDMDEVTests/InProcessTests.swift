// Queues without a socket: the same states and errors.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import Glibc
import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Queues in the same process")
struct InProcessTests {
  @Test("a source lists its class's devices, opens them, and gives their queues back")
  func source() throws {
    let fixture = try Fixture(queues: 1)
    let source = InProcessSource(fixture.sdmdevs)
    #expect(try source.devices() == [fixture.device.attributes])
    #expect(code { _ = try source.open(device: "none") } == .notFound)
    let transport = try source.open(device: "fake-0")
    #expect(transport.attributes.availableInstances == 0)
    #expect(code { _ = try source.open(device: "fake-0") } == .busy)
    transport.close()
    transport.close()
    #expect(fixture.device.mediatedDevices.isEmpty)
    #expect(code { _ = try transport.map(.rings) } == .invalid)
    var dropped: (any QueueTransport)? = try source.open(device: "fake-0")
    #expect(fixture.parent.freeCount == 0)
    #expect(dropped != nil)
    dropped = nil
    #expect(fixture.parent.freeCount == 1)
  }

  @Test("a mediated device that was created is opened by its UUID, and stays")
  func created() throws {
    let fixture = try Fixture()
    let source = InProcessSource(fixture.sdmdevs)
    let mediated = try fixture.mediated(isOpen: false)
    let transport = try source.open(mediatedDevice: mediated.id.description)
    #expect(code { _ = try source.open(mediatedDevice: mediated.id.description) } == .exists)
    transport.close()
    #expect(fixture.device.mediatedDevice(mediated.id) === mediated)
    #expect(code { _ = try source.open(mediatedDevice: MediatedDeviceID().description) } == .notFound)
    #expect(code { _ = try source.open(mediatedDevice: "x") } == .invalid)
  }

  @Test("mapping the rings starts the queue; each region is mapped once, and is the device's own memory")
  func regions() throws {
    let fixture = try Fixture()
    let transport = try fixture.transport()
    _ = try transport.perform(QueueCommand.setContext, [0, 0, 1, 0])
    let rings = try transport.map(.rings)
    let queue = try #require(fixture.parent.last)
    #expect(queue.state == .started)
    #expect(queue.fake.withLock { $0.pasid } != nil)
    #expect(code { _ = try transport.map(.rings) } == .exists)
    #expect(code { _ = try transport.perform(QueueCommand.setContext, [0, 0, 1, 0]) } == .invalid)
    let other = try queue.rings.map()
    unsafe rings.base.storeBytes(of: 0x42, as: UInt8.self)
    let seen = unsafe other.base.load(as: UInt8.self)
    #expect(seen == 0x42)
    guard case .page(let page, let wakeUp) = try transport.doorbell() else {
      Issue.record("no page")
      return
    }
    #expect(page.byteCount == 0x2000)
    wakeUp.signal()
    #expect(queue.doorbells?.wakeUp.take() == 1)
    #expect(code { _ = try transport.doorbell() } == .exists)
    #expect(code { _ = try transport.perform(QueueCommand.wait, bytes(0 as UInt32)) } == .unsupported)
    #expect(code { _ = try transport.perform(0x1234, []) } == .unsupported)
    queue.complete()
    #expect(try transport.wait(nanoseconds: .max))
    #expect(try !transport.wait(nanoseconds: 0))
    try fixture.device.reset()
    #expect(code { _ = try transport.wait(nanoseconds: .max) } == .resetting)
    #expect(code { _ = try transport.perform(QueueCommand.start, []) } == .resetting)
  }

  @Test("doorbells that are registers are rung by a call, until the queue is closed")
  func call() throws {
    let fixture = try Fixture(mode: .singleProcess, hasPages: false)
    let transport = try fixture.transport()
    guard case .call(let ring) = try transport.doorbell() else {
      Issue.record("no call")
      return
    }
    #expect(code { _ = try transport.map(.doorbells) } == .invalid)
    ring(0x1234)
    transport.close()
    ring(0x5678)
    #expect(fixture.parent.last?.fake.withLock { $0.rung } == [0x1234])
  }

  @Test("a child process has nothing of its parent's queue")
  func child() throws {
    let fixture = try Fixture()
    let transport = try fixture.transport()
    let rings = try transport.map(.rings)
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let number = ends[1]
    let child = try ForkedChild {
      transport.close()
      // The kernel looks at the page: it is not there.
      return unsafe write(number, rings.base, 1) == -1 && errno == EFAULT ? 0 : 1
    }
    #expect(child.wait() == .exit(0))
    #expect(fixture.parent.last?.state == .started)
    transport.close()
  }
}
