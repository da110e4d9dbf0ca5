// How the server's own commands look on the wire, and what a client can do wrong with them.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: its own commands")
struct RawMemoryTests {
  private let fixture: Fixture
  private let peer: RawPeer
  private let memory: any VFIOUserMemory

  init() throws {
    var options = VFIOUserServer.Options()
    options.memoryTimeLimit = 60_000_000_000
    try self.init(options)
  }

  private init(_ options: VFIOUserServer.Options) throws {
    fixture = try Fixture(options)
    peer = try RawPeer(path: fixture.path)
    memory = try #require(fixture.device.memory)
    let mapped = try peer.ask(message(2, 2, bytes(UInt32(32), UInt32(3), UInt64(0), UInt64(0), UInt64(0x10000))))
    try #require(mapped?.isError == false)
  }

  /// An access that runs on a thread of its own.
  private final class Access: Sendable {
    private let thread: Guarded<Thread?>
    private let outcome = Box<Result<[UInt8], any Error>>()

    init(_ body: @escaping @Sendable () throws -> [UInt8]) throws {
      let outcome = outcome
      thread = Guarded(try Thread(name: "engine") { outcome.set(Result { try body() }) })
    }

    func result() throws -> [UInt8] {
      thread.withLock { $0.take() }?.join()
      return try #require(outcome.get).get()
    }
  }

  /// The count that tells the layouts apart: one byte in 32 bits, impossible in 64.
  private static let probe: UInt64 = 0xFFFF_FFFF_0000_0001

  /// Takes the server's question for the layout and answers it.
  private func answerProbe(isPacked: Bool) throws {
    let probe = try #require(try peer.receive())
    #expect(probe.command == 11 && probe.flags == 0)
    #expect(Array(probe.body[8...]) == bytes(Self.probe))
    if isPacked {
      // As those QEMUs: the structure is copied, its size is 32 with the header, the data begins at 28.
      try peer.send(message(probe.id, 11, flags: 1, Array(probe.body[0..<12]) + [0xEE, 0, 0, 0, 0]))
    } else {
      try peer.send(message(probe.id, 11, flags: 0x21, error: UInt32(SystemError.argumentTooLarge)))
    }
  }

  @Test("a client that keeps to the specification is read and written as specified")
  func specified() throws {
    let memory = memory
    let access = try Access {
      let bytes = try memory.bytes(0x100, 4)
      try memory.write(0x200, [9, 8, 7])
      return bytes
    }
    try answerProbe(isPacked: false)
    let read = try #require(try peer.receive())
    #expect(read.command == 11)
    #expect(read.body == bytes(UInt64(0x100), UInt64(4)))
    try peer.send(message(read.id, 11, flags: 1, read.body + [1, 2, 3, 4]))
    let write = try #require(try peer.receive())
    #expect(write.command == 12)
    #expect(write.body == bytes(UInt64(0x200), UInt64(3)) + [9, 8, 7])
    try peer.send(message(write.id, 12, flags: 1))
    #expect(try access.result() == [1, 2, 3, 4])
  }

  @Test("the layout of early QEMUs is found out and kept to: data at offset 12 of the body")
  func packed() throws {
    let memory = memory
    let access = try Access {
      let bytes = try memory.bytes(0x100, 4)
      try memory.write(0x200, [9, 8, 7])
      return bytes
    }
    try answerProbe(isPacked: true)
    let read = try #require(try peer.receive())
    #expect(Array(read.body[0..<12]) == bytes(UInt64(0x100), UInt32(4)))
    try peer.send(message(read.id, 11, flags: 1, Array(read.body[0..<12]) + [1, 2, 3, 4] + [0, 0, 0, 0]))
    let write = try #require(try peer.receive())
    // They take data only up to 32 bytes, header included, less than the size.
    #expect(write.body == bytes(UInt64(0x200), UInt32(3)) + [9, 8, 7] + [0, 0, 0, 0])
    try peer.send(message(write.id, 12, flags: 1))
    #expect(try access.result() == [1, 2, 3, 4])
  }

  @Test("an address that the client refuses says nothing of its layout")
  func refusedProbe() throws {
    let memory = memory
    let first = try Access { try memory.bytes(0x100, 1) }
    let probe = try #require(try peer.receive())
    try peer.send(message(probe.id, 11, flags: 0x21, error: UInt32(SystemError.badAddress)))
    #expect(code { _ = try first.result() } == .fault)
    let second = try Access { try memory.bytes(0x200, 1) }
    try answerProbe(isPacked: false)
    let read = try #require(try peer.receive())
    try peer.send(message(read.id, 11, flags: 1, read.body + [5]))
    #expect(try second.result() == [5])
  }

