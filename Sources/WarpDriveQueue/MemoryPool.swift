// Memory that a queue's device reaches at once, in blocks of one size: the user library's wd_bmm.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// Blocks of memory that a queue's device reaches without a copy.
///
/// All of it is one file in memory that is shared with the queue when the pool is made; on a device without an IOMMU it
/// is the queue's own pool. Any thread may take and return blocks; either takes one short lock. The queue is kept as long
/// as the pool, and the pool as long as its blocks; release the queue only when no block is in use by a request.
///
/// `@unchecked Sendable`: an address that does not change, of memory that a block's owner has to itself.
@safe public final class MemoryPool: @unchecked Sendable {
  /// How a pool treats its blocks.
  public struct Options: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// Makes options from their bits.
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// A block is zeroed when it is returned, so that nobody finds what another left.
    public static let zeroing = Options(rawValue: 1)
    /// Behind each block are bytes that nobody may change; a block that was overrun is counted and not used again.
    public static let canaries = Options(rawValue: 2)
  }

  /// Bytes of a block.
  public let blockSize: Int
  /// How many blocks there are.
  public let blockCount: Int
  /// The file that the memory is; nil for a device's own pool.
  public let file: SharedMemory?
  private let queue: Queue
  private let mapping: SharedMapping
  private let stride: Int
  private let deviceAddress: UInt64
  private let options: Options
  private let state: Guarded<State>

  private struct State {
    var free: [Int32]
    var damaged = 0
  }

  /// Blocks begin at multiples of this, in bytes: what the device's lists need.
  public static let alignment = 64
  private static let canarySize = 64
  private static let canary: UInt64 = 0x5752_5044_4341_4e52

  /// Makes a pool and shares it with a queue.
  ///
  /// - Parameters:
  ///   - queue: whose device is to reach it.
  ///   - blockSize: bytes of a block, at least 1; rounded up to `alignment`.
  ///   - blockCount: how many blocks, at least 1 and at most 2^20.
  ///   - options: how blocks are treated.
  /// - Throws: `invalid` for sizes out of range, `resourceExhausted`, and as `Queue.share`.
  public init(_ queue: Queue, blockSize: Int, blockCount: Int, options: Options = []) throws(QueueError) {
    guard (1...1 << 40).contains(blockSize), (1...1 << 20).contains(blockCount) else {
      throw QueueError(.invalid, "a pool has 1 to 2^20 blocks of 1 to 2^40 bytes")
    }
    let size = (blockSize + Self.alignment - 1) / Self.alignment * Self.alignment
    let stride = size + (options.contains(.canaries) ? Self.canarySize : 0)
    let page = CurrentProcess.pageSize
    let (bytes, overflow) = stride.multipliedReportingOverflow(by: blockCount)
    guard !overflow, bytes <= 1 << 46 else { throw QueueError(.invalid, "a pool has at most 2^46 bytes") }
    let total = (bytes + page - 1) / page * page
    (mapping, file, deviceAddress) = try Self.makeMemory(queue, total)
    self.queue = queue
    self.blockSize = size
    self.blockCount = blockCount
    self.stride = stride
    self.options = options
    // The first block is taken first.
    state = Guarded(State(free: (0..<Int32(blockCount)).reversed()))
    if options.contains(.canaries) {
      for index in 0..<blockCount {
        unsafe Self.forEachCanary(mapping.base + index * stride + size) { unsafe $0.pointee = Self.canary }
      }
    }
  }

  deinit {
    // In a child, or after the queue's release, there is nothing to take away.
    if file != nil { try? queue.unshare(deviceAddress: deviceAddress, byteCount: mapping.byteCount) }
  }

  private static func makeMemory(
    _ queue: Queue, _ total: Int
  ) throws(QueueError) -> (SharedMapping, SharedMemory?, UInt64) {
    if queue.attributes.dmaFlags == .physical {
      let reply = try queue.transport.perform(QueueCommand.getBuffer, UInt64(total).littleEndianBytes)
      let mapping = try queue.transport.map(.pool)
      guard reply.count >= 16, mapping.byteCount >= total else {
        throw QueueError(.version, "the device's pool has \(mapping.byteCount) bytes instead of \(total)")
      }
      return (mapping, nil, UInt64(littleEndianBytes: reply[8...]))
    }
    let file: SharedMemory
    let mapping: SharedMapping
    do throws(SystemError) {
      file = try SharedMemory(name: "wd-pool", byteCount: total)
      mapping = try file.map(isInherited: false)
    } catch {
      throw QueueError(error, "no memory for a pool of \(total) bytes")
    }
    let memory = unsafe UnsafeMutableRawBufferPointer(start: mapping.base, count: total)
    return (mapping, file, try unsafe queue.share(memory, file: file))
  }

  /// Takes a block.
  ///
  /// - Throws: `busy` where every block is taken: return some, or try again later. `denied` in a child process.
  public func take() throws(QueueError) -> PoolBlock {
    try queue.checkUse()
    guard let index = state.withLock({ $0.free.popLast() }) else {
      throw QueueError(.busy, "all \(blockCount) blocks of the pool are taken: return some first")
    }
    return PoolBlock(self, index)
  }

  /// How many blocks are free.
  public var freeCount: Int { state.withLock { $0.free.count } }
  /// How many blocks were overrun, and are not used any more; only with `Options.canaries`.
  public var damagedCount: Int { state.withLock { $0.damaged } }

  fileprivate func base(of index: Int32) -> UnsafeMutableRawPointer { unsafe mapping.base + Int(index) * stride }

  fileprivate func deviceAddress(of index: Int32) -> UInt64 { deviceAddress + UInt64(Int(index) * stride) }

  fileprivate func offset(of index: Int32) -> UInt64 { UInt64(Int(index) * stride) }

  fileprivate func give(back index: Int32) {
    // A child has neither the memory nor, for certain, the lock.
    guard queue.owner.isCurrent else { return }
    let base = unsafe base(of: index)
    var isIntact = true
    if options.contains(.canaries) {
      unsafe Self.forEachCanary(base + blockSize) { if unsafe $0.pointee != Self.canary { isIntact = false } }
    }
    if options.contains(.zeroing) { unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: blockSize) }
    state.withLock { state in
      if isIntact { state.free.append(index) } else { state.damaged += 1 }
    }
  }

  private static func forEachCanary(
    _ base: UnsafeMutableRawPointer, _ body: (UnsafeMutablePointer<UInt64>) -> Void
  ) {
    for offset in Swift.stride(from: 0, to: canarySize, by: 8) {
      unsafe body((base + offset).assumingMemoryBound(to: UInt64.self))
    }
  }
}

/// A block of a pool, returned when the value goes.
///
/// `@unchecked Sendable`: the value owns its block.
@safe public struct PoolBlock: ~Copyable, @unchecked Sendable {
  /// Whose block it is.
  public let pool: MemoryPool
  private let index: Int32

  fileprivate init(_ pool: MemoryPool, _ index: Int32) {
    self.pool = pool
    self.index = index
  }

  deinit {
    pool.give(back: index)
  }

  /// The first byte in this process; not to be used once the block has gone.
  public var base: UnsafeMutableRawPointer { unsafe pool.base(of: index) }
  /// The first byte's address as the device knows it.
  public var deviceAddress: UInt64 { pool.deviceAddress(of: index) }
  /// The block's bytes.
  public var byteCount: Int { pool.blockSize }
  /// Where the block begins in the pool's file, in bytes.
  public var fileOffset: UInt64 { pool.offset(of: index) }

  /// Lends the bytes; they must not be used after the call.
  public func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }
}
