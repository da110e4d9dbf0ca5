// What a function of /dev/vfio does, on a machine of files.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("VFIOFunction")
struct VFIOFunctionTests {
  private let machine: FakeMachine

  init() throws {
    machine = try FakeMachine()
  }

  @Test("a function is taken over in order, reset, and may reach memory until it goes")
  func life() throws {
    do {
      let function = try machine.function()
      #expect(
        machine.kernel.calls == [
          "open vfio", "open 12", "attach", "use type1Version2", "device 0000:75:00.0", "reset",
        ])
      #expect(function.numaNode == 1)
      #expect(function.addressWidth == 48)
      #expect(function.capabilities == [])
      #expect(try machine.command == 6)
      try function.setInterruptHandler(vector: 0) {}
    }
    #expect(machine.kernel.calls.suffix(2) == ["interrupts 1: 4", "interrupts 1: 0"])
    #expect(try machine.command == 2)
  }

  @Test("registers are those of the regions, and no others")
  func registers() throws {
    let function = try machine.function()
    for (width, value) in [(1, 0xab), (2, 0xabcd), (4, 0x1234_5678), (8, 0x1122_3344_5566_7788)] as [(Int, UInt64)] {
      try function.write(value, region: 2, offset: 0x340, width: width)
      #expect(try function.read(region: 2, offset: 0x340, width: width) == value)
      #expect(try machine.registers.readRegister(at: FakeKernel.offset(2) + 0x340, width: width) == value)
    }
    #expect(try function.read(region: 7, offset: 0, width: 4) == 0xa250_19e5)
    let wrong: [(Int, UInt64, Int)] = [
      (0, 0, 4), (2, 0x1_0000, 1), (2, 0xfffc, 8), (2, 2, 4), (2, 0, 3), (2, 0, 0), (2, .max, 4), (9, 0, 4), (-1, 0, 4),
    ]
    for (region, offset, width) in wrong {
      #expect(deviceError { _ = try function.read(region: region, offset: offset, width: width) }?.code == .invalid)
      #expect(deviceError { try function.write(0, region: region, offset: offset, width: width) }?.code == .invalid)
    }
  }

  @Test("a function that is gone reads as ones, and is lost; a register may be ones")
  func lost() throws {
    let function = try machine.function()
    try function.write(0xffff_ffff, region: 2, offset: 0, width: 4)
    #expect(try function.read(region: 2, offset: 0, width: 4) == 0xffff_ffff)
    try machine.registers.writeRegister(0xffff_ffff, at: FakeKernel.offset(7), width: 4)
    #expect(deviceError { _ = try function.read(region: 2, offset: 0, width: 4) }?.code == .lost)
    machine.kernel.state.withLock { $0.failures["reset"] = EIO }
    #expect(deviceError { try function.reset() }?.code == .lost)
  }

  @Test("memory is mapped in whole pages within what the IOMMU has")
  func memory() throws {
    let function = try machine.function()
    let page = CurrentProcess.pageSize
    let mapping = try SharedMemory(name: "test", byteCount: 4 * page).map()
    let base = unsafe UInt64(UInt(bitPattern: mapping.base))
    let memory = DeviceMemory(mapping)
    try function.map(memory, iova: 0x10_0000, permissions: [.read, .write], pasid: nil)
    try function.unmap(iova: 0x10_0000, length: UInt64(4 * page), pasid: nil)
    #expect(
      machine.kernel.calls.suffix(2) == [
        "map \(base) at \(0x10_0000), \(4 * page) bytes, 3", "unmap \(0x10_0000), \(4 * page) bytes",
      ])
    let before = machine.kernel.calls
    let within = unsafe DeviceMemory(base: mapping.base + 64, length: page)
    let partial = unsafe DeviceMemory(base: mapping.base, length: page - 1)
    let empty = unsafe DeviceMemory(base: mapping.base, length: 0)
    for wrong in [within, partial, empty] {
      #expect(deviceError { try function.map(wrong, iova: 0, permissions: .read, pasid: nil) }?.code == .invalid)
    }
    for iova in [1, 1 << 48, 1 << 48 - UInt64(page), 0 &- UInt64(page)] as [UInt64] {
      #expect(deviceError { try function.map(memory, iova: iova, permissions: .read, pasid: nil) }?.code == .invalid)
      #expect(deviceError { try function.unmap(iova: iova, length: UInt64(4 * page), pasid: nil) }?.code == .invalid)
    }
    #expect(deviceError { try function.map(memory, iova: 0, permissions: .read, pasid: 1) }?.code == .invalid)
    #expect(deviceError { try function.unmap(iova: 0, length: UInt64(page), pasid: 1) }?.code == .invalid)
    #expect(deviceError { try function.createAddressSpace(pasid: 1, faults: nil) }?.code == .failed)
    #expect(machine.kernel.calls == before)
  }

  @Test("what the kernel refuses to map is told apart", arguments: [EEXIST, EINVAL, ENOMEM, EPERM])
  func refusedMemory(number: Int32) throws {
    let function = try machine.function()
    let memory = DeviceMemory(try SharedMemory(name: "test", byteCount: CurrentProcess.pageSize).map())
    machine.kernel.state.withLock { $0.failures["map"] = number }
    let error = try #require(
      deviceError { try function.map(memory, iova: 0, permissions: .read, pasid: nil) })
    #expect(error.code == (number == EEXIST || number == EINVAL ? .invalid : .failed))
    #expect(error.message.contains("ulimit -l") == (number == ENOMEM))
  }

  @Test("interrupts call the handler of their vector, on another thread")
  func interrupts() throws {
    let function = try machine.function()
    let calls = [TimedSemaphore(value: 0), TimedSemaphore(value: 0)]
    for (vector, call) in calls.enumerated() { try function.setInterruptHandler(vector: vector) { call.signal() } }
    let counters = machine.kernel.state.withLock { $0.counters }
    #expect(counters.count == 4)
    for vector in [0, 1, 0] {
      counters[vector].signal()
      #expect(calls[vector].wait(nanoseconds: patience))
    }
    // Without a handler nothing happens; the one after it comes.
    try function.setInterruptHandler(vector: 0, nil)
    counters[0].signal()
    counters[1].signal()
    #expect(calls[1].wait(nanoseconds: patience))
    #expect(!calls[0].wait(nanoseconds: 0))
    for vector in [-1, 4] {
      #expect(deviceError { try function.setInterruptHandler(vector: vector) {} }?.code == .invalid)
    }
    #expect(machine.kernel.calls.filter { $0.hasPrefix("interrupts") }.count == 1)
  }

  @Test("a function that cannot be reset is used without")
  func withoutReset() throws {
    machine.kernel.state.withLock { state in
      state.flags = 2
      state.hasType1Version2 = false
    }
    let function = try machine.function()
    #expect(machine.kernel.calls.contains("use type1"))
    #expect(!machine.kernel.calls.contains("reset"))
    #expect(try machine.command == 6)
    #expect(deviceError { try function.reset() }?.code == .failed)
  }

  @Test("the width of addresses is that of the ranges, of the IOMMU, or of the least one")
  func width() throws {
    let last: [(UInt64, Int)] = [
      (0x7f_ffff_ffff, 39), (0xffff_ffff_ffff, 48), (.max, 64), (0xffff_ffff_fffe, 47), (0x1_0000_0000, 32),
    ]
    for (last, width) in last {
      machine.kernel.state.withLock { $0.ranges = [0...last] }
      #expect(try machine.function().addressWidth == width)
    }
    machine.kernel.state.withLock { $0.ranges = [] }
    #expect(try machine.function().addressWidth == 39)
    let file = "sys/bus/pci/devices/\(FakeMachine.address)/iommu/intel-iommu/cap"
    // MGAW, bits 16 to 21, is 47.
    try machine.folder.write("8d2078c106f0466\n".replacing("6f0466", with: "2f0466"), to: file)
    #expect(try machine.function().addressWidth == 48)
  }

  @Test("a failure on the way gives back what was opened", arguments: ["attach", "use", "device", "reset", "open"])
  func failures(call: String) throws {
    machine.kernel.state.withLock { $0.failures[call] = EIO }
    #expect(deviceError { _ = try machine.function() }?.code == .failed)
    machine.kernel.state.withLock { $0.failures = [:] }
    _ = try machine.function()
  }
}

