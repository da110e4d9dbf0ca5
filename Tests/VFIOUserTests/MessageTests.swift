// How messages are laid out, and what is no message.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import VFIOUser

/// Decodes a whole message.
private func decode(_ bytes: [UInt8]) throws(VFIOUserError) -> VFIOUserMessage {
  try unsafe VFIOUserMessage(decoding: bytes.span.bytes)
}

/// Decodes a command's body.
private func request(_ command: UInt16, _ body: [UInt8]) throws -> VFIOUserRequest? {
  guard case .command(_, let request) = try decode(message(1, command, body)) else { return nil }
  return request
}

@Suite("Messages")
struct MessageTests {
  @Test("a header has its fields where the specification has them")
  func header() throws {
    guard case .command(let header, let request) = try decode(message(0x1234, 13, flags: 0x10)) else {
      Issue.record("no command")
      return
    }
    #expect(header.messageID == 0x1234)
    #expect(header.command == .reset)
    #expect(header.size == 16)
    #expect(header.isPosted && header.isCommand && !header.isReply && !header.isError)
    #expect(request == .reset)
    guard case .reply(let reply, let body) = try decode(message(7, 9, flags: 0x21, error: 22, [1])) else {
      Issue.record("no reply")
      return
    }
    #expect(reply.isError && reply.isReply && reply.errorNumber == 22)
    #expect(body == 16..<17)
  }

  @Test("a header with an impossible size or type ends the connection", arguments: [0, 15, 0x10_1001, UInt32.max])
  func impossibleSize(size: UInt32) {
    #expect(code { _ = try decode(message(1, 13, size: size)) } == .protocolViolation)
  }

  @Test("a type is a command or a reply", arguments: 2..<16)
  func impossibleType(type: UInt32) {
    #expect(code { _ = try decode(message(1, 13, flags: type)) } == .protocolViolation)
  }

  @Test("a message that is cut off, or longer than it says, is none", arguments: 0..<16)
  func cutOff(count: Int) {
    #expect(code { _ = try decode(Array(message(1, 13).prefix(count))) } == .protocolViolation)
    #expect(code { _ = try decode(message(1, 13) + [UInt8](repeating: 0, count: count + 1)) } == .protocolViolation)
  }

