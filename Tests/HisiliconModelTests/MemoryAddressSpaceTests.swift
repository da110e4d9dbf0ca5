// Mappings of an address space, and what the device reads and writes through them.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization
import Testing

@testable import HisiliconModel

@Suite("Memory: address spaces") struct MemoryAddressSpaceTests {
  @Test("mappings never overlap, and may touch")
  func overlap() throws {
    let space = AddressSpace()
    let memory = TestMemory(0x4000)
    try space.map(iova: 0x2000, length: 0x1000, permissions: .read, backing: memory.backing())
    for (iova, length) in [(0x2000, 0x1000), (0x1fff, 2), (0x2fff, 1), (0x2800, 1), (0x1000, 0x4000)]
      as [(UInt64, UInt64)]
    {
      #expect(throws: AddressSpaceError.overlapping) {
        try space.map(iova: iova, length: length, permissions: .read, backing: memory.backing())
      }
    }
    try space.map(iova: 0x1000, length: 0x1000, permissions: .read, backing: memory.backing())
    try space.map(iova: 0x3000, length: 0x1000, permissions: .read, backing: memory.backing())
    #expect(space.count == 3)
  }

  @Test("a range is not empty and ends at 2^64 at most")
  func ranges() throws {
    let space = AddressSpace()
    let memory = TestMemory(4096)
    for (iova, length) in [(0, 0), (.max, 2), (4096, .max), (0 &- 4096, 4097)] as [(UInt64, UInt64)] {
      #expect(throws: AddressSpaceError.invalidRange) {
        try space.map(iova: iova, length: length, permissions: .read, backing: memory.backing())
      }
      #expect(throws: AddressSpaceError.invalidRange) { try space.unmap(iova: iova, length: length) }
    }
    try space.map(iova: 0 &- 4096, length: 4096, permissions: .read, backing: memory.backing())
    // As QEMU does: everything from an address to 2^64.
    #expect(try space.unmap(iova: 0xfef0_0000, length: 0xffff_ffff_0110_0000) == 1)
    #expect(space.count == 0)
  }

  @Test("unmapping takes whole mappings, any number of them, and none is no error")
  func unmap() throws {
    let space = AddressSpace()
    let memory = TestMemory(4096)
    for page in 0..<10 as Range<UInt64> {
      try space.map(iova: page * 0x2000, length: 0x1000, permissions: .read, backing: memory.backing())
    }
    #expect(throws: AddressSpaceError.cutsMapping) { try space.unmap(iova: 0x2001, length: 0x8000) }
    #expect(throws: AddressSpaceError.cutsMapping) { try space.unmap(iova: 0x1000, length: 0x1001) }
    #expect(throws: AddressSpaceError.cutsMapping) { try space.unmap(iova: 0x2400, length: 0x100) }
    #expect(space.count == 10)
    #expect(try space.unmap(iova: 0x1000, length: 0x1000) == 0)
    #expect(try space.unmap(iova: 0x1000, length: 0x5000) == 2)
    #expect(try space.unmap(iova: 0x2000, length: 0x1000) == 0)
    #expect(space.count == 8)
    #expect(try space.unmapAll() == 8)
    #expect(space.count == 0)
  }

  @Test("memory is released when its mapping goes, or the address space")
  func release() throws {
    let freed = FreedCounter()
    var space = Optional(AddressSpace())
    for page in 0..<4 as Range<UInt64> {
      let memory = TestMemory(4096) { freed.add() }
      try space?.map(iova: page * 4096, length: 4096, permissions: .read, backing: memory.backing())
    }
    #expect(freed.count == 0)
    try space?.unmap(iova: 0, length: 4096)
    #expect(freed.count == 1)
    try space?.unmap(iova: 4096, length: 8192)
    #expect(freed.count == 3)
    space = nil
    #expect(freed.count == 4)
  }

  @Test("any sequence of changes leaves what a plain list would hold")
  func model() throws {
    let space = AddressSpace()
    let memory = TestMemory(1)
    var random = SeededGenerator(3)
    var expected: [UInt64: UInt64] = [:]
    for _ in 0..<20_000 {
      let page = UInt64.random(in: 0..<3000, using: &random)
      let length = UInt64.random(in: 1..<4, using: &random)
      let end = page + length
      if Int.random(in: 0..<5, using: &random) < 3 {
        let isFree = !((page > 2 ? page - 3 : 0)..<end).contains { start in
          expected[start].map { start + $0 > page } ?? false
        }
        let result = Result {
          try space.map(
            iova: page << 12, length: length << 12, permissions: .read, backing: memory.remoteBacking(iova: 0))
        }
        #expect(((try? result.get()) != nil) == isFree)
        if isFree { expected[page] = length }
      } else {
        let wide = Int.random(in: 0..<50, using: &random) == 0 ? end + 200 : end
        let touched = ((page > 2 ? page - 3 : 0)..<wide).filter { start in
          expected[start].map { start + $0 > page } ?? false
        }
        let isCut = touched.contains { start in start < page || start + expected[start]! > wide }
        let result = Result { try space.unmap(iova: page << 12, length: (wide - page) << 12) }
        if isCut {
          #expect(throws: AddressSpaceError.cutsMapping) { try result.get() }
        } else {
          #expect(try result.get() == touched.count)
          for start in touched { expected[start] = nil }
        }
      }
      #expect(space.count == expected.count)
    }
    space.withAccess { memory in
      for page in 0..<3100 as Range<UInt64> {
        let isMapped = ((page > 2 ? page - 3 : 0)...page).contains { start in
          expected[start].map { start + $0 > page } ?? false
        }
        let found = try? memory.segment(at: page << 12 + 0xfff, count: 1, for: .read)
        #expect((found != nil) == isMapped)
      }
    }
  }

  @Test("tens of thousands of pages come and go in any order")
  func manyPages() throws {
    let space = AddressSpace()
    let memory = TestMemory(4096)
    let backing = memory.backing()
    var random = SeededGenerator(4)
    // As a guest's allocator hands them out: downwards; taken back in another order.
    let pages = (0..<20_000 as Range<UInt64>).map { 0xffff_f000 - $0 << 12 }
    for page in pages { try space.map(iova: page, length: 4096, permissions: .read, backing: backing) }
    #expect(space.count == 20_000)
    for page in pages.shuffled(using: &random) { try space.unmap(iova: page, length: 4096) }
    #expect(space.count == 0)
  }
}

