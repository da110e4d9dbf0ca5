// Threads that run jobs in the order they came, and a share of them.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A bounded number of threads over one queue of jobs; a thread starts when a job finds the others busy.
package final class WorkerPool: Sendable {
  package typealias Job = @Sendable () -> Void

  /// What the threads share; they hold this and not the pool, so that the pool can end.
  private final class Shared: Sendable {
    struct State: ~Copyable {
      var jobs: [Job] = []
      var head = 0
      var isStopping = false
      /// Jobs that wait or run.
      var unfinished = 0
      var threads = 0
    }
    let state = Guarded(State())
    let available = TimedSemaphore(value: 0)

    /// Runs jobs until told to stop and none is left.
    func run() {
      while true {
        // The limit only bounds how long a lost wake-up could last; there is none by design.
        guard available.wait(nanoseconds: 1_000_000_000) else {
          if state.withLock({ $0.isStopping && $0.head == $0.jobs.count }) { return }
          continue
        }
        let job = state.withLock { state -> Job? in
          guard state.head < state.jobs.count else { return nil }
          let job = state.jobs[state.head]
          state.head += 1
          if state.head == state.jobs.count {
            state.jobs.removeAll(keepingCapacity: true)
            state.head = 0
          }
          return job
        }
        guard let job else { return }
        job()
        state.withLock { $0.unfinished -= 1 }
      }
    }
  }

  /// The most threads.
  package let threadCount: Int
  private let shared = Shared()

  /// A pool of at most `threadCount` threads, and at least one; none of them runs yet.
  package init(threadCount: Int = Processor.onlineCount) { self.threadCount = max(1, threadCount) }

  /// Hands a job to the threads.
  ///
  /// - Throws: ``ProviderError/Code/resourceExhausted`` where there is no thread and none can be started.
  package func run(_ job: @escaping Job) throws(ProviderError) {
    let threadCount = threadCount
    // The job is counted first, so that of two callers at once each sees the other's.
    let number = shared.state.withLock { state -> Int? in
      state.unfinished += 1
      guard state.unfinished > state.threads, state.threads < threadCount else { return nil }
      state.threads += 1
      return state.threads
    }
    if let number { try start(number) }
    shared.state.withLock { $0.jobs.append(job) }
    shared.available.signal()
  }

  private func start(_ number: Int) throws(ProviderError) {
    let shared = shared
    do throws(SystemError) {
      // Not joined: the threads end by themselves once the pool is gone and its jobs are done.
      _ = try Thread(name: "wd-worker-\(number - 1)") { shared.run() }
    } catch {
      let isAlone = shared.state.withLock { state in
        state.threads -= 1
        if state.threads == 0 { state.unfinished -= 1 }
        return state.threads == 0
      }
      // Where others run, they will come to it.
      guard isAlone else { return }
      throw ProviderError(
        .resourceExhausted, "no worker thread could be started (\(error.description)): raise the limit on processes")
    }
  }

  deinit {
    let threads = shared.state.withLock { state in
      state.isStopping = true
      return state.threads
    }
    for _ in 0..<threads { shared.available.signal() }
  }
}

/// The part of a pool that one user has: at most so many of his jobs run at once.
package final class WorkerLane: Sendable {
  private struct State: ~Copyable {
    var jobs: [WorkerPool.Job] = []
    /// Threads of the pool that work for this lane.
    var active = 0
  }

  /// The most jobs that run at once.
  package let width: Int
  private let pool: WorkerPool
  private let state = Guarded(State())

  /// A lane of at most `width` threads of `pool`, and at least one.
  package init(_ pool: WorkerPool, width: Int) {
    self.pool = pool
    self.width = max(1, min(width, pool.threadCount))
  }

  /// Has a job run, those handed in first begun first; by the caller, where no thread can be had.
  package func run(_ job: @escaping WorkerPool.Job) {
    let width = width
    let needsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.active < width else { return false }
      state.active += 1
      return true
    }
    guard needsThread else { return }
    do throws(ProviderError) { try pool.run { self.drain() } } catch { drain() }
  }

  private func drain() {
    while true {
      let job = state.withLock { state -> WorkerPool.Job? in
        if state.jobs.isEmpty {
          state.active -= 1
          return nil
        }
        return state.jobs.removeFirst()
      }
      guard let job else { return }
      job()
    }
  }
}
