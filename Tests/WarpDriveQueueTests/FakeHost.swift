// A host of one device in a run directory, in a test's hands.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import VFIOUser
import WarpDriveQueue

/// A mediated device that notes what it is asked.
final class FakeMediatedDevice: VFIOUserDevice {
  struct State {
    var events: [String] = []
    var waits: [VFIOUserReply] = []
    var failures: [UInt16: QueueError] = [:]
    var flags = QueueFlags([.sharedVirtual, .doorbellPage])
    var peer: UnixSocket.PeerCredentials?
  }

  let doorbells: SharedMemory
  let rings: SharedMemory
  let wakeUp: EventCounter
  let state = Guarded(State())

  init() throws {
    doorbells = try SharedMemory(name: "fake-doorbells", byteCount: 2 * CurrentProcess.pageSize)
    rings = try SharedMemory(name: "fake-rings", byteCount: 4 * CurrentProcess.pageSize)
    wakeUp = try EventCounter()
  }

  var events: [String] { state.withLock { $0.events } }

  private func note(_ event: String) { state.withLock { $0.events.append(event) } }

  var information: VFIOUserDeviceInformation {
    VFIOUserDeviceInformation(
      flags: .reset,
      regions: [
        VFIOUserRegion(
          size: UInt64(doorbells.byteCount), memory: doorbells,
          writeEvents: [VFIOUserWriteEvent(offset: 0x1000, size: 8, counter: wakeUp)]),
        VFIOUserRegion(size: UInt64(rings.byteCount), memory: rings),
      ], interrupts: [])
  }

  func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {
    state.withLock { $0.peer = peer }
    note("connected")
  }

  func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {}
  func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {}

  func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError) {
    note("share \(length) \(permissions.rawValue) \(mapping == nil ? "reached" : "mapped")")
    if length == 13 { throw VFIOUserError(errno: QueueError.Code.denied.rawValue, "not that much") }
    if let mapping { unsafe mapping.base.storeBytes(of: 0x5a, as: UInt8.self) }
  }

  func unmapMemory(iova: UInt64, length: UInt64) { note("unshare \(length)") }

  func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {}

  func reset() throws(VFIOUserError) {}

  func disconnected() {
    let waits = state.withLock { state in
      defer { state.waits = [] }
      return state.waits
    }
    for wait in waits { wait.fail(VFIOUserError(.disconnected, "gone")) }
    note("disconnected")
  }

  func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply) {
    note("command \(String(command, radix: 16)) \(body)")
    if let failure = state.withLock({ $0.failures[command] }) {
      reply.fail(VFIOUserError(errno: failure.code.rawValue, failure.message))
      return
    }
    switch command {
    case QueueCommand.wait:
      state.withLock { $0.waits.append(reply) }
    case QueueCommand.bindPASID:
      let flags = state.withLock { $0.flags }.rawValue
      reply.succeed([9, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: flags >> UInt32(8 * $0)) })
    case QueueCommand.setContext:
      reply.succeed([5, 0] + body.suffix(2))
    default:
      reply.succeed([])
    }
  }
}

/// A run directory with a device `fake-0`.
final class FakeHost {
  static let mediated = "6f3a9a0e-5f2c-4a86-9c8e-0f1e2d3c4b5a"

  let folder: TemporaryDirectory
  let device: FakeMediatedDevice
  var server: VFIOUserServer?
  let attributes = dummy(
    "fake-0", algorithms: ["zlib", "gzip"], free: 7, node: 0, flags: [.doorbellPage, .emulated],
    deviceAPI: "hisi_qm_v2", dmaFlags: .multiProcess)

  init() throws {
    folder = try TemporaryDirectory()
    device = try FakeMediatedDevice()
    try folder.write("version", "1")
    try folder.writeDevice(attributes)
    try folder.writeParameters(attributes)
    server = try VFIOUserServer(device, path: "\(folder.path)/fake-0.sock")
  }

  deinit { server?.stop() }

  var source: RunDirectorySource { RunDirectorySource(folder.path, timeLimit: minute) }

  func open() throws -> any QueueTransport { try source.open(device: "fake-0") }
}
