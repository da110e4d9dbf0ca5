// Devices of a host: its run directory and its sockets.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser
import WarpDriveQueue

@Suite("Run directory") struct RunDirectoryTests {
  @Test("a host's devices are what its files say")
  func devices() throws {
    let host = try FakeHost()
    #expect(try host.source.devices() == [host.attributes])
    try host.folder.writeDevice(dummy("gone-0"))
    try host.folder.write("class/uacce/bad-0/api", "x")
    // Without its parameters, or with files that make no sense, a device is left out.
    #expect(try host.source.devices() == [host.attributes])
  }

  @Test("a directory that is not a host's, or not to be trusted, is refused")
  func trust() throws {
    let host = try FakeHost()
    #expect(code { _ = try RunDirectorySource("\(host.folder.path)/none").devices() } == .notFound)
    #expect(code { _ = try RunDirectorySource("\(host.folder.path)/version").devices() } == .notFound)
    try Pathname.setMode(0o777, of: host.folder.path)
    #expect(code { _ = try host.source.devices() } == .denied)
    #expect(code { _ = try host.open() } == .denied)
    try Pathname.setMode(0o770, of: host.folder.path)
    _ = try host.source.devices()
    for version in ["2", "", "01", "1 1"] {
      try host.folder.write("version", version)
      #expect(code { _ = try host.source.devices() } == .version)
      #expect(code { _ = try host.open() } == .version)
    }
    try Pathname.unlink("\(host.folder.path)/version")
    #expect(code { _ = try host.source.devices() } == .notFound)
  }

  @Test("a directory of another user's is refused", .enabled(if: CurrentProcess.effectiveUserID == 0))
  func stranger() throws {
    let host = try FakeHost()
    try Pathname.setOwner(of: host.folder.path, userID: 12_345)
    #expect(code { _ = try host.source.devices() } == .denied)
    #expect(code { _ = try host.open() } == .denied)
    try Pathname.setOwner(of: host.folder.path, userID: 0)
  }

  @Test("names cannot lead elsewhere", arguments: ["", "..", "a/b", "../fake-0", ".hidden", "a b", "fake-0\0"])
  func names(name: String) throws {
    let host = try FakeHost()
    #expect(code { _ = try host.source.open(device: name) } == .notFound)
    #expect(code { _ = try host.source.open(mediatedDevice: name) } == .notFound)
  }

  @Test("without a server there is no queue, and a second client is busy")
  func connecting() throws {
    let host = try FakeHost()
    do {
      let transport = try host.open()
      #expect(code { _ = try host.open() } == .busy)
      transport.close()
    }
    host.server?.stop()
    #expect(code { _ = try host.open() } == .notFound)
    #expect(code { _ = try host.source.open(device: "none-0") } == .notFound)
  }

  @Test("a mediated device is found by its UUID")
  func mediatedDevice() throws {
    let host = try FakeHost()
    let uuid = FakeHost.mediated
    #expect(code { _ = try host.source.open(mediatedDevice: uuid) } == .notFound)
    try host.folder.write(
      "class/sdmdev/fake-0/device/mdev_supported_types/fake-fake/devices/\(uuid)", "")
    try host.folder.write("mdev/x", "")
    let server = try VFIOUserServer(try FakeMediatedDevice(), path: "\(host.folder.path)/mdev/\(uuid).sock")
    #expect(try host.source.open(mediatedDevice: uuid.uppercased()).attributes.device == "fake-0")
    server.stop()
  }

  @Test("commands travel with their bodies, and errors come back as they were")
  func commands() throws {
    let host = try FakeHost()
    let transport = try host.open()
    #expect(try transport.perform(QueueCommand.setContext, [0, 0, 1, 0]) == [5, 0, 1, 0])
    #expect(host.device.events.last == "command 480a [0, 0, 1, 0]")
    for code in [.resetting, .denied, .busy, .exists, .deviceLost, .unsupported] as [QueueError.Code] {
      host.device.state.withLock { $0.failures[QueueCommand.start] = QueueError(code, "so it is") }
      do throws(QueueError) {
        _ = try transport.perform(QueueCommand.start, [])
        Issue.record("no error")
      } catch {
        #expect(error.code == code)
      }
    }
    #expect(!transport.attributes.flags.contains(.sharedVirtual))
    #expect(try transport.perform(QueueCommand.bindPASID, [0, 0, 0, 0]).first == 9)
    #expect(transport.attributes.flags == [.sharedVirtual, .doorbellPage])
  }

  @Test("a region is mapped once, and is the host's memory")
  func regions() throws {
    let host = try FakeHost()
    let transport = try host.open()
    let rings = try transport.map(.rings)
    #expect(rings.byteCount == host.device.rings.byteCount)
    let theirs = try host.device.rings.map()
    unsafe rings.base.storeBytes(of: 77, toByteOffset: 4097, as: UInt8.self)
    #expect(unsafe theirs.base.load(fromByteOffset: 4097, as: UInt8.self) == 77)
    #expect(code { _ = try transport.map(.rings) } == .exists)
    #expect(code { _ = try transport.map(.pool) } == .invalid)
    guard case .page(let page, let wakeUp) = try transport.doorbell() else {
      Issue.record("no doorbell page")
      return
    }
    wakeUp.signal()
    #expect(host.device.wakeUp.take() == 1)
    #expect(page.byteCount == host.device.doorbells.byteCount)
    #expect(code { _ = try transport.doorbell() } == .exists)
  }

