// Whose memory a device reaches, where, in each mode: the share domain and PASIDs.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Share domain and PASIDs")
struct DomainTests {
  private static let modes: [DMAFlags] = [.singleProcess, .multiProcess, .sharedVirtual, .sharedVirtualLocked]

  /// Memory of this process, shared in process.
  private func share(
    _ transport: any QueueTransport, _ mapping: SharedMapping, offset: Int = 0, count: Int = 4096,
    isReadOnly: Bool = false
  ) throws -> UInt64 {
    try unsafe transport.share(
      UnsafeMutableRawBufferPointer(start: mapping.base + offset, count: count), file: nil, offset: 0,
      isReadOnly: isReadOnly)
  }

  private func place(of mapping: SharedMapping) -> UInt64 {
    unsafe UInt64(UInt(bitPattern: mapping.base))
  }

  private func open(_ fixture: Fixture) throws -> any QueueTransport {
    let transport = try fixture.transport()
    if fixture.parent.mode == .singleProcess {
      _ = try transport.perform(QueueCommand.start, [])
    } else {
      _ = try transport.perform(QueueCommand.bindPASID, bytes(0 as UInt32))
    }
    return transport
  }

  @Test("memory is shared at its own address, taken away as it was shared, and gone at the end", arguments: modes)
  func symmetry(mode: DMAFlags) throws {
    let fixture = try Fixture(mode: mode)
    let transport = try open(fixture)
    let memory = try SharedMemory(name: "test", byteCount: 16 * 4096)
    let mapping = try memory.map()
    let address = try share(transport, mapping)
    #expect(address == place(of: mapping))
    let second = try share(transport, mapping, offset: 8192, count: 5000, isReadOnly: true)
    let pasid = fixture.function.pasids.first ?? 0
    #expect((pasid == 0) == (mode == .singleProcess))
    #expect(fixture.function.mappings(pasid).map(\.permissions.rawValue) == [3, 1])
    #expect(fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID).lockedBytes == 3 * 4096)
    #expect(code { try transport.unshare(deviceAddress: second, byteCount: 4096) } == .invalid)
    #expect(code { try transport.unshare(deviceAddress: second + 1, byteCount: 4999) } == .invalid)
    try transport.unshare(deviceAddress: second, byteCount: 5000)
    #expect(code { try transport.unshare(deviceAddress: second, byteCount: 5000) } == .invalid)
    #expect(fixture.function.mappings(pasid).count == 1)
    transport.close()
    #expect(fixture.function.mappingCount == 0)
    #expect(fixture.function.pasids == [])
    #expect(fixture.device.pasidCount == 0)
    #expect(fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID) == (0, 0))
  }

