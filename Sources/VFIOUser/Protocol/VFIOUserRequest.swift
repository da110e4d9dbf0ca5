// What a command asks for, read from its bytes.
// SPDX-License-Identifier: Apache-2.0

/// A decoded command; ranges are of bytes of the body that it was decoded from.
///
/// What it says is well formed, but not yet checked against any device.
public enum VFIOUserRequest: Hashable, Sendable {
  /// `VFIO_USER_VERSION`; `capabilities` is a JSON text without its final zero byte.
  case version(major: UInt16, minor: UInt16, capabilities: Range<Int>)
  /// `VFIO_USER_DMA_MAP`; `length` is at least 1, and the end is 2^64 at most.
  case mapMemory(iova: UInt64, length: UInt64, fileOffset: UInt64, permissions: VFIOUserPermissions)
  /// `VFIO_USER_DMA_UNMAP`; `length` is at least 1, and the end is 2^64 at most.
  case unmapMemory(iova: UInt64, length: UInt64)
  /// `VFIO_USER_DMA_UNMAP` with `VFIO_DMA_UNMAP_FLAG_ALL`.
  case unmapAllMemory
  /// `VFIO_USER_DEVICE_GET_INFO`.
  case deviceInformation
  /// `VFIO_USER_DEVICE_GET_REGION_INFO`; the reply's body has at most `capacity` bytes.
  case regionInformation(region: UInt32, capacity: UInt32)
  /// `VFIO_USER_DEVICE_GET_REGION_IO_FDS`; the reply's body has at most `capacity` bytes.
  case regionWriteEvents(region: UInt32, capacity: UInt32)
  /// `VFIO_USER_DEVICE_GET_IRQ_INFO`.
  case interruptInformation(index: UInt32)
  /// `VFIO_USER_DEVICE_SET_IRQS`.
  case setInterrupts(index: UInt32, start: UInt32, count: UInt32, action: VFIOUserInterruptAction, data: InterruptData)
  /// `VFIO_USER_REGION_READ`; `count` is at least 1.
  case readRegion(region: UInt32, offset: UInt64, count: Int)
  /// `VFIO_USER_REGION_WRITE`; `data` is not empty.
  case writeRegion(region: UInt32, offset: UInt64, data: Range<Int>)
  /// `VFIO_USER_DMA_READ`; `count` is at least 1.
  case readMemory(iova: UInt64, count: Int)
  /// `VFIO_USER_DMA_WRITE`; `data` is not empty.
  case writeMemory(iova: UInt64, data: Range<Int>)
  /// `VFIO_USER_DEVICE_RESET`.
  case reset
  /// `VFIO_USER_REGION_WRITE_MULTI`; `VFIOUserRegionWrite(decoding:)` reads each of the writes.
  case writeRegions(count: Int, writes: Range<Int>)
  /// `VFIO_USER_DEVICE_FEATURE`; the reply's body has at most `capacity` bytes.
  case feature(index: UInt16, operation: VFIOUserFeatureOperation, capacity: UInt32, data: Range<Int>)
  /// `VFIO_USER_MIG_DATA_READ`.
  case readMigrationData(count: Int)
  /// `VFIO_USER_MIG_DATA_WRITE`.
  case writeMigrationData(data: Range<Int>)
  /// A command that the protocol does not have.
  case other(command: UInt16, body: Range<Int>)

  /// What comes with `setInterrupts` (`VFIO_IRQ_SET_DATA_*`).
  public enum InterruptData: Hashable, Sendable {
    /// Nothing.
    case none
    /// One byte for each interrupt.
    case flags(Range<Int>)
    /// Descriptors, beside the message.
    case counters
  }
}

/// One of the writes of `VFIO_USER_REGION_WRITE_MULTI`.
public struct VFIOUserRegionWrite: Hashable, Sendable {
  /// The size of one in a message.
  static let byteCount = 24
  /// The most bytes that one can write.
  static let largest = 8

  /// The region's index.
  public var region: UInt32
  /// Where to write, in bytes from the region's start.
  public var offset: UInt64
  /// How many bytes, from 1 to 8.
  public var count: Int
  /// The bytes, little-endian.
  public var value: UInt64

  /// Describes a write.
  public init(region: UInt32, offset: UInt64, count: Int, value: UInt64) {
    self.region = region
    self.offset = offset
    self.count = count
    self.value = value
  }

  /// Reads one from its 24 bytes.
  ///
  /// - Throws: `invalid` for fewer bytes or a count that is not from 1 to 8.
  public init(decoding bytes: RawSpan) throws(VFIOUserError) {
    guard bytes.byteCount >= Self.byteCount else {
      throw VFIOUserError(.invalid, "one of several writes is cut off")
    }
    offset = bytes.integer(at: 0)
    region = bytes.integer(at: 8)
    let count: UInt32 = bytes.integer(at: 12)
    value = bytes.integer(at: 16)
    guard count >= 1, count <= Self.largest else {
      throw VFIOUserError(.invalid, "one of several writes has an impossible width")
    }
    self.count = Int(count)
  }

  /// Writes one as 24 bytes.
  func encode(into bytes: inout MutableRawSpan, at start: Int) {
    bytes.store(offset, at: start)
    bytes.store(region, at: start + 8)
    bytes.store(UInt32(count), at: start + 12)
    bytes.store(value, at: start + 16)
  }
}

/// A whole message, decoded: what a fuzzer or a tracer calls.
public enum VFIOUserMessage: Hashable, Sendable {
  /// A command.
  case command(VFIOUserHeader, VFIOUserRequest)
  /// A reply; what its body means is known to who sent the command.
  case reply(VFIOUserHeader, body: Range<Int>)

  /// Reads a message: header and body, nothing behind them.
  ///
  /// Pure: nothing but the bytes decides.
  ///
  /// - Throws: `protocolViolation` for what ends a connection, `invalid` for what an error reply answers.
  public init(decoding bytes: RawSpan) throws(VFIOUserError) {
    let header = try VFIOUserHeader(decoding: bytes)
    guard bytes.byteCount == Int(header.size) else {
      throw VFIOUserError(.protocolViolation, "the message is not as long as its header says")
    }
    if header.isReply {
      self = .reply(header, body: VFIOUserHeader.byteCount..<bytes.byteCount)
    } else {
      self = .command(header, try VFIOUserRequest(decoding: bytes.extracting(droppingFirst: 16), of: header))
    }
  }
}
