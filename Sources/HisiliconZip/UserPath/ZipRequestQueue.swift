// Requests that complete later, on a program's own queue: depth instead of threads.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import HisiliconQueue
import LinuxSystem
public import WarpDriveCore
import WarpDriveQueue

/// A queue of compression requests over the user path.
///
/// A request that the engine can do as a whole goes into the ring at once, up to the depth. All others, those that the
/// device fails included, are done by the driver's streams on a thread, where the registry's fallback answers for the
/// device: whatever happens, each request completes exactly once. Calls may come from any thread.
///
/// The payload of a request of ``makeRequest(_:input:room:)`` lies in the device's reach and is not copied; that of any
/// other is copied to the queue's pool once, and the result out of it once.
public final class ZipRequestQueue: RequestQueue {
  /// A request on its way.
  private final class Job: Sendable {
    let request: Guarded<QueueRequest?>
    let direction: CompressionDirection
    let deadline: UInt64
    let device = Guarded<Flight?>(nil)

    init(_ request: consuming sending QueueRequest, deadline: UInt64) {
      direction = request.direction
      self.request = Guarded(request)
      self.deadline = deadline
    }
  }

  /// What a request has at the device.
  struct Flight: Sendable {
    let executor: UserExecutor
    let message: ZipMessage
    let source: any ZipBuffer
    let destination: any ZipBuffer
    /// Bytes of a header, in front of the output or of the input.
    let headerCount: Int
    /// Whether the buffers are the request's own memory.
    let isDirect: Bool
  }

  private struct State: ~Copyable {
    var next: UInt64 = 0
    var inFlight: [Ticket: Job] = [:]
    /// The tickets of requests that a thread does, by the thread's.
    var slow: [Ticket: Ticket] = [:]
    var completed: [Completion] = []
    var done: [Ticket: Job] = [:]
    var copiedBytes: UInt64 = 0
  }

  /// The most requests that are in flight at once.
  public let depth: Int
  let format: ZipFormat
  let options: CompressionOptions
  let provider: WarpDriveZipProvider
  private let driverName: String
  private let threads: SoftwareQueue
  private let state = Guarded(State())
  private let arrivals = TimedSemaphore(value: 0)
  /// How long the ring is waited for before the other sources of completions are looked at, in nanoseconds.
  private static let slice: UInt64 = 2_000_000

  /// Makes a queue.
  ///
  /// - Parameters:
  ///   - provider: has the device's queues; it is registered in `registry`.
  ///   - format: the format.
  ///   - options: how each request is to be done; whole messages, of one member or several.
  ///   - depth: the most requests in flight at once.
  ///   - registry: where fallbacks are looked up.
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a depth below 1, and what the lookup of the driver throws.
  public init(
    _ provider: WarpDriveZipProvider, _ format: ZipFormat, _ options: CompressionOptions = .init(), depth: Int = 64,
    in registry: Registry
  ) throws(ProviderError) {
    self.depth = depth
    self.format = format
    self.options = options
    self.provider = provider
    driverName = "wd-hisi-\(format.name)"
    threads = try SoftwareQueue(driverName, options, depth: depth, threads: 1, in: registry)
  }

  /// Hands a request to the device.
  public func send(_ request: consuming QueueRequest) throws(ProviderError) -> SendResult {
    var request: QueueRequest? = request
    let deadline = MonotonicClock.deadline(after: provider.timeLimit)
    let accepted = state.withLock { state -> (Ticket, Job)? in
      guard state.inFlight.count < depth, let request = request.take() else { return nil }
      let ticket = Ticket(number: state.next)
      state.next += 1
      let job = Job(request, deadline: deadline)
      state.inFlight[ticket] = job
      return (ticket, job)
    }
    guard let (ticket, job) = accepted else {
      guard let request = request.take() else { throw ProviderError(.busy, "the queue is full") }
      return .busy(request)
    }
    if !fly(ticket, job) { hand(ticket, job) }
    return .accepted(ticket)
  }

