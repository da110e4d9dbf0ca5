// The PCI configuration space of the functions.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Synchronization
import Testing

@Suite("PCI configuration space")
struct FunctionConfigurationTests {
  private let accelerator: Accelerator

  init() throws {
    accelerator = try Accelerator()
  }

  private func make(
    _ revision: Revision = .v3, virtualFunctions: Int = 0, isolated: Bool = false
  ) throws -> Accelerator {
    var options = Accelerator.Options()
    options.revision = revision
    options.virtualFunctionCount = virtualFunctions
    options.isolatesDoorbells = isolated
    return try Accelerator(options)
  }

  @Test("a function tells what it is", arguments: Revision.allCases)
  func identity(_ revision: Revision) throws {
    let accelerator = try make(revision, virtualFunctions: 1)
    for index in 0...1 {
      let device = try ModelFunction(accelerator, function: index)
      #expect(try device.read(region: 7, offset: 0, width: 4) == (index == 0 ? 0xa250_19e5 : 0xa251_19e5))
      #expect(try device.read(region: 7, offset: 8, width: 4) == 0x1200_0000 | UInt64(revision.rawValue))
      #expect(try device.read(region: 7, offset: 0x0e, width: 1) == 0, "a type 0 header")
      #expect(try device.read(region: 7, offset: 0x3d, width: 1) == 0, "no INTx")
    }
  }

