// Why a queue does not start.
// SPDX-License-Identifier: Apache-2.0

/// A context that no queue can be started with; the mailbox answers with a status that is not 0.
struct QueueError: Error, Hashable, Sendable {
  /// The field that is wrong.
  enum Field: Hashable, Sendable {
    /// The number of entries: 2 to 4096.
    case depth
    /// The size of an entry: 128 bytes in an SQ, 16 in a CQ.
    case entrySize
    /// The ring does not fit below 2^64, or a CQ is not aligned to an entry.
    case base
    /// A head or tail outside of the ring.
    case index
    /// An SQ that does not complete to the CQ of its own number.
    case completionQueue
    /// A direction other than compress and decompress.
    case direction
  }

  /// The field that is wrong.
  let field: Field
}