  /// The completions that have come, at most `maximum`; waits for the first for at most `timeout` nanoseconds.
  public func receive(_ maximum: Int, timeout: UInt64) -> [Completion] {
    guard maximum > 0 else { return [] }
    let deadline = MonotonicClock.deadline(after: timeout)
    while true {
      collect()
      let ready = state.withLock { state in
        let ready = Array(state.completed.prefix(maximum))
        state.completed.removeFirst(ready.count)
        return ready
      }
      let now = MonotonicClock.now()
      guard ready.isEmpty, now < deadline else { return ready }
      let (flying, isSlow) = state.withLock { state in
        (state.inFlight.values.first { $0.device.withLock { $0 != nil } }, !state.slow.isEmpty)
      }
      let left = min(deadline - now, Self.slice)
      if let flying {
        endIfLate(flying, now)
        flying.device.withLock { $0?.executor.queue }?.receive(nanoseconds: isSlow ? left / 16 : left)
      } else {
        _ = arrivals.wait(nanoseconds: left)
      }
    }
  }

  /// The completed request, with its memory.
  public func take(_ ticket: Ticket) -> QueueRequest? {
    guard let job = state.withLock({ $0.done.removeValue(forKey: ticket) }) else { return nil }
    return job.request.withLock { $0.take() }
  }

  /// Gives a request up; its memory stays until the device or the thread is done with it.
  public func detach(_ ticket: Ticket) {
    let slow = state.withLock { state -> Ticket? in
      state.inFlight.removeValue(forKey: ticket)
      state.done.removeValue(forKey: ticket)
      state.completed.removeAll { $0.ticket == ticket }
      guard let slow = state.slow.first(where: { $0.value == ticket })?.key else { return nil }
      state.slow.removeValue(forKey: slow)
      return slow
    }
    if let slow { threads.detach(slow) }
  }

  // MARK: The device

  /// Puts a request into the ring; false where it is not for the engine as a whole, or the device has no room for it.
  private func fly(_ ticket: Ticket, _ job: Job) -> Bool {
    guard let flight = prepare(job) else { return false }
    job.device.withLock { $0 = flight }
    do throws(QueueError) {
      try flight.executor.queue.submit(flight.message.sqe) { [weak self] answer in
        if let self { land(ticket, job, answer) }
      }
      return true
    } catch {
      job.device.withLock { $0 = nil }
      return false
    }
  }

  private func prepare(_ job: Job) -> Flight? {
    guard let request = job.request.withLock({ $0.take() }) else { return nil }
    let flight = makeFlight(for: request)
    if let flight, !flight.isDirect { note(copied: request.input.byteCount) }
    giveBack(request, to: job)
    return flight
  }

  /// Takes a device's answer; what did not come out well is done again by a thread.
  private func land(_ ticket: Ticket, _ job: Job, _ answer: EngineQueue.Answer) {
    guard let flight = job.device.withLock({ $0.take() }) else { return }
    // A request that was given up has had its answer; its memory is nobody's any more.
    guard state.withLock({ $0.inFlight[ticket] != nil }) else { return }
    if let result = finish(job, flight, answer) {
      complete(ticket, .success(result), driverName)
    } else {
      if case .failure = answer {
        flight.executor.keep([flight.source, flight.destination])
        if flight.isDirect { moveAway(job) }
      }
      hand(ticket, job)
    }
  }

  /// Copies a good answer's output to the request; nil where it is not good, or not all.
  private func finish(_ job: Job, _ flight: Flight, _ answer: EngineQueue.Answer) -> RequestResult? {
    guard case .success(let sqe) = answer, let outcome = try? ZipOutcome(sqe, of: flight.message.sqe),
      outcome.status == .done
    else { return nil }
    let body = Int(flight.message.sqe.input_data_length)
    let isCompression = job.direction == .compress
    guard !isCompression || outcome.consumed == body else { return nil }
    let trailing = body - outcome.consumed
    // What begins like another member is one, and limits are the stream's business.
    if trailing > 0, format == .gzip, options.allMembers { return nil }
    let produced = outcome.produced + (isCompression ? flight.headerCount : 0)
    if !isCompression, options.outputLimit != nil || options.ratioLimit != nil { return nil }
    let fits = job.request.withLock { request -> Bool in
      guard var owned = request.take() else { return false }
      let fits = owned.output.byteCount >= produced
      if fits, !flight.isDirect {
        unsafe owned.output.fill(UnsafeRawBufferPointer(rebasing: flight.destination.bytes[..<produced]))
      }
      request = consume owned
      return fits
    }
    guard fits else { return nil }
    if !flight.isDirect { note(copied: produced) }
    return RequestResult(
      consumed: outcome.consumed + (isCompression ? 0 : flight.headerCount), produced: produced,
      trailing: isCompression ? 0 : trailing, usedFallback: false)
  }

