// A function at the other end of a vfio-user socket, as a driver uses it.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization
import VFIOUser

/// `DeviceFunction` over a client's connection.
///
/// Memory is mapped by its descriptor where it has one, and is reached by messages otherwise.
final class SocketDevice: DeviceFunction {
  let client: VFIOUserClient
  /// The memory that `map` is about to be asked for.
  private let memories: [DevicePages]
  private let counters: [EventCounter]
  private let handlers = Guarded([Int: @Sendable () -> Void]())
  private let isEnding = Atomic<Bool>(false)

  init(_ client: VFIOUserClient, vectors: Int = 4, memories: [DevicePages]) throws {
    self.client = client
    self.memories = memories
    counters = try (0..<vectors).map { _ in try EventCounter() }
    try client.setInterrupts(index: 1, start: 0, count: vectors, action: .trigger, data: .counters(counters))
    for vector in 0..<vectors { try serve(vector) }
  }

  /// Ends the threads that wait for interrupts, and the connection.
  func end() {
    isEnding.store(true, ordering: .releasing)
    for counter in counters { counter.signal() }
    client.disconnect()
  }

  private func serve(_ vector: Int) throws {
    _ = try Thread(name: "test-irq-\(vector)") { [self] in
      while true {
        let count = counters[vector].wait(nanoseconds: .max)
        if isEnding.load(ordering: .acquiring) { return }
        let handler = handlers.withLock { $0[vector] }
        for _ in 0..<count { handler?() }
      }
    }
  }

  func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    try translate { () throws(VFIOUserError) in try client.read(region: region, offset: offset, width: width) }
  }

  func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    try translate { () throws(VFIOUserError) in
      // Registers are posted as QEMU does, configuration space is not.
      try client.write(value, region: region, offset: offset, width: width, isPosted: region != 7)
    }
  }

  func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    guard pasid == nil, let known = memories.first(where: { $0.iova == iova }) else {
      throw DeviceError(.invalid, "memory of another")
    }
    let permissions = VFIOUserPermissions(rawValue: permissions.rawValue)
    try translate { () throws(VFIOUserError) in
      if let file = known.file {
        try client.mapMemory(
          iova: iova, length: UInt64(memory.length), permissions: permissions, descriptor: file.descriptor)
      } else {
        try client.mapMemory(
          iova: iova, length: UInt64(memory.length), permissions: permissions, memory: MessageMemory(known))
      }
    }
  }

  func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    try translate { () throws(VFIOUserError) in try client.unmapMemory(iova: iova, length: length) }
  }

  func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {
    handlers.withLock { $0[vector] = handler }
  }

  func reset() throws(DeviceError) {
    try translate { () throws(VFIOUserError) in try client.reset() }
  }

  private func translate<Result>(_ body: () throws(VFIOUserError) -> Result) throws(DeviceError) -> Result {
    do throws(VFIOUserError) {
      return try body()
    } catch {
      throw DeviceError(error.code == .disconnected ? .lost : .invalid, "\(error)")
    }
  }
}

/// Answers the device's messages about memory without a descriptor.
private final class MessageMemory: VFIOUserMemory {
  private let memory: DevicePages

  init(_ memory: DevicePages) {
    self.memory = memory
  }

  func read(iova: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let bytes = memory.bytes(iova, count: data.byteCount)
    for (offset, byte) in bytes.enumerated() { data.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
  }

  func write(iova: UInt64, from data: RawSpan) throws(VFIOUserError) {
    // Whoever looks at a phase looks at the last bytes of an entry: they are stored last, and as one.
    let count = data.byteCount
    let bytes = unsafe data.withUnsafeBytes { unsafe [UInt8]($0) }
    if count == 2 || count == 4 {
      memory.release(bytes, at: iova)
    } else {
      memory.store(bytes, at: iova)
    }
  }
}