  @Test("each command's structure is read field by field")
  func structures() throws {
    let iova: UInt64 = 0x1000_2000_3000_4000
    #expect(
      try request(2, bytes(UInt32(32), UInt32(3), UInt64(0x8000), iova, UInt64(0x2000)))
        == .mapMemory(iova: iova, length: 0x2000, fileOffset: 0x8000, permissions: .readWrite))
    #expect(
      try request(3, bytes(UInt32(24), UInt32(0), iova, UInt64(0x2000))) == .unmapMemory(iova: iova, length: 0x2000))
    #expect(try request(3, bytes(UInt32(24), UInt32(2), UInt64(0), UInt64(0))) == .unmapAllMemory)
    #expect(try request(4, bytes(UInt32(16), UInt32(0), UInt64(0))) == .deviceInformation)
    #expect(
      try request(5, bytes(UInt32(99), UInt32(0), UInt32(7), UInt32(0), UInt64(0), UInt64(0)))
        == .regionInformation(region: 7, capacity: 99))
    #expect(
      try request(6, bytes(UInt32(99), UInt32(0), UInt32(7), UInt32(0))) == .regionWriteEvents(region: 7, capacity: 99))
    #expect(try request(7, bytes(UInt32(16), UInt32(0), UInt32(3), UInt32(0))) == .interruptInformation(index: 3))
    #expect(
      try request(8, bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(2), UInt32(4)))
        == .setInterrupts(index: 1, start: 2, count: 4, action: .trigger, data: .counters))
    #expect(
      try request(8, bytes(UInt32(22), UInt32(0x0A), UInt32(1), UInt32(0), UInt32(2), UInt8(1), UInt8(0)))
        == .setInterrupts(index: 1, start: 0, count: 2, action: .mask, data: .flags(20..<22)))
    #expect(
      try request(8, bytes(UInt32(20), UInt32(0x11), UInt32(0), UInt32(0), UInt32(1)))
        == .setInterrupts(index: 0, start: 0, count: 1, action: .unmask, data: .none))
    #expect(try request(9, bytes(iova, UInt32(2), UInt32(8))) == .readRegion(region: 2, offset: iova, count: 8))
    #expect(
      try request(10, bytes(iova, UInt32(2), UInt32(2), UInt16(5)))
        == .writeRegion(region: 2, offset: iova, data: 16..<18))
    #expect(try request(11, bytes(iova, UInt64(64))) == .readMemory(iova: iova, count: 64))
    #expect(try request(12, bytes(iova, UInt64(2), UInt16(5))) == .writeMemory(iova: iova, data: 16..<18))
    #expect(
      try request(15, bytes(UInt64(1), iova, UInt32(2), UInt32(4), UInt64(5)))
        == .writeRegions(count: 1, writes: 8..<32))
    #expect(
      try request(16, bytes(UInt32(64), UInt32(0x1_0005), UInt8(1)))
        == .feature(index: 5, operation: .get, capacity: 64, data: 8..<9))
    #expect(try request(17, bytes(UInt32(64), UInt32(32))) == .readMigrationData(count: 32))
    #expect(try request(18, bytes(UInt32(8), UInt32(1), UInt8(1))) == .writeMigrationData(data: 8..<9))
    #expect(try request(1, bytes(UInt16(0), UInt16(1))) == .version(major: 0, minor: 1, capabilities: 4..<4))
    #expect(
      try request(1, bytes(UInt16(0), UInt16(0)) + Array("{}\0".utf8))
        == .version(major: 0, minor: 0, capabilities: 4..<6))
    #expect(try request(14, [1, 2]) == .other(command: 14, body: 0..<2))
    #expect(try request(0x5701, []) == .other(command: 0x5701, body: 0..<0))
  }

  @Test("one of several writes is read from its 24 bytes")
  func write() throws {
    let encoded = bytes(UInt64(0x40), UInt32(2), UInt32(4), UInt64(0xAABB))
    let write = try unsafe VFIOUserRegionWrite(decoding: encoded.span.bytes)
    #expect(write == VFIOUserRegionWrite(region: 2, offset: 0x40, count: 4, value: 0xAABB))
    for count in [0, 9, UInt32.max] {
      let wrong = bytes(UInt64(0x40), UInt32(2), count, UInt64(0xAABB))
      #expect(code { _ = try unsafe VFIOUserRegionWrite(decoding: wrong.span.bytes) } == .invalid)
    }
    #expect(code { _ = try unsafe VFIOUserRegionWrite(decoding: Array(encoded.dropLast()).span.bytes) } == .invalid)
  }

  @Test("an unmapping may end at exactly 2^64, as QEMU's does, and no mapping beyond it")
  func endOfAddressSpace() throws {
    #expect(
      try request(3, bytes(UInt32(24), UInt32(0), 0xfef0_0000 as UInt64, 0xffff_ffff_0110_0000 as UInt64))
        == .unmapMemory(iova: 0xfef0_0000, length: 0xffff_ffff_0110_0000))
    #expect(
      code {
        _ = try request(3, bytes(UInt32(24), UInt32(0), 0xfef0_0000 as UInt64, 0xffff_ffff_0110_0001 as UInt64))
      } == .invalid)
    #expect(code { _ = try request(3, bytes(UInt32(24), UInt32(0), UInt64(0), UInt64(0))) } == .invalid)
    #expect(
      code { _ = try request(2, bytes(UInt32(32), UInt32(3), UInt64(0), UInt64.max, UInt64(2))) } == .invalid)
    #expect(
      try request(2, bytes(UInt32(32), UInt32(1), UInt64(0), UInt64.max, UInt64(1)))
        == .mapMemory(iova: .max, length: 1, fileOffset: 0, permissions: .read))
  }

  /// A body that is right for each command.
  private static let rightBodies: [(UInt16, [UInt8])] = [
    (2, bytes(UInt32(32), UInt32(3), UInt64(0), UInt64(0), UInt64(4096))),
    (3, bytes(UInt32(24), UInt32(0), UInt64(0), UInt64(4096))),
    (4, bytes(UInt32(16), UInt32(0), UInt64(0))),
    (5, bytes(UInt32(32), UInt32(0), UInt32(0), UInt32(0), UInt64(0), UInt64(0))),
    (6, bytes(UInt32(16), UInt32(0), UInt32(0), UInt32(0))),
    (7, bytes(UInt32(16), UInt32(0), UInt32(0), UInt32(0))),
    (8, bytes(UInt32(20), UInt32(0x21), UInt32(1), UInt32(0), UInt32(0))),
    (9, bytes(UInt64(0), UInt32(0), UInt32(4))),
    (10, bytes(UInt64(0), UInt32(0), UInt32(4), UInt32(1))),
    (11, bytes(UInt64(0), UInt64(4))),
    (12, bytes(UInt64(0), UInt64(4), UInt32(1))),
    (13, []),
    (15, bytes(UInt64(1), UInt64(0), UInt32(0), UInt32(4), UInt64(1))),
    (17, bytes(UInt32(12), UInt32(4))),
    (18, bytes(UInt32(8), UInt32(1), UInt8(1))),
  ]

  @Test("a body that is a byte shorter or longer than its structure is malformed")
  func wrongLengths() throws {
    for (command, body) in Self.rightBodies {
      _ = try request(command, body)
      if !body.isEmpty { #expect(code { _ = try request(command, body.dropLast()) } == .invalid, "\(command)") }
      #expect(code { _ = try request(command, body + [0]) } == .invalid, "\(command)")
    }
  }

  @Test("a reply that has no room for its structure is refused", arguments: [2, 3, 4, 5, 6, 7, 8, 16] as [UInt16])
  func roomForReply(command: UInt16) {
    let body = Self.rightBodies.first { $0.0 == command }?.1 ?? bytes(UInt32(8), UInt32(0x1_0001))
    let small = bytes(UInt32(7)) + body.dropFirst(4)
    #expect(code { _ = try request(command, small) } == .invalid)
  }

  @Test("counts and flags that contradict themselves are malformed")
  func contradictions() {
    let cases: [(UInt16, [UInt8])] = [
      // No permission, and one that does not exist.
      (2, bytes(UInt32(32), UInt32(0), UInt64(0), UInt64(0), UInt64(4096))),
      (2, bytes(UInt32(32), UInt32(7), UInt64(0), UInt64(0), UInt64(4096))),
      (3, bytes(UInt32(24), UInt32(1), UInt64(0), UInt64(4096))),
      (6, bytes(UInt32(16), UInt32(1), UInt32(0), UInt32(0))),
      // No action, two actions, no kind of data, two kinds.
      (8, bytes(UInt32(20), UInt32(0x01), UInt32(1), UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x31), UInt32(1), UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x20), UInt32(1), UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x23), UInt32(1), UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x61), UInt32(1), UInt32(0), UInt32(1))),
      // Flags for two interrupts, of which there is one; counters for none.
      (8, bytes(UInt32(21), UInt32(0x22), UInt32(1), UInt32(0), UInt32(2), UInt8(1))),
      (8, bytes(UInt32(20), UInt32(0x22), UInt32(1), UInt32(0), UInt32.max)),
      (8, bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(0), UInt32(0))),
      // A transfer of nothing, and of more than there is.
      (9, bytes(UInt64(0), UInt32(0), UInt32(0))),
      (10, bytes(UInt64(0), UInt32(0), UInt32(5), UInt32(1))),
      (10, bytes(UInt64(0), UInt32(0), UInt32(0))),
      (12, bytes(UInt64(0), UInt64(3), UInt32(1))),
      (15, bytes(UInt64(0))),
      (15, bytes(UInt64(2), UInt64(0), UInt32(0), UInt32(4), UInt64(1))),
      (15, bytes(UInt64(1) << 61, UInt64(0), UInt32(0), UInt32(4), UInt64(1))),
      // Nothing to do, both, and something that does not exist.
      (16, bytes(UInt32(64), UInt32(1))),
      (16, bytes(UInt32(64), UInt32(0x3_0001))),
      (16, bytes(UInt32(64), UInt32(0x9_0001))),
      // Capabilities that do not end.
      (1, bytes(UInt16(0), UInt16(0)) + Array("{}".utf8)),
      (1, bytes(UInt16(0))),
    ]
    for (index, (command, body)) in cases.enumerated() {
      #expect(code { _ = try request(command, body) } == .invalid, "case \(index), command \(command)")
    }
    #expect(code { _ = try request(9, bytes(UInt64(0), UInt32(0), UInt32(0x10_0001))) } == .tooLarge)
    #expect(code { _ = try request(11, bytes(UInt64(0), UInt64.max)) } == .tooLarge)
    #expect(
      code { _ = try request(1, bytes(UInt32(0)) + [UInt8](repeating: 32, count: 4097) + [0]) } == .tooLarge)
  }

  @Test("a command has no flags but no-reply", arguments: [0x20, 0x40, 0x8000_0000] as [UInt32])
  func reservedFlags(flags: UInt32) {
    #expect(code { _ = try decode(message(1, 13, flags: flags)) } == .invalid)
  }

  @Test("no bytes do more than throw")
  func anyBytes() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      var bytes = message(
        1, UInt16.random(in: 0...20, using: &random), flags: UInt32.random(in: 0...1, using: &random),
        (0..<Int.random(in: 0...64, using: &random)).map { _ in
          Bool.random(using: &random) ? 0 : UInt8.random(in: 0 ... .max, using: &random)
        })
      if Int.random(in: 0..<4, using: &random) == 0 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
      }
      guard case .command(_, let request) = try? decode(bytes) else { continue }
      // Every range lies within the body.
      switch request {
      case .writeRegion(_, _, let data), .writeMemory(_, let data), .writeRegions(_, let data),
        .feature(_, _, _, let data), .writeMigrationData(let data), .other(_, let data),
        .setInterrupts(_, _, _, _, .flags(let data)), .version(_, _, let data):
        #expect(data.lowerBound >= 0 && data.upperBound <= bytes.count - 16)
      default: break
      }
    }
  }
}

/// The same numbers each time (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
