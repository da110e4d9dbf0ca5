// How a device reaches a client's memory.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: memory")
struct MemoryTests {
  private let fixture: Fixture

  init() throws {
    fixture = try Fixture()
  }

  /// The memory of the connected client, as the device has it.
  private func memory() throws -> any VFIOUserMemory {
    try #require(fixture.device.memory)
  }

  @Test("memory with a descriptor is mapped and shared, at any offset of the file")
  func descriptor() throws {
    let client = try fixture.client()
    let page = CurrentProcess.pageSize
    let memory = try SharedMemory(name: "client", byteCount: 4 * page)
    try client.mapMemory(
      iova: 0x10_0000, length: UInt64(2 * page), descriptor: memory.descriptor, offset: UInt64(page))
    let mapping = try #require(fixture.device.state.withLock { $0.mappings[0x10_0000]?.mapping })
    #expect(mapping.byteCount == 2 * page)
    let own = try memory.map()
    unsafe own.base.storeBytes(of: 0x77, toByteOffset: page + 5, as: UInt8.self)
    #expect(unsafe mapping.base.load(fromByteOffset: 5, as: UInt8.self) == 0x77)
    unsafe mapping.base.storeBytes(of: 0x78, toByteOffset: 6, as: UInt8.self)
    #expect(unsafe own.base.load(fromByteOffset: page + 6, as: UInt8.self) == 0x78)
    #expect(!mapping.isPoisoned)
  }

  @Test("read-only memory is mapped for reading")
  func readOnly() throws {
    let client = try fixture.client()
    let memory = try SharedMemory(name: "client", byteCount: 4096)
    try client.mapMemory(iova: 0, length: 4096, permissions: .read, descriptor: memory.descriptor)
    let mapping = try #require(fixture.device.state.withLock { $0.mappings[0] })
    #expect(mapping.permissions == .read)
    #expect(mapping.mapping?.permissions == .read)
  }

  @Test("a mapping over another, or one that the system or the device refuses, is an error and leaves nothing behind")
  func refused() async {
    // In a process of its own, where nobody else has descriptors.
    await #expect(processExitsWith: .success) { try Self.refusals() }
  }

