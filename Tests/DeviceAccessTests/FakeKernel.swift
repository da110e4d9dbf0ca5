// A machine with one PCI function, made of files, and a kernel that only notes what it is asked.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import Glibc
import LinuxSystem
import TestPrograms

/// VFIO without a device: groups, containers and devices are files of a folder.
final class FakeKernel: VFIOKernel {
  struct State {
    var calls: [String] = []
    var hasType1Version2 = true
    var hasType1 = true
    var isViable = true
    var version = 0
    var flags: UInt32 = 3
    var vectors = 4
    var ranges: [ClosedRange<UInt64>] = [0...0xfedf_ffff, 0xfef0_0000...0xffff_ffff_ffff]
    var counters: [EventCounter] = []
    /// What a call fails with, by its name.
    var failures: [String: Int32] = [:]
  }

  /// Where a region begins in the device's file.
  static func offset(_ region: Int) -> UInt64 { UInt64(region) << 20 }
  static let sizes: [Int: UInt64] = [2: 0x1_0000, 7: 256]

  let state = Guarded(State())
  let device: String

  init(device: String) {
    self.device = device
  }

  var calls: [String] { state.withLock { $0.calls } }

  private func note(_ name: String, _ call: String? = nil) throws(SystemError) {
    let failure = state.withLock { state -> Int32? in
      state.calls.append(call ?? name)
      return state.failures[name]
    }
    if let failure { throw SystemError(errno: failure, operation: name) }
  }

  func open(_ path: String) throws(SystemError) -> FileDescriptor {
    try note("open", "open \(path.split(separator: "/").last ?? "")")
    return try FileDescriptor.open(path, .readWrite)
  }

  func version(of container: borrowing FileDescriptor) throws(SystemError) -> Int {
    state.withLock { $0.version }
  }

  func has(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) -> Bool {
    state.withLock { type == .type1 ? $0.hasType1 : $0.hasType1Version2 }
  }

  func isViable(_ group: borrowing FileDescriptor) throws(SystemError) -> Bool {
    state.withLock { $0.isViable }
  }

  func attach(_ group: borrowing FileDescriptor, to container: borrowing FileDescriptor) throws(SystemError) {
    try note("attach")
  }

  func use(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) throws(SystemError) {
    try note("use", "use \(type)")
  }

  func ranges(of container: borrowing FileDescriptor) throws(SystemError) -> [ClosedRange<UInt64>] {
    state.withLock { $0.ranges }
  }

  func map(
    _ container: borrowing FileDescriptor, address: UInt64, iova: UInt64, byteCount: UInt64, permissions: UInt32
  ) throws(SystemError) {
    try note("map", "map \(address) at \(iova), \(byteCount) bytes, \(permissions)")
  }

  func unmap(_ container: borrowing FileDescriptor, iova: UInt64, byteCount: UInt64) throws(SystemError) {
    try note("unmap", "unmap \(iova), \(byteCount) bytes")
  }

  func device(_ name: String, of group: borrowing FileDescriptor) throws(SystemError) -> FileDescriptor {
    try note("device", "device \(name)")
    return try FileDescriptor.open(device, .readWrite)
  }

  func flags(of device: borrowing FileDescriptor) throws(SystemError) -> UInt32 {
    state.withLock { $0.flags }
  }

  func region(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> VFIORegion {
    VFIORegion(byteCount: Self.sizes[index] ?? 0, offset: Self.offset(index))
  }

  func interruptCount(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> Int {
    index == 1 ? state.withLock { $0.vectors } : 0
  }

  func setInterrupts(
    _ index: Int, of device: borrowing FileDescriptor, _ counters: [EventCounter]
  ) throws(SystemError) {
    try note("interrupts", "interrupts \(index): \(counters.count)")
    state.withLock { $0.counters = counters }
  }

  func reset(_ device: borrowing FileDescriptor) throws(SystemError) {
    try note("reset")
  }
}

/// The machine's files, and its function 0000:75:00.0 of group 12.
final class FakeMachine {
  static let address = "0000:75:00.0"
  let folder: TemporaryDirectory
  let kernel: FakeKernel
  let registers: FileDescriptor

  init(driver: String? = "vfio-pci") throws {
    folder = try TemporaryDirectory()
    let place = "sys/bus/pci/devices/\(Self.address)"
    try folder.makeDirectory(place)
    try folder.link("\(place)/iommu_group", to: "sys/kernel/iommu_groups/12")
    if let driver { try folder.link("\(place)/driver", to: "sys/bus/pci/drivers/\(driver)") }
    try folder.write("1\n", to: "\(place)/numa_node")
    try folder.write("", to: "dev/vfio/vfio")
    try folder.write("", to: "dev/vfio/12")
    try folder.write("", to: "device")
    kernel = FakeKernel(device: "\(folder.path)/device")
    registers = try FileDescriptor.open("\(folder.path)/device", .readWrite)
    // Configuration space is the last of the file, vendor and device first.
    try registers.writeRegister(0, at: FakeKernel.offset(7) + 248, width: 8)
    try registers.writeRegister(0xa250_19e5, at: FakeKernel.offset(7), width: 4)
  }

  func function(_ address: String = FakeMachine.address) throws(DeviceError) -> VFIOFunction {
    try VFIOFunction(
      address, kernel: kernel, folders: VFIOFolders(system: "\(folder.path)/sys", devices: "\(folder.path)/dev"))
  }

  /// The command register of configuration space.
  var command: UInt64 {
    get throws { try registers.readRegister(at: FakeKernel.offset(7) + 4, width: 2) }
  }
}
