// Mediated devices over their sockets, with the library's own transport and with bare messages.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import VFIOUser
import WarpDriveQueue

@Suite("Sockets")
struct SocketTests {
  @Test("every connection to a device's socket is a queue of its own, which goes with it")
  func implicit() throws {
    let host = try Host(try Fixture(queues: 2))
    let (fixture, device) = (host.fixture, host.fixture.device)
    let first = try host.client()
    let second = try host.client()
    #expect(fixture.parent.freeCount == 0)
    #expect(device.mediatedDevices.count == 2)
    #expect(device.mediatedDevices.allSatisfy { $0.isImplicit && $0.owner?.processID == CurrentProcess.id })
    #expect(code { _ = try host.client() } == .busy)
    first.disconnect()
    #expect(eventually { fixture.parent.freeCount == 1 })
    _ = try host.client()
    second.disconnect()
    #expect(eventually { fixture.parent.freeCount == 2 && host.server.clientCount(of: device) == 0 })
    #expect(device.mediatedDevices.isEmpty)
  }

  @Test("a mediated device is made and removed with its socket, and serves one client at a time")
  func explicit() throws {
    let host = try Host(try Fixture())
    let uuid = "22e09922-7a82-11e8-9cf6-d74cffa9e87b"
    try host.server.createMediatedDevice(on: "fake-0", uuid: uuid.uppercased())
    let path = "\(host.directory)/mdev/\(uuid).sock"
    #expect(code { try host.server.createMediatedDevice(on: "fake-0", uuid: uuid) } == .exists)
    #expect(code { try host.server.createMediatedDevice(on: "fake-0", uuid: "x") } == .invalid)
    #expect(code { try host.server.createMediatedDevice(on: "none") } == .notFound)
    let client = try host.client(path)
    #expect(code { _ = try host.client(path) } == .busy)
    #expect(code { try host.server.removeMediatedDevice(uuid) } == .busy)
    client.disconnect()
    // The next one waits for the clean-up after the one before.
    let next = try host.client(path)
    try host.server.removeMediatedDevice(uuid, isForced: true)
    #expect(eventually { next.isDisconnected || code { _ = try next.deviceInformation() } != nil })
    #expect((try? Pathname.status(of: path)) == nil)
    #expect(code { try host.server.removeMediatedDevice(uuid) } == .notFound)
    #expect(host.fixture.parent.freeCount == 4)
    try host.server.createMediatedDevice(on: "fake-0", uuid: uuid)
    host.server.stop()
    #expect(host.fixture.parent.freeCount == 4)
    #expect(try DirectoryListing.names(in: host.directory) == [])
  }

  @Test("the library's transport sees what a transport in the same process sees")
  func transport() throws {
    let host = try Host(try Fixture())
    let tree = try ClassTree(host.fixture.sdmdevs, directory: host.directory)
    let source = RunDirectorySource(host.directory, timeLimit: 60_000_000_000)
    let transport = try source.open(device: "fake-0")
    let queue = try #require(host.fixture.parent.last)
    let context = try transport.perform(QueueCommand.setContext, [0, 0, 1, 0])
    #expect(context == bytes(queue.number) + [1, 0])
    #expect(code { _ = try transport.perform(QueueCommand.setContext, [1]) } == .invalid)
    #expect(code { _ = try transport.perform(0x1234, []) } == .unsupported)
    #expect(code { _ = try transport.perform(QueueCommand.bindPASID, bytes(7 as UInt32)) } == .denied)
    let bound = try transport.perform(QueueCommand.bindPASID, bytes(0 as UInt32))
    #expect(number(bound.prefix(4)) == host.fixture.function.pasids.first.map { UInt64($0) })
    #expect(transport.attributes.flags == [.emulated, .sharedVirtual, .doorbellPage])
    #expect(code { _ = try transport.perform(QueueCommand.start, []) } == .invalid)
    let rings = try transport.map(.rings)
    #expect(rings.byteCount == FakeQueue.ringsSize)
    #expect(code { _ = try transport.map(.rings) } == .exists)
    unsafe rings.base.storeBytes(of: 0x42, as: UInt8.self)
    let other = try queue.rings.map()
    let seen = unsafe other.base.load(as: UInt8.self)
    #expect(seen == 0x42)
    guard case .page(let page, let wakeUp) = try transport.doorbell() else {
      Issue.record("no page")
      return
    }
    #expect(page.byteCount == 0x2000)
    wakeUp.signal()
    #expect(queue.doorbells?.wakeUp.take() == 1)
    queue.complete(event: false)
    #expect(try transport.wait(nanoseconds: .max))
    #expect(try !transport.wait(nanoseconds: 1_000_000))
    try host.fixture.device.reset()
    #expect(code { _ = try transport.wait(nanoseconds: .max) } == .resetting)
    transport.close()
    #expect(eventually { host.fixture.parent.freeCount == 4 })
    #expect(host.fixture.function.pasids == [])
    tree.remove()
  }

