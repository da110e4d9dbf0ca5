// Memory that a device is to reach, and a queue's doorbells as memory.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

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
  /// The mapping that the memory is part of, kept while the device may use it; nil for other memory.
  public let mapping: SharedMapping?
  /// The file that holds the memory, for a device that maps it itself; nil where it is not known.
  public let file: SharedMemory?
  /// Where the memory begins in `file`, in bytes.
  public let fileOffset: UInt64

  /// Names memory that stays where it is for as long as it is mapped.
  ///
  /// - Parameters:
  ///   - base: the first byte.
  ///   - length: its length in bytes.
  ///   - file: what it is a mapping of, where that is known; its descriptor is passed on to a device in another process.
  ///   - offset: where the memory begins in the file, in bytes.
  public init(base: UnsafeMutableRawPointer, length: Int, of file: SharedMemory? = nil, at offset: UInt64 = 0) {
    unsafe self.base = base
    self.length = length
    mapping = nil
    self.file = file
    fileOffset = offset
  }

  /// Names all of a shared mapping.
  public init(_ mapping: SharedMapping) {
    unsafe base = mapping.base
    length = mapping.byteCount
    self.mapping = mapping
    file = nil
    fileOffset = 0
  }

  /// Names all of a shared mapping of a file that is known.
  ///
  /// - Parameters:
  ///   - mapping: the mapping.
  ///   - file: what it is a mapping of; its descriptor is passed on to a device in another process.
  ///   - offset: where the mapping begins in the file, in bytes.
  public init(_ mapping: SharedMapping, of file: SharedMemory, at offset: UInt64 = 0) {
    unsafe base = mapping.base
    length = mapping.byteCount
    self.mapping = mapping
    self.file = file
    fileOffset = offset
  }
}

/// Memory that is reached by a call: another process's.
///
/// Calls may come from any thread, several at once. They return within a time limit of their own.
public protocol RemoteMemory: AnyObject, Sendable {
  /// Reads bytes at an address into a buffer, all of it; false where any of them cannot be read.
  func read(address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool

  /// Writes a buffer to an address, all of it; false where any byte cannot be written, others may have been.
  func write(address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool
}

/// A queue's doorbells as a page of memory; it is obeyed until this object goes.
///
/// The client stores a doorbell, then a full fence, and signals `wakeUp` only where the word `sleeping` in the page is
/// not 0 (`hisi_doorbell.h`: `HISI_DOORBELL_PAGE_*`).
public protocol QueueDoorbells: AnyObject, Sendable {
  /// The page, for passing it on.
  var memory: SharedMemory { get }
  /// What wakes the device's poller, for passing it on.
  var wakeUp: EventCounter { get }
}
