// Reading commands from bytes that nobody vouches for.
// SPDX-License-Identifier: Apache-2.0

extension VFIOUserRequest {
  /// Reads a command's body.
  ///
  /// Pure: nothing but the bytes decides, and none of them can do more harm than an error.
  ///
  /// Layouts: the tables of the protocol's specification, which are those of `<linux/vfio.h>` without what only an ioctl
  /// needs. A body is exactly as long as its command's structure says.
  ///
  /// - Parameters:
  ///   - body: what follows the header.
  ///   - header: the command's header.
  /// - Throws: `invalid` for a wrong length, counts that contradict each other, ranges that pass 2^64, or flags that do
  ///   not exist.
  public init(decoding body: RawSpan, of header: VFIOUserHeader) throws(VFIOUserError) {
    guard !header.hasReservedFlags else {
      throw VFIOUserError(.invalid, "a command has flags that are not a command's")
    }
    switch header.command {
    case .version: self = try Self.version(body)
    case .mapMemory: self = try Self.mapMemory(body)
    case .unmapMemory: self = try Self.unmapMemory(body)
    case .deviceInformation:
      try Self.check(body, size: 16, argumentSize: 16)
      self = .deviceInformation
    case .regionInformation:
      try Self.check(body, size: 32, argumentSize: 32)
      self = .regionInformation(region: body.integer(at: 8), capacity: body.integer(at: 0))
    case .regionWriteEvents:
      try Self.check(body, size: 16, argumentSize: 16)
      guard body.uint32(at: 4) == 0 else { throw Self.unknownFlags }
      self = .regionWriteEvents(region: body.integer(at: 8), capacity: body.integer(at: 0))
    case .interruptInformation:
      try Self.check(body, size: 16, argumentSize: 16)
      self = .interruptInformation(index: body.integer(at: 8))
    case .setInterrupts: self = try Self.setInterrupts(body)
    case .readRegion:
      try Self.check(body, size: 16)
      self = .readRegion(
        region: body.integer(at: 8), offset: body.integer(at: 0), count: try Self.transfer(UInt64(body.uint32(at: 12))))
    case .writeRegion:
      try Self.check(body, atLeast: 16)
      self = .writeRegion(
        region: body.integer(at: 8), offset: body.integer(at: 0),
        data: try Self.data(body, from: 16, UInt64(body.uint32(at: 12))))
    case .readMemory:
      try Self.check(body, size: 16)
      self = .readMemory(iova: body.integer(at: 0), count: try Self.transfer(body.uint64(at: 8)))
    case .writeMemory:
      try Self.check(body, atLeast: 16)
      self = .writeMemory(iova: body.integer(at: 0), data: try Self.data(body, from: 16, body.uint64(at: 8)))
    case .reset:
      try Self.check(body, size: 0)
      self = .reset
    case .writeRegions: self = try Self.writeRegions(body)
    case .feature: self = try Self.feature(body)
    case .readMigrationData:
      try Self.check(body, size: 8, argumentSize: 8)
      self = .readMigrationData(count: try Self.transfer(UInt64(body.uint32(at: 4))))
    case .writeMigrationData:
      try Self.check(body, atLeast: 8)
      self = .writeMigrationData(data: try Self.data(body, from: 8, UInt64(body.uint32(at: 4))))
    default:
      self = .other(command: header.command.rawValue, body: 0..<body.byteCount)
    }
  }

  private static var unknownFlags: VFIOUserError { VFIOUserError(.invalid, "a command has flags that do not exist") }
  private static var wrongSize: VFIOUserError { VFIOUserError(.invalid, "a command has the wrong length") }

  private static func check(_ body: RawSpan, size: Int) throws(VFIOUserError) {
    guard body.byteCount == size else { throw wrongSize }
  }

  private static func check(_ body: RawSpan, atLeast size: Int) throws(VFIOUserError) {
    guard body.byteCount >= size else { throw wrongSize }
  }

  /// Checks the size, and that `argsz`, which comes first, is no less than what it speaks of.
  private static func check(_ body: RawSpan, size: Int, argumentSize: UInt32) throws(VFIOUserError) {
    try check(body, size: size)
    guard body.uint32(at: 0) >= argumentSize else {
      throw VFIOUserError(.invalid, "a command leaves too little room for its reply")
    }
  }

  /// A count of bytes that are to be transferred.
  private static func transfer(_ count: UInt64) throws(VFIOUserError) -> Int {
    guard count >= 1 else { throw VFIOUserError(.invalid, "a transfer of nothing") }
    guard count <= VFIOUserHeader.largestTransfer else {
      throw VFIOUserError(.tooLarge, "a transfer is larger than agreed")
    }
    return Int(count)
  }