  @Test("memory with a descriptor is mapped, without one it is faulted in; both are gone with the client")
  func memory() throws {
    let host = try Host(try Fixture())
    let client = try host.client()
    let function = host.fixture.function
    #expect(code { try client.mapMemory(iova: 0x1000, length: 4096) } == .invalid)
    let reply = try client.perform(command: QueueCommand.bindPASID, body: bytes(0 as UInt32))
    let pasid = UInt32(number(reply.prefix(4)))
    let memory = try SharedMemory(name: "test", byteCount: 8192)
    let mapping = try memory.map()
    unsafe mapping.base.storeBytes(of: 0x11, toByteOffset: 4096, as: UInt8.self)
    try client.mapMemory(iova: 0x1000, length: 4096, descriptor: memory.descriptor, offset: 4096)
    #expect(function.read(0x1000, pasid: pasid) == 0x11)
    #expect(host.fixture.device.copiedByteCount == 0)
    let address = unsafe UInt64(UInt(bitPattern: mapping.base))
    try client.mapMemory(iova: address, length: 8192)
    #expect(function.mappings(pasid).count == 1)
    #expect(function.read(address + 4096, pasid: pasid) == 0x11)
    #expect(host.fixture.device.copiedByteCount == 1)
    #expect(
      code { try client.mapMemory(iova: 0x01ff_ffff_ffff_f000, length: 8192, descriptor: memory.descriptor) }
        == .invalid)
    #expect(host.fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID).lockedBytes == 3 * 4096)
    try client.unmapMemory(iova: address, length: 8192)
    #expect(host.fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID).lockedBytes == 4096)
    // A file of a disk could make the device wait for the disk, or for whoever serves the file system.
    let file = try FileDescriptor.open("/proc/self/exe", .readOnly)
    #expect(
      code { try client.mapMemory(iova: 0x9000, length: 4096, permissions: .read, descriptor: file) } == .invalid)
    client.disconnect()
    #expect(eventually { function.pasids == [] && function.mappingCount == 0 })
    #expect(eventually { host.fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID) == (0, 0) })
  }

  @Test("a device with few address bits tells a client where it sees its memory")
  func translation() throws {
    let function = FakeFunction([], addressWidth: 39)
    let host = try Host(try Fixture(mode: .singleProcess, function: function))
    let client = try host.client()
    let memory = try SharedMemory(name: "test", byteCount: 4096)
    try client.mapMemory(iova: 0x7fff_0000_0000, length: 4096, descriptor: memory.descriptor)
    let address = number(
      try client.perform(command: QueueCommand.deviceAddress, body: bytes(0x7fff_0000_0000 as UInt64)))
    #expect(address == 1 << 38)
    #expect(function.mappings().map(\.range.lowerBound) == [address])
    #expect(code { try client.mapMemory(iova: 0x5000, length: 4096) } == .denied)
    try client.unmapMemory(iova: 0x7fff_0000_0000, length: 4096)
    #expect(function.mappingCount == 0)
  }

  @Test("the library's transport uses a device's own addresses, and rings by messages where it has to")
  func transportOfHardware() throws {
    let function = FakeFunction([], addressWidth: 48)
    let host = try Host(try Fixture(mode: .singleProcess, function: function, hasPages: false))
    let tree = try ClassTree(host.fixture.sdmdevs, directory: host.directory)
    let source = RunDirectorySource(host.directory, timeLimit: 60_000_000_000)
    let transport = try source.open(device: "fake-0")
    #expect(transport.attributes.flags.contains(.translated))
    let memory = try SharedMemory(name: "test", byteCount: 4096)
    let mapping = try memory.map()
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: mapping.base, count: 4096)
    let address = try unsafe transport.share(bytes, file: memory, offset: 0, isReadOnly: true)
    #expect(address == 1 << 47)
    #expect(function.mappings().map(\.range.lowerBound) == [address])
    guard case .call(let ring) = try transport.doorbell() else {
      Issue.record("no call")
      return
    }
    ring(0x0102_0304_0506_0708)
    #expect(host.fixture.parent.last?.fake.withLock { $0.rung } == [0x0102_0304_0506_0708])
    try transport.unshare(deviceAddress: address, byteCount: 4096)
    #expect(function.mappingCount == 0)
    tree.remove()
  }

  @Test("the pool is region 2 from when it was made")
  func pool() throws {
    let host = try Host(try Fixture(mode: .physical))
    let client = try host.client()
    #expect(try client.region(2).size == 0)
    let reply = try client.perform(command: QueueCommand.getBuffer, body: bytes(4096 as UInt64))
    let region = try client.region(2)
    #expect(region.size == 4096)
    let mapping = try region.map(0..<4096)
    unsafe mapping.base.storeBytes(of: 0x33, as: UInt8.self)
    #expect(host.fixture.function.read(number(reply.dropFirst(8)), pasid: 0) == 0x33)
    let memory = try SharedMemory(name: "test", byteCount: 4096)
    #expect(code { try client.mapMemory(iova: 0, length: 4096, descriptor: memory.descriptor) } == .unsupported)
  }

  @Test("doorbells that are registers are written by messages of 8 bytes")
  func registers() throws {
    let host = try Host(try Fixture(mode: .singleProcess, hasPages: false))
    let client = try host.client()
    let queue = try #require(host.fixture.parent.last)
    #expect(code { try client.write(1, region: 0, offset: 0x1000, width: 8) } == .invalid)
    #expect(try client.region(0).mappableAreas == [])
    #expect(queue.state == .started)
    try client.write(0x1234_5678_9ABC_DEF0, region: 0, offset: 0x1000, width: 8)
    #expect(code { try client.write(1, region: 0, offset: 0x1000, width: 4) } == .invalid)
    #expect(code { try client.write(1, region: 1, offset: 0, width: 8) } == .invalid)
    #expect(code { _ = try client.read(region: 1, offset: 0, width: 8) } == .invalid)
    #expect(queue.fake.withLock { $0.rung } == [0x1234_5678_9ABC_DEF0])
    try client.reset()
    #expect(queue.fake.withLock { $0.starts } == 2)
  }

  @Test("WAIT keeps nobody waiting but who sent it, and ends by time, completion or the host's end")
  func waiting() throws {
    let host = try Host(try Fixture())
    let client = try host.client()
    #expect(code { _ = try client.perform(command: QueueCommand.wait, body: bytes(1 as UInt32)) } == .invalid)
    _ = try client.region(1)
    let queue = try #require(host.fixture.parent.last)
    let limit: UInt64 = 120_000_000_000
    #expect(try client.perform(command: QueueCommand.wait, body: bytes(1 as UInt32), timeLimit: limit) == [0, 0, 0, 0])
    #expect(code { _ = try client.perform(command: QueueCommand.wait, body: [1]) } == .invalid)
    let replies = TimedSemaphore(value: 0)
    let answers = Guarded([[UInt8]]())
    let waiters = try (0..<2).map { _ in
      try Joined {
        // 600 s, and for ever.
        for milliseconds: UInt32 in [600_000, 0] {
          let reply = try? client.perform(command: QueueCommand.wait, body: bytes(milliseconds), timeLimit: limit)
          answers.withLock { $0.append(reply ?? []) }
          replies.signal()
        }
      }
    }
    // The connection is free for other commands meanwhile.
    #expect(try client.region(1).size == UInt64(FakeQueue.ringsSize))
    for _ in 0..<4 {
      #expect(
        eventually {
          queue.complete()
          return replies.wait(nanoseconds: 1_000_000)
        })
    }
    for waiter in waiters { waiter.join() }
    #expect(answers.withLock { $0 } == Array(repeating: [1, 0, 0, 0], count: 4))
    let last = Box<Bool>()
    let waiter = try Joined {
      // A completion too many may have been left.
      while (try? client.perform(command: QueueCommand.wait, body: bytes(0 as UInt32), timeLimit: limit)) != nil {}
      last.set(true)
    }
    host.server.stop()
    waiter.join()
    #expect(last.get == true)
  }
}

/// A thread that is joined.
final class Joined {
  private let thread: Guarded<Thread?>

  init(_ body: @escaping @Sendable () -> Void) throws {
    thread = Guarded(try Thread(name: "test", body))
  }

  func join() { thread.withLock { $0.take() }?.join() }
}
