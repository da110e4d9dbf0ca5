// A queue over a synchronous driver: a few threads complete the requests.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Makes a driver that answers at once look like a device that answers later, with the same interface and bounds.
public final class SoftwareQueue: RequestQueue {
  /// One request in the queue.
  private final class Slot: Sendable {
    let request: Guarded<QueueRequest?>
    init(_ request: consuming sending QueueRequest) { self.request = Guarded(request) }
  }

  private struct State: ~Copyable {
    var next: UInt64 = 0
    var inFlight: [Ticket: Slot] = [:]
    var completed: [Completion] = []
    var done: [Ticket: Slot] = [:]
    var idleHandles: [Handle] = []
  }

  /// The two streams that one thread works with at a time.
  private final class Handle: Sendable {
    let streams: Guarded<Streams>
    init(_ streams: consuming sending Streams) { self.streams = Guarded(streams) }
  }

  struct Streams: ~Copyable, Sendable {
    var compressor: RoutedStreams
    var decompressor: RoutedStreams
  }

  /// The algorithm that the name leads to; a completion tells the driver that answered.
  public let algorithm: Algorithm
  /// The most requests that are in flight at once.
  public let depth: Int
  private let registry: Registry
  private let options: CompressionOptions
  /// Where requests go by their size, one way and the other; nil where nothing competes.
  private let routes: (compress: Route?, decompress: Route?)
  private let pool: WorkerPool
  private let state = Guarded(State())
  private let completions = TimedSemaphore(value: 0)

  /// Makes a queue of `depth` requests over the best driver of `name`.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name, driver name or alias.
  ///   - options: how each request is to be compressed or decompressed.
  ///   - depth: the most requests in flight at once.
  ///   - threads: threads that work on it; nil for one for each processor.
  ///   - registry: where the driver is looked up.
  /// - Throws: what the lookup throws; ``ProviderError/Code/invalidArgument`` for a depth below 1.
  public init(
    _ name: String, _ options: CompressionOptions = .init(), depth: Int = 64, threads: Int? = nil, in registry: Registry
  ) throws(ProviderError) {
    guard depth > 0 else { throw ProviderError(.invalidArgument, "a queue holds at least one request, not \(depth)") }
    let found = try registry.algorithm(name, .compression)
    algorithm = found
    routes = (
      registry.route(name, found, .compress, options, .none), registry.route(name, found, .decompress, options, .none)
    )
    self.depth = depth
    self.registry = registry
    self.options = options
    pool = WorkerPool(threadCount: min(threads ?? Processor.onlineCount, depth))
  }

  /// Hands a request to the threads.
  public func send(_ request: consuming QueueRequest) throws(ProviderError) -> SendResult {
    var request: QueueRequest? = request
    let accepted = state.withLock { state -> (Ticket, Slot)? in
      guard state.inFlight.count < depth, let request = request.take() else { return nil }
      let ticket = Ticket(number: state.next)
      state.next += 1
      let slot = Slot(request)
      state.inFlight[ticket] = slot
      return (ticket, slot)
    }
    guard let (ticket, slot) = accepted else {
      guard let request = request.take() else { throw ProviderError(.busy, "the queue is full") }
      return .busy(request)
    }
    do throws(ProviderError) {
      try pool.run { self.complete(ticket, slot) }
    } catch {
      state.withLock { _ = $0.inFlight.removeValue(forKey: ticket) }
      throw error
    }
    return .accepted(ticket)
  }

  /// The completions that have come, at most `maximum`; waits for the first for at most `timeout` nanoseconds.
  public func receive(_ maximum: Int, timeout: UInt64) -> [Completion] {
    guard maximum > 0, completions.wait(nanoseconds: timeout) else { return [] }
    var extra = 0
    while extra < maximum - 1, completions.tryWait() { extra += 1 }
    return state.withLock { state in
      // A detached request leaves its count behind and no completion.
      let count = min(extra + 1, state.completed.count)
      let ready = Array(state.completed.prefix(count))
      state.completed.removeFirst(count)
      return ready
    }
  }

  /// The completed request, with its memory.
  public func take(_ ticket: Ticket) -> QueueRequest? {
    guard let slot = state.withLock({ $0.done.removeValue(forKey: ticket) }) else { return nil }
    return slot.request.withLock { $0.take() }
  }

  /// Gives a request up; a thread that works on it finishes and frees it.
  public func detach(_ ticket: Ticket) {
    state.withLock { state in
      state.inFlight.removeValue(forKey: ticket)
      state.done.removeValue(forKey: ticket)
      state.completed.removeAll { $0.ticket == ticket }
    }
  }

  private func makeHandle() -> Handle {
    Handle(
      Streams(
        compressor: RoutedStreams(.compress, algorithm, options, routes.compress, in: registry),
        decompressor: RoutedStreams(.decompress, algorithm, options, routes.decompress, in: registry)))
  }

  private func complete(_ ticket: Ticket, _ slot: Slot) {
    // A request that was detached before a thread came to it is not worked on.
    guard state.withLock({ $0.inFlight[ticket] != nil }) else { return }
    let handle = state.withLock { $0.idleHandles.popLast() } ?? makeHandle()
    var driverName = algorithm.driverName
    let result = Result<RequestResult, ProviderError> { () throws(ProviderError) in
      var result: RequestResult?
      try slot.request.withLock { (request) throws(ProviderError) in
        try handle.streams.withLock { (streams) throws(ProviderError) in
          (result, driverName) = try run(&request, &streams)
        }
      }
      guard let result else { throw ProviderError(.cancelled, "the request was given up") }
      return result
    }
    let isWanted = state.withLock { state in
      state.idleHandles.append(handle)
      guard state.inFlight.removeValue(forKey: ticket) != nil else { return false }
      state.done[ticket] = slot
      state.completed.append(Completion(ticket: ticket, result: result, driverName: driverName))
      return true
    }
    if isWanted { completions.signal() }
  }

  private func run(
    _ request: inout QueueRequest?, _ streams: inout Streams
  ) throws(ProviderError) -> (RequestResult?, String) {
    guard var owned = request.take() else { return (nil, algorithm.driverName) }
    var failure: ProviderError?
    var answer: (RequestResult?, String) = (nil, algorithm.driverName)
    do throws(ProviderError) {
      answer = try run(&owned, &streams)
    } catch {
      failure = error
    }
    request = consume owned
    if let failure { throw failure }
    return answer
  }

  private func run(
    _ request: inout QueueRequest, _ streams: inout Streams
  ) throws(ProviderError) -> (RequestResult?, String) {
    switch request.direction {
    case .compress:
      let result = try streams.compressor.run(request.input, into: &request.output)
      return (result, streams.compressor.lastDriverName)
    case .decompress:
      let result = try streams.decompressor.run(request.input, into: &request.output)
      return (result, streams.decompressor.lastDriverName)
    }
  }
}
