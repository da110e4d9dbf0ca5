// The rings of one queue pair: requests go in, answered requests come out.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem
import Synchronization
public import WarpDriveQueue

/// The submission and the completion ring of a queue pair, over memory that the device writes.
///
/// Any thread may send and receive, several at once; a send takes one lock, a receive that finds something another one,
/// and neither allocates. Requests may be answered in any order: a completion names its slot of the submission ring, and
/// a slot is used again only once its request was received.
///
/// What the device writes is not believed: a completion is copied once, and the copy is checked. One that names another
/// queue, or a slot that has no request, is an error and nothing else; a request that is never answered keeps its slot,
/// so that the ring fills up in the end, and the queue has to be stopped.
///
/// Completions are acknowledged to the device in groups of a quarter of the ring, unless a notice is wanted.
///
/// `@unchecked Sendable`: constant pointers into mappings that live as long as this object, to atomics or to entries that
/// the locks and the protocol of the rings give to one side at a time.
@safe public final class RingPair: @unchecked Sendable {
  /// What a sender works with.
  struct Sending {
    /// The next free slot.
    var tail: UInt32 = 0
    var isAbandoned = false
  }

  /// What a receiver works with.
  struct Receiving {
    /// The completion ring's next entry.
    var head: UInt32 = 0
    /// Entries consumed, of which the device was not told yet.
    var unacknowledged: UInt32 = 0
    /// How many want to be told of the next completion.
    var waiters = 0
  }

  /// The queue's number in its function.
  public let number: UInt16
  /// The rings' layout.
  public let layout: RingLayout
  /// The most requests that are in flight at once.
  public let capacity: Int

  let rings: SharedMapping
  let doorbell: RingDoorbell
  let submissions: UnsafeMutableRawPointer
  let completions: UnsafeMutableRawPointer
  let submissionStop: UnsafePointer<Atomic<UInt32>>
  let completionStop: UnsafePointer<Atomic<UInt32>>
  /// Whether a slot's request is in flight: set by the sender, cleared by the receiver.
  let busySlots: UnsafeMutablePointer<Atomic<UInt8>>
  /// Where the next completion is, and the phase that it has to have: for a look without the lock.
  let next = Atomic<UInt32>(RingPair.phaseBit)
  /// Requests sent; only a sender adds to it.
  let sent = Atomic<UInt64>(0)
  /// Requests received; only a receiver adds to it.
  let received = Atomic<UInt64>(0)
  /// Completions, valid or not, whose consumption the device knows of.
  let acknowledged = Atomic<UInt64>(0)
  let isAbandoned = Atomic<Bool>(false)
  let generation = CurrentProcess.generation
  let sending = Guarded(Sending())
  let receiving = Guarded(Receiving())

  /// The bit of `next` that is the phase.
  static let phaseBit: UInt32 = 1 << 31

  /// Takes over the rings of a queue that was just started: both are empty, and the memory of the completion ring is zero.
  ///
  /// - Parameters:
  ///   - rings: the memory, laid out as `RingLayout` says; the stop flags are its last two words.
  ///   - submissionDepth: entries of the submission queue.
  ///   - completionDepth: entries of the completion queue.
  ///   - number: the queue's number in its function.
  ///   - isVersion1: whether doorbells have the format of `hisi_qm_v1` (revision 0x20).
  ///   - doorbell: how they are rung.
  /// - Throws: `invalid` for depths outside of `RingLayout.depths`, memory that is too small for them or not mapped for
  ///   reading and writing, a doorbell that is not mapped, or a number that a doorbell cannot carry.
  public init(
    rings: SharedMapping, submissionDepth: Int, completionDepth: Int, number: UInt16, isVersion1: Bool,
    doorbell: QueueDoorbell
  ) throws(QueueError) {
    let layout = RingLayout(submissionDepth: submissionDepth, completionDepth: completionDepth)
    guard RingLayout.depths.contains(submissionDepth), RingLayout.depths.contains(completionDepth),
      rings.byteCount >= layout.byteCount, rings.byteCount % 8 == 0, rings.permissions == .readWrite,
      unsafe UInt(bitPattern: rings.base) % 8 == 0
    else {
      throw QueueError(
        .invalid,
        "\(rings.byteCount) bytes of ring memory do not hold \(submissionDepth) requests and \(completionDepth) completions"
      )
    }
    self.rings = rings
    self.layout = layout
    self.number = number
    self.doorbell = try RingDoorbell(doorbell, number: number, isVersion1: isVersion1)
    // One completion for each request must have room, with one entry free, or a full ring would look like an empty one.
    capacity = min(submissionDepth, completionDepth) - 1
    unsafe submissions = rings.base
    unsafe completions = rings.base + layout.completionOffset
    let end = rings.byteCount
    unsafe submissionStop = Self.flag(rings.base + RingLayout.submissionStopOffset(in: end))
    unsafe completionStop = Self.flag(rings.base + RingLayout.completionStopOffset(in: end))
    unsafe busySlots = UnsafeMutablePointer<Atomic<UInt8>>.allocate(capacity: submissionDepth)
    for slot in 0..<submissionDepth { unsafe (busySlots + slot).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe busySlots.deinitialize(count: layout.submissionDepth)
    unsafe busySlots.deallocate()
  }

  /// The flags lie at the memory's end, aligned, and an atomic has the size of its value.
  private static func flag(_ address: UnsafeMutableRawPointer) -> UnsafePointer<Atomic<UInt32>> {
    unsafe UnsafePointer(address.assumingMemoryBound(to: Atomic<UInt32>.self))
  }

  /// How many requests were sent and not received yet.
  public var inFlight: Int {
    // In this order: what is received was sent before.
    let received = received.load(ordering: .acquiring)
    return Int(sent.load(ordering: .acquiring) &- received)
  }

  /// Whether the device or the driver has stopped the queue; what is in flight will not be answered.
  public var isStopped: Bool {
    // A child does not have the memory.
    guard isOwn else { return true }
    return unsafe isAbandoned.load(ordering: .relaxed) || submissionStop.pointee.load(ordering: .relaxed) != 0
      || completionStop.pointee.load(ordering: .relaxed) != 0 || rings.isPoisoned
  }

  /// Ends the use of the rings: whoever sends or receives from now on gets `resetting`.
  ///
  /// - Returns: the slots whose requests were not received; each is told of once, by this call or by a receive.
  public func abandon() -> [UInt16] {
    guard isOwn else { return [] }
    return sending.withLock { sending in
      receiving.withLock { _ in
        guard !sending.isAbandoned else { return [] }
        sending.isAbandoned = true
        isAbandoned.store(true, ordering: .releasing)
        return (0..<layout.submissionDepth).compactMap { slot in
          unsafe busySlots[slot].load(ordering: .relaxed) != 0 ? UInt16(slot) : nil
        }
      }
    }
  }

  /// Whether this is the process that made this object, and not a child, where a lock may be held for ever.
  @inline(__always)
  var isOwn: Bool { CurrentProcess.generation == generation }

  /// Refuses a child's calls.
  @inline(__always)
  func checkProcess() throws(QueueError) {
    guard isOwn else { throw OwnProcess.foreign }
  }

  /// The error of a queue that was stopped.
  static var stopped: QueueError {
    QueueError(.resetting, "the queue was stopped, as its device is being reset: request another, or use software")
  }

  /// The error of a queue whose memory is gone.
  static var lost: QueueError {
    QueueError(.deviceLost, "the rings' memory was taken away: request another queue, or use software")
  }
}
