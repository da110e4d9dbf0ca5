// What the kernel's interface for devices of programs (VFIO) offers.
// SPDX-License-Identifier: Apache-2.0

/// What VFIO offers, by groups, containers and devices; the kernel's own is ``LinuxVFIOKernel``.
///
/// The numbers and structures are those of `<linux/vfio.h>`. Each throws what the system call reports.
public protocol VFIOKernel: Sendable {
  /// Opens a container or a group; `EBUSY` for a group that another process has.
  func open(_ path: String) throws(SystemError) -> FileDescriptor
  /// `VFIO_GET_API_VERSION`.
  func version(of container: borrowing FileDescriptor) throws(SystemError) -> Int
  /// `VFIO_CHECK_EXTENSION`.
  func has(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) -> Bool
  /// `VFIO_GROUP_GET_STATUS`: whether every device of the group is with VFIO, or with no driver.
  func isViable(_ group: borrowing FileDescriptor) throws(SystemError) -> Bool
  /// `VFIO_GROUP_SET_CONTAINER`.
  func attach(_ group: borrowing FileDescriptor, to container: borrowing FileDescriptor) throws(SystemError)
  /// `VFIO_SET_IOMMU`.
  func use(_ type: VFIOMemoryType, _ container: borrowing FileDescriptor) throws(SystemError)
  /// `VFIO_IOMMU_GET_INFO`: the ranges that can be mapped; empty where the kernel does not tell.
  func ranges(of container: borrowing FileDescriptor) throws(SystemError) -> [ClosedRange<UInt64>]
  /// `VFIO_IOMMU_MAP_DMA`: whole pages of this process, which stay locked; `permissions`: 1 read, 2 write.
  ///
  /// `EEXIST` for a range that overlaps another, `ENOMEM` beyond the limit of locked memory.
  func map(
    _ container: borrowing FileDescriptor, address: UInt64, iova: UInt64, byteCount: UInt64, permissions: UInt32
  ) throws(SystemError)
  /// `VFIO_IOMMU_UNMAP_DMA`: every mapping within the range; `EINVAL` for one that cuts a mapping in two.
  func unmap(_ container: borrowing FileDescriptor, iova: UInt64, byteCount: UInt64) throws(SystemError)
  /// `VFIO_GROUP_GET_DEVICE_FD`.
  func device(_ name: String, of group: borrowing FileDescriptor) throws(SystemError) -> FileDescriptor
  /// `VFIO_DEVICE_GET_INFO`: bit 0: it can be reset, bit 1: it is a PCI function.
  func flags(of device: borrowing FileDescriptor) throws(SystemError) -> UInt32
  /// `VFIO_DEVICE_GET_REGION_INFO`.
  func region(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> VFIORegion
  /// `VFIO_DEVICE_GET_IRQ_INFO`: how many interrupts of a type there are.
  func interruptCount(_ index: Int, of device: borrowing FileDescriptor) throws(SystemError) -> Int
  /// `VFIO_DEVICE_SET_IRQS`: has the interrupts of a type signal counters, from the first on; none: disables the type.
  func setInterrupts(
    _ index: Int, of device: borrowing FileDescriptor, _ counters: [EventCounter]
  ) throws(SystemError)
  /// `VFIO_DEVICE_RESET`.
  func reset(_ device: borrowing FileDescriptor) throws(SystemError)
}

/// How a container maps memory (`VFIO_TYPE1_IOMMU` and `VFIO_TYPE1v2_IOMMU`).
public enum VFIOMemoryType: Int, Sendable {
  /// `VFIO_TYPE1_IOMMU`.
  case type1 = 1
  /// `VFIO_TYPE1v2_IOMMU`: what is unmapped is exactly what was mapped.
  case type1Version2 = 3
}

/// A region of a device.
public struct VFIORegion: Hashable, Sendable {
  /// Its size in bytes; 0: there is none.
  public var byteCount: UInt64
  /// Where it begins in the device's descriptor, in bytes.
  public var offset: UInt64

  /// Describes a region.
  public init(byteCount: UInt64, offset: UInt64) {
    self.byteCount = byteCount
    self.offset = offset
  }
}
