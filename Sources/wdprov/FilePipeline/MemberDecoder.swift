// Decodes members that say how long they are on several threads, and takes none of them at its word.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// The memory of one member, which goes from the reader to a thread and back.
final class MemberSlot: Sendable {
  private struct Content: ~Copyable {
    var stored: AnonymousMapping
    var filled = 0
    var plain: AnonymousMapping
    /// Made when the first member is decoded, and kept for the next.
    var handle: Compression?
    /// Whether the member was as its index says.
    var isTrue = false
  }

  private let content: Guarded<Content>

  init() throws(CommandFailure) {
    let stored = try AnonymousMapping(buffer: MemberIndex.largestStored + MemberFormat.indexSize)
    let plain = try AnonymousMapping(buffer: MemberIndex.largestPlain)
    content = Guarded(Content(stored: stored, plain: plain))
  }

  /// Forgets the member.
  func clear() { content.withLock { $0.filled = 0 } }

  /// Reads more of the member, of which `count` bytes are wanted; no bytes are added at the input's end.
  func fill(
    to count: Int, _ read: (inout OutputRawSpan) throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> (added: Int, isComplete: Bool) {
    try content.withLock { (content) throws(CommandFailure) in
      let added = try content.stored.withOutput(at: content.filled..<count) { (space) throws(CommandFailure) in
        try read(&space)
        return space.byteCount
      }
      content.filled += added
      return (added, content.filled == count)
    }
  }

  /// Lends what was read of the member.
  func withStored<Result>(
    _ body: (borrowing AnonymousMapping, Int) throws(CommandFailure) -> Result
  ) throws(CommandFailure) -> sending Result {
    try content.withLock { (content) throws(CommandFailure) in try body(content.stored, content.filled) }
  }

  /// The index at the start of what was read.
  func index(_ format: MemberFormat) -> MemberIndex? {
    content.withLock { format.index(in: $0.stored.bytes.extracting(first: $0.filled)) }
  }

  /// Decodes the member; whether it kept its word is seen by ``withPlain(_:_:)``.
  func decode(_ registry: Registry, _ name: String, _ format: MemberFormat, _ index: MemberIndex) {
    content.withLock { content in
      content.isTrue = false
      // Why it fails is for the stream to find out, which decodes it again.
      if content.handle == nil { content.handle = try? registry.compression(name, .init(allMembers: false)) }
      content.isTrue = Self.decode(
        content.stored, format.prefixSize..<content.filled, into: &content.plain, &content.handle, index)
    }
  }

  /// Decodes one member; returns whether it used and gave exactly what its index says.
  private static func decode(
    _ stored: borrowing AnonymousMapping, _ range: Range<Int>, into plain: inout AnonymousMapping,
    _ handle: inout Compression?, _ index: MemberIndex
  ) -> Bool {
    let bytes = stored.bytes.extracting(range)
    return plain.withOutput(of: index.plainSize, at: .lower) { space in
      guard let result = try? handle?.decompress(bytes, into: &space) else { return false }
      return result.consumed == range.count && result.trailing == 0 && space.byteCount == index.plainSize
    }
  }

  /// Lends the plain bytes; nil, without calling `body`, where the member was not as its index says.
  func withPlain<Result>(
    _ index: MemberIndex, _ body: (RawSpan) throws(CommandFailure) -> Result
  ) throws(CommandFailure) -> sending Result? {
    try content.withLock { (content) throws(CommandFailure) in
      guard content.isTrue else { return nil }
      return try body(content.plain.bytes.extracting(first: index.plainSize))
    }
  }
}

/// A run of members from the start of a file.
///
/// Indexes are hints, from whoever made the file. A member is written only where it decoded to exactly as many bytes,
/// out of exactly as many, as it had said; at the first that did not, or has no index, the stream takes over with that
/// member's first byte, so that what comes out is what the stream alone would have made of the file.
struct MemberDecoder: ~Copyable {
  /// A member under way.
  private struct Job {
    let slot: MemberSlot
    let index: MemberIndex
    let done = Gate()
  }

  /// As many as `pcrypt` has: somebody may ask for a million.
  private static let mostThreads = 256

