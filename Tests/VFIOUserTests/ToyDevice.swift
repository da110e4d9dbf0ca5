// A device that remembers what it was asked to do.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import VFIOUser

/// Some registers, a page that can be mapped, four MSI vectors, and memory that it reaches in both ways.
final class ToyDevice: VFIOUserDevice {
  /// What lies where.
  enum Region {
    static let registers = 0
    static let constants = 1
    static let doorbells = 2
    static let configuration = 7
  }

  struct Mapping {
    let length: UInt64
    let permissions: VFIOUserPermissions
    let mapping: SharedMapping?
  }

  struct State {
    var memory: (any VFIOUserMemory)?
    var peer: UnixSocket.PeerCredentials?
    var registers = [UInt8](repeating: 0, count: 4096)
    var mappings: [UInt64: Mapping] = [:]
    var counters: [Int: EventCounter] = [:]
    var masked: Set<Int> = []
    var events: [String] = []
    var replies: [VFIOUserReply] = []
    var state: [UInt8] = [1, 2, 3, 4, 5]
    var onWrite: (@Sendable (ToyDevice, UInt64) -> Void)?
    var onUnmap: (@Sendable (ToyDevice) -> Void)?
  }

  static let regionSize: UInt64 = 4096
  let doorbells: SharedMemory
  let doorbellEvent: EventCounter
  let state = Guarded(State())

  init() throws(SystemError) {
    doorbells = try SharedMemory(name: "toy-doorbells", byteCount: 8192)
    doorbellEvent = try EventCounter()
  }

  var information: VFIOUserDeviceInformation {
    let page = UInt64(CurrentProcess.pageSize)
    var information = VFIOUserDeviceInformation.pci(
      regions: [
        Region.registers: VFIOUserRegion(size: Self.regionSize),
        Region.constants: VFIOUserRegion(size: 64, permissions: .read),
        Region.doorbells: VFIOUserRegion(
          size: 2 * page, memory: doorbells, mappableAreas: [page..<2 * page],
          writeEvents: [
            VFIOUserWriteEvent(offset: 0x40, size: 4, counter: doorbellEvent, value: 7),
            VFIOUserWriteEvent(offset: 0x48, size: 0, counter: doorbellEvent),
          ]),
        Region.configuration: VFIOUserRegion(size: 4096),
      ], msiCount: 20)
    information.interrupts[0] = VFIOUserInterruptType(count: 1, flags: [.eventfd, .maskable, .automasked])
    return information
  }

  func note(_ event: String) {
    state.withLock { $0.events.append(event) }
  }

  var events: [String] { state.withLock { $0.events } }
  var memory: (any VFIOUserMemory)? { state.withLock { $0.memory } }

  func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {
    state.withLock { state in
      state.memory = memory
      state.peer = peer
      state.events.append("connected")
    }
  }

  func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let start = Int(offset)
    if region == Region.constants && data.byteCount > 8 {
      throw VFIOUserError(.invalid, "constants have at most 8 bytes")
    }
    for index in 0..<data.byteCount {
      let byte = region == Region.constants ? UInt8(start + index) : state.withLock { $0.registers[start + index] }
      data.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
  }

  func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {
    if region == Region.registers && offset == 0xF00 { throw VFIOUserError(.busy, "this register is busy") }
    let value = data.registerValue
    let onWrite = state.withLock { state in
      for index in 0..<data.byteCount where index < 8 {
        state.registers[Int(offset) + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
      state.events.append("write \(region) \(offset) \(data.byteCount)")
      return state.onWrite
    }
    onWrite?(self, offset)
  }

  func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError) {
    if iova == 0xBAD000 { throw VFIOUserError(.failed, "the device does not take this address") }
    state.withLock { state in
      state.mappings[iova] = Mapping(length: length, permissions: permissions, mapping: mapping)
      state.events.append("map \(iova) \(length)")
    }
  }

  func unmapMemory(iova: UInt64, length: UInt64) {
    let onUnmap = state.withLock { state in
      state.events.append("unmap \(iova) \(length)")
      state.mappings[iova] = nil
      return state.onUnmap
    }
    onUnmap?(self)
  }

  func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {
    state.withLock { state in
      switch (action, data) {
      case (.trigger, .counters(let counters)):
        for number in start..<start + count {
          state.counters[number] = counters.isEmpty ? nil : counters[number - start]
        }
      case (.trigger, .none) where count == 0:
        state.counters = [:]
      case (.trigger, .none):
        for number in start..<start + count { state.counters[number]?.signal() }
      case (.trigger, .flags(let flags)):
        for number in start..<start + count where flags[number - start] { state.counters[number]?.signal() }
      case (.mask, _): state.masked.formUnion(start..<start + count)
      case (.unmask, _): state.masked.subtract(start..<start + count)
      }
      state.events.append("interrupts \(index) \(start) \(count) \(action)")
    }
  }

  func reset() throws(VFIOUserError) {
    state.withLock { state in
      state.registers = [UInt8](repeating: 0, count: 4096)
      state.events.append("reset")
    }
  }

  func disconnected() {
    state.withLock { state in
      state.memory = nil
      state.peer = nil
      state.mappings = [:]
      state.counters = [:]
      state.masked = []
      state.registers = [UInt8](repeating: 0, count: 4096)
      state.events.append("disconnected")
    }
  }

  func feature(
    _ feature: UInt16, _ operation: VFIOUserFeatureOperation, data: [UInt8]
  ) throws(VFIOUserError) -> [UInt8] {
    guard feature == 1 else { throw VFIOUserError(errno: SystemError.notATypewriter, "no such feature") }
    return operation == .get ? [9, 8, 7] : []
  }

  func readMigrationData(_ count: Int) throws(VFIOUserError) -> [UInt8] {
    state.withLock { Array($0.state.prefix(count)) }
  }

  func writeMigrationData(_ data: [UInt8]) throws(VFIOUserError) {
    state.withLock { $0.state = data }
  }

  func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply) {
    switch command {
    case 0x5701: state.withLock { $0.replies.append(reply) }
    case 0x5702: reply.succeed(body.reversed())
    case 0x5703: break
    default: reply.fail(VFIOUserError(.unsupported, "no such command"))
    }
  }
}
