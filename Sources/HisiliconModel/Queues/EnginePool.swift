// The threads that execute requests.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// What executes a request: the engine, or a test's stand-in.
///
/// Each engine thread makes one and keeps it to itself.
protocol JobExecutor: AnyObject {
  /// Executes a request, given a copy of its SQE, and sets its outputs.
  func execute(
    _ sqe: inout hisi_zip_sqe, direction: ZipDirection, revision: UInt32, memory: borrowing MemoryAccess,
    contexts: StreamContexts)
}

/// The ZIP engine as an executor.
final class ZipExecutor: JobExecutor {
  private var engine: ZipEngine

  /// Makes an engine.
  ///
  /// - Throws: `ZipEngineError` when there is not enough memory.
  init() throws(ZipEngineError) {
    engine = try ZipEngine()
  }

  func execute(
    _ sqe: inout hisi_zip_sqe, direction: ZipDirection, revision: UInt32, memory: borrowing MemoryAccess,
    contexts: StreamContexts
  ) {
    engine.execute(&sqe, direction: direction, revision: revision, memory: memory, contexts: contexts)
  }
}

/// A fixed number of engine threads that serve the queues of one scheduler.
///
/// Engines without work sleep and use no processor time.
final class EnginePool: Sendable {
  /// How long `stop` waits where nothing else is said, in nanoseconds: longer than the largest request takes.
  static let stopTimeLimit: UInt64 = 30_000_000_000

  /// The scheduler that the engines ask.
  let scheduler: Scheduler
  private let engines: [Engine]

  /// Starts engines that execute with zlib.
  ///
  /// - Parameters:
  ///   - count: how many engines, at least 1.
  ///   - scheduler: who says which queue is next; it is closed when the pool stops or goes.
  /// - Throws: `ENOMEM` when zlib has no memory, `EAGAIN` when a limit on threads is reached.
  convenience init(engines count: Int, scheduler: Scheduler) throws(SystemError) {
    // Made here, so that a lack of memory is the caller's error and not a thread's.
    var executors: [any JobExecutor] = []
    for _ in 0..<max(count, 1) {
      guard let executor = try? ZipExecutor() else {
        throw SystemError(errno: SystemError.noMemory, operation: "deflateInit2")
      }
      executors.append(executor)
    }
    try self.init(executors: executors, scheduler: scheduler)
  }

  /// Starts an engine for each executor, which nobody else uses from now on.
  ///
  /// - Throws: `EAGAIN` when a limit on threads is reached.
  init(executors: [any JobExecutor], scheduler: Scheduler) throws(SystemError) {
    self.scheduler = scheduler
    engines = executors.map { Engine(executor: $0) }
    for (number, engine) in engines.enumerated() {
      do throws(SystemError) {
        _ = try Thread(name: "zip-engine-\(number)") { engine.serve(scheduler) }
      } catch {
        // Those that never began are not waited for by anybody.
        scheduler.close()
        throw error
      }
    }
  }

  deinit {
    scheduler.close()
  }

  /// The number of engines.
  var count: Int { engines.count }

  /// What each engine has done.
  var counters: [EngineCounters] { engines.map(\.counters) }

  /// Ends the threads once they have finished what they are at.
  ///
  /// What waits in queues is not executed any more: stop or kill the queues first. Must not be called on an engine's
  /// thread.
  ///
  /// - Parameter nanoseconds: how long to wait for them.
  /// - Returns: whether all have ended.
  @discardableResult
  func stop(within nanoseconds: UInt64 = stopTimeLimit) -> Bool {
    scheduler.close()
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    return engines.allSatisfy { engine in
      engine.ended.wait(nanoseconds: MonotonicClock.remaining(until: deadline))
    }
  }
}

/// One engine: a thread, its executor, its counters.
private final class Engine: Sendable {
  /// Opened when the thread has ended.
  let ended = Gate()
  /// The thread's alone.
  private nonisolated(unsafe) let executor: any JobExecutor
  private let counts = Guarded(EngineCounters())

  init(executor: any JobExecutor) {
    unsafe self.executor = executor
  }

  var counters: EngineCounters { counts.withLock { $0 } }

  /// Executes requests until the scheduler is closed.
  func serve(_ scheduler: Scheduler) {
    defer { ended.open() }
    while let selection = scheduler.next({ counts.withLock { $0.wakeUps += 1 } }) {
      serve(selection, scheduler)
    }
  }

  private func serve(_ selection: Scheduler.Selection, _ scheduler: Scheduler) {
    let (taken, isBacklogged) = selection.queue?.takeJob() ?? (nil, false)
    // Before it is executed, so that another engine can take the queue's next request meanwhile.
    scheduler.release(selection, tookJob: taken != nil, isBacklogged: isBacklogged)
    guard var job = taken, let queue = selection.queue else { return }
    let nanoseconds = execute(&job, queue.revision)
    // Before it is answered, so that who sees the answer sees the queue's share as well.
    scheduler.charge(selection, nanoseconds: nanoseconds)
    queue.finish(job, nanoseconds: nanoseconds)
  }

  /// - Returns: how long it took, in nanoseconds.
  private func execute(_ job: inout QueueJob, _ revision: UInt32) -> UInt64 {
    let direction = job.run.sq.direction
    count(direction) { $0.begun += 1 }
    let start = MonotonicClock.now()
    if let status = job.forcedStatus {
      job.sqe.answer(status: status)
    } else {
      job.run.sq.memory.withAccess(excluding: job.run.excluded) { memory in
        unsafe executor.execute(
          &job.sqe, direction: direction, revision: revision, memory: memory, contexts: job.run.contexts)
        job.tally = memory.tally
      }
    }
    let nanoseconds = MonotonicClock.now() - start
    let sqe = job.sqe
    count(direction) { counters in
      counters.finished += 1
      counters.errors += sqe.hasFailed ? 1 : 0
      counters.bytesIn += UInt64(sqe.consumed)
      counters.bytesOut += UInt64(sqe.produced)
      counters.nanoseconds += nanoseconds
    }
    return nanoseconds
  }

  private func count(_ direction: ZipDirection, _ body: (inout EngineCounters.Direction) -> Void) {
    counts.withLock { counters in
      switch direction {
      case .compress: body(&counters.compress)
      case .decompress: body(&counters.decompress)
      }
    }
  }
}
