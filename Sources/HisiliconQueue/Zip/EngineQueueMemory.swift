// Memory of a program's queue: files in memory that the device maps, cut into buffers that are used again.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveQueue

/// The memory pool of one queue; nothing that lies in it is copied on its way to the device.
final class EngineQueueMemory: Sendable {
  /// The smallest buffer, in bytes.
  private static let smallest = 4096
  /// Buffers up to this size share slabs, in bytes.
  private static let largestShared = 1 << 16
  /// The size of a slab that is shared, in bytes.
  private static let sharedSlab = 1 << 20

  /// A file in memory that was shared with the queue.
  ///
  /// `@unchecked Sendable`: a mapping and where the device finds it.
  final class Slab: @unchecked Sendable {
    let memory: SharedMemory
    let mapping: SharedMapping
    let address: UInt64

    init(_ byteCount: Int, _ queue: Queue) throws(QueueError) {
      do throws(SystemError) {
        memory = try SharedMemory(name: "wd-zip-pool", byteCount: byteCount)
        mapping = try memory.map()
      } catch {
        throw QueueError(.resourceExhausted, "no memory for a queue's pool: \(error.message)")
      }
      let (file, mapping) = (memory, mapping)
      address = try unsafe queue.share(
        UnsafeMutableRawBufferPointer(start: mapping.base, count: byteCount), file: file)
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
  }
  private let limit: Int
  private let state = Guarded(State())

  /// An empty pool of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes a buffer of at least `byteCount` bytes.
  func take(_ byteCount: Int, of queue: Queue) throws(QueueError) -> any ZipBuffer {
    let size = max(Self.smallest, 1 << (Int.bitWidth - (max(byteCount, 1) - 1).leadingZeroBitCount))
    if let part = state.withLock({ $0.free[size]?.popLast() }) { return EngineQueueBuffer(part, self) }
    let slabSize = size <= Self.largestShared ? Self.sharedSlab : size
    let limit = limit
    try state.withLock { (state) throws(QueueError) in
      guard slabSize <= limit - state.byteCount else {
        throw QueueError(
          .resourceExhausted, "the queue's pool has \(state.byteCount) of \(limit) bytes: use software for this")
      }
      state.byteCount += slabSize
    }
    do throws(QueueError) {
      let slab = try Slab(slabSize, queue)
      let parts = stride(from: 0, to: slabSize, by: size).map { Part(slab: slab, offset: $0, byteCount: size) }
      state.withLock { $0.free[size, default: []] += parts.dropFirst() }
      return EngineQueueBuffer(parts[0], self)
    } catch {
      state.withLock { $0.byteCount -= slabSize }
      throw error
    }
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
      unsafe UnsafeMutableRawBufferPointer(start: part.slab.mapping.base + part.offset, count: part.byteCount)
    }
    var deviceAddress: UInt64 { part.slab.address + UInt64(part.offset) }

    deinit { pool.giveBack(part) }
  }
}
