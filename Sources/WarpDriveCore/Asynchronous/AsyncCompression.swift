// async/await over a request queue: back-pressure when it is full, cancellation that never frees memory in use.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Compression for asynchronous code, over any ``RequestQueue``.
///
/// At most the queue's depth of requests are in flight; further callers are suspended in the order they came and hold
/// no thread. A cancelled task gets ``ProviderError/Code/cancelled`` at once; its request, if it was under way, keeps
/// its memory and its place until the queue is done with it.
public final class AsyncCompression: Sendable {
  /// What a request came to.
  public struct Answer: Sendable {
    /// The result's bytes.
    public let bytes: [UInt8]
    /// Bytes used and written, and whether a fallback answered.
    public let result: RequestResult
    /// The driver that answered.
    public let driverName: String
  }

  /// One caller: answered exactly once, by its completion or by its cancellation, whichever comes first.
  private final class Caller: Sendable {
    private struct State {
      var continuation: CheckedContinuation<Result<Answer, ProviderError>, Never>?
      var answer: Result<Answer, ProviderError>?
    }
    private let state = Guarded(State())

    func answer(_ answer: Result<Answer, ProviderError>) {
      let continuation = state.withLock { state -> CheckedContinuation<Result<Answer, ProviderError>, Never>? in
        guard state.answer == nil else { return nil }
        state.answer = answer
        return state.continuation.take()
      }
      continuation?.resume(returning: answer)
    }

    func wait() async -> Result<Answer, ProviderError> {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Result<Answer, ProviderError>? in
          if state.answer == nil { state.continuation = continuation }
          return state.answer
        }
        if let answer { continuation.resume(returning: answer) }
      }
    }
  }

  /// What the pump thread shares with the adapter; it holds this, so that the adapter can end.
  private final class Shared: Sendable {
    struct State {
      /// Requests that were sent, or are about to be, and whose completion has not been dealt with.
      var inFlight = 0
      var isPumping = false
      var callers: [Ticket: Caller] = [:]
      /// Completions that came before their caller was known.
      var early: [Ticket: Completion] = [:]
    }
    let queue: any RequestQueue
    let seating: Seating
    let state = Guarded(State())

    init(_ queue: any RequestQueue) {
      self.queue = queue
      seating = Seating(count: queue.depth)
    }
  }
  private let shared: Shared

  /// An adapter over `queue`, which nobody else sends to or receives from.
  public init(_ queue: any RequestQueue) { shared = Shared(queue) }

  /// An adapter over the best driver of `name`, with threads of its own.
  ///
  /// - Throws: as ``SoftwareQueue/init(_:_:depth:threads:in:)``.
  public convenience init(
    _ name: String, _ options: CompressionOptions = .init(), depth: Int = 64, threads: Int? = nil, in registry: Registry
  ) throws(ProviderError) {
    self.init(try SoftwareQueue(name, options, depth: depth, threads: threads, in: registry))
  }

  /// The requests that are in flight or whose callers wait for a place.
  public var pending: Int { shared.queue.depth - shared.seating.balance }

  /// Compresses `input` into at most `capacity` bytes.
  ///
  /// - Throws: ``ProviderError/Code/cancelled``, ``ProviderError/Code/outputTooSmall``, and what the driver reports.
  public func compress(_ input: [UInt8], capacity: Int) async throws(ProviderError) -> Answer {
    try await perform(.compress, input, capacity)
  }

  /// Decompresses `input` into at most `capacity` bytes.
  ///
  /// - Throws: as ``compress(_:capacity:)``, and ``ProviderError/Code/corruptInput``.
  public func decompress(_ input: [UInt8], capacity: Int) async throws(ProviderError) -> Answer {
    try await perform(.decompress, input, capacity)
  }

  private func perform(
    _ direction: CompressionDirection, _ input: [UInt8], _ capacity: Int
  ) async throws(ProviderError) -> Answer {
    guard await shared.seating.take() else { throw Self.cancelled }
    let caller = Caller()
    do throws(ProviderError) {
      try startPump()
      do throws(ProviderError) {
        try send(direction, input, capacity, caller)
      } catch {
        shared.state.withLock { $0.inFlight -= 1 }
        throw error
      }
    } catch {
      shared.seating.giveBack()
      throw error
    }
    // The pump deals with a cancelled caller's completion all the same: it frees the memory and the place.
    let answer = await withTaskCancellationHandler {
      await caller.wait()
    } onCancel: {
      caller.answer(.failure(Self.cancelled))
    }
    return try answer.get()
  }

  private static var cancelled: ProviderError {
    ProviderError(.cancelled, "the task was cancelled; the request's result was dropped")
  }

  private func send(
    _ direction: CompressionDirection, _ input: [UInt8], _ capacity: Int, _ caller: Caller
  ) throws(ProviderError) {
    var source = ScatterList()
    source.append(copying: input.rawSpan)
    var target = ScatterList()
    target.append(zeros: max(capacity, 0))
    switch try shared.queue.send(QueueRequest(direction, input: source, output: target)) {
    case .busy:
      throw ProviderError(.busy, "the queue is full although a place was free: somebody else sends to it")
    case .accepted(let ticket):
      let early = shared.state.withLock { state -> Completion? in
        if let completion = state.early.removeValue(forKey: ticket) { return completion }
        state.callers[ticket] = caller
        return nil
      }
      if let early { Self.deliver(early, to: caller, shared) }
    }
  }

  /// Counts a request in and starts the thread that receives completions, unless it runs; it ends when none is in flight.
  private func startPump() throws(ProviderError) {
    let shared = shared
    let isNeeded = shared.state.withLock { state -> Bool in
      state.inFlight += 1
      guard !state.isPumping else { return false }
      state.isPumping = true
      return true
    }
    guard isNeeded else { return }
    do throws(SystemError) {
      _ = try Thread(name: "wd-completions") { Self.pump(shared) }
    } catch {
      shared.state.withLock { state in
        state.isPumping = false
        state.inFlight -= 1
      }
      throw ProviderError(.resourceExhausted, "no thread could be started (\(error.description))")
    }
  }

  private static func pump(_ shared: Shared) {
    while true {
      // Bounded, so that the thread sees when the last request was given up before it was sent.
      for completion in shared.queue.receive(64, timeout: 50_000_000) {
        let caller = shared.state.withLock { state -> Caller? in
          if let caller = state.callers.removeValue(forKey: completion.ticket) { return caller }
          state.early[completion.ticket] = completion
          return nil
        }
        if let caller { deliver(completion, to: caller, shared) }
      }
      let isDone = shared.state.withLock { state -> Bool in
        guard state.inFlight == 0 else { return false }
        state.isPumping = false
        return true
      }
      if isDone { return }
    }
  }

  /// Frees the request's place and then answers, so that who was answered finds a place free.
  private static func deliver(_ completion: Completion, to caller: Caller, _ shared: Shared) {
    let answer: Result<Answer, ProviderError>
    let request = shared.queue.take(completion.ticket)
    switch completion.result {
    case .failure(let error): answer = .failure(error)
    case .success(let result):
      if let request {
        let bytes = Array(request.output.joined().prefix(result.produced))
        answer = .success(Answer(bytes: bytes, result: result, driverName: completion.driverName))
      } else {
        answer = .failure(ProviderError(.cancelled, "the request was taken by somebody else"))
      }
    }
    shared.state.withLock { $0.inFlight -= 1 }
    shared.seating.giveBack()
    caller.answer(answer)
  }
}
