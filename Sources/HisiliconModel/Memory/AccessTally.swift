// What a request's accesses to memory came to.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the accesses of one section have cost, beyond plain memory.
struct AccessTally: Hashable, Sendable {
  /// Bytes moved by calls, from or to memory that is not mapped in this process.
  var remoteBytes: UInt64 = 0
  /// Addresses without a mapping that the process behind the address space answered for.
  var pageFaults: UInt64 = 0
  /// Accesses refused because the queue is kept away from there.
  var refusals: UInt64 = 0

  /// Adds another one.
  static func += (tally: inout AccessTally, other: AccessTally) {
    tally.remoteBytes &+= other.remoteBytes
    tally.pageFaults &+= other.pageFaults
    tally.refusals &+= other.refusals
  }
}

/// A part of an address space that some accesses are kept away from.
struct ExcludedRange: Hashable, Sendable {
  /// The first address; higher than `last` for none at all.
  let first: UInt64
  /// The last address, 0 for none at all.
  let last: UInt64

  /// Nothing is excluded.
  static let none = ExcludedRange(first: .max, last: 0)

  /// Whether nothing is excluded.
  var isEmpty: Bool { first > last }
}
