// What a client does with servers that nobody vouches for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

/// A server that says what it is told to.
private final class RawServer: Sendable {
  private let thread: Guarded<Thread?>

  /// Connects a client with a peer, which answers the client's version as QEMU's reference server does, and then runs
  /// `body` on a thread of its own.
  static func connect(
    version: [UInt8] = bytes(UInt16(0), UInt16(0)) + Array("{\"capabilities\":{\"max_msg_fds\":3}}\0".utf8),
    timeLimit: UInt64 = 60_000_000_000, _ body: @escaping @Sendable (RawPeer) throws -> Void
  ) throws -> (VFIOUserClient, RawServer) {
    var pair = try UnixSocket.pair()
    let first = Guarded(pair.first.take())
    let server = RawServer(
      try Thread(name: "server") {
        guard let socket = first.withLock({ $0.take() }) else { return }
        let peer = RawPeer(socket)
        do {
          guard let proposal = try peer.receive() else { return }
          try peer.send(message(proposal.id, 1, flags: 1, version))
          try body(peer)
        } catch {
          // The client closed; the test sees what it got.
        }
      })
    guard let second = pair.second.take() else { throw VFIOUserError(.failed, "no pair") }
    return (try VFIOUserClient(second, timeLimit: timeLimit), server)
  }

  init(_ thread: consuming Thread) {
    self.thread = Guarded(thread)
  }

  deinit {
    thread.withLock { $0.take() }?.join()
  }
}

@Suite("Client")
struct ClientTests {
  /// Answers the next command with a body.
  private static func answer(_ peer: RawPeer, _ body: [UInt8], descriptors: [Int32] = []) throws {
    guard let command = try peer.receive() else { return }
    try peer.send(message(command.id, command.command, flags: 1, body), descriptors: descriptors)
  }

  @Test("a reply that is cut off is an error", arguments: [0, 8, 15])
  func cutOff(count: Int) throws {
    let (client, server) = try RawServer.connect { peer in
      for _ in 0..<4 { try Self.answer(peer, [UInt8](repeating: 0, count: count)) }
    }
    #expect(code { _ = try client.deviceInformation() } == .protocolViolation)
    #expect(code { _ = try client.region(0) } == .protocolViolation)
    #expect(code { _ = try client.interruptType(0) } == .protocolViolation)
    #expect(code { _ = try client.read(region: 0, offset: 0, width: 4) } == .protocolViolation)
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test(
    "a version that is not ours ends the connection", arguments: [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0]] as [[UInt8]])
  func version(body: [UInt8]) {
    #expect(code { _ = try RawServer.connect(version: body) { _ in } } == .unsupported)
  }

