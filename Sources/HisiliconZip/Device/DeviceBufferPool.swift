// Buffers of the kernel path: memory that the device reaches, kept for the next request.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import LinuxSystem
public import WarpDriveQueue

/// Memory that the device reaches; it goes back to its pool when its last reference goes.
///
/// Release it when its requests are answered: the device does not touch it then.
///
/// `@unchecked Sendable`: an address that does not change; who uses the bytes when is up to whoever has the buffer.
@safe public final class DeviceBuffer: @unchecked Sendable {
  /// The first byte.
  public let base: UnsafeMutableRawPointer
  /// The first byte's address as the device knows it.
  public let deviceAddress: UInt64
  /// The size in bytes, at least what was asked for.
  public let byteCount: Int
  private let part: BufferPart
  private let pool: DeviceBufferPool

  init(_ part: BufferPart, _ pool: DeviceBufferPool) {
    self.part = part
    self.pool = pool
    unsafe base = part.block.mapping.base + part.offset
    deviceAddress = part.block.address + UInt64(part.offset)
    byteCount = part.byteCount
  }

  deinit {
    pool.giveBack(part)
  }
}

/// A part of a block.
struct BufferPart: Sendable {
  var block: DeviceBlock
  var offset: Int
  var byteCount: Int
}

/// Device memory in sizes of powers of two, mapped once and used again.
///
/// Calls may come from any thread.
public final class DeviceBufferPool: Sendable {
  /// The most bytes of buffers that share no block that are kept for the next request.
  static let mostKept = 64 << 20

  private struct State {
    /// Free parts by the power of two that is their size.
    var free: [Int: [BufferPart]] = [:]
    var keptBytes = 0
    var byteCount = 0
    var usedCount = 0
    var isClosed = false
  }

  private let memory: KernelMemory
  private let limit: Int
  private let state = Guarded(State())

  init(_ memory: KernelMemory, limit: Int) {
    self.memory = memory
    self.limit = limit
  }

  /// Bytes of all buffers, used or kept.
  public var byteCount: Int { state.withLock { $0.byteCount } }
  /// Buffers that somebody has.
  public var usedCount: Int { state.withLock { $0.usedCount } }

  /// Takes a buffer of at least `byteCount` bytes; what is in it is left from earlier requests of this process.
  ///
  /// - Throws: `invalid` for a size below 1, `resourceExhausted` beyond the device's `bufferLimit`, `deviceLost`.
  public func take(_ byteCount: Int) throws(QueueError) -> DeviceBuffer {
    guard byteCount > 0, byteCount <= 1 << 40 else {
      throw QueueError(.invalid, "a buffer of \(byteCount) bytes: at least 1 is needed")
    }
    let sizes = BufferClass(holding: byteCount)
    if let part = try takeFree(sizes) { return DeviceBuffer(part, self) }
    let blockSize = sizes.slabByteCount
    try state.withLock { (state) throws(QueueError) in
      guard blockSize <= limit - state.byteCount else {
        throw QueueError(
          .resourceExhausted, "the device's buffers have \(state.byteCount) of \(limit) bytes: use software for this")
      }
      state.byteCount += blockSize
    }
    do throws(QueueError) {
      let block = try memory.makeMapped("hisi-zip-buffer", byteCount: blockSize)
      return DeviceBuffer(add(block, sizes.byteCount), self)
    } catch {
      state.withLock { $0.byteCount -= blockSize }
      throw error
    }
  }

  private func takeFree(_ sizes: BufferClass) throws(QueueError) -> BufferPart? {
    try state.withLock { (state) throws(QueueError) in
      guard !state.isClosed else { throw QueueError(.deviceLost, "the device's driver has ended: open it again") }
      guard let part = state.free[sizes.byteCount]?.popLast() else { return nil }
      if !sizes.isShared { state.keptBytes -= sizes.byteCount }
      state.usedCount += 1
      return part
    }
  }

  /// Cuts a block into parts and takes the first.
  private func add(_ block: DeviceBlock, _ size: Int) -> BufferPart {
    let parts = stride(from: 0, to: block.byteCount, by: size).map {
      BufferPart(block: block, offset: $0, byteCount: size)
    }
    state.withLock { state in
      state.usedCount += 1
      state.free[size, default: []] += parts.dropFirst()
    }
    return parts[0]
  }

  fileprivate func giveBack(_ part: BufferPart) {
    let isReleased = state.withLock { state in
      state.usedCount -= 1
      guard !state.isClosed else { return false }
      if !BufferClass(holding: part.byteCount).isShared {
        guard state.keptBytes + part.byteCount <= Self.mostKept else {
          state.byteCount -= part.byteCount
          return true
        }
        state.keptBytes += part.byteCount
      }
      state.free[part.byteCount, default: []].append(part)
      return false
    }
    // Not with the lock held: the device may take a while to let go of it.
    if isReleased { memory.release(part.block) }
  }

  /// Gives no more buffers out; what is mapped is unmapped by the memory's owner.
  func close() {
    let free = state.withLock { state in
      state.isClosed = true
      defer { state.free = [:] }
      return state.free
    }
    // Given back without the lock: the last reference to a block unmaps it from this process.
    _ = consume free
  }
}