@Suite("What is in the way of a VFIOFunction")
struct VFIOPlaceTests {
  private func message(_ machine: FakeMachine, _ address: String = FakeMachine.address) -> String {
    deviceError { _ = try machine.function(address) }?.message ?? ""
  }

  @Test("an address that is none, or nobody's")
  func addresses() throws {
    let machine = try FakeMachine()
    for address in ["", "75:00.0", "0000:75:00.0/..", "0000:75:00.00", "0000:7G:00.0", "../../../etc", "0000:75:00:0"] {
      #expect(deviceError { _ = try machine.function(address) }?.code == .invalid)
    }
    #expect(message(machine, "0000:76:00.0").contains("no PCI function"))
  }

  @Test("another driver, or none: the message says how to change that", arguments: ["hisi_zip", nil])
  func driver(name: String?) throws {
    let message = message(try FakeMachine(driver: name))
    #expect(message.contains(name ?? "no driver"))
    #expect(message.contains("echo vfio-pci > "))
  }

  @Test("no IOMMU")
  func noIOMMU() throws {
    let machine = try FakeMachine()
    machine.kernel.state.withLock { state in
      state.hasType1 = false
      state.hasType1Version2 = false
    }
    #expect(message(machine).contains("IOMMU is off"))
    try Pathname.unlink("\(machine.folder.path)/sys/bus/pci/devices/\(FakeMachine.address)/iommu_group")
    #expect(message(machine).contains("behind no IOMMU"))
  }

  @Test("no VFIO, or another version of it")
  func noVFIO() throws {
    let machine = try FakeMachine()
    machine.kernel.state.withLock { $0.version = 1 }
    #expect(message(machine).contains("vfio-pci"))
    machine.kernel.state.withLock { $0.version = 0 }
    try Pathname.unlink("\(machine.folder.path)/dev/vfio/vfio")
    #expect(message(machine).contains("module vfio-pci"))
  }

  @Test("a group that is not viable: the message names the others")
  func notViable() throws {
    let machine = try FakeMachine()
    machine.kernel.state.withLock { $0.isViable = false }
    let group = "sys/kernel/iommu_groups/12/devices"
    for (address, driver) in [("0000:75:00.1", "nvme"), ("0000:74:00.0", "pcieport"), ("0000:75:00.2", "vfio-pci")] {
      try machine.folder.makeDirectory("\(group)/\(address)")
      try machine.folder.link("sys/bus/pci/devices/\(address)/driver", to: "sys/bus/pci/drivers/\(driver)")
    }
    let message = message(machine)
    #expect(message.contains("0000:75:00.1"))
    #expect(!message.contains("0000:74:00.0") && !message.contains("0000:75:00.2"))
  }

  @Test("a group that is missing")
  func noGroup() throws {
    let machine = try FakeMachine()
    try Pathname.unlink("\(machine.folder.path)/dev/vfio/12")
    #expect(message(machine).contains("/vfio/12"))
  }
}
