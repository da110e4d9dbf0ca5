// The contexts of one queue's streams: a bounded number of places, each with memory for the hardware's state.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
public import WarpDriveQueue

/// Places for the streams of a queue.
///
/// Their number is bounded below what a device remembers (the model: 64 for each queue), so that no stream is forgotten;
/// a place's address stays the same, so that the next stream there takes the last one's state over.
public final class ZipContextPool: Sendable {
  /// How many places a queue has at most.
  public static let limit = 48
  /// Where the hardware's state begins in a place's memory (UADK: `ctx_buf + 64`).
  static let offset = 64

  private struct State {
    var free: [any ZipBuffer] = []
    var made = 0
  }
  private let state = Guarded(State())
  private let limit: Int

  /// Makes an empty pool; places are made when they are needed.
  public init(limit: Int = ZipContextPool.limit) { self.limit = max(1, limit) }

  /// Takes a place.
  ///
  /// - Parameter allocate: makes memory for a new one.
  /// - Throws: `busy` where all places are taken; what `allocate` throws.
  public func take(
    allocate: (Int) throws(QueueError) -> any ZipBuffer
  ) throws(QueueError) -> ZipContextLease {
    let limit = limit
    let (kept, mayMake) = state.withLock { state -> ((any ZipBuffer)?, Bool) in
      if let kept = state.free.popLast() { return (kept, false) }
      guard state.made < limit else { return (nil, false) }
      state.made += 1
      return (nil, true)
    }
    if let kept { return ZipContextLease(kept, self) }
    guard mayMake else { throw QueueError(.busy, "the queue has \(limit) streams: request another queue") }
    do throws(QueueError) {
      return ZipContextLease(try allocate(Int(HISI_ZIP_STREAM_CONTEXT_SIZE) + Self.offset), self)
    } catch {
      state.withLock { $0.made -= 1 }
      throw error
    }
  }

  fileprivate func giveBack(_ buffer: any ZipBuffer) { state.withLock { $0.free.append(buffer) } }
}

/// A place that is taken, until its last reference goes.
public final class ZipContextLease: Sendable {
  private let buffer: any ZipBuffer
  private let pool: ZipContextPool
  private let isLost = Guarded(false)

  fileprivate init(_ buffer: any ZipBuffer, _ pool: ZipContextPool) {
    self.buffer = buffer
    self.pool = pool
  }

  /// Where the hardware's state begins, as the device knows it.
  public var address: UInt64 { buffer.deviceAddress + UInt64(ZipContextPool.offset) }

  /// Gives the place up, since the device may still be using it.
  ///
  /// - Returns: its memory, for `ZipExecutor.keep`.
  public func lose() -> any ZipBuffer {
    isLost.withLock { $0 = true }
    return buffer
  }

  deinit {
    if !isLost.withLock({ $0 }) { pool.giveBack(buffer) }
  }
}
