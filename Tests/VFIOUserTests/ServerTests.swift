// What a server does with each command.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: commands")
struct ServerTests {
  private let fixture: Fixture
  private let client: VFIOUserClient

  init() throws {
    fixture = try Fixture()
    client = try fixture.client()
  }

  @Test("a client learns what the device has")
  func information() throws {
    let information = try client.deviceInformation()
    #expect(information.flags == [.reset, .pci])
    #expect(information.regionCount == 9)
    #expect(information.interruptTypeCount == 5)
    let registers = try client.region(0)
    #expect(registers.size == 4096)
    #expect(registers.permissions == .readWrite)
    #expect(registers.mappableAreas == [])
    let none = try client.region(4)
    #expect(none.size == 0)
    #expect(none.permissions == [])
    #expect(try client.interruptType(1) == VFIOUserInterruptType(count: 20, flags: [.eventfd, .noResize]))
    #expect(try client.interruptType(3).count == 0)
    #expect(code { _ = try client.region(9) } == .invalid)
    #expect(code { _ = try client.region(-1) } == .invalid)
    #expect(code { _ = try client.interruptType(5) } == .invalid)
  }

  @Test("both ends agree on what the server can do")
  func capabilities() {
    #expect(client.capabilities.maxDescriptors == 16)
    #expect(client.capabilities.maxTransfer == 1 << 20)
    #expect(client.capabilities.writesMultiple == true)
    #expect(client.largestTransfer == 1 << 20)
  }

  @Test("a register is written and read in its width", arguments: [1, 2, 4, 8])
  func widths(width: Int) throws {
    let value = 0x8877_6655_4433_2211 & (UInt64.max >> UInt64(64 - 8 * width))
    try client.write(value, region: 0, offset: 0x10, width: width)
    #expect(try client.read(region: 0, offset: 0x10, width: width) == value)
    #expect(try client.read(region: 0, offset: 0x10, width: 8) == value)
    // 8 bytes arrive as one access.
    #expect(fixture.device.events.last == "write 0 16 \(width)")
  }

  @Test("a whole region is read at once")
  func wholeRegion() throws {
    try client.write(0xAB, region: 7, offset: 4095, width: 1)
    let bytes = try client.bytes(7, offset: 0, count: 4096)
    #expect(bytes[4095] == 0xAB)
    #expect(bytes.dropLast().allSatisfy { $0 == 0 })
  }