  @Test("overlaps, the driver's own addresses and impossible ranges are refused", arguments: modes)
  func refusals(mode: DMAFlags) throws {
    let fixture = try Fixture(mode: mode)
    let transport = try open(fixture)
    let mapping = try SharedMemory(name: "test", byteCount: 16 * 4096).map()
    _ = try share(transport, mapping, offset: 4096, count: 8192)
    #expect(code { _ = try share(transport, mapping, offset: 4096, count: 8192) } == .exists)
    #expect(code { _ = try share(transport, mapping, offset: 0, count: 4097) } == .exists)
    #expect(code { _ = try share(transport, mapping, offset: 8192, count: 4096) } == .exists)
    #expect(code { _ = try share(transport, mapping, offset: 0, count: 16 * 4096) } == .exists)
    _ = try share(transport, mapping, offset: 3 * 4096, count: 4096)
    for (address, count) in [(0x0100_0000_0000_1000, 4096), (0x00ff_ffff_ffff_f000, 8192), (UInt.max - 4095, 8192)] {
      #expect(
        code {
          _ = try unsafe transport.share(
            UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: address), count: count), file: nil,
            offset: 0, isReadOnly: false)
        } == .invalid)
    }
    #expect(fixture.device.mappingCount == 2)
  }

  @Test("a user shares no more memory than allowed")
  func limits() throws {
    var limits = SDMDEVLimits()
    limits.lockedBytesOfUser = 3 * 4096
    limits.mappingsOfQueue = 2
    let fixture = try Fixture(limits: limits)
    let transport = try open(fixture)
    let other = try open(fixture)
    let mapping = try SharedMemory(name: "test", byteCount: 16 * 4096).map()
    let first = try share(transport, mapping, count: 8192)
    #expect(code { _ = try share(other, mapping, count: 4097) } == .resourceExhausted)
    _ = try share(other, mapping, count: 1)
    #expect(code { _ = try share(other, mapping, offset: 8192, count: 1) } == .resourceExhausted)
    try transport.unshare(deviceAddress: first, byteCount: 8192)
    _ = try share(other, mapping, offset: 8192, count: 1)
    #expect(code { _ = try share(other, mapping, offset: 16384, count: 1) } == .resourceExhausted)
    _ = try share(transport, mapping, count: 4096)
  }

  @Test("one process at a time has a device for one, with as many queues as it likes")
  func oneProcess() throws {
    let fixture = try Fixture(mode: .singleProcess)
    let child = try sleepingChild()
    let first = try fixture.mediated()
    let second = try fixture.mediated()
    let third = try fixture.mediated(isOpen: false)
    let stranger = try QueueOwner(processID: child.identifier, userID: 1001)
    #expect(code { try third.open(stranger) } == .busy)
    first.close()
    #expect(code { try third.open(stranger) } == .busy)
    second.close()
    try third.open(stranger)
    #expect(code { try first.open(try QueueOwner.thisProcess()) } == .busy)
    #expect(code { _ = try third.bind(pasid: 0) } == .unsupported)
    #expect(third.pasid == nil)
  }

  @Test("queues of one process share what they map at the same place, until the last is closed")
  func sharedMapping() throws {
    let fixture = try Fixture(mode: .singleProcess)
    let first = try open(fixture)
    let second = try open(fixture)
    let mapping = try SharedMemory(name: "test", byteCount: 4 * 4096).map()
    _ = try share(first, mapping)
    _ = try share(second, mapping)
    #expect(fixture.function.mappingCount == 1)
    #expect(code { _ = try share(second, mapping, offset: 0, count: 8192) } == .exists)
    first.close()
    #expect(fixture.function.mappingCount == 1)
    second.close()
    #expect(fixture.function.mappingCount == 0)
  }

  @Test("a PASID is its process's alone: a foreign, an unknown and a stale one are denied")
  func pasids() throws {
    let fixture = try Fixture(queues: 8)
    let first = try fixture.mediated()
    let bound = try first.bind(pasid: 0)
    #expect((1...65_535).contains(bound.pasid))
    #expect(bound.flags.contains(.sharedVirtual))
    #expect(fixture.parent.last?.fake.withLock { $0.pasid } == bound.pasid)
    #expect(code { _ = try first.bind(pasid: 0) } == .invalid)
    let second = try fixture.mediated()
    #expect(try second.bind(pasid: bound.pasid).pasid == bound.pasid)
    #expect(fixture.device.pasidCount == 1)
    let child = try sleepingChild()
    let stranger = try fixture.mediated(isOpen: false)
    try stranger.open(try QueueOwner(processID: child.identifier, userID: 1000))
    #expect(code { _ = try stranger.bind(pasid: bound.pasid) } == .denied)
    #expect(code { _ = try stranger.bind(pasid: 4242) } == .denied)
    #expect(code { _ = try stranger.bind(pasid: .max) } == .denied)
    #expect(stranger.queueState == .initial)
    #expect(try stranger.bind(pasid: 0).pasid != bound.pasid)
    first.close()
    #expect(fixture.function.pasids.contains(bound.pasid))
    second.close()
    #expect(!fixture.function.pasids.contains(bound.pasid))
    let third = try fixture.mediated()
    #expect(code { _ = try third.bind(pasid: bound.pasid) } == .denied)
    #expect(try third.bind(pasid: 0).pasid != bound.pasid)
  }

  @Test("a PASID of another device is denied")
  func sameParent() throws {
    let fixture = try Fixture()
    let other = try fixture.sdmdevs.register(FakeParent("fake-1"))
    let mediated = try fixture.mediated()
    let pasid = try mediated.bind(pasid: 0).pasid
    let elsewhere = try other.createMediatedDevice(userID: 0)
    try elsewhere.open(try QueueOwner.thisProcess())
    #expect(code { _ = try elsewhere.bind(pasid: pasid) } == .denied)
  }

  @Test("a start that fails leaves no address space")
  func failedStart() throws {
    let fixture = try Fixture()
    let mediated = try fixture.mediated()
    fixture.parent.last?.fake.withLock { $0.startFailure = QueueError(.failed, "broken") }
    #expect(code { _ = try mediated.bind(pasid: 0) } == .failed)
    #expect(fixture.function.pasids == [])
    #expect(mediated.pasid == nil)
  }

  @Test("SVM reads the process's memory where nothing is mapped, and counts what it copies")
  func faults() throws {
    let fixture = try Fixture()
    let transport = try open(fixture)
    #expect(transport.attributes.flags.contains(.sharedVirtual))
    let pasid = try #require(fixture.function.pasids.first)
    let mapping = try SharedMemory(name: "test", byteCount: 4096).map()
    unsafe mapping.base.storeBytes(of: 0xA5, as: UInt8.self)
    let address = place(of: mapping)
    #expect(fixture.function.read(address, pasid: pasid) == 0xA5)
    #expect(fixture.device.copiedByteCount == 1)
    #expect(fixture.function.read(0x10, pasid: pasid) == nil)
    _ = try share(transport, mapping)
    #expect(fixture.function.read(address, pasid: pasid) == 0xA5)
    #expect(fixture.device.copiedByteCount == 1)
  }

  @Test("a dead process's memory cannot be read any more")
  func deadProcess() throws {
    let fixture = try Fixture()
    let mapping = try SharedMemory(name: "test", byteCount: 4096).map()
    unsafe mapping.base.storeBytes(of: 0x5A, as: UInt8.self)
    let address = place(of: mapping)
    let child = try sleepingChild()
    let mediated = try fixture.mediated(isOpen: false)
    try mediated.open(try QueueOwner(processID: child.identifier, userID: 1000))
    let bound = try mediated.bind(pasid: 0)
    #expect(bound.flags.contains(.sharedVirtual))
    #expect(fixture.function.read(address, pasid: bound.pasid) == 0x5A)
    _ = consume child
    #expect(fixture.function.read(address, pasid: bound.pasid) == nil)
  }

  @Test("without faults SVM_NO_FAULT has no flag for it, and nothing but what is shared is reached")
  func noFaults() throws {
    let fixture = try Fixture(mode: .sharedVirtualLocked)
    let transport = try open(fixture)
    #expect(!transport.attributes.flags.contains(.sharedVirtual))
    let pasid = try #require(fixture.function.pasids.first)
    #expect(fixture.function.state.withLock { $0.faults.isEmpty })
    let mapping = try SharedMemory(name: "test", byteCount: 4096).map()
    let address = place(of: mapping)
    #expect(fixture.function.read(address, pasid: pasid) == nil)
    _ = try share(transport, mapping)
    #expect(fixture.function.read(address, pasid: pasid) == 0)
  }

  @Test("memory whose request does not end is kept, and taken out when it does", arguments: modes)
  func stuck(mode: DMAFlags) throws {
    let fixture = try Fixture(mode: mode)
    let transport = try open(fixture)
    let mapping = try SharedMemory(name: "test", byteCount: 2 * 4096).map()
    let address = try share(transport, mapping)
    fixture.function.state.withLock { $0.isStuck = true }
    #expect(code { try transport.unshare(deviceAddress: address, byteCount: 4096) } == .failed)
    #expect(code { _ = try share(transport, mapping) } == .exists)
    transport.close()
    #expect(fixture.function.mappingCount == 1)
    fixture.function.state.withLock { $0.isStuck = false }
    let next = try open(fixture)
    _ = try share(next, mapping)
    next.close()
    #expect(fixture.function.mappingCount == 0)
    #expect(fixture.function.pasids == [])
  }

  @Test("a device with few address bits is given addresses of its own, and everything that it forgot again")
  func translation() throws {
    let function = FakeFunction([.addressSpaces], addressWidth: 48)
    let fixture = try Fixture(mode: .singleProcess, function: function)
    let transport = try open(fixture)
    #expect(transport.attributes.flags.contains(.translated))
    let mapping = try SharedMemory(name: "test", byteCount: 4 * 4096).map()
    let first = try share(transport, mapping)
    let second = try share(transport, mapping, offset: 4096, count: 8192)
    #expect(first == 1 << 47)
    #expect(second >= first + 4096 && second % 4096 == 0)
    let address = place(of: mapping)
    #expect(number(try transport.perform(QueueCommand.deviceAddress, bytes(address))) == first)
    #expect(code { _ = try transport.perform(QueueCommand.deviceAddress, bytes(address + 1)) } == .invalid)
    function.state.withLock { $0.spaces = [0: []] }
    try fixture.device.replayMappings()
    #expect(Set(function.mappings().map(\.range.lowerBound)) == [first, second])
    try transport.unshare(deviceAddress: first, byteCount: 4096)
    #expect(try share(transport, mapping) == first)
    transport.close()
    #expect(function.mappingCount == 0)
  }

  @Test("address spaces that a function forgot are made again with what was in them")
  func replay() throws {
    let fixture = try Fixture()
    let transport = try open(fixture)
    let mapping = try SharedMemory(name: "test", byteCount: 4096).map()
    let address = try share(transport, mapping)
    let pasid = try #require(fixture.function.pasids.first)
    fixture.function.state.withLock { state in
      state.spaces = [0: []]
      state.faults = [:]
    }
    try fixture.device.replayMappings()
    #expect(fixture.function.mappings(pasid).map(\.range.lowerBound) == [address])
    #expect(fixture.function.state.withLock { $0.faults[pasid] != nil })
  }

  @Test("without an IOMMU there is a pool, once, at addresses of the device's")
  func pool() throws {
    let fixture = try Fixture(mode: .physical)
    let transport = try fixture.transport()
    _ = try transport.perform(QueueCommand.start, [])
    let mapping = try SharedMemory(name: "test", byteCount: 4096).map()
    #expect(code { _ = try share(transport, mapping) } == .unsupported)
    #expect(code { _ = try transport.map(.pool) } == .invalid)
    for size in [0, 1 << 40, UInt64.max] {
      #expect(code { _ = try transport.perform(QueueCommand.getBuffer, bytes(size)) } == .invalid)
    }
    let reply = try transport.perform(QueueCommand.getBuffer, bytes(10_000 as UInt64))
    #expect(number(reply.prefix(8)) == 12_288)
    let address = number(reply.dropFirst(8))
    #expect(address >= 1 << 63)
    #expect(code { _ = try transport.perform(QueueCommand.getBuffer, bytes(1 as UInt64)) } == .exists)
    let pool = try transport.map(.pool)
    #expect(pool.byteCount == 12_288)
    unsafe pool.base.storeBytes(of: 0x77, as: UInt8.self)
    #expect(fixture.function.read(address, pasid: 0) == 0x77)
    let other = try fixture.transport()
    let second = try other.perform(QueueCommand.getBuffer, bytes(4096 as UInt64))
    #expect(number(second.dropFirst(8)) > address + 12_287)
    transport.close()
    other.close()
    #expect(fixture.function.mappingCount == 0)
    let virtual = try Fixture().transport()
    #expect(code { _ = try virtual.perform(QueueCommand.getBuffer, bytes(4096 as UInt64)) } == .unsupported)
  }
}
