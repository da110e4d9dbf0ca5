// What a ring pair tells its device, and how.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

@Suite("Doorbells of a ring pair") struct RingDoorbellTests {
  private final class Calls: Sendable {
    private let calls = Guarded<[UInt64]>([])
    var all: [UInt64] { calls.withLock { $0 } }
    func add(_ value: UInt64) { calls.withLock { $0.append(value) } }
  }

  @Test("doorbells have their generation's format", arguments: [true, false])
  func format(isVersion1: Bool) throws {
    let device = try FakeRings(submissionDepth: 8, number: 0x123)
    let calls = Calls()
    let pair = try device.makePair(.call { calls.add($0) }, isVersion1: isVersion1)
    try pair.send(request(tag: 0))
    try pair.send(request(tag: 1))
    device.answer(0)
    _ = try pair.receive(arming: true)
    pair.arm()
    let command: UInt64 = isVersion1 ? 1 << 16 : 1 << 12
    let armed: UInt64 = 0x123 | command | 1 << 32 | 1 << 48
    #expect(calls.all == [0x123 | 1 << 32, 0x123 | 2 << 32, armed, armed])
  }

  @Test("a register is rung at its offset")
  func register() throws {
    let device = try FakeRings(submissionDepth: 8, number: 5)
    let memory = try SharedMemory(name: "test-registers", byteCount: 8192)
    let pair = try device.makePair(.registers(memory.map(), offset: 0x340), isVersion1: true)
    let registers = try memory.map()
    func value() -> UInt64 { unsafe (registers.base + 0x340).load(as: UInt64.self) }
    try pair.send(request(tag: 0))
    #expect(value() == 5 | 1 << 32)
    pair.arm()
    #expect(value() == 5 | 1 << 16 | 1 << 48)
  }

  @Test("the device is woken only where it says that it sleeps, and once for all doorbells until it runs")
  func wakeUps() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    try pair.send(request(tag: 0))
    pair.arm()
    #expect(device.wakeUp.take() == 0)
    device.isSleeping = true
    try pair.send(request(tag: 1))
    #expect(device.wakeUp.take() == 1)
    #expect(!device.isSleeping)
    try pair.send(request(tag: 2))
    #expect(device.wakeUp.take() == 0)
    device.isSleeping = true
    pair.arm()
    #expect(device.wakeUp.take() == 1)
  }

  @Test("as long as someone waits, every receive asks for the next event")
  func notices() throws {
    let device = try FakeRings(submissionDepth: 64)
    let pair = try device.makePair()
    for tag in 0..<UInt32(4) { try pair.send(request(tag: tag)) }
    pair.requestNotice()
    pair.requestNotice()
    func armed() -> Bool { device.completionDoorbell >> 48 & 1 == 1 }
    #expect(armed())
    for slot in 0..<UInt16(4) { device.answer(slot) }
    _ = try pair.receive()
    #expect(armed() && device.completionDoorbell >> 32 & 0xffff == 1)
    pair.withdrawNotice()
    _ = try pair.receive()
    #expect(device.completionDoorbell >> 32 & 0xffff == 2)
    pair.withdrawNotice()
    _ = try pair.receive()
    #expect(device.completionDoorbell >> 32 & 0xffff == 2)
  }

  @Test("memory and numbers that do not fit are refused")
  func refusals() throws {
    let device = try FakeRings(submissionDepth: 8)
    let small = try SharedMemory(name: "test-small", byteCount: 4096)
    func isRefused(
      _ rings: SharedMapping? = nil, depth: Int = 8, number: UInt16 = 1, isVersion1: Bool = false,
      doorbell: QueueDoorbell = .call { _ in }
    ) throws -> Bool {
      do {
        let rings = try rings ?? device.memory.map()
        _ = try RingPair(
          rings: rings, submissionDepth: depth, completionDepth: depth, number: number, isVersion1: isVersion1,
          doorbell: doorbell)
        return false
      } catch let error as QueueError {
        return error.code == .invalid
      }
    }
    #expect(try !isRefused())
    #expect(try isRefused(small.map()))
    #expect(try isRefused(device.memory.map(.read)))
    #expect(try isRefused(depth: 1))
    #expect(try isRefused(depth: 0))
    #expect(try isRefused(depth: 65_536))
    #expect(try isRefused(depth: 1024))
    #expect(try isRefused(number: 4096))
    #expect(try !isRefused(number: 4096, isVersion1: true))
    #expect(try isRefused(doorbell: .page(small.map(), wakeUp: device.wakeUp)))
    #expect(try isRefused(doorbell: .registers(small.map(), offset: 4092)))
    #expect(try isRefused(doorbell: .registers(small.map(), offset: -8)))
    #expect(try isRefused(doorbell: .registers(small.map(), offset: 0x341)))
    #expect(try isRefused(doorbell: .registers(small.map(.read), offset: 0x340)))
  }
}
