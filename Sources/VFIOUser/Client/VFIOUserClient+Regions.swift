// Registers and other regions of a device at the other end.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// A region as a server describes it.
public struct VFIOUserRegionDescription: ~Copyable, Sendable {
  /// The size in bytes; 0 for an index without a region.
  public let size: UInt64
  /// What may be done with it by messages.
  public let permissions: VFIOUserPermissions
  /// The parts that can be mapped, in bytes from the region's start; empty if none can.
  public let mappableAreas: [Range<UInt64>]
  private let fileOffset: UInt64
  private let descriptor: FileDescriptor?

  fileprivate init(
    size: UInt64, permissions: VFIOUserPermissions, mappableAreas: [Range<UInt64>], fileOffset: UInt64,
    descriptor: consuming FileDescriptor?
  ) {
    self.size = size
    self.permissions = permissions
    self.mappableAreas = mappableAreas
    self.fileOffset = fileOffset
    self.descriptor = descriptor
  }

  /// Maps a part of the region that can be mapped.
  ///
  /// - Parameters:
  ///   - area: bytes from the region's start, within one of `mappableAreas`.
  ///   - isInherited: whether child processes have the mapping too.
  /// - Throws: `invalid` for any other range, `failed` with what mapping reports.
  public borrowing func map(
    _ area: Range<UInt64>, isInherited: Bool = true
  ) throws(VFIOUserError) -> SharedMapping {
    let isMappable = mappableAreas.contains { $0.contains(area.lowerBound) && area.upperBound <= $0.upperBound }
    let (offset, overflow) = fileOffset.addingReportingOverflow(area.lowerBound)
    guard isMappable, !overflow, let byteCount = Int(exactly: area.upperBound - area.lowerBound) else {
      throw VFIOUserError(.invalid, "a part of the region that cannot be mapped")
    }
    guard descriptor != nil else { throw VFIOUserError(.invalid, "the server gave no descriptor for the region") }
    do throws(SystemError) {
      switch descriptor {
      case .some(let descriptor):
        return try SharedMapping(
          descriptor, offset: offset, byteCount: byteCount,
          permissions: SharedMapping.Permissions(rawValue: UInt8(truncatingIfNeeded: permissions.rawValue & 3)),
          isInherited: isInherited)
      case .none:
        throw SystemError(errno: SystemError.badDescriptor, operation: "mmap")
      }
    } catch {
      throw VFIOUserError(error)
    }
  }
}

extension VFIOUserClient {
  /// What the device says of itself: its flags, and how many regions and types of interrupts there are.
  ///
  /// - Throws: as every command.
  public func deviceInformation() throws(VFIOUserError) -> (
    flags: VFIOUserDeviceInformation.Flags, regionCount: Int, interruptTypeCount: Int
  ) {
    try channel.transact(command(.deviceInformation, structureSize: 16)) {
      $0.store(16 as UInt32, at: 0)
    } decode: { (reply) throws(VFIOUserError) in
      try reply.withBody { (body) throws(VFIOUserError) in
        try Self.check(body, atLeast: 16)
        return (
          VFIOUserDeviceInformation.Flags(rawValue: body.uint32(at: 4)), Int(body.uint32(at: 8)),
          Int(body.uint32(at: 12))
        )
      }
    }
  }

  /// Describes a region, with the descriptor that is needed to map it.
  ///
  /// - Throws: `invalid` for an index that the device does not have.
  public func region(_ index: Int) throws(VFIOUserError) -> VFIOUserRegionDescription {
    // Room for some areas; a server that has more says so, and is asked again.
    var capacity = 256
    while true {
      let outcome = try requestRegion(index, capacity)
      switch consume outcome {
      case .described(let description): return description
      case .needs(let size):
        guard size > capacity, size <= VFIOUserHeader.largestTransfer else {
          throw VFIOUserError(.protocolViolation, "the server describes a region in an impossible size")
        }
        capacity = size
      }
    }
  }

