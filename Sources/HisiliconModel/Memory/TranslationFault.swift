// Why the device could not reach an address, and why memory could not be mapped for it.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess

/// An access of the device that its address space does not allow: nothing was read or written there.
///
/// It ends the request that made it, never more. An access that spans mappings may have moved the bytes before `iova`.
struct TranslationFault: Error, Equatable, Sendable {
  /// The kinds of fault.
  enum Reason: Hashable, Sendable {
    /// Nothing is mapped there.
    case unmapped
    /// What is mapped there does not allow this access.
    case denied
    /// The queue is kept away from there.
    case excluded
    /// The range goes beyond 2^64.
    case wrapped
    /// The file behind the memory became shorter while it was mapped.
    case poisoned
    /// The memory is at the other end of a connection, which failed or did not answer in time.
    case lost
  }

  /// The first address that could not be reached.
  let iova: UInt64
  /// What the device wanted to do: `.read` or `.write`.
  let access: DevicePermissions
  /// What was in the way.
  let reason: Reason

  /// Makes a fault.
  init(_ reason: Reason, at iova: UInt64, _ access: DevicePermissions) {
    self.iova = iova
    self.access = access
    self.reason = reason
  }
}

/// Why a mapping could not be made or taken away.
enum AddressSpaceError: Error, Hashable, Sendable {
  /// The range is empty or goes beyond 2^64.
  case invalidRange
  /// Something is mapped in the range already.
  case overlapping
  /// The range would leave a part of a mapping.
  case cutsMapping
  /// The mappings are gone for every new access, but one that began before has not ended within the time limit; their
  /// memory is kept until it has.
  case busy
}