  /// Gives a request other memory: the device may still write to what it has.
  private func moveAway(_ job: Job) {
    guard let request = job.request.withLock({ $0.take() }) else { return }
    note(copied: request.input.byteCount)
    var output = ScatterList()
    output.append(zeros: request.output.byteCount)
    giveBack(
      QueueRequest(request.direction, input: ScatterList(copying: [request.input.joined()]), output: output), to: job)
  }

  /// Bytes of payload that were copied on their way to the device or back: none for requests of `makeRequest`, as long as
  /// the engine does them as a whole.
  public var copiedBytes: UInt64 { state.withLock { $0.copiedBytes } }

  private func note(copied byteCount: Int) { state.withLock { $0.copiedBytes += UInt64(byteCount) } }

  /// Ends the queue of a request that the device did not answer in time: all of its requests are done by a thread then.
  private func endIfLate(_ job: Job, _ now: UInt64) {
    guard now >= job.deadline, let queue = job.device.withLock({ $0?.executor.queue }) else { return }
    queue.fail(QueueError(.timedOut, "the device did not answer in time: its queue was given up"))
  }

  // MARK: Threads

  /// Has a thread do a request by the driver's streams.
  private func hand(_ ticket: Ticket, _ job: Job) {
    let request = job.request.withLock { $0.take() }
    guard let request else {
      return complete(ticket, .failure(ProviderError(.cancelled, "the request was given up")), driverName)
    }
    do throws(ProviderError) {
      switch try threads.send(request) {
      case .accepted(let slow):
        state.withLock { state in
          if state.inFlight[ticket] != nil { state.slow[slow] = ticket }
        }
      case .busy(let request):
        giveBack(request, to: job)
        complete(ticket, .failure(ProviderError(.busy, "the queue's thread has too much to do")), driverName)
      }
    } catch {
      complete(ticket, .failure(error), driverName)
    }
    arrivals.signal()
  }

  private func giveBack(_ request: consuming sending QueueRequest, to job: Job) {
    var request: QueueRequest? = request
    job.request.withLock { $0 = request.take() }
  }

  /// Takes over what the threads completed.
  private func collect() {
    for completion in threads.receive(depth, timeout: 0) {
      let found = state.withLock { state -> (Ticket, Job)? in
        guard let ticket = state.slow.removeValue(forKey: completion.ticket), let job = state.inFlight[ticket] else {
          return nil
        }
        return (ticket, job)
      }
      guard let (ticket, job) = found else { continue }
      if let request = threads.take(completion.ticket) { giveBack(request, to: job) }
      // Streams copy all that they use and make.
      if case .success(let result) = completion.result { note(copied: result.consumed + result.produced) }
      complete(ticket, completion.result, completion.driverName)
    }
  }

  private func complete(_ ticket: Ticket, _ result: Result<RequestResult, ProviderError>, _ name: String) {
    state.withLock { state in
      guard let job = state.inFlight.removeValue(forKey: ticket) else { return }
      state.done[ticket] = job
      state.completed.append(Completion(ticket: ticket, result: result, driverName: name))
    }
    arrivals.signal()
  }
}

extension ScatterList {
  /// Copies bytes to the segments, from the first on; the caller has checked that they fit.
  fileprivate mutating func fill(_ bytes: UnsafeRawBufferPointer) {
    var done = 0
    for index in 0..<segmentCount where done < bytes.count {
      let count = min(byteCount(at: index), bytes.count - done)
      guard count > 0 else { continue }
      var segment = mutableBytes(at: index)
      unsafe segment.withUnsafeMutableBytes { target in
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
      }
      done += count
    }
  }
}