  @Test("an access outside a region, or not permitted, is an error and reaches no device")
  func outside() throws {
    let before = fixture.device.events
    for (region, offset, width) in [(0, 4096, 1), (0, 4093, 4), (0, -1, 4), (4, 0, 1), (9, 0, 1), (1, 60, 8)] {
      #expect(
        code { _ = try client.read(region: region, offset: UInt64(bitPattern: Int64(offset)), width: width) }
          == .invalid)
    }
    #expect(code { try client.write(0, region: 1, offset: 0, width: 4) } == .invalid)
    #expect(try client.read(region: 1, offset: 4, width: 4) == 0x0706_0504)
    #expect(code { _ = try client.bytes(1, offset: 0, count: 16) } == .invalid)
    #expect(fixture.device.events == before)
  }

  @Test("what the device throws is the error of the reply")
  func deviceError() throws {
    #expect(code { try client.write(1, region: 0, offset: 0xF00, width: 4) } == .busy)
    #expect(fixture.server.statistics.failures == 1)
  }

  @Test("a posted write is carried out before the next read and never answered")
  func posted() throws {
    for value in 1...100 as ClosedRange<UInt64> {
      try client.write(value, region: 0, offset: 8, width: 8, isPosted: true)
      #expect(try client.read(region: 0, offset: 8, width: 8) == value)
    }
    // One that the device refuses is counted; an answer to it would end the connection.
    try client.write(1, region: 0, offset: 0xF00, width: 4, isPosted: true)
    try client.write(1, region: 9, offset: 0, width: 4, isPosted: true)
    #expect(try client.read(region: 0, offset: 8, width: 8) == 100)
    #expect(fixture.server.statistics.failures == 2)
  }

  @Test(
    "several writes in one message are done in their order, or none if one is impossible", arguments: [true, false])
  func multiple(isPosted: Bool) throws {
    let writes = (0..<200).map { index in
      VFIOUserRegionWrite(
        region: 0, offset: UInt64(index / 2 * 8), count: 1 + index % 8, value: UInt64(index) << 8 | 0xA5)
    }
    try client.writeRegions(writes, isPosted: isPosted)
    #expect(try client.read(region: 0, offset: 0, width: 8) == 0x1A5)
    let done = fixture.device.events.filter { $0.hasPrefix("write") }
    #expect(done == writes.map { "write 0 \($0.offset) \($0.count)" })
    let wrong = writes + [VFIOUserRegionWrite(region: 0, offset: 4095, count: 2, value: 0)]
    if isPosted {
      try client.writeRegions(wrong, isPosted: true)
    } else {
      #expect(code { try client.writeRegions(wrong) } == .invalid)
    }
    _ = try client.read(region: 0, offset: 0, width: 8)
    #expect(fixture.device.events.filter { $0.hasPrefix("write") } == done)
  }

  @Test("a part of a region is mapped and shared with the device")
  func mapping() throws {
    let page = UInt64(CurrentProcess.pageSize)
    let region = try client.region(2)
    #expect(region.size == 2 * page)
    #expect(region.mappableAreas == [page..<2 * page])
    let mapping = try region.map(page..<2 * page)
    let own = try fixture.device.doorbells.map()
    unsafe mapping.base.storeBytes(of: 0x55, toByteOffset: 8, as: UInt8.self)
    #expect(unsafe own.base.load(fromByteOffset: Int(page) + 8, as: UInt8.self) == 0x55)
    for area in [0..<page, page..<2 * page + 1, 0..<2 * page] {
      #expect(code { _ = try region.map(area) } == .invalid)
    }
  }

  @Test("a client that leaves no room for the areas learns how much they take, and gets no descriptor")
  func truncatedDescription() throws {
    client.disconnect()
    let peer = try RawPeer(path: fixture.path)
    let body = bytes(UInt32(32), UInt32(0), UInt32(2), UInt32(0), UInt64(0), UInt64(0))
    let reply = try #require(try peer.ask(message(2, 5, body)))
    #expect(reply.body.count == 32)
    #expect(Array(reply.body[0..<4]) == bytes(UInt32(32 + 16 + 16)))
    #expect(peer.descriptors.count == 0)
    let whole = try #require(try peer.ask(message(3, 5, bytes(UInt32(64)) + body.dropFirst(4))))
    let page = UInt64(CurrentProcess.pageSize)
    #expect(
      whole.body
        == bytes(UInt32(64), UInt32(0xF), UInt32(2), UInt32(32), 2 * page, UInt64(0))
        + bytes(UInt16(1), UInt16(1), UInt32(0))
        + bytes(UInt32(1), UInt32(0), page, page))
    #expect(peer.descriptors.count == 1)
  }

  @Test("counters that stand for writes are passed once each")
  func writeEvents() throws {
    let events = try client.writeEvents(region: 2)
    #expect(events.map { $0.offset } == [0x40, 0x48])
    #expect(events.map { $0.size } == [4, 0])
    #expect(events.map { $0.value } == [7, nil])
    #expect(events[0].counter === events[1].counter)
    events[0].counter.signal()
    #expect(fixture.device.doorbellEvent.wait(nanoseconds: 0) == 1)
    #expect(try client.writeEvents(region: 0).isEmpty)
    #expect(code { _ = try client.writeEvents(region: 9) } == .invalid)
  }

  @Test("MSI vectors get counters, are raised and are disabled together")
  func interrupts() throws {
    let counters = try (0..<20).map { _ in try EventCounter() }
    // More than one message may carry.
    try client.setInterrupts(index: 1, start: 0, count: 20, action: .trigger, data: .counters(counters))
    fixture.device.state.withLock { $0.counters[19]?.signal() }
    #expect(counters[19].wait(nanoseconds: 60_000_000_000) == 1)
    try client.setInterrupts(index: 1, start: 2, count: 1, action: .trigger, data: .none)
    #expect(counters[2].take() == 1)
    try client.setInterrupts(index: 1, start: 2, count: 2, action: .trigger, data: .flags([false, true]))
    #expect((counters[2].take(), counters[3].take()) == (0, 1))
    try client.setInterrupts(index: 1, start: 3, count: 1, action: .trigger, data: .counters([]))
    #expect(fixture.device.state.withLock { $0.counters.count } == 19)
    try client.setInterrupts(index: 1, start: 0, count: 0, action: .trigger, data: .none)
    #expect(fixture.device.state.withLock { $0.counters.isEmpty })
    try client.setInterrupts(index: 0, start: 0, count: 1, action: .mask, data: .none)
    #expect(fixture.device.state.withLock { $0.masked } == [0])
    try client.setInterrupts(index: 0, start: 0, count: 1, action: .unmask, data: .flags([true]))
    #expect(fixture.device.state.withLock { $0.masked } == [])
  }

  @Test("disabling a type of interrupt that the device does not have is no error, using one is")
  func missingInterrupts() throws {
    try client.setInterrupts(index: 2, start: 0, count: 0, action: .trigger, data: .none)
    #expect(code { try client.setInterrupts(index: 2, start: 0, count: 1, action: .trigger, data: .none) } == .invalid)
    #expect(code { try client.setInterrupts(index: 1, start: 20, count: 1, action: .trigger, data: .none) } == .invalid)
    #expect(code { try client.setInterrupts(index: 1, start: -1, count: 2, action: .trigger, data: .none) } == .invalid)
    #expect(code { try client.setInterrupts(index: 5, start: 0, count: 0, action: .trigger, data: .none) } == .invalid)
    #expect(code { try client.setInterrupts(index: 1, start: 0, count: 0, action: .mask, data: .none) } == .invalid)
    #expect(code { try client.setInterrupts(index: 1, start: 1, count: 0, action: .trigger, data: .none) } == .invalid)
    #expect(!fixture.device.events.contains { $0.hasPrefix("interrupts") })
  }

  @Test("a reset reaches the device")
  func reset() throws {
    try client.write(5, region: 0, offset: 0, width: 4)
    try client.reset()
    #expect(try client.read(region: 0, offset: 0, width: 4) == 0)
    #expect(fixture.device.events.contains("reset"))
  }

  @Test("features are got, set and probed")
  func features() throws {
    #expect(try client.feature(1, .get) == [9, 8, 7])
    #expect(try client.feature(1, .set, data: [1, 2]) == [1, 2])
    #expect(try client.feature(1, [.probe, .get]) == [])
    #expect(number { _ = try client.feature(2, .get) } == SystemError.notATypewriter)
    #expect(code { _ = try client.feature(1, .get, capacity: 2) } == .tooLarge)
  }

  @Test("the state of a device that can be migrated is read and written")
  func migration() throws {
    #expect(try client.readMigrationData(3) == [1, 2, 3])
    #expect(try client.readMigrationData(100) == [1, 2, 3, 4, 5])
    try client.writeMigrationData([7, 8])
    #expect(try client.readMigrationData(100) == [7, 8])
  }

  @Test("a device has commands of its own, answered now, later, or by letting go of the reply")
  func ownCommands() throws {
    #expect(try client.perform(command: 0x5702, body: [1, 2, 3]) == [3, 2, 1])
    #expect(code { _ = try client.perform(command: 0x4444) } == .unsupported)
    #expect(number { _ = try client.perform(command: 0x5703) } == SystemError.inputOutput)
    let answer = Box<[UInt8]>()
    let shared = client
    let thread = try Thread(name: "waits") {
      if let body = try? shared.perform(command: 0x5701) { answer.set(body) }
    }
    let device = fixture.device
    #expect(eventually { device.state.withLock { !$0.replies.isEmpty } })
    // The command that waits keeps nobody waiting.
    #expect(try client.read(region: 1, offset: 0, width: 1) == 0)
    let reply = device.state.withLock { $0.replies.removeFirst() }
    reply.succeed([42])
    reply.succeed([43])
    thread.join()
    #expect(answer.get == [42])
  }

  @Test("many threads use one client")
  func threads() throws {
    let shared = client
    let failures = Guarded(0)
    let threads = try ThreadGroup(count: 6) { index in
      let offset = UInt64(index * 64)
      for round in 1...200 as ClosedRange<UInt64> {
        do {
          try shared.write(round, region: 0, offset: offset, width: 8, isPosted: round % 2 == 0)
          if try shared.read(region: 0, offset: offset, width: 8) != round { failures.withLock { $0 += 1 } }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    threads.join()
    #expect(failures.withLock { $0 } == 0)
  }
}