@Suite("Memory: the device's accesses") struct MemoryAccessTests {
  /// Two mappings that touch, a gap, and one that is remote; lengths that are no multiple of anything.
  private static func space(_ first: TestMemory, _ second: TestMemory, _ remote: TestMemory) throws -> AddressSpace {
    let space = AddressSpace()
    try space.map(iova: 0x1000, length: 1001, permissions: [.read, .write], backing: first.backing())
    try space.map(iova: 0x1000 + 1001, length: 999, permissions: [.read, .write], backing: second.backing())
    try space.map(
      iova: 0x10_0000, length: 200_000, permissions: [.read, .write], backing: remote.remoteBacking(iova: 0x10_0000))
    return space
  }

  @Test("reading and writing go across mappings that touch")
  func acrossMappings() throws {
    let (first, second, remote) = (TestMemory(1001), TestMemory(999), TestMemory(200_000))
    let space = try Self.space(first, second, remote)
    let content = SampleKind.noise.bytes(2000)
    try space.withAccess { (memory) throws in
      try write(content, at: 0x1000, memory)
      #expect(try read(2000, at: 0x1000, memory) == content)
      #expect(try read(2, at: 0x1000 + 1000, memory) == Array(content[1000..<1002]))
      // A structure too, at any alignment.
      try memory.store(0x1122_3344_5566_7788 as UInt64, at: 0x1000 + 997)
      #expect(try memory.load(0x1000 + 997, as: UInt64.self) == 0x1122_3344_5566_7788)
    }
    #expect(first.read(997..<1001) == [0x88, 0x77, 0x66, 0x55])
    #expect(second.read(0..<4) == [0x44, 0x33, 0x22, 0x11])
  }

