// Threads that run jobs in the order they came, with a bound on what waits.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A fixed number of threads over one bounded queue of jobs; the threads start with the first job.
final class WorkerPool: Sendable {
  typealias Job = @Sendable () -> Void

  /// What the threads share; they hold this and not the pool, so that the pool can end.
  private final class Shared: Sendable {
    struct State: ~Copyable {
      var jobs: [Job] = []
      var head = 0
      var isStopping = false
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
      }
    }
  }

  let threadCount: Int
  private let shared = Shared()
  private let started = Guarded(false)

  init(threadCount: Int = Processor.onlineCount) { self.threadCount = max(1, threadCount) }

  /// Hands a job to the threads.
  ///
  /// - Throws: ``ProviderError/Code/resourceExhausted`` where no thread can be started.
  func run(_ job: @escaping Job) throws(ProviderError) {
    try start()
    shared.state.withLock { $0.jobs.append(job) }
    shared.available.signal()
  }

  private func start() throws(ProviderError) {
    try started.withLock { (isStarted) throws(ProviderError) in
      guard !isStarted else { return }
      for index in 0..<threadCount {
        let shared = shared
        do throws(SystemError) {
          // Not joined: the threads end by themselves once the pool is gone and its jobs are done.
          _ = try Thread(name: "wd-worker-\(index)") { shared.run() }
        } catch {
          guard index == 0 else { break }
          throw ProviderError(
            .resourceExhausted, "no worker thread could be started (\(error.description)): raise the limit on processes"
          )
        }
      }
      isStarted = true
    }
  }

  deinit {
    shared.state.withLock { $0.isStopping = true }
    for _ in 0..<threadCount { shared.available.signal() }
  }
}
