// A program's queue that many threads send to: answers find their requests by tag.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
import LinuxSystem
public import WarpDriveQueue

/// One queue of one direction, with its memory and its streams' places.
///
/// Every request is answered once: by its completion, or by the error that ends the queue. Of the threads that wait one
/// takes completions for all; when its own came it wakes another.
public final class EngineQueue: ZipExecutor {
  /// How a request ended.
  public typealias Answer = Result<hisi_zip_sqe, QueueError>

  /// Who waits for an answer.
  private final class Waiter: Sendable {
    let wakeUp = TimedSemaphore(value: 0)
    let answer = Guarded<Answer?>(nil)
  }

  private enum Pending: Sendable {
    case thread(Waiter)
    case call(@Sendable (Answer) -> Void)
  }

  private struct State {
    var pending: [UInt32: Pending] = [:]
    var nextTag: UInt32 = 1
    var failure: QueueError?
    var kept: [any ZipBuffer] = []
  }

  /// Which way its requests go.
  public let direction: ZipDirection
  /// The type of its SQEs.
  public let sqeType: UInt32
  /// The algorithms of the device, which stay the same.
  public let algorithms: [String]
  private let queue: Queue
  private let memory: EngineQueueMemory
  private let contexts = ZipContextPool()
  private let state = Guarded(State())
  /// One thread at a time receives.
  private let receiver = TimedSemaphore(value: 1)
  /// The longest that a thread sleeps without a look around, in nanoseconds.
  private static let slice: UInt64 = 1_000_000_000

  /// Uses a queue that was requested for a direction; nobody else sends to it or receives from it.
  ///
  /// - Parameters:
  ///   - queue: the queue, which goes back to its device with this object.
  ///   - direction: what it was requested for.
  ///   - poolLimit: the most bytes of its memory.
  public init(_ queue: Queue, _ direction: ZipDirection, poolLimit: Int = 256 << 20) {
    self.queue = queue
    self.direction = direction
    let attributes = queue.attributes
    sqeType = attributes.deviceAPI == "hisi_qm_v3" ? 3 : 0
    algorithms = attributes.algorithms
    memory = EngineQueueMemory(limit: poolLimit)
  }

  deinit {
    // The device stops before the memory that it was given up with goes.
    queue.release()
    state.withLock { $0.kept = [] }
  }

  // MARK: Use

  /// The most requests that are in flight at once.
  public var depth: Int { queue.depth }
  /// Why nothing can be sent any more; nil while it can.
  public var failure: QueueError? { state.withLock { $0.failure } }

  /// Takes memory of the queue's pool, whose content is anything.
  ///
  /// - Throws: `resourceExhausted` beyond the pool's limit, and what ended the queue.
  public func allocate(_ byteCount: Int) throws(QueueError) -> any ZipBuffer {
    if let failure { throw failure }
    do throws(QueueError) {
      return try memory.take(byteCount, of: queue)
    } catch {
      // A queue that was stopped shares no memory either.
      if error.code != .resourceExhausted { fail(error) }
      throw error
    }
  }

  /// Takes a context for a stream.
  ///
  /// - Throws: `busy` where all are taken, and as `allocate`.
  public func takeContext() throws(QueueError) -> ZipContextLease {
    try contexts.take { (byteCount) throws(QueueError) in try self.allocate(byteCount) }
  }

  /// Keeps memory until the queue has gone back.
  public func keep(_ buffers: [any ZipBuffer]) { state.withLock { $0.kept += buffers } }

  // MARK: Requests

  /// Sends a request and waits for its answer.
  ///
  /// - Throws: `timedOut`, after which the queue is not used any more; what ended the queue.
  public func execute(_ request: hisi_zip_sqe, timeLimit: UInt64) throws(QueueError) -> hisi_zip_sqe {
    let waiter = Waiter()
    let deadline = MonotonicClock.deadline(after: timeLimit)
    let tag = try send(request, .thread(waiter), until: deadline)
    while true {
      if let answer = waiter.answer.withLock({ $0 }) { return try answer.get() }
      let now = MonotonicClock.now()
      guard now < deadline else { break }
      if receiver.tryWait() {
        while waiter.answer.withLock({ $0 == nil }), receiveOnce(deadline) {}
        receiver.signal()
        wakeAnother(than: tag)
      } else {
        _ = waiter.wakeUp.wait(nanoseconds: min(deadline - now, Self.slice))
      }
    }
    // Its completion may still come; the queue is not used again, since the request's memory is the device's until then.
    let isMine = state.withLock { $0.pending.removeValue(forKey: tag) != nil }
    if !isMine, let answer = waiter.answer.withLock({ $0 }) { return try answer.get() }
    let error = QueueError(.timedOut, "the device did not answer within \(timeLimit / 1_000_000) ms: use software")
    fail(error)
    throw error
  }