  private static func refusals() throws {
    let fixture = try Fixture()
    let client = try fixture.client()
    let memory = try SharedMemory(name: "client", byteCount: 8192)
    try client.mapMemory(iova: 0x2000, length: 0x2000, descriptor: memory.descriptor)
    let before = try openDescriptors()
    for (iova, length) in [(0x2000, 0x2000), (0x1000, 0x1001), (0x3FFF, 1), (0, UInt64.max)] as [(UInt64, UInt64)] {
      try #require(
        code { try client.mapMemory(iova: iova, length: length, descriptor: memory.descriptor) } == .exists)
    }
    // A device, a directory and a pipe's end are no memory.
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    try #require(code { try client.mapMemory(iova: 0, length: 4096, descriptor: null) } == .failed)
    let folder = try FileDescriptor.open("/", .readOnly, options: .directory)
    try #require(
      code { try client.mapMemory(iova: 0, length: 4096, permissions: .read, descriptor: folder) } == .failed)
    try #require(number { try client.mapMemory(iova: 0xBAD000, length: 4096, descriptor: memory.descriptor) } == 5)
    try #require(
      number { try client.mapMemory(iova: 0, length: 1, descriptor: memory.descriptor, offset: .max) }
        == SystemError.invalidArgument)
    try expectDescriptors(before, and: 1)
    try #require(fixture.device.state.withLock { Array($0.mappings.keys) } == [0x2000])
    // What failed has left the addresses free.
    try client.mapMemory(iova: 0, length: 4096, descriptor: memory.descriptor)
  }

  @Test("an unmapping takes every mapping within it, tells the device of each, and cuts none in two")
  func unmapping() throws {
    let client = try fixture.client()
    let memory = try SharedMemory(name: "client", byteCount: 4096)
    for iova in [0, 0x1000, 0x3000, 0xFFFF_FFFF_FFFF_F000] as [UInt64] {
      try client.mapMemory(iova: iova, length: 0x1000, descriptor: memory.descriptor)
    }
    #expect(code { try client.unmapMemory(iova: 0x800, length: 0x800) } == .invalid)
    #expect(code { try client.unmapMemory(iova: 0, length: 0x1800) } == .invalid)
    #expect(fixture.device.events.filter { $0.hasPrefix("unmap") } == [])
    try client.unmapMemory(iova: 0, length: 0x3000)
    #expect(fixture.device.events.filter { $0.hasPrefix("unmap") } == ["unmap 0 4096", "unmap 4096 4096"])
    // Nothing there is no error; neither is an end of exactly 2^64.
    try client.unmapMemory(iova: 0, length: 0x1000)
    try client.unmapMemory(iova: 0x3000, length: 0 &- 0x3000)
    #expect(fixture.device.state.withLock { $0.mappings.isEmpty })
    try client.mapMemory(iova: 0, length: 0x1000, descriptor: memory.descriptor)
    try client.unmapAllMemory()
    #expect(fixture.device.state.withLock { $0.mappings.isEmpty })
  }

  @Test("memory without a descriptor is read and written by messages, also more than one may carry")
  func messages() throws {
    let client = try fixture.client()
    let size = 3 << 20
    let served = ServedBytes((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }, at: 0x1_0000)
    try client.mapMemory(iova: 0x1_0000, length: UInt64(size), memory: served)
    #expect(fixture.device.state.withLock { $0.mappings[0x1_0000]?.mapping } == nil)
    let memory = try memory()
    #expect(try memory.bytes(0x1_0000, size) == served.bytes.withLock { $0 })
    #expect(try memory.bytes(0x1_0003, 2) == served.bytes.withLock { Array($0[3..<5]) })
    let new = (0..<(2 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try memory.write(0x1_0001, new)
    #expect(served.bytes.withLock { Array($0[1..<1 + new.count]) } == new)
  }

  @Test("memory that is not mapped, or not for this, is a fault and never an access")
  func faults() throws {
    let client = try fixture.client()
    let served = ServedBytes([UInt8](repeating: 1, count: 4096), at: 0x1000)
    try client.mapMemory(iova: 0x1000, length: 4096, permissions: .read, memory: served)
    let memory = try memory()
    #expect(code { _ = try memory.bytes(0xFFF, 2) } == .fault)
    #expect(code { _ = try memory.bytes(0x1FFF, 2) } == .fault)
    #expect(code { _ = try memory.bytes(.max, 2) } == .fault)
    #expect(code { _ = try memory.bytes(0x1000, 0) } == .fault)
    #expect(code { try memory.write(0x1000, [1]) } == .fault)
    #expect(try memory.bytes(0x1000, 1) == [1])
    try client.unmapMemory(iova: 0x1000, length: 4096)
    #expect(code { _ = try memory.bytes(0x1000, 1) } == .fault)
  }

  @Test("the device reaches memory within a command, while the client waits for that command and others send more")
  func withinCommand() throws {
    let client = try fixture.client()
    let served = ServedBytes([UInt8](repeating: 0, count: 4096), at: 0)
    try client.mapMemory(iova: 0, length: 4096, memory: served)
    fixture.device.state.withLock { state in
      state.onWrite = { device, offset in
        guard let memory = device.memory, offset < 1024 else { return }
        let old = (try? memory.bytes(offset, 1).first) ?? 0xEE
        try? memory.write(offset, [old &+ 1])
      }
    }
    let failures = Guarded(0)
    let threads = try ThreadGroup(count: 4) { index in
      for round in 0..<100 {
        do {
          try client.write(1, region: 0, offset: UInt64(index * 8), width: 1, isPosted: round % 2 == 0)
          _ = try client.read(region: 1, offset: 0, width: 4)
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    threads.join()
    #expect(failures.withLock { $0 } == 0)
    _ = try client.read(region: 1, offset: 0, width: 4)
    #expect(served.bytes.withLock { [$0[0], $0[8], $0[16], $0[24]] } == [100, 100, 100, 100])
  }

  @Test("any number of the device's threads reach memory, while the client sends commands")
  func anyThread() throws {
    let client = try fixture.client()
    let served = ServedBytes([UInt8](repeating: 0, count: 65_536), at: 0)
    try client.mapMemory(iova: 0, length: 65_536, memory: served)
    let memory = try memory()
    let failures = Guarded(0)
    let engines = try ThreadGroup(count: 4) { index in
      for round in 0..<100 {
        do {
          let data = [UInt8](repeating: UInt8(truncatingIfNeeded: round + index), count: 3000)
          try memory.write(UInt64(index * 4096), data)
          if try memory.bytes(UInt64(index * 4096), 3000) != data { failures.withLock { $0 += 1 } }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    for value in 0..<200 as Range<UInt64> {
      try client.write(value, region: 0, offset: 2048, width: 8)
      #expect(try client.read(region: 0, offset: 2048, width: 8) == value)
    }
    engines.join()
    #expect(failures.withLock { $0 } == 0)
  }

  @Test("an unmapping whose device waits for an access of another thread ends: a live client answers meanwhile")
  func unmappingWaitsForAccess() throws {
    let client = try fixture.client()
    let served = ServedBytes([UInt8](repeating: 5, count: 4096), at: 0x8000)
    try client.mapMemory(iova: 0x8000, length: 4096, memory: served)
    let other = ServedBytes([UInt8](repeating: 6, count: 4096), at: 0)
    try client.mapMemory(iova: 0, length: 4096, memory: other)
    let memory = try memory()
    let seen = Box<[UInt8]>()
    fixture.device.state.withLock { state in
      state.onUnmap = { _ in
        // As an engine would: another thread reads while the server's thread waits for it.
        let engine = try? Thread(name: "engine") {
          if let bytes = try? memory.bytes(0x8000, 2) { seen.set(bytes) }
        }
        if let engine { engine.join() }
      }
    }
    try client.unmapMemory(iova: 0, length: 4096)
    #expect(seen.get == [5, 5])
  }
}