  private let registry: Registry
  private let name: String
  private let format: MemberFormat
  private let lane: WorkerLane
  private var idle: [MemberSlot] = []
  /// Under way, the oldest first.
  private var queue: [Job] = []
  /// Whether the oldest was not as its index says.
  private var isBroken = false

  /// Decodes by the driver called `name`.
  init(_ registry: Registry, _ name: String, _ format: MemberFormat, threads: Int) {
    self.registry = registry
    self.name = name
    self.format = format
    lane = WorkerLane(WorkerPool(threadCount: min(threads, Self.mostThreads)), width: threads)
  }

  /// Decodes members as long as they have indexes that hold; returns what was read behind them.
  ///
  /// - Parameters:
  ///   - stream: counts what is decoded here, and decodes what is returned.
  ///   - read: reads some bytes; none at the input's end.
  ///   - isReady: whether reading would not wait.
  consuming func decode<Target: Destination & ~Copyable>(
    through stream: inout CompressionStream, to destination: borrowing Target, _ meter: inout ProgressMeter,
    read: (inout OutputRawSpan) throws(CommandFailure) -> Void, isReady: () -> Bool
  ) throws(CommandFailure) -> [MemberSlot] {
    do throws(CommandFailure) {
      while true {
        // One more than there are threads: it waits for the first that is free, while another is read or written.
        try deliver(keeping: lane.width, &stream, destination, &meter)
        let slot = try nextSlot()
        guard try fill(slot, to: MemberIndex.headSize, &stream, destination, &meter, read, isReady),
          let index = slot.index(format), index.isSmall,
          try fill(slot, to: index.storedSize + format.prefixSize, &stream, destination, &meter, read, isReady)
        else {
          try deliver(keeping: 0, &stream, destination, &meter)
          return abandon() + [slot]
        }
        start(slot, index)
      }
    } catch {
      _ = abandon()
      throw error
    }
  }

  /// Reads until `count` bytes of a member are there; returns false where there is no use in that any more.
  private mutating func fill<Target: Destination & ~Copyable>(
    _ slot: MemberSlot, to count: Int, _ stream: inout CompressionStream, _ destination: borrowing Target,
    _ meter: inout ProgressMeter, _ read: (inout OutputRawSpan) throws(CommandFailure) -> Void, _ isReady: () -> Bool
  ) throws(CommandFailure) -> Bool {
    while true {
      // What is decoded does not wait for what is to come.
      try deliver(keeping: isReady() ? .max : 0, &stream, destination, &meter)
      if isBroken { return false }
      let (added, isComplete) = try slot.fill(to: count, read)
      if added == 0 || isComplete { return isComplete }
    }
  }

  private mutating func nextSlot() throws(CommandFailure) -> MemberSlot {
    guard let slot = idle.popLast() else { return try MemberSlot() }
    slot.clear()
    return slot
  }

  private mutating func start(_ slot: MemberSlot, _ index: MemberIndex) {
    let job = Job(slot: slot, index: index)
    queue.append(job)
    lane.run { [registry, name, format] in
      slot.decode(registry, name, format, index)
      job.done.open()
    }
  }

  /// Writes the oldest members, those that are done, and others until no more than `count` are under way.
  private mutating func deliver<Target: Destination & ~Copyable>(
    keeping count: Int, _ stream: inout CompressionStream, _ destination: borrowing Target, _ meter: inout ProgressMeter
  ) throws(CommandFailure) {
    while !isBroken, let oldest = queue.first, oldest.done.isOpen || queue.count > count {
      _ = oldest.done.wait(nanoseconds: .max)
      let index = oldest.index
      let stored = index.storedSize + format.prefixSize
      let isWritten = try oldest.slot.withPlain(index) { (plain) throws(CommandFailure) in
        guard stream.pass(stored: stored, plain: plain.byteCount) else { return false }
        if plain.byteCount > 0 { try destination.write(plain) }
        return true
      }
      if isWritten == true {
        meter.update(bytesIn: stream.totalIn, bytesOut: stream.totalOut)
        queue.removeFirst()
        idle.append(oldest.slot)
      } else {
        isBroken = true
      }
    }
  }

  /// Waits for what is under way, and returns it as it was read.
  private mutating func abandon() -> [MemberSlot] {
    for job in queue { _ = job.done.wait(nanoseconds: .max) }
    return queue.map(\.slot)
  }
}