  @Test("capabilities that do not end, or are no JSON, end the connection")
  func capabilities() {
    #expect(
      code { _ = try RawServer.connect(version: [0, 0, 0, 0] + Array("{}".utf8)) { _ in } } == .protocolViolation)
    #expect(code { _ = try RawServer.connect(version: [0, 0, 0, 0] + Array("{]\0".utf8)) { _ in } } == .invalid)
  }

  @Test("a list of capabilities that lies is an error and never an access outside it")
  func regionCapabilities() throws {
    let memory = try SharedMemory(name: "region", byteCount: 4096)
    // The flags say: readable, writable, mappable, with capabilities.
    let head = { @Sendable (offset: Int) -> [UInt8] in
      bytes(UInt32(64), UInt32(0xF), UInt32(0), UInt32(offset), UInt64(4096), UInt64(0))
    }
    let lists: [[UInt8]] = [
      head(31), head(64), head(Int(UInt32.max)), head(32),
      // More areas than there are.
      head(32) + bytes(UInt16(1), UInt16(1), UInt32(0), UInt32(2), UInt32(0), UInt64(0), UInt64(4096)),
      head(32) + bytes(UInt16(1), UInt16(1), UInt32(0), UInt32.max, UInt32(0), UInt64(0), UInt64(4096)),
      // An area outside the region, and one that passes 2^64.
      head(32) + bytes(UInt16(1), UInt16(1), UInt32(0), UInt32(1), UInt32(0), UInt64(4096), UInt64(1)),
      head(32) + bytes(UInt16(1), UInt16(1), UInt32(0), UInt32(1), UInt32(0), UInt64(2), UInt64.max),
      // A list that bites its tail.
      head(32) + bytes(UInt16(9), UInt16(1), UInt32(32), UInt64(0)),
    ]
    let (client, server) = try RawServer.connect { peer in
      for list in lists { try Self.answer(peer, list, descriptors: [memory.descriptor.number]) }
      // Another capability, then areas, one of them empty.
      try Self.answer(
        peer,
        head(32) + bytes(UInt16(9), UInt16(1), UInt32(40))
          + bytes(UInt16(1), UInt16(1), UInt32(0), UInt32(1), UInt32(0), UInt64(0), UInt64(4096)),
        descriptors: [memory.descriptor.number])
      // A size that grows with every answer is not followed.
      try Self.answer(peer, bytes(UInt32(0x20_0000)) + head(32).dropFirst(4))
    }
    for index in lists.indices { #expect(code { _ = try client.region(0) } == .protocolViolation, "list \(index)") }
    let region = try client.region(0)
    #expect(region.mappableAreas == [0..<4096])
    _ = try region.map(0..<4096)
    #expect(code { _ = try client.region(0) } == .protocolViolation)
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test("a server that goes, or breaks the protocol, ends every wait", arguments: 0..<4)
  func goes(kind: Int) throws {
    let (client, server) = try RawServer.connect { peer in
      guard let command = try peer.receive() else { return }
      switch kind {
      case 0: return
      case 1: try peer.send(message(command.id &+ 100, 9, flags: 1))
      case 2: try peer.send(message(command.id, 9, flags: 1, size: 15))
      default:
        // An answer in the same piece as a second one to the same command.
        try peer.send(message(command.id, 9, flags: 0x21, error: 5) + message(command.id, 9, flags: 0x21, error: 5))
      }
      // What the client sends meanwhile.
      while try peer.receive() != nil {}
    }
    let codes = Guarded<[VFIOUserError.Code?]>([])
    let threads = try ThreadGroup(count: 3) { _ in
      let found = code { _ = try client.read(region: 0, offset: 0, width: 4) }
      codes.withLock { $0.append(found) }
    }
    threads.join()
    let expected: VFIOUserError.Code = kind == 0 ? .disconnected : .protocolViolation
    let found = codes.withLock { $0 }
    if kind == 3 {
      // Which of them the first answer is for depends on how the kernel cuts the stream.
      #expect(found.filter { $0 == expected }.count >= 2)
    } else {
      #expect(found == [expected, expected, expected])
    }
    #expect(client.isDisconnected)
    #expect(code { try client.reset() } == expected)
    withExtendedLifetime(server) {}
  }

  @Test("a server that does not answer costs the command that waits, and its late answer nobody")
  func late() throws {
    let (client, server) = try RawServer.connect(timeLimit: 300_000_000) { peer in
      guard let first = try peer.receive(), let second = try peer.receive() else { return }
      try peer.send(message(first.id, first.command, flags: 1, bytes(UInt64(0), UInt32(0), UInt32(4), UInt32(1))))
      try peer.send(message(second.id, second.command, flags: 1, bytes(UInt64(0), UInt32(0), UInt32(4), UInt32(2))))
    }
    #expect(code { _ = try client.read(region: 0, offset: 0, width: 4) } == .timedOut)
    #expect(try client.read(region: 0, offset: 0, width: 4) == 2)
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test("what a server may not ask for is an error, and no access to memory")
  func serverCommands() throws {
    let replies = Guarded<[RawPeer.Message]>([])
    let served = ServedBytes([1, 2, 3, 4], at: 0x1000)
    let (client, server) = try RawServer.connect { peer in
      guard let map = try peer.receive() else { return }
      try peer.send(message(map.id, 2, flags: 1))
      let null = try FileDescriptor.open("/dev/null", .readWrite)
      for (command, body, descriptors) in [
        (11, bytes(UInt64(0x1000), UInt64(4)), []), (11, bytes(UInt64(0xFFF), UInt64(4)), []),
        (11, bytes(UInt64(0x1001), UInt64(4)), []), (11, bytes(UInt64.max, UInt64(4)), []),
        (11, bytes(UInt64(0x1000), UInt64.max), []), (11, bytes(UInt64(0x1000)), []),
        (12, bytes(UInt64(0x1000), UInt64(2), UInt8(9), UInt8(8)), []),
        (12, bytes(UInt64(0x1000), UInt64(3), UInt8(9), UInt8(8)), []),
        (11, bytes(UInt64(0x1000), UInt64(4)), [null.number]), (9, bytes(UInt64(0), UInt32(0), UInt32(4)), []),
        (13, [], []),
      ] as [(UInt16, [UInt8], [Int32])] {
        try peer.send(message(5, command, body), descriptors: descriptors)
        guard let reply = try peer.receive() else { return }
        replies.withLock { $0.append(reply) }
      }
      // Posted: done, and not answered.
      try peer.send(message(6, 12, flags: 0x10, bytes(UInt64(0x1003), UInt64(1), UInt8(7))))
      try peer.send(message(7, 11, bytes(UInt64(0x1000), UInt64(4))))
      if let last = try peer.receive() { replies.withLock { $0.append(last) } }
    }
    // Nobody waits for a reply: a thread of the client's own carries these out.
    try client.mapMemory(iova: 0x1000, length: 4, memory: served)
    #expect(eventually { replies.withLock { $0.count } == 12 })
    let all = replies.withLock { $0 }
    #expect(all.map { $0.isError } == [false, true, true, true, true, true, false, true, true, true, true, false])
    #expect(all[0].body == bytes(UInt64(0x1000), UInt64(4)) + [1, 2, 3, 4])
    #expect(all[6].body == bytes(UInt64(0x1000), UInt64(2)))
    #expect(all[11].body.suffix(4) == [9, 8, 3, 7])
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test("a server that takes fewer descriptors gets several messages")
  func fewDescriptors() throws {
    let starts = Guarded<[[UInt8]]>([])
    let (client, server) = try RawServer.connect { peer in
      while let command = try peer.receive() {
        starts.withLock { $0.append(Array(command.body[12..<20]) + [UInt8(peer.descriptors.count)]) }
        try peer.send(message(command.id, command.command, flags: 1))
      }
    }
    let counters = try (0..<7).map { _ in try EventCounter() }
    try client.setInterrupts(index: 1, start: 1, count: 7, action: .trigger, data: .counters(counters))
    #expect(
      starts.withLock { $0 } == [
        bytes(UInt32(1), UInt32(3), UInt8(3)), bytes(UInt32(4), UInt32(3), UInt8(3)),
        bytes(UInt32(7), UInt32(1), UInt8(1)),
      ])
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test("what the client itself can see to be wrong is not sent")
  func ownChecks() throws {
    let (client, server) = try RawServer.connect { peer in _ = try peer.receive() }
    #expect(code { _ = try client.read(region: 0, offset: 0, width: 9) } == .invalid)
    #expect(code { try client.write(0, region: 0, offset: 0, width: 0) } == .invalid)
    #expect(code { _ = try client.bytes(0, offset: 0, count: 0) } == .invalid)
    #expect(code { _ = try client.bytes(0, offset: 0, count: (1 << 20) + 1) } == .tooLarge)
    #expect(code { try client.unmapMemory(iova: 2, length: .max) } == .invalid)
    #expect(
      code { try client.writeRegions([VFIOUserRegionWrite(region: 0, offset: 0, count: 1, value: 0)]) } == .unsupported)
    #expect(
      code { try client.setInterrupts(index: 1, start: 0, count: 2, action: .trigger, data: .flags([true])) }
        == .invalid)
    client.disconnect()
    withExtendedLifetime(server) {}
  }

  @Test("nobody listens where there is no socket")
  func nobody() {
    #expect(number { _ = try VFIOUserClient(path: Fixture.newPath()) } == SystemError.notFound)
  }
}
