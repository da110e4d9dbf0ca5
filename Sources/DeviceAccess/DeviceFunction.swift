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
}

/// What a device may do with memory that is mapped for it.
public struct DevicePermissions: OptionSet, Sendable {
  /// Bit 0: read, bit 1: write, as VFIO has them.
  public let rawValue: UInt32

  /// Makes permissions from their bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The device may read.
  public static let read = DevicePermissions(rawValue: 1)
  /// The device may write.
  public static let write = DevicePermissions(rawValue: 2)
}

/// Memory of this process that a device is to reach; whoever made it owns it.
///
/// `@unchecked Sendable`: an address and a length; the memory is shared with a device anyway.
@safe public struct DeviceMemory: @unchecked Sendable {
  /// The first byte.
  public let base: UnsafeMutableRawPointer
  /// Its length in bytes.
  public let length: Int

  /// Names memory that stays where it is for as long as it is mapped.
  public init(base: UnsafeMutableRawPointer, length: Int) {
    unsafe self.base = base
    self.length = length
  }
}

/// Why a device function did not do what it was asked.
public struct DeviceError: Error, Hashable, Sendable {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// An argument that the function cannot have.
    case invalid
    /// The device is gone or does not answer.
    case lost
    /// The device or the system refused; the message says which.
    case failed
  }

  /// What kind of failure it is.
  public let code: Code
  /// What happened, for people, and what to do next.
  public let message: String

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
