// A PCI function as its driver uses it: registers, memory that it may reach, and interrupts.
// SPDX-License-Identifier: Apache-2.0

/// One PCI function, wherever it is: hardware, a model in this process, or the other end of a socket.
///
/// Calls may come from any thread. Registers are little-endian; offsets are in bytes from the start of the region.
public protocol DeviceFunction: AnyObject, Sendable {
  /// Reads `width` bytes (1, 2, 4 or 8) of a region (0–5: BARs, 7: configuration space).
  ///
  /// - Throws: `invalid` for an offset or width that the region does not have, `lost` once the device is gone.
  func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64

  /// Writes `width` bytes (1, 2, 4 or 8) of a region.
  ///
  /// - Throws: as `read`.
  func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError)

  /// Lets the device reach `memory` at `iova`, in the address space that `pasid` names (`nil`: the function's own).
  ///
  /// The memory stays mapped until `unmap`; whoever maps it keeps it alive until then.
  ///
  /// - Throws: `invalid` for an empty or overlapping range or a PASID that the function does not have.
  func map(_ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?) throws(DeviceError)

  /// Takes every mapping out of a range; returns when the device no longer uses it.
  ///
  /// - Throws: `invalid` for a range that cuts a mapping in two.
  func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError)

  /// Calls `handler` on each interrupt of an MSI vector, on a thread of the device's; `nil` takes the handler away.
  ///
  /// - Throws: `invalid` for a vector that the function does not have.
  func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError)

  /// Resets the function (a function-level reset).
  ///
  /// - Throws: `lost` once the device is gone.
  func reset() throws(DeviceError)

  // MARK: What not every function has

  /// Sets what is called once, on a thread of the function's, when the device is gone for good; at once if it is.
  ///
  /// A function that cannot tell never calls it: its accesses fail with `lost`.
  func setLossHandler(_ handler: (@Sendable () -> Void)?)

  /// What the function can do besides.
  var capabilities: DeviceCapabilities { get }

  /// The NUMA node that the function is nearest to; nil where the machine does not say.
  var numaNode: Int? { get }

  /// How many bits an IOVA has at most: what is mapped lies below 2 to this power. 64 unless an IOMMU has fewer.
  var addressWidth: Int { get }

  /// Lets the device reach memory of another process, a call for each access; see `map`.
  ///
  /// The memory is asked for the addresses that the device uses: from `iova` on.
  ///
  /// - Throws: as `map`; `failed` for a function without `DeviceCapabilities.remoteMemory`.
  func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError)

  /// Makes an address space for a PASID, for `map` and for queues whose contexts name it.
  ///
  /// - Parameters:
  ///   - pasid: 1 to 65,535.
  ///   - faults: what the device reaches where nothing is mapped (device page faults); nil: nothing.
  /// - Throws: `invalid` for a PASID outside of the range or one that exists; `failed` for a function without
  ///   `DeviceCapabilities.addressSpaces`, or with `faults` without `DeviceCapabilities.pageFaults`.
  func createAddressSpace(pasid: UInt32, faults: (any RemoteMemory)?) throws(DeviceError)

  /// Takes a PASID's address space away, with what is mapped in it, once nobody uses its memory; stop its queues before.
  ///
  /// - Throws: `invalid` for a PASID that the function does not have, `failed` when a request does not end.
  func removeAddressSpace(pasid: UInt32) throws(DeviceError)

  /// Keeps a queue's requests away from a part of the function's own address space: that of the kernel path.
  ///
  /// Rings are not concerned, and neither are address spaces of PASIDs. It lasts until the queue's next start.
  ///
  /// - Throws: `invalid` for a queue that the function does not have; `failed` without
  ///   `DeviceCapabilities.confinement`.
  func confine(queue: UInt16, excluding addresses: ClosedRange<UInt64>) throws(DeviceError)

  /// Makes a page of memory of a queue's doorbells, which obeys whoever has it mapped until the object goes.
  ///
  /// - Throws: `invalid` for a queue that the function does not have; `failed` without
  ///   `DeviceCapabilities.doorbellPages`, and where there is no memory or descriptor to be had.
  func mapDoorbells(queue: UInt16) throws(DeviceError) -> any QueueDoorbells
}

extension DeviceFunction {
  /// Never called.
  public func setLossHandler(_ handler: (@Sendable () -> Void)?) {}

  /// None.
  public var capabilities: DeviceCapabilities { [] }
  /// Unknown.
  public var numaNode: Int? { nil }
  /// 64.
  public var addressWidth: Int { 64 }

  /// Not possible.
  public func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    throw DeviceError(.failed, "this function cannot reach another process's memory: share memory with a descriptor")
  }

  /// Not possible.
  public func createAddressSpace(pasid: UInt32, faults: (any RemoteMemory)?) throws(DeviceError) {
    throw DeviceError(.failed, "this function has one address space, and no PASIDs")
  }

  /// Not possible.
  public func removeAddressSpace(pasid: UInt32) throws(DeviceError) {
    throw DeviceError(.invalid, "the function has no PASID \(pasid)")
  }

  /// Not possible.
  public func confine(queue: UInt16, excluding addresses: ClosedRange<UInt64>) throws(DeviceError) {
    throw DeviceError(.failed, "this function cannot keep a queue away from a part of its memory")
  }

  /// Not possible.
  public func mapDoorbells(queue: UInt16) throws(DeviceError) -> any QueueDoorbells {
    throw DeviceError(.failed, "this function's doorbells are registers: write them")
  }
}

/// What a device function can do besides registers, memory and interrupts.
public struct DeviceCapabilities: OptionSet, Hashable, Sendable {
  /// The bits, in the order below.
  public let rawValue: UInt32

  /// Makes a set from its bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// It is a model: right, but not fast.
  public static let emulated = DeviceCapabilities(rawValue: 1 << 0)
  /// `createAddressSpace`: an address space for each process (PASID).
  public static let addressSpaces = DeviceCapabilities(rawValue: 1 << 1)
  /// `createAddressSpace` with `faults`: memory need not be mapped beforehand.
  public static let pageFaults = DeviceCapabilities(rawValue: 1 << 2)
  /// `mapRemote`: memory of another process, without a descriptor.
  public static let remoteMemory = DeviceCapabilities(rawValue: 1 << 3)
  /// `mapDoorbells`.
  public static let doorbellPages = DeviceCapabilities(rawValue: 1 << 4)
  /// `confine`.
  public static let confinement = DeviceCapabilities(rawValue: 1 << 5)
}
