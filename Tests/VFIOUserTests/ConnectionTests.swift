// How clients come and go.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: connections")
struct ConnectionTests {
  private let fixture: Fixture

  init() throws {
    fixture = try Fixture()
  }

  @Test("QEMU's handshake: version 0.0, a reply that is no longer than the proposal, and what was proposed only")
  func handshake() throws {
    let peer = try RawPeer(path: fixture.path, negotiating: false)
    let proposal = bytes(UInt16(0), UInt16(0)) + Array(qemuCapabilities.utf8) + [0]
    let reply = try #require(try peer.ask(message(0x55, 1, proposal)))
    #expect(reply.id == 0x55 && reply.command == 1 && reply.flags == 1)
    #expect(Array(reply.body[0..<4]) == [0, 0, 0, 0])
    #expect(reply.body.count <= proposal.count)
    #expect(reply.body.last == 0)
    let text = String(decoding: reply.body[4..<reply.body.count - 1], as: UTF8.self)
    #expect(
      text == """
        {"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"max_dma_maps":65535,"pgsizes":4096,\
        "write_multiple":true}}
        """)
  }

  @Test("a later minor version is answered with 0.0, and who proposes nothing gets nothing")
  func minorVersion() throws {
    let peer = try RawPeer(path: fixture.path, negotiating: false)
    #expect(try peer.ask(message(1, 1, bytes(UInt16(0), UInt16(9))))?.body == [0, 0, 0, 0])
  }

  @Test("another major version, a malformed proposal, or another first command is an error and the end")
  func refusedVersion() throws {
    for first in [
      message(1, 1, bytes(UInt16(1), UInt16(0))), message(1, 1, bytes(UInt16(0), UInt16(0)) + Array("{]\0".utf8)),
      message(1, 13), message(1, 4, bytes(UInt32(16), UInt32(0), UInt64(0))),
    ] {
      let peer = try RawPeer(path: fixture.path, negotiating: false)
      #expect(try peer.ask(first)?.isError == true)
      #expect(try peer.receive() == nil)
    }
    // No device saw any of them.
    #expect(fixture.device.events == [])
  }

  @Test("the version is agreed on once")
  func secondVersion() throws {
    let peer = try RawPeer(path: fixture.path)
    #expect(try peer.ask(message(2, 1, bytes(UInt16(0), UInt16(0))))?.error == 22)
    #expect(try peer.ask(message(3, 13))?.isError == false)
  }

  @Test("the device learns who its client is")
  func peer() throws {
    let client = try fixture.client()
    let peer = fixture.device.state.withLock { $0.peer }
    #expect(peer?.processID == CurrentProcess.id)
    #expect(peer?.userID == CurrentProcess.effectiveUserID)
    #expect(!client.isDisconnected)
  }

  @Test("a client that is not authorized is disconnected without a word")
  func unauthorized() throws {
    var options = VFIOUserServer.Options()
    options.authorize = { _ in false }
    let strict = try Fixture(options)
    #expect(code { _ = try strict.client() } == .disconnected)
    #expect(strict.server.statistics.refusedClients == 1)
    #expect(strict.server.statistics.clients == 0)
  }

  @Test("a second client is refused while the first is there, and comes after it")
  func oneClient() throws {
    let first = try fixture.client()
    #expect(code { _ = try fixture.client() } == .busy)
    #expect(try first.read(region: 1, offset: 0, width: 1) == 0)
    #expect(fixture.server.statistics.refusedClients == 1)
    first.disconnect()
    for _ in 0..<50 {
      // Immediately, while the server may still be cleaning up.
      let next = try fixture.client()
      #expect(try next.read(region: 1, offset: 1, width: 1) == 1)
      next.disconnect()
    }
    #expect(fixture.server.statistics.clients == 51)
  }

  @Test("what a client leaves behind is cleaned up: the device is told, descriptors and mappings are gone")
  func cleanUp() async {
    // In a process of its own, where nobody else has descriptors.
    await #expect(processExitsWith: .success) { try Self.comeAndGo() }
  }

  private static func comeAndGo() throws {
    let fixture = try Fixture()
    let before = try openDescriptors()
    for _ in 0..<20 { try visit(fixture) }
    let device = fixture.device
    try #require(eventually { device.events.filter { $0 == "disconnected" }.count == 20 })
    try expectDescriptors(before)
    try #require(device.state.withLock { $0.mappings.isEmpty && $0.counters.isEmpty && $0.memory == nil })
  }

  private static func visit(_ fixture: Fixture) throws {
    let client = try fixture.client()
    let memory = try SharedMemory(name: "client", byteCount: 4096)
    let counters = try (0..<4).map { _ in try EventCounter() }
    try client.mapMemory(iova: 0, length: 4096, descriptor: memory.descriptor)
    try client.setInterrupts(index: 1, start: 0, count: 4, action: .trigger, data: .counters(counters))
    let region = try client.region(2)
    _ = try region.map(region.mappableAreas[0])
    try #require(fixture.device.state.withLock { $0.counters.count } == 4)
    client.disconnect()
  }

  @Test("a client that goes within a message is gone")
  func cutOff() throws {
    for count in [1, 15, 16, 20] {
      let peer = try RawPeer(path: fixture.path)
      try peer.send(Array(message(2, 9, bytes(UInt64(0), UInt32(0), UInt32(4))).prefix(count)))
    }
    #expect(try RawPeer(path: fixture.path).ask(message(2, 13))?.isError == false)
    #expect(fixture.server.statistics.clients == 5)
  }

  @Test("a message may arrive in any pieces")
  func pieces() throws {
    let peer = try RawPeer(path: fixture.path)
    for byte in message(2, 9, bytes(UInt64(5), UInt32(1), UInt32(2))) { try peer.send([byte]) }
    #expect(try peer.receive()?.body.suffix(2) == [5, 6])
    // Several in one piece, with a descriptor for the second only.
    let counter = try EventCounter()
    let read = message(3, 9, bytes(UInt64(5), UInt32(1), UInt32(2)))
    try peer.send(read + read)
    try peer.send(
      message(4, 8, bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(0), UInt32(1))) + read,
      descriptors: [counter.descriptor.number])
    #expect(try (0..<4).map { _ in try peer.receive()?.id } == [3, 3, 4, 3])
    #expect(fixture.device.state.withLock { $0.counters.count } == 1)
  }

  @Test("several servers in one process do not know of each other")
  func severalServers() throws {
    let fixtures = try (0..<4).map { _ in try Fixture() }
    let clients = try fixtures.map { try $0.client() }
    for index in 0..<4 { try clients[index].write(UInt64(index + 1), region: 0, offset: 0, width: 8) }
    for index in 0..<4 { #expect(try clients[index].read(region: 0, offset: 0, width: 8) == UInt64(index + 1)) }
    fixtures[0].server.stop()
    #expect(code { _ = try clients[0].read(region: 0, offset: 0, width: 8) } == .disconnected)
    #expect(try clients[1].read(region: 0, offset: 0, width: 8) == 2)
  }

  @Test("stopping ends the client's connection, tells the device, and removes the socket file")
  func stop() throws {
    let client = try fixture.client()
    #expect(fixture.server.hasClient)
    #expect(try Pathname.status(of: fixture.path).kind == .socket)
    fixture.server.stop()
    fixture.server.stop()
    #expect(fixture.device.events == ["connected", "disconnected"])
    #expect(!fixture.server.hasClient)
    #expect(code { _ = try client.read(region: 0, offset: 0, width: 1) } == .disconnected)
    #expect(number { _ = try fixture.client() } == SystemError.notFound)
  }

  @Test("the command that is being carried out when the server stops is still answered")
  func drain() throws {
    let (entered, leave) = (Gate(), Gate())
    fixture.device.state.withLock { state in
      state.onWrite = { _, _ in
        entered.open()
        _ = leave.wait(nanoseconds: 60_000_000_000)
      }
    }
    let peer = try RawPeer(path: fixture.path)
    try peer.send(message(7, 10, bytes(UInt64(0), UInt32(0), UInt32(1), UInt8(1))))
    try peer.send(message(8, 13))
    #expect(entered.wait(nanoseconds: 60_000_000_000))
    let server = fixture.server
    let stopping = try Thread(name: "stops") { server.stop() }
    #expect(try Pathname.status(of: fixture.path).kind == .socket)
    leave.open()
    #expect(try peer.receive()?.id == 7)
    // What came later may be dropped, but never half: then comes the end.
    while let later = try? peer.receive() { #expect(later.id == 8) }
    stopping.join()
    #expect(fixture.device.events.last == "disconnected")
  }

  @Test("a socket file that a dead process left behind is replaced, one in use is not")
  func socketFile() throws {
    #expect(number { _ = try VFIOUserServer(try ToyDevice(), path: fixture.path) } == SystemError.addressInUse)
    let path = Fixture.newPath()
    // Its file stays when it is closed, as when a process dies.
    _ = try UnixSocket.listen(on: path)
    let server = try VFIOUserServer(try ToyDevice(), path: path)
    _ = try VFIOUserClient(path: path)
    // Someone else's file of the same name is not removed.
    try Pathname.unlink(path)
    let other = try FileDescriptor.open(path, .writeOnly, options: [.create, .exclusive])
    server.stop()
    #expect(try Pathname.status(of: path).isSameFile(as: other.status()))
    #expect(number { _ = try VFIOUserServer(try ToyDevice(), path: path) } == SystemError.addressInUse)
    try Pathname.unlink(path)
    #expect(
      number { _ = try VFIOUserServer(try ToyDevice(), path: "/tmp/" + String(repeating: "x", count: 120)) }
        == SystemError.nameTooLong)
  }

  @Test("a client that reads no replies does not keep the server from stopping")
  func deafClient() throws {
    let peer = try RawPeer(path: fixture.path)
    // The replies are more than both directions hold, the commands are not.
    for _ in 0..<150 { try peer.send(message(2, 9, bytes(UInt64(0), UInt32(7), UInt32(4096)))) }
    let server = fixture.server
    #expect(eventually { server.statistics.commands > 10 })
    peer.socket.shutDown()
    server.stop()
    #expect(fixture.device.events.last == "disconnected")
  }
}