  /// The bytes that follow a structure, of which there are exactly as many as it says.
  private static func data(_ body: RawSpan, from start: Int, _ count: UInt64) throws(VFIOUserError) -> Range<Int> {
    let count = try transfer(count)
    guard body.byteCount - start == count else { throw wrongSize }
    return start..<start + count
  }

  private static func version(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, atLeast: 4)
    var capabilities = 4..<body.byteCount
    if !capabilities.isEmpty {
      guard body.integer(at: body.byteCount - 1, as: UInt8.self) == 0 else {
        throw VFIOUserError(.invalid, "the capabilities do not end with a zero byte")
      }
      capabilities = 4..<body.byteCount - 1
    }
    guard capabilities.count <= VFIOUserCapabilities.longest else {
      throw VFIOUserError(.tooLarge, "the capabilities are too long")
    }
    return .version(major: body.integer(at: 0), minor: body.integer(at: 2), capabilities: capabilities)
  }

  private static func mapMemory(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, size: 32, argumentSize: 32)
    let flags = body.uint32(at: 4)
    guard flags & ~VFIOUserPermissions.readWrite.rawValue == 0 else { throw unknownFlags }
    guard flags != 0 else { throw VFIOUserError(.invalid, "a mapping without any permission") }
    let (iova, length) = (body.uint64(at: 16), body.uint64(at: 24))
    try checkRange(iova, length)
    return .mapMemory(
      iova: iova, length: length, fileOffset: body.integer(at: 8), permissions: VFIOUserPermissions(rawValue: flags))
  }

  /// `VFIO_DMA_UNMAP_FLAG_ALL` of `<linux/vfio.h>`.
  static let unmapAllFlag: UInt32 = 1 << 1

  private static func unmapMemory(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, size: 24, argumentSize: 24)
    let flags = body.uint32(at: 4)
    if flags == unmapAllFlag { return .unmapAllMemory }
    guard flags == 0 else { throw unknownFlags }
    let (iova, length) = (body.uint64(at: 8), body.uint64(at: 16))
    try checkRange(iova, length)
    return .unmapMemory(iova: iova, length: length)
  }

  /// Checks that a range is not empty and ends at 2^64 at most, which is an end that QEMU sends.
  private static func checkRange(_ iova: UInt64, _ length: UInt64) throws(VFIOUserError) {
    guard length >= 1, !iova.addingReportingOverflow(length - 1).overflow else {
      throw VFIOUserError(.invalid, "a range is empty or passes the end of the address space")
    }
  }

  private static func setInterrupts(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, atLeast: 20)
    guard body.uint32(at: 0) >= 20 else { throw wrongSize }
    let (flags, count) = (body.uint32(at: 4), body.uint32(at: 16))
    let action: VFIOUserInterruptAction
    switch flags & ~0b111 {
    case 1 << 3: action = .mask
    case 1 << 4: action = .unmask
    case 1 << 5: action = .trigger
    default: throw unknownFlags
    }
    let data: InterruptData
    switch flags & 0b111 {
    case 1 << 0:
      try check(body, size: 20)
      data = .none
    case 1 << 1:
      guard count >= 1, body.byteCount - 20 == Int(count) else { throw wrongSize }
      data = .flags(20..<body.byteCount)
    case 1 << 2:
      try check(body, size: 20)
      guard count >= 1 else { throw VFIOUserError(.invalid, "counters for no interrupt") }
      data = .counters
    default: throw unknownFlags
    }
    return .setInterrupts(
      index: body.integer(at: 8), start: body.integer(at: 12), count: count, action: action, data: data)
  }

  private static func writeRegions(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, atLeast: 8)
    let count = body.uint64(at: 0)
    let (size, overflow) = count.multipliedReportingOverflow(by: UInt64(VFIOUserRegionWrite.byteCount))
    guard count >= 1, !overflow, size == UInt64(body.byteCount - 8) else { throw wrongSize }
    return .writeRegions(count: Int(count), writes: 8..<body.byteCount)
  }

  private static func feature(_ body: RawSpan) throws(VFIOUserError) -> VFIOUserRequest {
    try check(body, atLeast: 8)
    let (capacity, flags) = (body.uint32(at: 0), body.uint32(at: 4))
    guard capacity >= 8 else { throw wrongSize }
    let operation = VFIOUserFeatureOperation(rawValue: flags & 0xFFFF_0000)
    guard operation.isSubset(of: [.get, .set, .probe]), !operation.isEmpty,
      operation.contains(.probe) || operation == .get || operation == .set
    else { throw unknownFlags }
    return .feature(
      index: UInt16(truncatingIfNeeded: flags), operation: operation, capacity: capacity, data: 8..<body.byteCount)
  }
}
