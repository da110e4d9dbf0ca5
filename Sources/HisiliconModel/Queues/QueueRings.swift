// What a context says about its ring, checked, and positions in rings.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// A place in a ring, counted since the ring was started.
struct RingPosition: Hashable, Sendable {
  /// Entries passed so far; never wraps in practice.
  var count: UInt64 = 0
  /// The index of the entry.
  var slot: UInt32 = 0
  /// Toggles with each lap: the contexts' wrap bit, or the phase of what is written next.
  var lap = false

  /// Goes on by at most one lap.
  @inline(__always)
  mutating func advance(by entries: UInt32 = 1, depth: UInt32) {
    count &+= UInt64(entries)
    slot &+= entries
    if slot >= depth {
      slot &-= depth
      lap.toggle()
    }
  }

  /// How many entries lie between this position's slot and `index`, going forward; both lie within the ring.
  @inline(__always)
  func distance(to index: UInt32, depth: UInt32) -> UInt32 {
    index >= slot ? index &- slot : index &+ depth &- slot
  }
}

/// A submission queue as its context describes it.
struct SubmissionRing: Sendable {
  /// Bytes of an entry.
  static let entrySize: UInt64 = 128
  private static let entrySizeBits: UInt32 = 7

  /// The address of entry 0.
  let base: UInt64
  /// The number of entries.
  let depth: UInt32
  /// What doorbells have to repeat; nil at revision 0x20, whose doorbells cannot.
  let rand: UInt16?
  let direction: ZipDirection
  /// Whether the queue goes before those without priority.
  let hasPriority: Bool
  /// The driver's mark for "obey no doorbell".
  let isDisabled: Bool
  /// The first entry that is not taken yet.
  let head: UInt32
  /// The first entry that is not submitted yet.
  let tail: UInt32
  /// Where the ring and its requests' buffers are.
  let memory: AddressSpace

  /// Checks a context.
  ///
  /// - Throws: `QueueError` with the field that is wrong.
  init(_ context: hisi_sqc, number: UInt16, revision: UInt32, memory: AddressSpace) throws(QueueError) {
    depth = try ringDepth(dw3: context.dw3, w8: context.w8, revision)
    base = try ringBase(context.base_l, context.base_h, depth, entrySize: Self.entrySize)
    let entrySize = context.dw3 >> HISI_SQC_DW3_SIZE_SHIFT & HISI_SQC_DW3_SIZE_MASK
    guard entrySize == Self.entrySizeBits else { throw QueueError(field: .entrySize) }
    guard context.cq_num == number else { throw QueueError(field: .completionQueue) }
    let w13 = UInt32(context.w13)
    guard let direction = ZipDirection(algorithmType: w13 >> HISI_SQC_W13_TYPE_SHIFT & HISI_SQC_W13_TYPE_MASK) else {
      throw QueueError(field: .direction)
    }
    self.direction = direction
    hasPriority = w13 & HISI_SQC_W13_PRIORITY_MASK != 0
    isDisabled = w13 & HISI_SQC_W13_DISABLED != 0
    rand = revision == HISI_QM_HW_V1 ? nil : context.w8
    head = UInt32(context.head)
    tail = UInt32(context.tail)
    guard head < depth && tail < depth else { throw QueueError(field: .index) }
    self.memory = memory
  }
}

/// A completion queue as its context describes it.
struct CompletionRing: Sendable {
  /// Bytes of an entry.
  static let entrySize: UInt64 = 16
  private static let entrySizeBits: UInt32 = 4

  /// The address of entry 0, aligned to an entry.
  let base: UInt64
  /// The number of entries.
  let depth: UInt32
  /// The first entry that the driver has not consumed.
  let head: UInt32
  /// The first entry that is not written yet.
  let tail: UInt32
  /// What doorbells have to repeat; nil at revision 0x20, whose doorbells cannot.
  let rand: UInt16?
  /// The phase of the first entry that is written.
  let phase: Bool
  let isArmed: Bool
  /// Where the ring is.
  let memory: AddressSpace

  /// Checks a context.
  ///
  /// - Throws: `QueueError` with the field that is wrong.
  init(_ context: hisi_cqc, revision: UInt32, memory: AddressSpace) throws(QueueError) {
    depth = try ringDepth(dw3: context.dw3, w8: context.w8, revision)
    base = try ringBase(context.base_l, context.base_h, depth, entrySize: Self.entrySize)
    // The word with the phase is written in one piece, so that an entry must not lie across two mappings.
    guard base % Self.entrySize == 0 else { throw QueueError(field: .base) }
    guard context.dw3 >> HISI_CQC_DW3_SIZE_SHIFT & HISI_SQC_DW3_SIZE_MASK == Self.entrySizeBits else {
      throw QueueError(field: .entrySize)
    }
    head = UInt32(context.head)
    tail = UInt32(context.tail)
    guard head < depth && tail < depth else { throw QueueError(field: .index) }
    rand = revision == HISI_QM_HW_V1 ? nil : context.w8
    phase = context.dw6 & HISI_CQC_DW6_PHASE != 0
    isArmed = context.dw6 & HISI_CQC_DW6_ARMED != 0
    self.memory = memory
  }
}

/// The most entries of a ring: what 12 bits of `dw3` can say; revision 0x20 is held to the same.
private let deepestRing: UInt32 = HISI_SQC_DW3_DEPTH_MASK + 1

private func ringDepth(dw3: UInt32, w8: UInt16, _ revision: UInt32) throws(QueueError) -> UInt32 {
  let depth = revision == HISI_QM_HW_V1 ? UInt32(w8) + 1 : dw3 & HISI_SQC_DW3_DEPTH_MASK + 1
  // One entry stays free, so that a full ring is not an empty one.
  guard depth >= 2 && depth <= deepestRing else { throw QueueError(field: .depth) }
  return depth
}

private func ringBase(
  _ low: UInt32, _ high: UInt32, _ depth: UInt32, entrySize: UInt64
) throws(QueueError) -> UInt64 {
  let base = UInt64(high) << 32 | UInt64(low)
  guard !base.addingReportingOverflow(UInt64(depth) * entrySize - 1).overflow else { throw QueueError(field: .base) }
  return base
}
