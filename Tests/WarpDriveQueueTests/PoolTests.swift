// Blocks of a queue's pool.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Memory pool") struct PoolTests {
  private func queue() throws -> Queue {
    try Queue.request(QueueCapability(), from: [DummySource()], adapters: AdapterTable())
  }

  @Test("blocks lie apart, aligned, until they are all taken")
  func blocks() throws {
    let pool = try MemoryPool(queue(), blockSize: 100, blockCount: 3)
    #expect(pool.blockSize == 128 && pool.freeCount == 3)
    do {
      let first = try pool.take()
      let second = try pool.take()
      let third = try pool.take()
      let addresses = [first.deviceAddress, second.deviceAddress, third.deviceAddress]
      #expect(addresses[0] % 64 == 0)
      #expect(addresses[1] == addresses[0] + 128 && addresses[2] == addresses[0] + 256)
      let (offset, count, own) = unsafe (third.fileOffset, third.byteCount, UInt(bitPattern: third.base))
      #expect(offset == 256 && count == 128 && UInt64(own) == addresses[2])
      #expect(code { _ = try pool.take() } == .busy)
    }
    #expect(pool.freeCount == 3)
    _ = try pool.take()
  }

  @Test("a block is zeroed when it is returned", arguments: [true, false])
  func zeroing(isZeroing: Bool) throws {
    let pool = try MemoryPool(queue(), blockSize: 64, blockCount: 1, options: isZeroing ? .zeroing : [])
    do {
      let block = try pool.take()
      unsafe block.base.storeBytes(of: 7, toByteOffset: 63, as: UInt8.self)
    }
    let block = try pool.take()
    #expect(unsafe block.base.load(fromByteOffset: 63, as: UInt8.self) == (isZeroing ? 0 : 7))
  }

  @Test("a block that was overrun is not used again")
  func canaries() throws {
    let pool = try MemoryPool(queue(), blockSize: 64, blockCount: 2, options: .canaries)
    do {
      let block = try pool.take()
      unsafe block.base.storeBytes(of: 7, toByteOffset: 64, as: UInt8.self)
    }
    #expect(pool.freeCount == 1 && pool.damagedCount == 1)
    do { _ = try pool.take() }
    #expect(pool.freeCount == 1 && pool.damagedCount == 1)
  }

  @Test("sizes out of range are refused", arguments: [(0, 1), (1, 0), (-1, 1), (1, 1 << 21), (1 << 40, 1 << 20)])
  func refusals(size: Int, count: Int) throws {
    let queue = try queue()
    #expect(code { _ = try MemoryPool(queue, blockSize: size, blockCount: count) } == .invalid)
  }

  @Test("threads never have the same block")
  func threads() throws {
    let pool = try MemoryPool(queue(), blockSize: 64, blockCount: 3)
    let failures = Atomic<Int>(0)
    let group = try ThreadGroup(count: 4) { index in
      for _ in 0..<2_000 {
        guard let block = try? pool.take() else { continue }
        unsafe block.base.storeBytes(of: index, as: Int.self)
        for _ in 0..<20 where unsafe block.base.load(as: Int.self) != index {
          failures.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    group.join()
    #expect(failures.load(ordering: .relaxed) == 0)
    #expect(pool.freeCount == 3)
  }

  @Test("a child neither takes blocks nor returns its parent's")
  func fork() throws {
    let pool = try MemoryPool(queue(), blockSize: 64, blockCount: 2)
    var block: PoolBlock? = try pool.take()
    let child = try ForkedChild {
      block = nil
      do throws(QueueError) {
        _ = try pool.take()
        return 1
      } catch {
        return error.code == .denied ? 0 : 2
      }
    }
    #expect(child.wait() == .exit(0))
    #expect(pool.freeCount == 1)
    #expect(block.take()?.byteCount == 64)
    #expect(pool.freeCount == 2)
  }
}