  /// Sends a request whose answer goes to `completion`, on whichever thread receives; see `receive`.
  ///
  /// - Throws: `busy` for a full ring, and what ended the queue; `completion` is not called then.
  public func submit(_ request: hisi_zip_sqe, completion: @escaping @Sendable (Answer) -> Void) throws(QueueError) {
    _ = try send(request, .call(completion), until: 0)
  }

  /// Takes completions of submitted requests; waits for the first for at most `nanoseconds`.
  public func receive(nanoseconds: UInt64) {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    guard receiver.wait(nanoseconds: nanoseconds) else { return }
    receiveOnce(deadline)
    receiver.signal()
    wakeAnother(than: 0)
  }

  /// Ends every request that is in flight, and the use of the queue.
  public func fail(_ error: QueueError) {
    let pending = state.withLock { state in
      if state.failure == nil { state.failure = error }
      defer { state.pending = [:] }
      return Array(state.pending.values)
    }
    for entry in pending { Self.deliver(.failure(error), to: entry) }
  }

  private func send(_ request: hisi_zip_sqe, _ entry: Pending, until deadline: UInt64) throws(QueueError) -> UInt32 {
    let tag = try state.withLock { (state) throws(QueueError) -> UInt32 in
      if let failure = state.failure { throw failure }
      while state.pending[state.nextTag] != nil { state.nextTag &+= 1 }
      let tag = state.nextTag
      state.nextTag &+= 1
      state.pending[tag] = entry
      return tag
    }
    var request = request
    ZipMessage.setTag(UInt64(tag), of: &request)
    while true {
      do throws(QueueError) {
        try unsafe withUnsafeBytes(of: &request) { (bytes) throws(QueueError) in
          try unsafe queue.send(RawSpan(_unsafeBytes: bytes))
        }
        return tag
      } catch {
        // Room comes when completions are taken; who waits for one takes them, else this thread does.
        if error.code == .busy, MonotonicClock.now() < deadline {
          if receiver.tryWait() {
            receiveOnce(MonotonicClock.deadline(after: 1_000_000))
            receiver.signal()
            wakeAnother(than: tag)
          } else {
            Thread.sleep(nanoseconds: 50_000)
          }
          continue
        }
        state.withLock { _ = $0.pending.removeValue(forKey: tag) }
        if error.code == .resetting || error.code == .deviceLost { fail(error) }
        throw error
      }
    }
  }

  /// Receives and delivers one message, or waits for it for a while; the caller has the receiver's turn.
  ///
  /// - Returns: false where the deadline or the queue's end had come.
  @discardableResult
  private func receiveOnce(_ deadline: UInt64) -> Bool {
    let now = MonotonicClock.now()
    guard now < deadline, failure == nil else { return false }
    var message = hisi_zip_sqe()
    do throws(QueueError) {
      try unsafe withUnsafeMutableBytes(of: &message) { (bytes) throws(QueueError) in
        var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
        try queue.receiveSync(into: &span, timeout: min(deadline - now, Self.slice))
      }
      deliver(message)
    } catch {
      if error.code != .timedOut { fail(error) }
    }
    return true
  }

  private func deliver(_ message: hisi_zip_sqe) {
    let tag = UInt32(truncatingIfNeeded: ZipMessage.tag(of: message))
    // A tag of nobody's: its request was given up, or the device made it up; nobody else is harmed.
    guard let entry = state.withLock({ $0.pending.removeValue(forKey: tag) }) else { return }
    Self.deliver(.success(message), to: entry)
  }

  private static func deliver(_ answer: Answer, to entry: Pending) {
    switch entry {
    case .thread(let waiter):
      waiter.answer.withLock { $0 = answer }
      waiter.wakeUp.signal()
    case .call(let completion): completion(answer)
    }
  }

  /// Has one of the threads that wait take the receiver's turn.
  private func wakeAnother(than tag: UInt32) {
    let next = state.withLock { state in
      state.pending.first { entry in if case .thread = entry.value { entry.key != tag } else { false } }?.value
    }
    if case .thread(let waiter)? = next { waiter.wakeUp.signal() }
  }
}