  private enum RegionOutcome: ~Copyable {
    case described(VFIOUserRegionDescription)
    case needs(Int)
  }

  private func requestRegion(_ index: Int, _ capacity: Int) throws(VFIOUserError) -> RegionOutcome {
    try channel.transact(command(.regionInformation, structureSize: RegionFormat.structureSize)) { bytes in
      bytes.store(UInt32(capacity), at: 0)
      bytes.store(UInt32(truncatingIfNeeded: index), at: 8)
    } decode: { (reply) throws(VFIOUserError) -> RegionOutcome in
      let descriptor = reply.descriptors.take(0)
      return try Self.decodeRegion(reply, descriptor, capacity)
    }
  }

  private static func decodeRegion(
    _ reply: MessageSlot, _ descriptor: consuming FileDescriptor?, _ capacity: Int
  ) throws(VFIOUserError) -> RegionOutcome {
    var areas: [Range<UInt64>] = []
    let hasDescriptor = descriptor != nil
    let (needed, flags, size, offset) = try reply.withBody { (body) throws(VFIOUserError) in
      try check(body, atLeast: RegionFormat.structureSize)
      let (flags, size) = (body.uint32(at: 4), body.uint64(at: 16))
      if flags & RegionFormat.mappableFlag != 0, hasDescriptor, size > 0 {
        let hasCapabilities = flags & RegionFormat.capabilitiesFlag != 0
        areas = hasCapabilities ? try decodeAreas(body, regionSize: size) : [0..<size]
      }
      return (Int(body.uint32(at: 0)), flags, size, body.uint64(at: 24))
    }
    if needed > capacity { return .needs(needed) }
    return .described(
      VFIOUserRegionDescription(
        size: size, permissions: VFIOUserPermissions(rawValue: flags & VFIOUserPermissions.readWrite.rawValue),
        mappableAreas: areas, fileOffset: offset, descriptor: descriptor))
  }

  /// Reads the areas out of the list of capabilities; without a list of areas, all of the region can be mapped.
  ///
  /// Pure: nothing but the bytes decides.
  ///
  /// - Parameter body: at least the structure that the list follows.
  package static func decodeAreas(_ body: RawSpan, regionSize: UInt64) throws(VFIOUserError) -> [Range<UInt64>] {
    let malformed = VFIOUserError(.protocolViolation, "the server's list of capabilities is malformed")
    var offset = Int(body.uint32(at: 12))
    while offset != 0 {
      guard offset >= RegionFormat.structureSize, offset <= body.byteCount - 8 else { throw malformed }
      let next = Int(body.uint32(at: offset + 4))
      if body.integer(at: offset, as: UInt16.self) == RegionFormat.sparseCapability {
        let start = offset + RegionFormat.sparseHeaderSize
        guard start <= body.byteCount else { throw malformed }
        let count = Int(body.uint32(at: offset + 8))
        guard count <= (body.byteCount - start) / RegionFormat.areaSize else { throw malformed }
        var areas: [Range<UInt64>] = []
        for index in 0..<count {
          let lower = body.uint64(at: start + index * RegionFormat.areaSize)
          let length = body.uint64(at: start + index * RegionFormat.areaSize + 8)
          guard lower <= regionSize, length <= regionSize - lower else { throw malformed }
          if length > 0 { areas.append(lower..<lower + length) }
        }
        return areas
      }
      // Forwards only, so that a list that bites its tail ends.
      guard next == 0 || next > offset else { throw malformed }
      offset = next
    }
    return [0..<regionSize]
  }

