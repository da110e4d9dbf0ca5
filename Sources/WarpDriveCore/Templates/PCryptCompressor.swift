// Cuts a stream into blocks, has them compressed by a pool of threads, and puts the results back in order.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The state of one stream through `pcrypt`.
///
/// Used by one thread at a time; the pool's threads see only their blocks.
final class PCryptCompressor: Sendable {
  /// Bytes of the window that a block of raw deflate may refer back to (RFC 1951 section 2).
  private static let windowSize = 1 << 15
  /// How long the oldest block may take: far above what a block needs at the slowest level.
  private static let timeLimit: UInt64 = 60_000_000_000
  /// A block on its way through the pool.
  private struct Job {
    let block: PCryptBlock
    let done = Gate()
  }

  private struct State: ~Copyable {
    /// The block that is being filled.
    var filling: PCryptBlock?
    var dictionary: [UInt8]
    /// Under way, the oldest first, which may be done and in part handed out.
    var queue: [Job] = []
    /// Memory for further blocks.
    var idle: [PCryptBlock] = []
    var sentLast = false
    var sentAny = false
  }

  private let work: PCryptWork
  private let options: CompressionOptions
  /// Where the blocks are compressed; nil where the caller's thread does all.
  private let lane: WorkerLane?
  private let state: Guarded<State>

  init(_ work: PCryptWork, _ options: CompressionOptions, _ pool: WorkerPool) {
    self.work = work
    self.options = options
    let threads = options.threads ?? Processor.onlineCount
    lane = threads > 1 ? WorkerLane(pool, width: threads) : nil
    state = Guarded(State(dictionary: options.dictionary ?? []))
  }

  /// Blocks under way before the oldest is waited for; this bounds the stream's memory.
  ///
  /// One more than there are threads: it waits for the first that is free, while another is filled or handed out.
  private var maximumInFlight: Int { lane.map { $0.width + 1 } ?? 1 }

  /// Drops what is under way; jobs that run end unheard.
  func reset() { state.withLock { $0 = State(dictionary: options.dictionary ?? []) } }

  /// One step of the stream; see ``CompressionTransform/step(_:into:_:)``.
  func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    // The state leaves its lock for the step: a stream has one user, and the lock must not be held while waiting.
    var state = self.state.withLock { state in
      let taken = state
      state = State(dictionary: [])
      return taken
    }
    var progress = CompressionProgress()
    do throws(ProviderError) {
      try advance(&state, input, &output, flush, &progress)
    } catch {
      put(state)
      throw error
    }
    put(state)
    return progress
  }

  private func put(_ state: consuming sending State) {
    var taken: State? = state
    self.state.withLock { place in if let state = taken.take() { place = state } }
  }

  private func advance(
    _ state: inout State, _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush,
    _ progress: inout CompressionProgress
  ) throws(ProviderError) {
    let before = output.byteCount
    defer { progress.produced = output.byteCount - before }
    while true {
      let rest = input.byteCount - progress.consumed
      if let oldest = state.queue.first, isDue(state, oldest, rest, flush) {
        guard try handOut(&state, oldest, &output) else { return }
        continue
      }
      if rest > 0, !state.sentLast {
        let block = try filling(&state)
        let (count, isFull) = block.fill(input.extracting(droppingFirst: progress.consumed))
        progress.consumed += count
        // A full block waits for what follows, if only to know whether it is the last.
        if isFull, rest > count || flush != .finish { send(&state, block, isLast: false) }
        continue
      }
      switch flush {
      case .none: return
      case .sync, .full:
        if let block = state.filling {
          send(&state, block, isLast: false)
          continue
        }
        // What follows a full flush must not refer back.
        if flush == .full { state.dictionary = [] }
        if state.queue.isEmpty { return }
      case .finish:
        if !state.sentLast {
          send(&state, try filling(&state), isLast: true)
          continue
        }
        if state.queue.isEmpty {
          progress.finished = true
          return
        }
      }
    }
  }

  /// Whether the oldest block has to be waited for: the pipeline is full, nothing more comes in, or it is done anyway.
  private func isDue(_ state: borrowing State, _ oldest: Job, _ rest: Int, _ flush: CompressionFlush) -> Bool {
    oldest.done.isOpen || state.queue.count >= maximumInFlight
      || (rest == 0 && flush != .none && (state.sentLast || (state.filling == nil && flush != .finish)))
  }

  /// Hands out the oldest block; returns whether there is room for more.
  private func handOut(
    _ state: inout State, _ oldest: Job, _ output: inout OutputRawSpan
  ) throws(ProviderError) -> Bool {
    guard oldest.done.wait(nanoseconds: Self.timeLimit) else {
      throw ProviderError(.timedOut, "a block of \(work.blockSize) bytes was not compressed within a minute")
    }
    guard try oldest.block.handOut(into: &output) else { return false }
    oldest.block.clear()
    state.idle.append(oldest.block)
    state.queue.removeFirst()
    return true
  }

  private func filling(_ state: inout State) throws(ProviderError) -> PCryptBlock {
    if let block = state.filling { return block }
    let block =
      if let idle = state.idle.popLast() { idle } else {
        try PCryptBlock(work, headerSize: options.header?.extraSize ?? 0)
      }
    state.filling = block
    return block
  }

  private func send(_ state: inout State, _ block: PCryptBlock, isLast: Bool) {
    state.filling = nil
    var part = PCryptWork.Part(
      options: options, header: options.header, flush: isLast || work.joining == .members ? .finish : .sync,
      isIndexed: !isLast || state.sentAny)
    // The header is the stream's: members after the first have the plainest.
    if state.sentAny { part.header = nil }
    let isOnlyOne = isLast && !state.sentAny
    state.sentAny = true
    state.sentLast = isLast
    if work.carriesWindow {
      part.options.dictionary = state.dictionary.isEmpty ? nil : state.dictionary
      if !isLast { state.dictionary = block.window(Self.windowSize, after: state.dictionary) }
    }
    let job = Job(block: block)
    state.queue.append(job)
    let work = work
    // A stream of one block starts no thread.
    guard let lane, !isOnlyOne else {
      block.compress(work, part)
      return job.done.open()
    }
    lane.run { [part] in
      block.compress(work, part)
      job.done.open()
    }
  }
}
