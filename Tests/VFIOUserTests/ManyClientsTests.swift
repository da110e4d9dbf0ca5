// One socket, several clients, a device for each.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: several clients")
struct ManyClientsTests {
  /// Admits, or not, and shows a region that is not there at first.
  private final class PickyDevice: VFIOUserDevice {
    let inner: ToyDevice
    let refusal: VFIOUserError?
    let extra = Guarded(false)

    init(refusal: VFIOUserError?) throws(SystemError) {
      inner = try ToyDevice()
      self.refusal = refusal
    }

    var information: VFIOUserDeviceInformation { inner.information }

    func admit(_ peer: UnixSocket.PeerCredentials) throws(VFIOUserError) {
      if let refusal { throw refusal }
    }

    func region(_ index: Int) throws(VFIOUserError) -> VFIOUserRegion? {
      if index == 5 { throw VFIOUserError(.busy, "not now") }
      return index == 4 && extra.withLock { $0 } ? VFIOUserRegion(size: 8192, memory: inner.doorbells) : nil
    }

    func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {
      inner.connected(memory: memory, peer: peer)
    }
    func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
      try inner.readRegion(region, offset: offset, into: &data)
    }
    func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {
      try inner.writeRegion(region, offset: offset, from: data)
    }
    func mapMemory(
      iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
    ) throws(VFIOUserError) {
      try inner.mapMemory(iova: iova, length: length, permissions: permissions, mapping: mapping)
    }
    func unmapMemory(iova: UInt64, length: UInt64) { inner.unmapMemory(iova: iova, length: length) }
    func setInterrupts(
      index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
    ) throws(VFIOUserError) {}
    func reset() throws(VFIOUserError) {}
    func disconnected() { inner.disconnected() }
    func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply) {
      reply.answerWithoutWaiting(body.isEmpty ? .failure(VFIOUserError(.busy, "no body")) : .success(body))
    }
  }

  private let devices = Box<[PickyDevice]>()

  private func server(_ path: String, most: Int, refusal: VFIOUserError? = nil) throws -> VFIOUserServer {
    devices.set([])
    let made = try (0..<8).map { _ in try PickyDevice(refusal: refusal) }
    let next = Guarded(0)
    return try VFIOUserServer(path: path, mostClients: most) { [devices] _ in
      let device = made[
        next.withLock { next in
          next += 1
          return next - 1
        }]
      devices.set((devices.get ?? []) + [device])
      return device
    }
  }

  @Test("each has its own registers, and one too many is told so until one has gone")
  func registers() throws {
    let path = Fixture.newPath()
    let server = try server(path, most: 2)
    let first = try VFIOUserClient(path: path, timeLimit: 60_000_000_000)
    let second = try VFIOUserClient(path: path, timeLimit: 60_000_000_000)
    try first.write(1, region: 0, offset: 0x10, width: 4)
    try second.write(2, region: 0, offset: 0x10, width: 4)
    #expect(try first.read(region: 0, offset: 0x10, width: 4) == 1)
    #expect(try second.read(region: 0, offset: 0x10, width: 4) == 2)
    #expect(server.clientCount == 2)
    #expect(code { _ = try VFIOUserClient(path: path, timeLimit: 60_000_000_000) } == .busy)
    first.disconnect()
    let third = try VFIOUserClient(path: path, timeLimit: 60_000_000_000)
    #expect(try third.read(region: 0, offset: 0x10, width: 4) == 0)
    server.disconnect { $0.processID == CurrentProcess.id }
    #expect(eventually { server.clientCount == 0 })
    #expect(code { _ = try third.read(region: 0, offset: 0x10, width: 4) } == .disconnected)
    server.stop()
    #expect(server.statistics.clients == 3)
    #expect(server.statistics.refusedClients == 1)
  }

  @Test("a device that does not admit a client says why, and is told nothing")
  func refusal() throws {
    let path = Fixture.newPath()
    let server = try server(path, most: 2, refusal: VFIOUserError(errno: 62, "resetting"))
    #expect(number { _ = try VFIOUserClient(path: path, timeLimit: 60_000_000_000) } == 62)
    server.stop()
    #expect(devices.get?.first?.inner.events == [])
  }

  @Test("a region that came later is described as it is then")
  func regions() throws {
    let path = Fixture.newPath()
    let server = try server(path, most: 2)
    let client = try VFIOUserClient(path: path, timeLimit: 60_000_000_000)
    #expect(try client.region(4).size == 0)
    devices.get?.first?.extra.withLock { $0 = true }
    #expect(try client.region(4).mappableAreas == [0..<8192])
    #expect(code { _ = try client.region(5) } == .busy)
    #expect(try client.perform(command: 0x7000, body: [1, 2]) == [1, 2])
    #expect(code { _ = try client.perform(command: 0x7000) } == .busy)
    server.stop()
  }
}
