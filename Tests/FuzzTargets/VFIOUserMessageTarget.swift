// Entry point of vfio-user's messages: any bytes are refused, or are a message that is written as it was read.
// SPDX-License-Identifier: Apache-2.0

import VFIOUser

enum VFIOUserMessageTarget {
  static func run(_ reader: inout InputReader) throws {
    var bytes = reader.rest()
    try check(bytes)
    guard bytes.count >= VFIOUserHeader.byteCount else { return }
    // Few inputs have the right size in their headers; with it, the body counts.
    bytes.replaceSubrange(4..<8, with: UInt32(bytes.count).littleEndianBytes)
    try check(bytes)
    // One byte less is never the same message.
    bytes.removeLast()
    try require(decode(bytes).message == nil, "a message that is cut off was taken")
  }

  private static func decode(_ bytes: [UInt8]) -> (message: VFIOUserMessage?, error: VFIOUserError?) {
    do throws(VFIOUserError) {
      return (try unsafe VFIOUserMessage(decoding: bytes.span.bytes), nil)
    } catch {
      return (nil, error)
    }
  }

  private static func check(_ bytes: [UInt8]) throws {
    let (message, error) = decode(bytes)
    if let error {
      let expected: [VFIOUserError.Code] = [.protocolViolation, .invalid, .tooLarge]
      try require(expected.contains(error.code), "a message was refused with \(error.code)")
      try require(error.errno > 0, "a refusal has no number for its reply")
    }
    switch message {
    case nil: return
    case .command(let header, let request):
      try require(header.isCommand && !header.isReply && !header.isError, "a command's header says something else")
      let body = Array(bytes.dropFirst(VFIOUserHeader.byteCount))
      try check(request, body)
      let written = try encode(header) + encode(request, body)
      try require(written == bytes, "\(request) is written as \(written), not \(bytes)")
    case .reply(let header, let body):
      try require(header.isReply && !header.isCommand, "a reply's header says something else")
      try require(body == VFIOUserHeader.byteCount..<bytes.count, "a reply's body is elsewhere")
      try require(encode(header) == Array(bytes.prefix(VFIOUserHeader.byteCount)), "a header is written differently")
      if header.command == .regionInformation { try checkAreas(Array(bytes[body])) }
    }
  }

  /// The header's layout, written a second time.
  private static func encode(_ header: VFIOUserHeader) -> [UInt8] {
    header.messageID.littleEndianBytes + header.command.rawValue.littleEndianBytes + header.size.littleEndianBytes
      + header.flags.littleEndianBytes + header.errorNumber.littleEndianBytes
  }

  /// The bodies' layouts, written a second time.
  ///
  /// - Parameter body: what was decoded; taken from it are data, and fields without a meaning in a command.
  private static func encode(_ request: VFIOUserRequest, _ body: [UInt8]) throws -> [UInt8] {
    switch request {
    case .version(let major, let minor, let capabilities):
      let hasText = body.count > 4
      return major.littleEndianBytes + minor.littleEndianBytes + body[capabilities] + (hasText ? [0] : [])
    case .mapMemory(let iova, let length, let fileOffset, let permissions):
      return body[..<4] + permissions.rawValue.littleEndianBytes + fileOffset.littleEndianBytes
        + iova.littleEndianBytes + length.littleEndianBytes
    case .unmapMemory(let iova, let length):
      return body[..<4] + UInt32(0).littleEndianBytes + iova.littleEndianBytes + length.littleEndianBytes
    case .unmapAllMemory: return body[..<4] + UInt32(2).littleEndianBytes + body[8..<24]
    case .deviceInformation: return Array(body.prefix(16))
    case .regionInformation(let region, let capacity):
      return capacity.littleEndianBytes + body[4..<8] + region.littleEndianBytes + body[12..<32]
    case .regionWriteEvents(let region, let capacity):
      return capacity.littleEndianBytes + UInt32(0).littleEndianBytes + region.littleEndianBytes + body[12..<16]
    case .interruptInformation(let index): return body[..<8] + index.littleEndianBytes + body[12..<16]
    case .setInterrupts(let index, let start, let count, let action, let data):
      return body[..<4] + flags(action, data).littleEndianBytes + index.littleEndianBytes + start.littleEndianBytes
        + count.littleEndianBytes + body[range(data)]
    case .readRegion(let region, let offset, let count):
      return offset.littleEndianBytes + region.littleEndianBytes + UInt32(count).littleEndianBytes
    case .writeRegion(let region, let offset, let data):
      return offset.littleEndianBytes + region.littleEndianBytes + UInt32(data.count).littleEndianBytes + body[data]
    case .readMemory(let iova, let count): return iova.littleEndianBytes + UInt64(count).littleEndianBytes
    case .writeMemory(let iova, let data):
      return iova.littleEndianBytes + UInt64(data.count).littleEndianBytes + body[data]
    case .reset: return []
    case .writeRegions(let count, let writes): return UInt64(count).littleEndianBytes + body[writes]
    case .feature(let index, let operation, let capacity, let data):
      return capacity.littleEndianBytes + (operation.rawValue | UInt32(index)).littleEndianBytes + body[data]
    case .readMigrationData(let count): return body[..<4] + UInt32(count).littleEndianBytes
    case .writeMigrationData(let data): return body[..<4] + UInt32(data.count).littleEndianBytes + body[data]
    case .other(_, let range): return Array(body[range])
    }
  }

