// What a process shares with a device, and where.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import WarpDriveQueue

/// How a device reaches memory that a process shared.
enum SharedPages: Sendable {
  /// The same pages are mapped here: nothing is copied.
  case mapping(SharedMapping)
  /// They are this process's own.
  case local(DeviceMemory)
  /// Every access is a call that copies.
  case remote(any RemoteMemory)
  /// Nothing is mapped: the device faults, and then reaches the process's memory.
  case faulted

  /// Whether both are the same memory.
  func isSame(as other: SharedPages) -> Bool {
    switch (self, other) {
    case (.mapping(let a), .mapping(let b)): a.isOfSameMemory(as: b)
    case (.local(let a), .local(let b)): unsafe a.base == b.base && a.length == b.length
    case (.remote(let a), .remote(let b)): a === b
    case (.faulted, .faulted): true
    default: false
    }
  }

  /// Lets a function reach the memory.
  ///
  /// - Parameters:
  ///   - function: the device.
  ///   - range: where it is to see the memory.
  ///   - ownerAddress: where the owner sees it.
  ///   - permissions: what it may do.
  ///   - pasid: the address space.
  func map(
    for function: any DeviceFunction, at range: ClosedRange<UInt64>, ownerAddress: UInt64,
    permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    let iova = range.lowerBound
    switch self {
    case .mapping(let mapping):
      try function.map(DeviceMemory(mapping), iova: iova, permissions: permissions, pasid: pasid)
    case .local(let memory):
      try function.map(memory, iova: iova, permissions: permissions, pasid: pasid)
    case .remote(let memory):
      let moved =
        iova == ownerAddress ? memory : MovedMemory(memory, deviceAddress: iova, ownerAddress: ownerAddress)
      try function.mapRemote(
        moved, iova: iova, length: range.upperBound - iova + 1, permissions: permissions, pasid: pasid)
    case .faulted:
      break
    }
  }
}

/// A piece of memory in a domain.
struct DomainEntry {
  let range: ClosedRange<UInt64>
  let pages: SharedPages
  let ownerAddress: UInt64
  let permissions: DevicePermissions
  /// The mediated devices that shared it; none: a request uses it that does not end, and it stays until that does.
  var holders: Set<MediatedDeviceID>
}