  @Test("remote memory is moved in messages of bounded size")
  func remote() throws {
    let (first, second, remote) = (TestMemory(1001), TestMemory(999), TestMemory(200_000))
    let space = try Self.space(first, second, remote)
    let content = SampleKind.noise.bytes(199_990)
    try space.withAccess { (memory) throws in
      try write(content, at: 0x10_0005, memory)
      #expect(try read(199_990, at: 0x10_0005, memory) == content)
      let segment = try memory.segment(at: 0x10_0000, count: 300_000, for: .read)
      #expect(unsafe segment.base == nil && segment.count == 200_000)
      try memory.storeRelease16(0x1234, at: 0x10_0000)
      #expect(try memory.load(0x10_0000, as: UInt16.self) == 0x1234)
    }
  }

  @Test("remote memory that does not answer is a fault")
  func lost() throws {
    let memory = TestMemory(4096)
    let space = AddressSpace()
    try space.map(
      iova: 0, length: 4096, permissions: [.read, .write], backing: memory.remoteBacking(iova: 0) { false })
    space.withAccess { memory in
      #expect(throws: TranslationFault(.lost, at: 0, .read)) { try memory.load(0, as: UInt32.self) }
      #expect(throws: TranslationFault(.lost, at: 8, .write)) { try memory.store(1 as UInt32, at: 8) }
    }
  }

  @Test("a section's time for remote memory ends, however quick each answer is, and the next section has its own")
  func slow() throws {
    let memory = TestMemory(1 << 20)
    let space = AddressSpace(remoteLimit: 20_000_000)
    let answers = Atomic<Int>(0)
    try space.map(
      iova: 0, length: 1 << 20, permissions: .read,
      backing: memory.remoteBacking(iova: 0) {
        _ = Gate().wait(nanoseconds: 5_000_000)
        answers.add(1, ordering: .relaxed)
        return true
      })
    space.withAccess { memory in
      #expect(throws: TranslationFault(.lost, at: 0, .read)) { try read(1 << 20, at: 0, memory) }
      #expect(answers.load(ordering: .relaxed) <= 5)
      #expect(throws: TranslationFault(.lost, at: 8, .read)) { try memory.load(8, as: UInt32.self) }
    }
    #expect(throws: Never.self) { try space.withAccess { memory in _ = try memory.load(8, as: UInt32.self) } }
  }

  @Test("what is not mapped, not allowed or beyond 2^64 is a fault that names the address")
  func faults() throws {
    let memory = TestMemory(4096)
    let space = AddressSpace()
    try space.map(iova: 0x1000, length: 4096, permissions: .read, backing: memory.backing())
    try space.map(iova: 0x2000, length: 4096, permissions: .write, backing: memory.backing())
    try space.map(iova: 0 &- 4096, length: 4096, permissions: [.read, .write], backing: TestMemory(4096).backing())
    space.withAccess { memory in
      #expect(throws: TranslationFault(.unmapped, at: 0xfff, .read)) { try read(1, at: 0xfff, memory) }
      #expect(throws: TranslationFault(.denied, at: 0x2000, .read)) { try read(2, at: 0x1fff, memory) }
      #expect(throws: TranslationFault(.denied, at: 0x1000, .write)) { try write([1], at: 0x1000, memory) }
      #expect(throws: TranslationFault(.unmapped, at: 0x3000, .write)) { try write([1, 2], at: 0x2fff, memory) }
      #expect(throws: TranslationFault(.wrapped, at: .max, .read)) { try read(2, at: .max, memory) }
      #expect(throws: TranslationFault(.denied, at: 0x1000, .write)) { try memory.storeRelease16(1, at: 0x1000) }
      #expect(throws: TranslationFault(.unmapped, at: 0x3000, .write)) { try memory.storeRelease32(1, at: 0x2ffe) }
      #expect(throws: TranslationFault(.wrapped, at: .max, .write)) { try memory.storeRelease32(1, at: .max) }
    }
    try space.withAccess { (memory) throws in
      #expect(try read(1, at: .max, memory) == [TestMemory.fill])
      #expect(try read(0, at: 0, memory) == [])
    }
  }

