// Memory of a program's queue: files in memory that the device maps, cut into buffers that are used again.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// The memory pool of one queue; nothing that lies in it is copied on its way to the device.
final class EngineQueueMemory: Sendable {
  /// A file in memory that was shared with the queue, or a piece of the device's own pool.
  ///
  /// `@unchecked Sendable`: addresses in a mapping or pool that it keeps.
  @safe final class Slab: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let address: UInt64
    private let mapping: SharedMapping?
    private let pool: DevicePool?

    init(_ byteCount: Int, _ queue: Queue) throws(QueueError) {
      let file: SharedMemory
      let mapping: SharedMapping
      do throws(SystemError) {
        file = try SharedMemory(name: "wd-zip-pool", byteCount: byteCount)
        mapping = try file.map()
      } catch {
        throw QueueError(.resourceExhausted, "no memory for a queue's pool: \(error.message)")
      }
      self.mapping = mapping
      pool = nil
      unsafe base = mapping.base
      address = try unsafe queue.share(
        UnsafeMutableRawBufferPointer(start: mapping.base, count: byteCount), file: file)
    }

    /// A piece of the device's own pool.
    init(_ pool: DevicePool, at offset: Int) {
      mapping = nil
      self.pool = pool
      unsafe base = pool.block.base + offset
      address = pool.block.deviceAddress + UInt64(offset)
    }
  }

  /// The one pool of a queue without an IOMMU (`DMAFlags.physical`), given out from its start; slabs are kept for ever.
  final class DevicePool: Sendable {
    /// As much as hosts give, in bytes.
    static let byteCount = 64 << 20

    let block: PoolBlock
    private let used = Guarded(0)

    init(_ queue: Queue) throws(QueueError) {
      block = try MemoryPool(queue, blockSize: Self.byteCount, blockCount: 1).take()
    }

    func slab(_ byteCount: Int) throws(QueueError) -> Slab {
      let offset = try used.withLock { (used) throws(QueueError) in
        guard byteCount <= Self.byteCount - used else {
          throw QueueError(.resourceExhausted, "the device's pool is used up: use software for this")
        }
        defer { used += byteCount }
        return used
      }
      return Slab(self, at: offset)
    }
  }

  /// A part of a slab.
  struct Part: Sendable {
    let slab: Slab
    let offset: Int
    let byteCount: Int
  }

  private struct State {
    var free: [Int: [Part]] = [:]
    var byteCount = 0
    var pool: DevicePool?
  }
  private let limit: Int
  private let state = Guarded(State())
  /// A device's pool is asked for once.
  private let turn = TimedSemaphore(value: 1)
  private static let turnLimit: UInt64 = 60_000_000_000

  /// An empty pool of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes a buffer of at least `byteCount` bytes.
  func take(_ byteCount: Int, of queue: Queue) throws(QueueError) -> any ZipBuffer {
    let sizes = BufferClass(holding: byteCount)
    let (size, slabSize) = (sizes.byteCount, sizes.slabByteCount)
    if let part = state.withLock({ $0.free[size]?.popLast() }) { return EngineQueueBuffer(part, self) }
    let limit = limit
    try state.withLock { (state) throws(QueueError) in
      guard slabSize <= limit - state.byteCount else {
        throw QueueError(
          .resourceExhausted, "the queue's pool has \(state.byteCount) of \(limit) bytes: use software for this")
      }
      state.byteCount += slabSize
    }
    do throws(QueueError) {
      let slab = try slab(slabSize, queue)
      let parts = stride(from: 0, to: slabSize, by: size).map { Part(slab: slab, offset: $0, byteCount: size) }
      state.withLock { $0.free[size, default: []] += parts.dropFirst() }
      return EngineQueueBuffer(parts[0], self)
    } catch {
      state.withLock { $0.byteCount -= slabSize }
      throw error
    }
  }

  private func slab(_ byteCount: Int, _ queue: Queue) throws(QueueError) -> Slab {
    guard queue.attributes.dmaFlags == .physical else { return try Slab(byteCount, queue) }
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "the device's pool is being made for too long: use software")
    }
    defer { turn.signal() }
    if let pool = state.withLock({ $0.pool }) { return try pool.slab(byteCount) }
    let pool = try DevicePool(queue)
    state.withLock { $0.pool = pool }
    return try pool.slab(byteCount)
  }

  fileprivate func giveBack(_ part: Part) { state.withLock { $0.free[part.byteCount, default: []].append(part) } }

  /// A buffer of the pool.
  private final class EngineQueueBuffer: ZipBuffer {
    private let part: Part
    private let pool: EngineQueueMemory

    init(_ part: Part, _ pool: EngineQueueMemory) {
      self.part = part
      self.pool = pool
    }

    var bytes: UnsafeMutableRawBufferPointer {
      unsafe UnsafeMutableRawBufferPointer(start: part.slab.base + part.offset, count: part.byteCount)
    }
    var deviceAddress: UInt64 { part.slab.address + UInt64(part.offset) }

    deinit { pool.giveBack(part) }
  }
}