  private static func flags(_ action: VFIOUserInterruptAction, _ data: VFIOUserRequest.InterruptData) -> UInt32 {
    let kind: UInt32 =
      switch data {
      case .none: 1
      case .flags: 2
      case .counters: 4
      }
    return switch action {
    case .mask: kind | 8
    case .unmask: kind | 16
    case .trigger: kind | 32
    }
  }

  private static func range(_ data: VFIOUserRequest.InterruptData) -> Range<Int> {
    if case .flags(let range) = data { range } else { 20..<20 }
  }

  /// What a request promises to those who carry it out.
  private static func check(_ request: VFIOUserRequest, _ body: [UInt8]) throws {
    switch request {
    case .version(_, _, let capabilities): try checkCapabilities(Array(body[capabilities]))
    case .mapMemory(let iova, let length, _, let permissions):
      try require(length > 0 && iova <= UInt64.max - (length - 1), "a mapping passes 2^64")
      try require(!permissions.isEmpty && permissions.rawValue < 4, "a mapping has permissions that do not exist")
    case .unmapMemory(let iova, let length):
      try require(length > 0 && iova <= UInt64.max - (length - 1), "a range passes 2^64")
    case .readRegion(_, _, let count), .readMemory(_, let count), .readMigrationData(let count):
      try require((1...VFIOUserHeader.largestTransfer).contains(count), "a transfer of \(count) bytes")
    case .writeRegion(_, _, let data), .writeMemory(_, let data), .writeMigrationData(let data):
      try require(!data.isEmpty && data.upperBound == body.count, "data that is not the message's end")
    case .setInterrupts(_, _, let count, _, .flags(let range)):
      try require(range.count == Int(count), "\(range.count) flags for \(count) interrupts")
    case .writeRegions(let count, let writes):
      try require(writes.count == count * 24, "\(writes.count) bytes for \(count) writes")
      for start in stride(from: writes.lowerBound, to: writes.upperBound, by: 24) {
        try checkWrite(Array(body[start..<start + 24]))
      }
    default: break
    }
  }

  /// A server's list of what can be mapped of a region is refused, or keeps within the region.
  private static func checkAreas(_ body: [UInt8]) throws {
    guard body.count >= 32 else { return }
    let size = body[16..<24].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    do {
      let areas = try unsafe VFIOUserClient.decodeAreas(body.span.bytes, regionSize: size)
      try require(areas.count <= max(1, body.count / 16), "\(areas.count) areas in \(body.count) bytes")
      try require(areas.allSatisfy { $0.upperBound <= size }, "an area passes the end of its region")
    } catch let error as VFIOUserError {
      try require(error.code == .protocolViolation, "a list of areas was refused with \(error.code)")
    }
  }

  private static func checkWrite(_ bytes: [UInt8]) throws {
    let count = bytes[12..<16].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    var write: VFIOUserRegionWrite?
    let refusal = Result { () throws(VFIOUserError) in
      write = try unsafe VFIOUserRegionWrite(decoding: bytes.span.bytes)
    }
    guard let write else {
      guard case .failure(let error) = refusal else { return }
      return try require(error.code == .invalid && !(1...8).contains(count), "a write of \(count) bytes was refused")
    }
    let written =
      write.offset.littleEndianBytes + write.region.littleEndianBytes + UInt32(write.count).littleEndianBytes
      + write.value.littleEndianBytes
    try require((1...8).contains(count) && written == bytes, "\(write) is written as \(written), not \(bytes)")
  }

  /// Capabilities are refused, or are written so that they read the same.
  private static func checkCapabilities(_ text: [UInt8]) throws {
    var parsed: VFIOUserCapabilities?
    let result = Result { () throws(VFIOUserError) in parsed = try unsafe VFIOUserCapabilities(parsing: text.span.bytes)
    }
    guard let parsed else {
      guard case .failure(let error) = result else { return }
      return try require(error.code == .invalid || error.code == .tooLarge, "capabilities were refused: \(error)")
    }
    let members = [
      parsed.maxDescriptors.map { "\"max_msg_fds\":\($0)" },
      parsed.maxTransfer.map { "\"max_data_xfer_size\":\($0)" },
      parsed.maxMappings.map { "\"max_dma_maps\":\($0)" },
      parsed.pageSizes.map { "\"pgsizes\": \($0)" },
      parsed.writesMultiple.map { "\"write_multiple\":\($0)" },
    ]
    let written = Array("{\"capabilities\":{\(members.compactMap { $0 }.joined(separator: ","))}}".utf8)
    try require(unsafe VFIOUserCapabilities(parsing: written.span.bytes) == parsed, "\(parsed) reads differently")
  }
}

extension FixedWidthInteger {
  /// The bytes of the number, the lowest first.
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