  @Test("replies come in any order, between the client's own commands")
  func order() throws {
    let memory = memory
    let first = try Access { try memory.bytes(0x10, 1) }
    try answerProbe(isPacked: false)
    let one = try #require(try peer.receive())
    let second = try Access { try memory.bytes(0x20, 1) }
    let two = try #require(try peer.receive())
    try peer.send(message(two.id, 11, flags: 1, two.body + [2]))
    #expect(try second.result() == [2])
    let register = try peer.ask(message(77, 9, bytes(UInt64(3), UInt32(1), UInt32(1))))
    #expect(register?.id == 77 && register?.body.last == 3)
    try peer.send(message(one.id, 11, flags: 1, one.body + [1]))
    #expect(try first.result() == [1])
  }

  @Test("a command that comes while the device waits within another is carried out after it, and nothing is lost")
  func interleaved() throws {
    fixture.device.state.withLock { state in
      state.onWrite = { device, _ in
        let byte = (try? device.memory?.bytes(0x10, 1).first) ?? 0
        device.note("read \(byte)")
      }
    }
    // The first command waits for memory; behind it come two more, one with a descriptor.
    try peer.send(message(10, 10, bytes(UInt64(0), UInt32(0), UInt32(1), UInt8(1))))
    try answerProbe(isPacked: false)
    let read = try #require(try peer.receive())
    let counter = try EventCounter()
    try peer.send(
      message(11, 8, bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(0), UInt32(1))),
      descriptors: [counter.descriptor.number])
    try peer.send(message(12, 9, bytes(UInt64(7), UInt32(1), UInt32(1))))
    try peer.send(message(read.id, 11, flags: 1, read.body + [0x5A]))
    #expect(try [peer.receive()?.id, peer.receive()?.id, peer.receive()?.id] == [10, 11, 12])
    #expect(fixture.device.events.suffix(3) == ["write 0 0 1", "read 90", "interrupts 1 0 1 trigger"])
    fixture.device.state.withLock { $0.counters[0]?.signal() }
    #expect(counter.take() == 1)
  }

  @Test("an unmapping ends the accesses to its range, also of a client that no longer answers")
  func cancelled() throws {
    let memory = memory
    let access = try Access { try memory.bytes(0x100, 4) }
    try answerProbe(isPacked: false)
    let read = try #require(try peer.receive())
    fixture.device.state.withLock { state in
      state.onUnmap = { _ in
        // Like an engine that has to end before the range may go.
        _ = try? access.result()
      }
    }
    let reply = try peer.ask(message(20, 3, bytes(UInt32(24), UInt32(0), UInt64(0), UInt64(0x10000))))
    #expect(reply?.id == 20)
    #expect(reply?.isError == false)
    // The answer that comes after all is no fault.
    try peer.send(message(read.id, 11, flags: 1, read.body + [1, 2, 3, 4]))
    #expect(try peer.ask(message(21, 13))?.isError == false)
  }

  @Test("a client that disconnects ends every access")
  func disconnected() throws {
    let memory = memory
    let access = try Access { try memory.bytes(0x100, 4) }
    try answerProbe(isPacked: false)
    _ = try peer.receive()
    peer.socket.shutDown()
    #expect(code { _ = try access.result() } == .disconnected)
    #expect(code { _ = try memory.bytes(0, 1) } == .disconnected)
  }

  @Test("a client that does not answer in time costs that access only")
  func timeLimit() throws {
    var options = VFIOUserServer.Options()
    options.memoryTimeLimit = 20_000_000
    let slow = try RawMemoryTests(options)
    let memory = slow.memory
    #expect(code { _ = try memory.bytes(0, 1) } == .timedOut)
    let late = try #require(try slow.peer.receive())
    try slow.peer.send(message(late.id, 11, flags: 0x21, error: 7))
    #expect(try slow.peer.ask(message(30, 13))?.isError == false)
  }

  @Test("a reply with other bytes than were asked for is an error of that access", arguments: 0..<4)
  func wrongReply(kind: Int) throws {
    let memory = memory
    let access = try Access { try memory.bytes(0x100, 4) }
    try answerProbe(isPacked: false)
    let read = try #require(try peer.receive())
    let body =
      switch kind {
      case 0: read.body + [1, 2, 3]
      case 1: read.body + [1, 2, 3, 4, 5]
      case 2: bytes(UInt64(0x101), UInt64(4)) + [1, 2, 3, 4]
      default: [UInt8]()
      }
    try peer.send(message(read.id, 11, flags: 1, body))
    #expect(code { _ = try access.result() } == .protocolViolation)
  }

  @Test("a reply to no command, or with another command's number, ends the connection", arguments: [true, false])
  func unsolicited(withCommand: Bool) throws {
    if withCommand {
      let memory = memory
      let access = try Access { try memory.bytes(0x100, 4) }
      let probe = try #require(try peer.receive())
      try peer.send(message(probe.id, 12, flags: 1))
      #expect(code { _ = try access.result() } == .protocolViolation)
    } else {
      try peer.send(message(99, 11, flags: 1))
    }
    #expect(try peer.receive() == nil)
    let device = fixture.device
    #expect(eventually { device.events.last == "disconnected" })
    // The server is ready for the next client.
    #expect(try RawPeer(path: fixture.path).ask(message(2, 13))?.isError == false)
  }
}
