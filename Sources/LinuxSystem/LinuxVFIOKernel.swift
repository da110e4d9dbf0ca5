// The kernel's interface for devices of programs (VFIO), a function a request.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The kernel's own VFIO; what each function does is said at ``VFIOKernel``.
public struct LinuxVFIOKernel: VFIOKernel {
  /// The most ranges of addresses that are asked for: a machine has a handful.
  private static let mostRanges = 64

  /// Makes nothing but a name for the kernel.
  public init() {}

  /// Opens a container or a group.
  public func open(_ path: String) throws(SystemError) -> FileDescriptor {
    try FileDescriptor.open(path, .readWrite)
  }

  /// `VFIO_GET_API_VERSION`.
  public func version(of container: borrowing FileDescriptor) throws(SystemError) -> Int {
    let number = container.number
    return Int(try systemCall("VFIO_GET_API_VERSION") { clinux_vfio_api_version(number) })
  }

  /// `VFIO_CHECK_EXTENSION`.
  public func has(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) -> Bool {
    clinux_vfio_has_extension(container.number, UInt(type.rawValue)) == 1
  }

  /// `VFIO_GROUP_GET_STATUS`.
  public func isViable(_ group: borrowing FileDescriptor) throws(SystemError) -> Bool {
    let number = group.number
    var flags: UInt32 = 0
    _ = try systemCall("VFIO_GROUP_GET_STATUS") { unsafe clinux_vfio_group_flags(number, &flags) }
    // VFIO_GROUP_FLAGS_VIABLE.
    return flags & 1 != 0
  }

  /// `VFIO_GROUP_SET_CONTAINER`.
  public func attach(
    _ group: borrowing FileDescriptor, to container: borrowing FileDescriptor
  ) throws(SystemError) {
    let (group, container) = (group.number, container.number)
    _ = try systemCall("VFIO_GROUP_SET_CONTAINER") { clinux_vfio_attach(group, container) }
  }

  /// `VFIO_SET_IOMMU`.
  public func use(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) throws(SystemError) {
    let number = container.number
    _ = try systemCall("VFIO_SET_IOMMU") { clinux_vfio_set_iommu(number, UInt(type.rawValue)) }
  }

  /// `VFIO_IOMMU_GET_INFO`.
  public func ranges(of container: borrowing FileDescriptor) throws(SystemError) -> [ClosedRange<UInt64>] {
    let number = container.number
    var ranges = [clinux_vfio_range](repeating: clinux_vfio_range(), count: Self.mostRanges)
    var count = 0
    _ = try systemCall("VFIO_IOMMU_GET_INFO") { () -> Int32 in
      count = Self.mostRanges
      return unsafe clinux_vfio_ranges(number, &ranges, &count)
    }
    return Self.ranges(ranges[..<count])
  }

  /// Reads the ranges in a reply to `VFIO_IOMMU_GET_INFO`; a broken one has none.
  package static func ranges(in reply: [UInt8]) -> [ClosedRange<UInt64>] {
    guard !reply.isEmpty else { return [] }
    var ranges = [clinux_vfio_range](repeating: clinux_vfio_range(), count: mostRanges)
    let count = unsafe clinux_vfio_read_ranges(reply, reply.count, &ranges, mostRanges)
    return Self.ranges(ranges[..<count])
  }

  private static func ranges(_ ranges: ArraySlice<clinux_vfio_range>) -> [ClosedRange<UInt64>] {
    ranges.compactMap { $0.first <= $0.last ? $0.first...$0.last : nil }
  }

  /// `VFIO_IOMMU_MAP_DMA`.
  public func map(
    _ container: borrowing FileDescriptor, address: UInt64, iova: UInt64, byteCount: UInt64, permissions: UInt32
  ) throws(SystemError) {
    let number = container.number
    _ = try systemCall("VFIO_IOMMU_MAP_DMA") { clinux_vfio_map(number, address, iova, byteCount, permissions) }
  }

  /// `VFIO_IOMMU_UNMAP_DMA`.
  public func unmap(
    _ container: borrowing FileDescriptor, iova: UInt64, byteCount: UInt64
  ) throws(SystemError) {
    let number = container.number
    _ = try systemCall("VFIO_IOMMU_UNMAP_DMA") { clinux_vfio_unmap(number, iova, byteCount) }
  }

  /// `VFIO_GROUP_GET_DEVICE_FD`.
  public func device(_ name: String, of group: borrowing FileDescriptor) throws(SystemError) -> FileDescriptor {
    let number = group.number
    let operation = "VFIO_GROUP_GET_DEVICE_FD"
    return FileDescriptor(
      owning: try systemCall(operation, path: name) { unsafe clinux_vfio_device(number, name) })
  }

  /// `VFIO_DEVICE_GET_INFO`.
  public func flags(of device: borrowing FileDescriptor) throws(SystemError) -> UInt32 {
    let number = device.number
    var flags: UInt32 = 0
    _ = try systemCall("VFIO_DEVICE_GET_INFO") { unsafe clinux_vfio_device_flags(number, &flags) }
    return flags
  }

  /// `VFIO_DEVICE_GET_REGION_INFO`.
  public func region(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> VFIORegion {
    let number = device.number
    var (size, offset): (UInt64, UInt64) = (0, 0)
    _ = try systemCall("VFIO_DEVICE_GET_REGION_INFO") {
      unsafe clinux_vfio_region(number, UInt32(truncatingIfNeeded: index), &size, &offset)
    }
    return VFIORegion(byteCount: size, offset: offset)
  }

  /// `VFIO_DEVICE_GET_IRQ_INFO`.
  public func interruptCount(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> Int {
    let number = device.number
    var count: UInt32 = 0
    _ = try systemCall("VFIO_DEVICE_GET_IRQ_INFO") {
      unsafe clinux_vfio_interrupt_count(number, UInt32(truncatingIfNeeded: index), &count)
    }
    return Int(count)
  }

  /// `VFIO_DEVICE_SET_IRQS`.
  public func setInterrupts(
    _ index: Int, of device: borrowing FileDescriptor, _ counters: [EventCounter]
  ) throws(SystemError) {
    let number = device.number
    let descriptors = counters.map { $0.descriptor.number }
    _ = try systemCall("VFIO_DEVICE_SET_IRQS") {
      unsafe clinux_vfio_set_interrupts(
        number, UInt32(truncatingIfNeeded: index), descriptors, descriptors.count)
    }
  }

  /// `VFIO_DEVICE_RESET`.
  public func reset(_ device: borrowing FileDescriptor) throws(SystemError) {
    let number = device.number
    _ = try systemCall("VFIO_DEVICE_RESET") { clinux_vfio_reset(number) }
  }
}