  @Test("memory of a file is mapped by the host, other memory is reached by it")
  func sharing() throws {
    let host = try FakeHost()
    let transport = try host.open()
    let memory = try SharedMemory(name: "mine", byteCount: 8192)
    let mapping = try memory.map()
    let half = unsafe UnsafeMutableRawBufferPointer(start: mapping.base + 4096, count: 4096)
    let address = try unsafe transport.share(half, file: memory, offset: 4096, isReadOnly: false)
    #expect(unsafe address == UInt64(UInt(bitPattern: mapping.base + 4096)))
    #expect(unsafe half[0] == 0x5a)
    try transport.unshare(deviceAddress: address, byteCount: 4096)
    let other = try unsafe transport.share(
      UnsafeMutableRawBufferPointer(start: mapping.base, count: 100), file: nil, offset: 0, isReadOnly: true)
    try transport.unshare(deviceAddress: other, byteCount: 100)
    #expect(
      host.device.events.suffix(4) == ["share 4096 3 mapped", "unshare 4096", "share 100 1 reached", "unshare 100"])
    let refused = unsafe UnsafeMutableRawBufferPointer(start: mapping.base, count: 13)
    #expect(code { _ = try unsafe transport.share(refused, file: nil, offset: 0, isReadOnly: false) } == .denied)
    let empty = unsafe UnsafeMutableRawBufferPointer(start: mapping.base, count: 0)
    #expect(code { _ = try unsafe transport.share(empty, file: nil, offset: 0, isReadOnly: false) } == .invalid)
    #expect(code { try transport.unshare(deviceAddress: address, byteCount: 0) } == .invalid)
  }

  @Test("WAIT ends with a completion, a time limit, a reset or the host")
  func waiting() throws {
    let host = try FakeHost()
    let transport = try host.open()
    func answer(_ body: @escaping @Sendable (VFIOUserReply) -> Void) throws -> ThreadGroup {
      let device = host.device
      return try ThreadGroup(count: 1) { _ in
        guard eventually({ device.state.withLock { !$0.waits.isEmpty } }) else { return }
        for reply in device.state.withLock({ state in
          defer { state.waits = [] }
          return state.waits
        }) { body(reply) }
      }
    }
    var thread = try answer { $0.succeed([1, 0, 0, 0]) }
    #expect(try transport.wait(nanoseconds: minute))
    thread.join()
    thread = try answer { $0.succeed([0, 0, 0, 0]) }
    #expect(try !transport.wait(nanoseconds: 1))
    thread.join()
    #expect(host.device.events.last == "command 5701 [1, 0, 0, 0]")
    thread = try answer { $0.fail(VFIOUserError(errno: QueueError.Code.resetting.rawValue, "reset")) }
    #expect(code { _ = try transport.wait(nanoseconds: minute) } == .resetting)
    thread.join()
    thread = try answer { $0.succeed([]) }
    #expect(code { _ = try transport.wait(nanoseconds: minute) } == .version)
    thread.join()
  }

  @Test("a host that goes is noticed by who waits, who asks, and who only polls")
  func hostGone() throws {
    let host = try FakeHost()
    let transport = try host.open()
    #expect(transport.isConnected)
    let device = host.device
    let server = host.server
    let thread = try ThreadGroup(count: 1) { _ in
      guard eventually({ device.state.withLock { !$0.waits.isEmpty } }) else { return }
      server?.stop()
    }
    #expect(code { _ = try transport.wait(nanoseconds: minute) } == .deviceLost)
    thread.join()
    #expect(!transport.isConnected)
    #expect(code { _ = try transport.perform(QueueCommand.start, []) } == .deviceLost)
    let queue = try Queue(transport, adapters: AdapterTable([SilentAdapter()]))
    #expect(code { _ = try queue.receiveSync(timeout: minute) } == .deviceLost)
    let deadline = MonotonicClock.deadline(after: minute)
    var found: QueueError.Code?
    while found == nil, MonotonicClock.now() < deadline { found = code { _ = try queue.receive() } }
    #expect(found == .deviceLost)
    #expect(code { try queue.flush(timeout: minute) } == .deviceLost)
  }

  @Test("a child reaches neither its parent's host nor its mappings, and does not end the connection")
  func fork() throws {
    let host = try FakeHost()
    var transport: (any QueueTransport)? = try host.open()
    let child = try ForkedChild {
      do throws(QueueError) {
        _ = try transport?.perform(QueueCommand.start, [])
        return 1
      } catch {
        guard error.code == .denied else { return 2 }
      }
      transport?.close()
      transport = nil
      return 0
    }
    #expect(child.wait() == .exit(0))
    #expect(try transport?.perform(QueueCommand.start, []) == [])
    transport?.close()
    #expect(eventually { host.device.events.last == "disconnected" })
  }

  /// A driver whose device never answers.
  private struct SilentAdapter: QueueAdapter {
    var deviceAPIs: [String] { ["hisi_qm_v2"] }
    func open(_ transport: any QueueTransport, type: UInt16) throws(QueueError) -> any QueueDriver { SilentDriver() }
  }

  private final class SilentDriver: QueueDriver {
    var messageSize: Int { 128 }
    var depth: Int { 1 }
    func send(_ message: RawSpan) throws(QueueError) {}
    func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool { false }
    func requestNotification() throws(QueueError) {}
    func flush(nanoseconds: UInt64) throws(QueueError) { throw QueueError(.timedOut, "never") }
    func close() {}
  }
}
