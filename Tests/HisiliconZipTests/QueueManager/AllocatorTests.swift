// Device addresses, queue numbers and buffers.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveQueue

@testable import HisiliconZip

@Suite struct AllocatorTests {
  @Test("addresses do not overlap, and what was given back can be taken again as a whole")
  func addresses() throws {
    var allocator = AddressAllocator(0x10_0000...0x1f_ffff)
    var taken: [(UInt64, UInt64)] = []
    for count: UInt64 in [1, 4096, 4097, 0x8000, 1] {
      let found = allocator.allocate(count)
      let address = try #require(found)
      #expect(address % 4096 == 0)
      #expect(taken.allSatisfy { address >= $0.0 + $0.1 || address + count <= $0.0 })
      taken.append((address, count))
    }
    let none = allocator.allocate(0x10_0000)
    #expect(none == nil)
    for index in [1, 3, 0, 2, 4] { allocator.release(taken[index].0, taken[index].1) }
    let all = allocator.allocate(0x10_0000)
    let rest = allocator.allocate(1)
    #expect(all == 0x10_0000 && rest == nil)
  }

  @Test("the bitmap gives each queue once")
  func bitmap() {
    var bitmap = QueueBitmap(count: 70)
    var numbers = Set<UInt16>()
    while let number = bitmap.take() { numbers.insert(number) }
    #expect(numbers.count == 70)
    #expect(bitmap.freeCount == 0)
    bitmap.release(66)
    bitmap.release(66)
    #expect(bitmap.freeCount == 1)
    let again = bitmap.take()
    #expect(again == 66)
  }

  @Test("buffers have room, come back, and end at the limit")
  func buffers() throws {
    let rig = try ZipRig(options: { $0.bufferLimit = 4 << 20 })
    let pool = rig.device.buffers
    var buffers: [DeviceBuffer] = []
    for count in [1, 4096, 4097, 65_536, 65_537] {
      let buffer = try pool.take(count)
      #expect(buffer.byteCount >= count)
      unsafe buffer.base.initializeMemory(as: UInt8.self, repeating: UInt8(buffers.count), count: buffer.byteCount)
      buffers.append(buffer)
    }
    for (index, buffer) in buffers.enumerated() {
      #expect(unsafe UnsafeRawBufferPointer(start: buffer.base, count: buffer.byteCount).allSatisfy { $0 == index })
    }
    #expect(pool.usedCount == 5)
    let error = #expect(throws: QueueError.self) { try pool.take(4 << 20) }
    #expect(error?.code == .resourceExhausted)
    #expect(throws: QueueError.self) { try pool.take(0) }
    let address = try #require(buffers.last).deviceAddress
    buffers = []
    #expect(pool.usedCount == 0)
    #expect(try pool.take(65_537).deviceAddress == address)
  }
}