  @Test("a BAR shows its size once ones were written into it")
  func sizing() throws {
    let accelerator = try make(virtualFunctions: 1, isolated: true)
    let physical = try ModelFunction(accelerator)
    let virtual = try ModelFunction(accelerator, function: 1)
    #expect(try size(of: 2, physical) == 0x40_0000)
    #expect(try size(of: 2, virtual) == 0x1_0000)
    #expect(try size(of: 4, physical) == 64 * 0x1_0000, "a page for each queue")
    #expect(try size(of: 4, virtual) == 64 * 0x1_0000)
    for bar in [0, 1] { #expect(try size(of: bar, physical) == 0) }
    let plain = try ModelFunction(self.accelerator)
    #expect(try size(of: 4, plain) == 0, "no isolation, no BAR 4")
  }

  /// Sizes a BAR as a kernel does; 0 where there is none.
  private func size(of bar: Int, _ device: ModelFunction) throws -> UInt64 {
    let offset = UInt64(0x10 + 4 * bar)
    try device.write(0xffff_ffff, region: 7, offset: offset, width: 4)
    let low = try device.read(region: 7, offset: offset, width: 4)
    guard low != 0 else { return 0 }
    #expect(low & 0xf == 0xc, "64 bits, prefetchable memory")
    try device.write(0xffff_ffff, region: 7, offset: offset + 4, width: 4)
    let high = try device.read(region: 7, offset: offset + 4, width: 4)
    return ~(high << 32 | low & ~0xf) &+ 1
  }

  @Test("an address that is written into a BAR is read back")
  func address() throws {
    let device = try ModelFunction(accelerator)
    try device.write(0x0000_0080_0040_0000, region: 7, offset: 0x18, width: 8)
    #expect(try device.read(region: 7, offset: 0x18, width: 8) == 0x0000_0080_0040_000c)
    try device.write(0x1234_5678, region: 7, offset: 0x18, width: 4)
    #expect(try device.read(region: 7, offset: 0x18, width: 4) == 0x1200_000c, "aligned to its size")
  }

  @Test("the capabilities are PCI Express, MSI and power management")
  func capabilities() throws {
    let device = try ModelFunction(accelerator)
    #expect(try device.read(region: 7, offset: 6, width: 2) & 0x10 != 0)
    var found: [UInt64] = []
    var next = try device.read(region: 7, offset: 0x34, width: 1)
    while next != 0 {
      found.append(try device.read(region: 7, offset: next, width: 1))
      next = try device.read(region: 7, offset: next + 1, width: 1)
    }
    #expect(found == [0x10, 0x05, 0x01])
    #expect(try device.read(region: 7, offset: 0x44, width: 4) & 1 << 28 != 0, "function-level reset")
    #expect(try device.read(region: 7, offset: 0x100, width: 4) == 0, "no extended capability")
  }

  @Test(
    "MSI has the revision's vectors, 64-bit addresses and a mask for each",
    arguments: [
      (Revision.v1, 0, 1), (.v1, 1, 1), (.v2, 0, 4), (.v2, 1, 2), (.v3, 0, 4), (.v3, 1, 4),
    ])
  func vectors(_ revision: Revision, _ function: Int, _ count: Int) throws {
    let accelerator = try make(revision, virtualFunctions: 1)
    let device = try ModelFunction(accelerator, function: function)
    let control = try device.read(region: 7, offset: 0x82, width: 2)
    #expect(control & 0x180 == 0x180)
    #expect(1 << (control >> 1 & 7) == count)
    try device.write(0xffff_ffff, region: 7, offset: 0x90, width: 4)
    #expect(try device.read(region: 7, offset: 0x90, width: 4) == (1 << UInt64(count)) - 1)
    #expect(throws: DeviceError.self) { try device.setInterruptHandler(vector: count) {} }
  }

  @Test("a read-only register keeps its value")
  func readOnly() throws {
    let device = try ModelFunction(accelerator)
    for offset: UInt64 in [0x00, 0x08, 0x2c, 0x30, 0x34, 0x40, 0x44, 0x94, 0xa0, 0x100] {
      let before = try device.read(region: 7, offset: offset, width: 4)
      try device.write(~before & 0xffff_ffff, region: 7, offset: offset, width: 4)
      #expect(try device.read(region: 7, offset: offset, width: 4) == before, "0x\(String(offset, radix: 16))")
    }
  }

  @Test("command, interrupt line and power state are written and read back")
  func writable() throws {
    let device = try ModelFunction(accelerator)
    try device.write(0xffff, region: 7, offset: 4, width: 2)
    #expect(try device.read(region: 7, offset: 4, width: 2) == 0x0547)
    try device.write(0x0000, region: 7, offset: 4, width: 2)
    #expect(try device.read(region: 7, offset: 4, width: 2) == 0)
    try device.write(0xab, region: 7, offset: 0x3c, width: 1)
    #expect(try device.read(region: 7, offset: 0x3c, width: 1) == 0xab)
    try device.write(0x3, region: 7, offset: 0xa4, width: 2)
    #expect(try device.read(region: 7, offset: 0xa4, width: 2) == 0xb, "D3hot, and no reset on the way back")
  }

  @Test("a masked vector is pending until it is unmasked")
  func masking() throws {
    let device = try ModelFunction(accelerator)
    let arrived = TimedSemaphore(value: 0)
    try device.setInterruptHandler(vector: 3) { arrived.signal() }
    try device.write(0x8, region: 7, offset: 0x90, width: 4)
    try accelerator.inject(Injection(.spuriousInterrupt, value: 3))
    #expect(try device.read(region: 7, offset: 0x94, width: 4) == 0x8)
    try accelerator.inject(Injection(.spuriousInterrupt, value: 3))
    try device.write(0x0, region: 7, offset: 0x90, width: 4)
    #expect(arrived.wait(nanoseconds: Patience.nanoseconds))
    #expect(try device.read(region: 7, offset: 0x94, width: 4) == 0)
    #expect(accelerator.status.functions[0].interrupts == [0, 0, 0, 1], "pending is one bit")
  }

  @Test("an interrupt is not sent while software has cleared the enable bit")
  func enabling() throws {
    let device = try ModelFunction(accelerator)
    let arrived = TimedSemaphore(value: 0)
    try device.setInterruptHandler(vector: 0) { arrived.signal() }
    #expect(try device.read(region: 7, offset: 0x82, width: 2) & 1 == 1, "whoever connects a vector enables MSI")
    try device.write(0, region: 7, offset: 0x82, width: 2)
    try accelerator.inject(Injection(.spuriousInterrupt))
    #expect(accelerator.status.functions[0].interrupts[0] == 0)
    try device.write(1, region: 7, offset: 0x82, width: 2)
    try accelerator.inject(Injection(.spuriousInterrupt))
    #expect(arrived.wait(nanoseconds: Patience.nanoseconds))
  }

  @Test("writing the function-level reset bit resets the function, and it reads as 0")
  func functionLevelReset() throws {
    let device = try ModelFunction(accelerator)
    try device.write(0xdead_beef, region: 2, offset: 0x1000d8, width: 4)
    try device.write(0x0006, region: 7, offset: 4, width: 2)
    try device.write(0x1_0000_0000, region: 7, offset: 0x18, width: 8)
    try device.write(0x8040, region: 7, offset: 0x48, width: 2)
    #expect(try device.read(region: 7, offset: 0x48, width: 2) == 0)
    #expect(try device.read(region: 7, offset: 4, width: 2) == 0)
    #expect(try device.read(region: 7, offset: 0x18, width: 8) == 0xc)
    #expect(try device.read(region: 2, offset: 0x1000d8, width: 4) == 0)
    #expect(accelerator.status.functions[0].resets == 1)
    try device.write(0x0040, region: 7, offset: 0x48, width: 2)
    #expect(try device.read(region: 7, offset: 0x48, width: 2) == 0x40)
    #expect(accelerator.status.functions[0].resets == 1)
  }
}
