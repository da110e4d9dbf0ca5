// What a function at the other end of a socket does.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

/// Memory that is reached by calls, at the addresses that the device uses.
private final class TestMemory: RemoteMemory {
  let base: UInt64
  let bytes: Guarded<[UInt8]>

  init(base: UInt64, _ bytes: [UInt8]) {
    self.base = base
    self.bytes = Guarded(bytes)
  }

  func read(address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    bytes.withLock { bytes in
      guard address >= base, address - base + UInt64(buffer.count) <= UInt64(bytes.count) else { return false }
      let start = Int(address - base)
      unsafe buffer.copyBytes(from: bytes[start..<start + buffer.count])
      return true
    }
  }

  func write(address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool {
    let new = unsafe [UInt8](buffer)
    return bytes.withLock { bytes in
      guard address >= base, address - base + UInt64(new.count) <= UInt64(bytes.count) else { return false }
      let start = Int(address - base)
      bytes.replaceSubrange(start..<start + new.count, with: new)
      return true
    }
  }
}

@Suite("VFIOUserFunction")
struct VFIOUserFunctionTests {
  private let folder: TemporaryDirectory
  private let device = ToyFunction()
  private let server: VFIOUserServer
  private var path: String { "\(folder.path)/device.sock" }

  init() throws {
    folder = try TemporaryDirectory()
    server = try VFIOUserServer(device, path: "\(folder.path)/device.sock")
  }

  @Test("registers are read and written, and what the device refuses is an error")
  func registers() throws {
    let function = try VFIOUserFunction(path: path)
    defer { server.stop() }
    try function.write(0x1122_3344_5566_7788, region: 2, offset: 24, width: 8)
    #expect(try function.read(region: 2, offset: 24, width: 8) == 0x1122_3344_5566_7788)
    #expect(deviceError { _ = try function.read(region: 2, offset: 24, width: 4) }?.code == .invalid)
    #expect(deviceError { _ = try function.read(region: 2, offset: 64, width: 8) }?.code == .invalid)
    #expect(deviceError { try function.write(0, region: 3, offset: 0, width: 8) }?.code == .invalid)
    try function.reset()
    #expect(device.state.withLock { $0.resets } == 1)
  }

  @Test("memory is mapped by its file where that is known, and served by messages otherwise", arguments: [true, false])
  func memory(hasFile: Bool) throws {
    let function = try VFIOUserFunction(path: path)
    defer { server.stop() }
    let file = try SharedMemory(name: "test", byteCount: 8192)
    let mapping = try file.map(4096..<8192)
    unsafe mapping.base.storeBytes(of: 0xabcd, toByteOffset: 16, as: UInt64.self)
    let memory = hasFile ? DeviceMemory(mapping, of: file, at: 4096) : DeviceMemory(mapping)
    try function.map(memory, iova: 0x1_0000_0000, permissions: [.read, .write], pasid: nil)
    #expect((device.state.withLock { $0.mapping?.memory } != nil) == hasFile)
    try function.write(0x1_0000_0010, region: 2, offset: 8, width: 8)
    #expect(unsafe mapping.base.load(fromByteOffset: 24, as: UInt64.self) == 0xabcd)
    #expect(
      deviceError { try function.map(memory, iova: 0x1_0000_0800, permissions: .read, pasid: nil) }?.code == .invalid)
    #expect(deviceError { try function.unmap(iova: 0x1_0000_0000, length: 8, pasid: nil) }?.code == .invalid)
    #expect(deviceError { try function.map(memory, iova: 0, permissions: .read, pasid: 3) }?.code == .invalid)
    try function.unmap(iova: 0x1_0000_0000, length: 4096, pasid: nil)
    #expect(deviceError { try function.write(0x1_0000_0010, region: 2, offset: 8, width: 8) }?.code == .invalid)
  }

  @Test("memory of another process is served at the device's addresses")
  func remoteMemory() throws {
    let function = try VFIOUserFunction(path: path)
    defer { server.stop() }
    #expect(function.capabilities == [.emulated, .remoteMemory])
    let memory = TestMemory(base: 0x7000, [1, 2, 3, 4, 5, 6, 7, 8] + [UInt8](repeating: 0, count: 8))
    try function.mapRemote(memory, iova: 0x7000, length: 64, permissions: [.read, .write], pasid: nil)
    try function.write(0x7000, region: 2, offset: 8, width: 8)
    #expect(memory.bytes.withLock { $0 } == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8])
    // The range has more than the process has there.
    #expect(deviceError { try function.write(0x7008, region: 2, offset: 8, width: 8) } != nil)
  }

  @Test("interrupts call the handler of their vector")
  func interrupts() throws {
    let function = try VFIOUserFunction(path: path)
    defer { server.stop() }
    let calls = [TimedSemaphore(value: 0), TimedSemaphore(value: 0)]
    for (index, call) in calls.enumerated() { try function.setInterruptHandler(vector: index + 1) { call.signal() } }
    for index in [1, 0, 1] {
      try function.write(UInt64(index + 1), region: 2, offset: 16, width: 8)
      #expect(calls[index].wait(nanoseconds: patience))
    }
    #expect(deviceError { try function.setInterruptHandler(vector: 3) {} }?.code == .invalid)
    #expect(deviceError { try function.setInterruptHandler(vector: -1) {} }?.code == .invalid)
  }

  @Test("the server's end is told once, also to who asks late, and everything is lost then")
  func loss() throws {
    let function = try VFIOUserFunction(path: path)
    #expect(!function.isLost)
    let told = TimedSemaphore(value: 0)
    function.setLossHandler { told.signal() }
    server.stop()
    #expect(told.wait(nanoseconds: patience))
    #expect(function.isLost)
    function.setLossHandler { told.signal() }
    #expect(told.wait(nanoseconds: 0))
    #expect(!told.wait(nanoseconds: 0))
    #expect(deviceError { _ = try function.read(region: 2, offset: 0, width: 8) }?.code == .lost)
    #expect(deviceError { try function.reset() }?.code == .lost)
  }

  @Test("a function that goes gives its connection back, and tells nobody of a loss")
  func release() throws {
    defer { server.stop() }
    let told = TimedSemaphore(value: 0)
    do {
      let function = try VFIOUserFunction(path: path)
      function.setLossHandler { told.signal() }
      #expect(deviceError { _ = try VFIOUserFunction(path: path) }?.code == .failed)
    }
    var again: VFIOUserFunction?
    let deadline = MonotonicClock.deadline(after: patience)
    while again == nil && MonotonicClock.now() < deadline { again = try? VFIOUserFunction(path: path) }
    #expect(again != nil)
    #expect(!told.wait(nanoseconds: 0))
  }

  @Test("nobody listens: the message says so")
  func nobody() {
    server.stop()
    #expect(deviceError { _ = try VFIOUserFunction(path: "\(folder.path)/none") }?.message.contains("running") == true)
  }
}