  @Test("the word with the phase is written at any alignment")
  func release() throws {
    let memory = TestMemory(64)
    let space = AddressSpace()
    try space.map(iova: 0x1000, length: 30, permissions: .write, backing: memory.backing())
    try space.map(iova: 0x1000 + 30, length: 34, permissions: .write, backing: memory.backing(offset: 30))
    try space.withAccess { (access) throws in
      for offset in 0..<62 as Range<UInt64> {
        try access.storeRelease16(0x0102 &+ UInt16(offset), at: 0x1000 + offset)
        #expect(memory.load(Int(offset), as: UInt16.self) == 0x0102 + UInt16(offset))
      }
      for offset in 0..<60 as Range<UInt64> {
        try access.storeRelease32(0xfeed_0000 + UInt32(offset), at: 0x1000 + offset)
        #expect(memory.load(Int(offset), as: UInt32.self) == 0xfeed_0000 + UInt32(offset))
      }
    }
  }

  @Test("memory that was truncated is a fault after each access")
  func poison() throws {
    let file = try SharedMemory(name: "engine-test", byteCount: 4096, seals: [])
    let space = AddressSpace()
    try space.map(
      iova: 0, length: 4096, permissions: [.read, .write],
      backing: .memory(MappedMemory(try SharedMapping(file.descriptor, byteCount: 4096))))
    try space.withAccess { (memory) throws in
      #expect(throws: Never.self) { try memory.load(0, as: UInt32.self) }
      // The first access puts other memory there, which later ones can use.
      try file.resize(to: 0)
      #expect(throws: TranslationFault(.poisoned, at: 0, .read)) { try memory.load(0, as: UInt32.self) }
      #expect(throws: TranslationFault(.poisoned, at: 4, .write)) { try memory.store(0 as UInt32, at: 4) }
      #expect(throws: TranslationFault(.poisoned, at: 4, .write)) { try memory.storeRelease16(0, at: 4) }
    }
  }

  @Test("a shared mapping whose file becomes shorter is a fault, not the end of the process")
  func truncation() throws {
    let file = try SharedMemory(name: "engine-test", byteCount: 8192, seals: [])
    let space = AddressSpace()
    try space.map(
      iova: 0, length: 8192, permissions: [.read, .write],
      backing: .memory(MappedMemory(try SharedMapping(file.descriptor, byteCount: 8192))))
    try space.withAccess { (memory) throws in try memory.store(7 as UInt32, at: 4096) }
    try file.resize(to: 4096)
    _ = space.withAccess { memory in
      #expect(throws: TranslationFault(.poisoned, at: 4096, .read)) { try memory.load(4096, as: UInt32.self) }
    }
    try space.unmapAll()
  }

  private func read(
    _ count: Int, at iova: UInt64, _ memory: borrowing MemoryAccess
  ) throws -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    try unsafe result.withUnsafeMutableBytes { buffer in
      try unsafe memory.read(iova, into: buffer)
    }
    return result
  }

  private func write(
    _ bytes: [UInt8], at iova: UInt64, _ memory: borrowing MemoryAccess
  ) throws {
    try unsafe bytes.withUnsafeBytes { buffer in
      try unsafe memory.write(iova, from: buffer)
    }
  }
}
