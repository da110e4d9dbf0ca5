// Clients that die, say nothing, read nothing, or ask for too much.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import VFIOUser
import WarpDriveQueue

@Suite("Hostile and dead clients")
struct HostileTests {
  /// A process that has a queue; its body makes system calls only.
  ///
  /// - Parameter leavesChild: whether it ends at once and leaves the connection to a child of its own.
  private func process(at path: String, leavesChild: Bool = false) throws -> ForkedChild {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    // Number, VERSION, size, flags, error; version 0.0 and no capabilities.
    let hello = bytes(1 as UInt16) + bytes(1 as UInt16) + bytes(20 as UInt32) + bytes(0 as UInt64) + bytes(0 as UInt32)
    return try ForkedChild {
      let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(number, $0, size) == 0 }
      }
      guard isConnected, unsafe write(number, hello, 20) == 20 else { return 1 }
      var reply: UInt64 = 0
      guard unsafe read(number, &reply, 8) == 8 else { return 2 }
      if leavesChild && cFork() != 0 { return 0 }
      // Until the host ends the connection.
      while unsafe read(number, &reply, 8) > 0 {}
      return 3
    }
  }

  @Test("a process that is killed leaves nothing behind", arguments: [DMAFlags.singleProcess, .sharedVirtual])
  func killed(mode: DMAFlags) throws {
    let host = try Host(try Fixture(mode: mode))
    let child = try process(at: host.socket)
    #expect(eventually { host.fixture.device.mediatedDevices.first?.owner?.processID == child.identifier })
    #expect(host.fixture.parent.freeCount == 3)
    if mode == .singleProcess { #expect(code { _ = try host.client() } == .busy) }
    _ = consume child
    #expect(eventually { host.fixture.parent.freeCount == 4 && host.fixture.function.pasids == [] })
    _ = try host.client()
  }

  @Test("a process that ends while a child of it has the connection leaves nothing behind either")
  func orphan() throws {
    let host = try Host(try Fixture())
    let child = try process(at: host.socket, leavesChild: true)
    #expect(child.wait() == .exit(0))
    #expect(eventually { host.fixture.parent.freeCount == 4 && host.server.clientCount(of: host.fixture.device) == 0 })
  }

  @Test("who says nothing takes no queue, and no place of others for long")
  func silent() throws {
    var options = MediatedDeviceServer.Options()
    options.negotiationTimeLimit = 50_000_000
    options.mostClients = 2
    let host = try Host(try Fixture(), options: options)
    let first = try UnixSocket.connect(to: host.socket)
    let second = try UnixSocket.connect(to: host.socket)
    #expect(host.fixture.parent.freeCount == 4)
    #expect(eventually { first.isHungUp && second.isHungUp })
    #expect(eventually { (try? host.client()) != nil })
  }

  @Test("a client too many is told so")
  func crowd() throws {
    var limits = SDMDEVLimits()
    limits.queuesOfUser = 2
    let host = try Host(try Fixture(limits: limits))
    let clients = try (0..<2).map { _ in try host.client() }
    for _ in 0..<40 { #expect(code { _ = try host.client() } == .busy) }
    #expect(host.fixture.parent.freeCount == 2)
    for client in clients { client.disconnect() }
    #expect(eventually { (try? host.client()) != nil })
  }

  @Test("malformed commands are errors, and the queue is as it was")
  func malformed() throws {
    let host = try Host(try Fixture())
    let client = try host.client()
    let commands = [
      QueueCommand.start, QueueCommand.bindPASID, QueueCommand.getBuffer, QueueCommand.setContext,
      QueueCommand.deviceAddress, QueueCommand.wait,
    ]
    for command in commands {
      for length in [1, 3, 5, 7, 9, 16, 4096] {
        let body = [UInt8](repeating: 0xFF, count: length)
        #expect(code { _ = try client.perform(command: command, body: body) } == .invalid, "\(command) \(length)")
      }
    }
    #expect(code { _ = try client.perform(command: QueueCommand.bindPASID, body: bytes(UInt32.max)) } == .denied)
    #expect(code { _ = try client.region(3) } == .invalid)
    #expect(host.fixture.device.mediatedDevices.first?.queueState == .initial)
    let memory = try SharedMemory(name: "test", byteCount: 4096)
    _ = try client.region(1)
    for length in [UInt64.max, 1 << 62, 1 << 40] {
      #expect(code { try client.mapMemory(iova: 0, length: length, descriptor: memory.descriptor) } != nil)
      #expect(code { try client.mapMemory(iova: 0, length: length) } != nil)
    }
    #expect(host.fixture.sdmdevs.usage(ofUser: CurrentProcess.effectiveUserID).lockedBytes == 0)
  }

  @Test("a storm of mappings ends at the limit, and leaves nothing")
  func storm() throws {
    var limits = SDMDEVLimits()
    limits.mappingsOfQueue = 100
    let host = try Host(try Fixture(limits: limits))
    let client = try host.client()
    _ = try client.region(1)
    let memory = try SharedMemory(name: "test", byteCount: 4096)
    var refused = 0
    for index in 0..<200 {
      let outcome = code {
        try client.mapMemory(iova: UInt64(index) * 8192, length: 4096, descriptor: memory.descriptor)
      }
      if let outcome {
        #expect(outcome == .resourceExhausted)
        refused += 1
      }
    }
    #expect(refused == 100)
    client.disconnect()
    #expect(eventually { host.fixture.function.mappingCount == 0 && host.fixture.parent.freeCount == 4 })
  }

  @Test("a client that reads no answers keeps neither the device nor others waiting, and is gone with the host")
  func deaf() throws {
    var options = MediatedDeviceServer.Options()
    options.stopTimeLimit = 100_000_000
    let host = try Host(try Fixture(), options: options)
    let deaf = try UnixSocket.connect(to: host.socket)
    let hello = bytes(1 as UInt16) + bytes(1 as UInt16) + bytes(20 as UInt32) + bytes(0 as UInt64) + bytes(0 as UInt32)
    try unsafe deaf.sendAll(hello.span.bytes)
    #expect(eventually { host.fixture.parent.last != nil })
    let queue = try #require(host.fixture.parent.last)
    // The rings' description starts the queue; then WAITs, then so many questions that their answers find no room.
    let describe =
      bytes(2 as UInt16) + bytes(5 as UInt16) + bytes(48 as UInt32) + bytes(0 as UInt64)
      + bytes(32 as UInt32) + bytes(0 as UInt32) + bytes(1 as UInt32) + bytes(0 as UInt32) + bytes(0 as UInt64)
      + bytes(0 as UInt64)
    try unsafe deaf.sendAll(describe.span.bytes)
    for id: UInt16 in 3..<11 {
      let wait = bytes(id) + bytes(QueueCommand.wait) + bytes(20 as UInt32) + bytes(0 as UInt64) + bytes(0 as UInt32)
      try unsafe deaf.sendAll(wait.span.bytes)
    }
    #expect(eventually { queue.state == .started })
    let information =
      bytes(11 as UInt16) + bytes(4 as UInt16) + bytes(32 as UInt32) + bytes(0 as UInt64)
      + bytes(16 as UInt32) + [UInt8](repeating: 0, count: 12)
    try deaf.setSendLimit(nanoseconds: 200_000_000)
    var sent = 0
    while sent < 100_000, (try? unsafe deaf.sendAll(information.span.bytes)) != nil { sent += 1 }
    // The thread of the device that answers the WAITs does not wait for the one that does not read.
    for _ in 0..<3 { queue.complete() }
    let client = try host.client()
    _ = try client.region(1)
    #expect(host.fixture.parent.freeCount == 2)
    host.server.stop()
    #expect(host.fixture.parent.freeCount == 4)
  }

  @Test("who is not authorized gets no queue")
  func unauthorized() throws {
    var options = MediatedDeviceServer.Options()
    options.authorize = { _ in false }
    let host = try Host(try Fixture(), options: options)
    #expect(throws: VFIOUserError.self) { _ = try host.client() }
    #expect(host.fixture.parent.freeCount == 4)
  }

  @Test("sockets are their owner's alone, or a group's, and never everybody's")
  func permissions() throws {
    let host = try Host(try Fixture())
    #expect(try Pathname.status(of: host.socket).mode == 0o600)
    #expect(try Pathname.status(of: "\(host.directory)/mdev").mode & 0o077 == 0)
    var options = MediatedDeviceServer.Options()
    let group = try Pathname.status(of: host.socket).groupID
    options.mode = 0o660
    options.groupID = group
    let other = try Host(try Fixture(), options: options)
    #expect(try Pathname.status(of: other.socket).mode == 0o660)
    #expect(try Pathname.status(of: other.socket).groupID == group)
    #expect(try Pathname.status(of: "\(other.directory)/mdev").mode == 0o750)
  }

  @Test("a device that is unregistered ends its clients' queues, and its service the connections")
  func unregistered() throws {
    let host = try Host(try Fixture())
    let client = try host.client()
    _ = try client.region(1)
    let device = host.fixture.device
    try host.fixture.sdmdevs.unregister("fake-0")
    #expect(code { _ = try client.region(1) } == .deviceLost)
    #expect(code { _ = try host.client() } == .deviceLost)
    host.server.endService(of: device)
    #expect(throws: VFIOUserError.self) { _ = try client.region(1) }
    #expect((try? Pathname.status(of: host.socket)) == nil)
    #expect(code { try host.server.serve(device) } == nil)
  }
}
