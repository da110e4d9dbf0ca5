// Cuts a stream into blocks, has them compressed by a pool of threads, and puts the results back in order.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The state of one stream through `pcrypt`.
///
/// Used by one thread at a time; the pool's threads see only their jobs.
final class PCryptCompressor: Sendable {
  /// Bytes of input in a block.
  ///
  /// As pigz's default: large enough that a lost window costs under 1 % of the ratio.
  static let blockSize = 1 << 17
  /// Bytes of the window that a block of raw deflate may refer back to (RFC 1951 section 2).
  private static let windowSize = 1 << 15
  /// How long the oldest block may take: far above what 128 KiB need at the slowest level.
  private static let timeLimit: UInt64 = 60_000_000_000

  /// One block on its way through the pool.
  private final class Block: Sendable {
    let done = Gate()
    let result = Guarded<Result<[UInt8], ProviderError>>(.success([]))
  }

  private struct State: ~Copyable {
    var pending: [UInt8] = []
    var dictionary: [UInt8]
    var queue: [Block] = []
    /// The result that is being handed out, and how much of it is.
    var ready: [UInt8] = []
    var handedOut = 0
    var sentLast = false
    var sentAny = false
    var isFinished = false
  }

  private let base: any CompressionDriver
  private let joining: CompressionJoining
  private let carriesWindow: Bool
  private let options: CompressionOptions
  private let pool: WorkerPool
  private let state: Guarded<State>
  /// Blocks under way before the oldest is waited for; this bounds the stream's memory.
  private let maximumInFlight: Int

  init(
    _ base: any CompressionDriver, _ joining: CompressionJoining, carriesWindow: Bool, _ options: CompressionOptions,
    _ pool: WorkerPool
  ) {
    self.base = base
    self.joining = joining
    self.carriesWindow = carriesWindow
    self.options = options
    self.pool = pool
    maximumInFlight = options.threads.map { max(1, $0) } ?? 2 * pool.threadCount
    state = Guarded(State(dictionary: options.dictionary ?? []))
  }

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
      handOut(&state, &output)
      if state.handedOut < state.ready.count { return }
      if let oldest = state.queue.first, isDue(state, oldest, input.byteCount - progress.consumed, flush) {
        try collect(&state, oldest)
        continue
      }
      let rest = input.byteCount - progress.consumed
      if rest > 0, !state.sentLast {
        let count = min(rest, Self.blockSize - state.pending.count)
        let piece = input.extracting(progress.consumed..<progress.consumed + count)
        state.pending += [UInt8](copying: piece)
        progress.consumed += count
        if state.pending.count == Self.blockSize, rest > count || flush != .finish { try send(&state, isLast: false) }
        continue
      }
      switch flush {
      case .none: return
      case .sync, .full:
        if !state.pending.isEmpty {
          try send(&state, isLast: false)
          continue
        }
        // What follows a full flush must not refer back.
        if flush == .full { state.dictionary = [] }
        if state.queue.isEmpty { return }
      case .finish:
        if !state.sentLast {
          try send(&state, isLast: true)
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
  private func isDue(_ state: borrowing State, _ oldest: Block, _ rest: Int, _ flush: CompressionFlush) -> Bool {
    oldest.done.isOpen || state.queue.count >= maximumInFlight
      || (rest == 0 && flush != .none && (state.sentLast || (state.pending.isEmpty && flush != .finish)))
  }

  private func collect(_ state: inout State, _ oldest: Block) throws(ProviderError) {
    guard oldest.done.wait(nanoseconds: Self.timeLimit) else {
      throw ProviderError(.timedOut, "a block of \(Self.blockSize) bytes was not compressed within a minute")
    }
    state.queue.removeFirst()
    state.ready = try oldest.result.withLock { $0 }.get()
    state.handedOut = 0
  }

  private func handOut(_ state: inout State, _ output: inout OutputRawSpan) {
    let count = min(state.ready.count - state.handedOut, output.freeCapacity)
    guard count > 0 else { return }
    output.append(copying: state.ready.rawSpan.extracting(state.handedOut..<state.handedOut + count))
    state.handedOut += count
  }

  private func send(_ state: inout State, isLast: Bool) throws(ProviderError) {
    let bytes = state.pending
    state.pending = []
    state.sentLast = isLast
    var options = options
    // The header is the stream's: members after the first have the plainest.
    if state.sentAny { options.header = nil }
    state.sentAny = true
    if carriesWindow {
      options.dictionary = state.dictionary.isEmpty ? nil : state.dictionary
      state.dictionary = Array((state.dictionary + bytes).suffix(Self.windowSize))
    }
    let block = Block()
    let base = base
    let flush: CompressionFlush = isLast || joining == .members ? .finish : .sync
    let jobOptions = options
    try pool.run {
      let result = Result { () throws(ProviderError) in try Self.compress(bytes, base, jobOptions, flush) }
      block.result.withLock { $0 = result }
      block.done.open()
    }
    state.queue.append(block)
  }

  private static func compress(
    _ bytes: [UInt8], _ base: any CompressionDriver, _ options: CompressionOptions, _ flush: CompressionFlush
  ) throws(ProviderError) -> [UInt8] {
    guard case .compression(let properties) = base.descriptor.properties else { return [] }
    var transform = try base.makeTransform(.compress, options)
    return try [UInt8](capacity: properties.bound(bytes.count) + (options.header?.extraSize ?? 0) + 16) {
      (output) throws(ProviderError) in
      let progress = try transform.step(bytes.rawSpan, into: &output, flush)
      guard progress.consumed == bytes.count, flush != .finish || progress.finished else {
        throw ProviderError(
          .backendFailure, "\(base.descriptor.driverName) exceeded its own output bound",
          driver: base.descriptor.driverName)
      }
    }
  }
}