  /// Reads bytes of a region.
  ///
  /// - Parameters:
  ///   - region: the region's index.
  ///   - offset: where to read, in bytes from the region's start.
  ///   - data: receives all of its bytes, of which there are from 1 to `largestTransfer`.
  /// - Throws: `invalid` for an access that the region does not have.
  public func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let count = data.byteCount
    try checkTransfer(count)
    try channel.transact(access(.readRegion, replySize: 16 + count)) { bytes in
      Self.encodeAccess(region, offset, count, &bytes)
    } decode: { (reply) throws(VFIOUserError) in
      try reply.withBody { (body) throws(VFIOUserError) in
        guard body.byteCount == 16 + count else {
          throw VFIOUserError(.protocolViolation, "the server read another number of bytes")
        }
        data.copy(body.extracting(droppingFirst: 16), at: 0)
      }
    }
  }

  /// Reads a register of 1, 2, 4 or 8 bytes.
  ///
  /// - Throws: `invalid` for a register that the region does not have.
  public func read(region: Int, offset: UInt64, width: Int) throws(VFIOUserError) -> UInt64 {
    guard (1...8).contains(width) else { throw VFIOUserError(.invalid, "a register has from 1 to 8 bytes") }
    return try channel.transact(access(.readRegion, replySize: 16 + width)) { bytes in
      Self.encodeAccess(region, offset, width, &bytes)
    } decode: { (reply) throws(VFIOUserError) -> UInt64 in
      try reply.withBody { (body) throws(VFIOUserError) in
        guard body.byteCount == 16 + width else {
          throw VFIOUserError(.protocolViolation, "the server read another number of bytes")
        }
        return body.extracting(droppingFirst: 16).registerValue
      }
    }
  }

  /// Writes bytes of a region.
  ///
  /// - Parameters:
  ///   - region: the region's index.
  ///   - offset: where to write.
  ///   - data: from 1 to `largestTransfer` bytes.
  ///   - isPosted: whether not to wait; whether the device took it is not known then. What is read later sees it.
  /// - Throws: `invalid` for an access that the region does not have.
  public func writeRegion(
    _ region: Int, offset: UInt64, from data: RawSpan, isPosted: Bool = false
  ) throws(VFIOUserError) {
    let count = data.byteCount
    try checkTransfer(count)
    if isPosted {
      try channel.post(command(.writeRegion, structureSize: 16), data: data) { bytes in
        Self.encodeAccess(region, offset, count, &bytes)
      }
    } else {
      try channel.transact(access(.writeRegion, replySize: 16), data: data) { bytes in
        Self.encodeAccess(region, offset, count, &bytes)
      } decode: { (_) throws(VFIOUserError) in
      }
    }
  }

  /// Writes a register of 1, 2, 4 or 8 bytes.
  ///
  /// - Throws: as `writeRegion`.
  public func write(
    _ value: UInt64, region: Int, offset: UInt64, width: Int, isPosted: Bool = false
  ) throws(VFIOUserError) {
    guard (1...8).contains(width) else { throw VFIOUserError(.invalid, "a register has from 1 to 8 bytes") }
    let bytes = InlineArray<1, UInt64>(repeating: value.littleEndian)
    try unsafe writeRegion(
      region, offset: offset, from: bytes.span.bytes.extracting(first: width), isPosted: isPosted)
  }

  /// Does several writes of at most 8 bytes in their order, with one message.
  ///
  /// - Throws: `unsupported` if the server has not said that it takes such messages, `invalid` if it does not take one of
  ///   the writes.
  public func writeRegions(_ writes: [VFIOUserRegionWrite], isPosted: Bool = false) throws(VFIOUserError) {
    guard capabilities.writesMultiple == true else {
      throw VFIOUserError(.unsupported, "the server does not take several writes at once")
    }
    guard !writes.isEmpty else { return }
    try checkTransfer(writes.count * VFIOUserRegionWrite.byteCount)
    let size = writes.count * VFIOUserRegionWrite.byteCount
    let buffer = MessageBuffer(capacity: size)
    buffer.withMutableBytes(0..<size) { bytes in
      for index in writes.indices { writes[index].encode(into: &bytes, at: index * VFIOUserRegionWrite.byteCount) }
    }
    try buffer.withBytes(0..<size) { (data) throws(VFIOUserError) in
      let outgoing = command(.writeRegions, structureSize: 8)
      if isPosted {
        try channel.post(outgoing, data: data) { $0.store(UInt64(writes.count), at: 0) }
      } else {
        try channel.transact(outgoing, data: data) {
          $0.store(UInt64(writes.count), at: 0)
        } decode: { (_) throws(VFIOUserError) in
        }
      }
    }
  }

  /// The counters that may be signalled instead of writing to certain addresses of a region.
  ///
  /// - Throws: `invalid` for an index that the device does not have.
  public func writeEvents(region: Int) throws(VFIOUserError) -> [VFIOUserWriteEvent] {
    let capacity = 16 + 64 * RegionFormat.writeEventSize
    return try channel.transact(command(.regionWriteEvents, structureSize: 16)) { bytes in
      bytes.store(UInt32(capacity), at: 0)
      bytes.store(UInt32(truncatingIfNeeded: region), at: 8)
    } decode: { (reply) throws(VFIOUserError) -> [VFIOUserWriteEvent] in
      var counters: [EventCounter] = []
      for index in 0..<reply.descriptors.count {
        guard let descriptor = reply.descriptors.take(index) else { continue }
        do throws(SystemError) {
          counters.append(try EventCounter(adopting: descriptor))
        } catch {
          throw VFIOUserError(.protocolViolation, "the server's descriptor is no event counter")
        }
      }
      return try reply.withBody { (body) throws(VFIOUserError) in try Self.decodeWriteEvents(body, counters) }
    }
  }

  private static func decodeWriteEvents(
    _ body: RawSpan, _ counters: [EventCounter]
  ) throws(VFIOUserError) -> [VFIOUserWriteEvent] {
    try check(body, atLeast: 16)
    let count = Int(body.uint32(at: 12))
    guard count <= (body.byteCount - 16) / RegionFormat.writeEventSize else {
      throw VFIOUserError(.protocolViolation, "the server's list of counters is cut off")
    }
    var events: [VFIOUserWriteEvent] = []
    for index in 0..<count {
      let start = 16 + index * RegionFormat.writeEventSize
      let counter = Int(body.uint32(at: start + 16))
      // Other kinds of descriptors are for KVM only.
      guard body.uint32(at: start + 20) == RegionFormat.ioeventfd else { continue }
      guard counter < counters.count else {
        throw VFIOUserError(.protocolViolation, "the server names a counter that it did not send")
      }
      let hasValue = body.uint32(at: start + 24) & RegionFormat.dataMatchFlag != 0
      events.append(
        VFIOUserWriteEvent(
          offset: body.uint64(at: start), size: body.uint64(at: start + 8), counter: counters[counter],
          value: hasValue ? body.uint64(at: start + 32) : nil))
    }
    return events
  }

  private func access(_ number: VFIOUserCommand, replySize: Int) -> OutgoingCommand {
    var outgoing = command(number, structureSize: 16)
    outgoing.replySize = replySize
    return outgoing
  }

  private func checkTransfer(_ count: Int) throws(VFIOUserError) {
    guard count >= 1 else { throw VFIOUserError(.invalid, "a transfer of nothing") }
    guard count <= largestTransfer else { throw VFIOUserError(.tooLarge, "a transfer is larger than agreed") }
  }

  private static func encodeAccess(_ region: Int, _ offset: UInt64, _ count: Int, _ bytes: inout MutableRawSpan) {
    bytes.store(offset, at: 0)
    bytes.store(UInt32(truncatingIfNeeded: region), at: 8)
    bytes.store(UInt32(count), at: 12)
  }

  static func check(_ body: RawSpan, atLeast size: Int) throws(VFIOUserError) {
    guard body.byteCount >= size else { throw VFIOUserError(.protocolViolation, "the server's reply is cut off") }
  }
}
