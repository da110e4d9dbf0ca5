// The kernel's queues, with a tree of files and calls of the test's own.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("uacce") struct UACCETests {
  /// A node that notes the calls.
  private final class FakeFile: UACCEFile {
    let calls = Guarded<[String]>([])
    let failure = Guarded<Int32?>(nil)
    let ready = Guarded<PollEvents>([])
    let memory: SharedMemory

    init() throws { memory = try SharedMemory(name: "fake-uacce", byteCount: 4 * CurrentProcess.pageSize) }

    func control(_ request: UInt, _ argument: inout [UInt8]) throws(SystemError) {
      let text = String(request, radix: 16)
      let copy = argument
      calls.withLock { $0.append("\(text) \(copy)") }
      if let number = failure.withLock({ $0 }) { throw SystemError(errno: number, operation: "ioctl") }
      if request == UacceRequest.setContext { argument[0] = 6 }
      if request == UacceRequest.setInformation { argument[0] = 128 }
    }

    func map(pageOffset: Int, byteCount: Int) throws(SystemError) -> SharedMapping {
      calls.withLock { $0.append("map \(pageOffset) \(byteCount / CurrentProcess.pageSize)") }
      return try memory.map(0..<byteCount)
    }

    func wait(nanoseconds: UInt64) throws(SystemError) -> PollEvents { ready.withLock { $0 } }
  }

  private struct Machine {
    let folder: TemporaryDirectory
    let file: FakeFile
    let opened: Opened
    let source: UACCESource

    final class Opened: Sendable {
      let paths = Guarded<[String]>([])
      let failure = Guarded<Int32?>(nil)
    }

    init(_ attributes: QueueAttributes) throws {
      let (folder, file, opened) = (try TemporaryDirectory(), try FakeFile(), Opened())
      (self.folder, self.file, self.opened) = (folder, file, opened)
      try folder.writeDevice(attributes)
      source = UACCESource(
        deviceDirectory: "/fake/dev", classDirectory: "\(folder.path)/class/uacce",
        calls: UACCECalls { (path) throws(SystemError) in
          opened.paths.withLock { $0.append(path) }
          if let number = opened.failure.withLock({ $0 }) { throw SystemError(errno: number, operation: "open") }
          return file
        })
    }
  }

  private func hisilicon(_ api: String = "hisi_qm_v3", flags: QueueFlags = .sharedVirtual) -> QueueAttributes {
    dummy("hisi_zip-1", algorithms: ["zlib", "gzip", "deflate"], free: 3, flags: flags, deviceAPI: api)
  }

  @Test("the kernel's devices are what sysfs says")
  func devices() throws {
    let machine = try Machine(hisilicon())
    #expect(try machine.source.devices() == [hisilicon()])
    try machine.folder.write("class/uacce/hisi_zip-1/isolate", "1")
    #expect(try machine.source.devices().first?.isIsolated == true)
    // Kernels before 6.1 have no such file; the node is the parent device's.
    try Pathname.unlink("\(machine.folder.path)/class/uacce/hisi_zip-1/isolate")
    try machine.folder.write("class/uacce/hisi_zip-1/device/numa_node", "1")
    let device = try #require(try machine.source.devices().first)
    #expect(!device.isIsolated && device.numaNode == 1)
    try machine.folder.write("class/uacce/hisi_zip-1/device/numa_node", "-1")
    #expect(try machine.source.devices().first?.numaNode == nil)
    #expect(code { _ = try UACCESource(classDirectory: "/nowhere").devices() } == .notFound)
  }

  @Test("a queue is opened in the kernel driver's order, and put back at the end")
  func order() throws {
    let machine = try Machine(hisilicon())
    let transport = try machine.source.open(device: "hisi_zip-1")
    #expect(machine.opened.paths.withLock { $0 } == ["/fake/dev/hisi_zip-1"])
    #expect(try transport.perform(QueueCommand.setContext, [0, 0, 1, 0]) == [6, 0, 1, 0])
    #expect(try transport.perform(QueueCommand.getInformation, []).count == 16)
    #expect(try transport.perform(QueueCommand.bindPASID, [0, 0, 0, 0]) == [0, 0, 0, 0, 1, 0, 0, 0])
    let rings = try transport.map(.rings)
    #expect(rings.byteCount == CurrentProcess.pageSize)
    #expect(code { _ = try transport.map(.rings) } == .exists)
    #expect(code { _ = try transport.map(.pool) } == .invalid)
    guard case .registers(let registers, let offset) = try transport.doorbell() else {
      Issue.record("no registers")
      return
    }
    #expect(registers.byteCount == 2 * CurrentProcess.pageSize && offset == 0x1000)
    transport.close()
    transport.close()
    #expect(
      machine.file.calls.withLock { $0 } == [
        "map 0 2", "map 1 1", "c004480a [0, 0, 1, 0]", "c010480b \([UInt8](repeating: 0, count: 16))", "5700 []",
        "5701 []",
      ])
    #expect(code { _ = try transport.perform(QueueCommand.start, []) } == .invalid)
  }

  @Test("the first generation has its doorbell elsewhere")
  func firstGeneration() throws {
    let machine = try Machine(hisilicon("hisi_qm_v1"))
    guard case .registers(_, let offset) = try machine.source.open(device: "hisi_zip-1").doorbell() else {
      Issue.record("no registers")
      return
    }
    #expect(offset == 0x340)
  }

  @Test("what the kernel refuses is an error of its kind")
  func refusals() throws {
    let machine = try Machine(hisilicon())
    let cases: [(Int32, QueueError.Code)] = [
      (SystemError.busy, .busy), (SystemError.accessDenied, .denied), (SystemError.notFound, .notFound),
      (SystemError.noDevice, .deviceLost), (SystemError.noMemory, .resourceExhausted),
    ]
    for (number, expected) in cases {
      machine.opened.failure.withLock { $0 = number }
      #expect(code { _ = try machine.source.open(device: "hisi_zip-1") } == expected)
    }
    machine.opened.failure.withLock { $0 = nil }
    let transport = try machine.source.open(device: "hisi_zip-1")
    machine.file.failure.withLock { $0 = SystemError.invalidArgument }
    #expect(code { _ = try transport.perform(QueueCommand.start, []) } == .invalid)
    #expect(code { _ = try transport.perform(QueueCommand.getBuffer, []) } == .unsupported)
    #expect(code { _ = try transport.perform(QueueCommand.setContext, [0]) } == .invalid)
    let plain = try Machine(hisilicon(flags: []))
    #expect(code { _ = try plain.source.open(device: "hisi_zip-1") } == .unsupported)
  }

  @Test("poll tells of completions, of the time limit, and of a queue that was stopped")
  func waiting() throws {
    let machine = try Machine(hisilicon())
    let transport = try machine.source.open(device: "hisi_zip-1")
    #expect(try !transport.wait(nanoseconds: 1))
    machine.file.ready.withLock { $0 = .readable }
    #expect(try transport.wait(nanoseconds: 1))
    machine.file.ready.withLock { $0 = .error }
    #expect(code { _ = try transport.wait(nanoseconds: 1) } == .resetting)
    let memory = unsafe UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: 4096), count: 1)
    #expect(try unsafe transport.share(memory, file: nil, offset: 0, isReadOnly: false) == 4096)
    try transport.unshare(deviceAddress: 4096, byteCount: 1)
  }

  @Test("the kernel's own files answer as they are")
  func kernel() throws {
    let folder = try TemporaryDirectory()
    try folder.write("node", "a file is no device")
    let file = try UACCECalls.kernel.open("\(folder.path)/node")
    var none: [UInt8] = []
    #expect(throws: SystemError.self) { try file.control(UacceRequest.startQueue, &none) }
    #expect(try file.map(pageOffset: 0, byteCount: 4096).byteCount == 4096)
    #expect(try file.wait(nanoseconds: 0) == .readable)
  }
}
