// One range of an address space: what lies behind it and what the device may do with it.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem

/// What lies behind a range of device addresses.
enum MappingBacking: Sendable {
  /// Memory of this process.
  case memory(MappedMemory)
  /// Memory at the other end of a connection, reached by messages.
  case remote(RemoteBacking)
}

/// Memory of this process that a mapping refers to, and who keeps it alive.
///
/// `@unchecked Sendable`: an address; the memory is shared with a client anyway.
@safe struct MappedMemory: @unchecked Sendable {
  /// The byte behind the mapping's first address; what follows is at least as long as the mapping.
  let base: UnsafeMutableRawPointer
  /// Kept until the last access that could use the memory has ended; its end may unmap the memory.
  let owner: (any AnyObject & Sendable)?
  /// The mapping whose file may be found shorter (SIGBUS), kept as well; nil for memory where that cannot be.
  let shared: SharedMapping?

  /// Names memory that stays valid as long as `owner` lives.
  init(base: UnsafeMutableRawPointer, owner: (any AnyObject & Sendable)? = nil) {
    unsafe self.base = base
    self.owner = owner
    shared = nil
  }

  /// Names all memory of a shared mapping, and keeps it.
  init(_ shared: SharedMapping) {
    unsafe base = shared.base
    owner = nil
    self.shared = shared
  }

  /// Names a driver's memory, and keeps the mapping that it is part of, if any.
  init(_ memory: DeviceMemory) {
    unsafe base = memory.base
    owner = nil
    shared = memory.mapping
  }
}

/// Access by messages to memory that came without a descriptor.
///
/// Both functions may be called on any thread; they return within a time limit of their own, false where the other
/// side refused, failed or was too slow. Each call moves at most ``largestTransfer`` bytes.
@safe struct RemoteBacking: Sendable {
  /// The most bytes of one call; a connection that moves fewer in one message sends several.
  static let largestTransfer = 65_536

  /// Reads memory at a device address into a buffer, all of it.
  let read: @Sendable (UInt64, UnsafeMutableRawBufferPointer) -> Bool
  /// Writes a buffer to memory at a device address.
  let write: @Sendable (UInt64, UnsafeRawBufferPointer) -> Bool

  /// Another process's memory, at the same addresses as the device has it.
  init(_ memory: any RemoteMemory) {
    unsafe self.init(
      read: { unsafe memory.read(address: $0, into: $1) }, write: { unsafe memory.write(address: $0, from: $1) })
  }

  /// Makes a backing of two functions.
  init(
    read: @escaping @Sendable (UInt64, UnsafeMutableRawBufferPointer) -> Bool,
    write: @escaping @Sendable (UInt64, UnsafeRawBufferPointer) -> Bool
  ) {
    unsafe self.read = read
    unsafe self.write = write
  }
}

/// A range of an address space and what is behind it.
///
/// `@unchecked Sendable`: constant; its pointer leads to memory that is shared with a client anyway.
@safe final class Mapping: @unchecked Sendable {
  /// The first address.
  let first: UInt64
  /// The last address: an end of 2^64 would not fit.
  let last: UInt64
  /// What the device may do.
  let permissions: DevicePermissions
  /// The byte behind `first`; nil for memory that is reached by messages.
  let base: UnsafeMutableRawPointer?
  /// How memory without a descriptor is reached.
  let remote: RemoteBacking?
  /// What keeps the memory.
  private let owner: (any AnyObject & Sendable)?
  private let shared: SharedMapping?

  init(first: UInt64, last: UInt64, permissions: DevicePermissions, backing: MappingBacking) {
    self.first = first
    self.last = last
    self.permissions = permissions
    switch backing {
    case .memory(let memory):
      unsafe base = memory.base
      remote = nil
      owner = memory.owner
      shared = memory.shared
    case .remote(let remote):
      unsafe base = nil
      self.remote = remote
      owner = nil
      shared = nil
    }
  }

  /// Whether what is read from here may be zeros that a truncated file left.
  ///
  /// Asked for after every access: no call of a closure, whose reference would be counted.
  @inline(__always)
  var isPoisoned: Bool { shared?.isPoisoned ?? false }
}
