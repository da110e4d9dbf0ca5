// Runs one subject for a time on one or several threads and says how fast it was.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// One row of a benchmark.
struct BenchResult: Sendable {
  /// Requests that ended.
  var requests: UInt64 = 0
  /// Wall time in nanoseconds.
  var nanoseconds: UInt64 = 0
  /// Processor time of the whole process in nanoseconds.
  var processorNanoseconds: UInt64 = 0
  var latency = LatencyHistogram()
  /// Requests that another driver answered.
  var fallbacks: UInt64 = 0
}

/// How a subject is run.
struct BenchRun {
  // A clock pair takes 60 ns: what is timed together takes at least this long, so that the clock does not show.
  private static let leastTimed: UInt64 = 3000
  private static let warmUp = 8

  let threads: Int
  /// Requests under way at a time, for queues; 1 for plain handles.
  let depth: Int
  let nanoseconds: UInt64

  /// Runs `subject` and adds its fallbacks.
  func measure(_ subject: BenchSubject) throws(ProviderError) -> BenchResult {
    let fallbacks = subject.algorithm?.statistics.snapshot.fallbacks ?? 0
    var result: BenchResult
    if depth > 1, let algorithm = subject.algorithm {
      result = try QueueRun(subject, algorithm, depth: depth, threads: threads).measure(nanoseconds)
    } else {
      result = try measureHandles(subject)
    }
    result.fallbacks = (subject.algorithm?.statistics.snapshot.fallbacks ?? 0) - fallbacks
    return result
  }

  /// Runs the subject on all threads at once, each with a handle of its own that is ready before the time begins.
  private func measureHandles(_ subject: BenchSubject) throws(ProviderError) -> BenchResult {
    let outcomes = Guarded<[Result<BenchResult, ProviderError>]>([])
    let prepared = TimedSemaphore(value: 0)
    let ended = TimedSemaphore(value: 0)
    let start = Gate()
    let nanoseconds = nanoseconds
    var started = 0
    var failure: SystemError?
    for index in 0..<threads {
      do throws(SystemError) {
        _ = try Thread(name: "bench \(index)") {
          let outcome = Result { () throws(ProviderError) in
            try Self.loop(subject, nanoseconds) {
              prepared.signal()
              _ = start.wait(nanoseconds: .max)
            }
          }
          // One that could not even prepare must not be waited for.
          if case .failure = outcome { prepared.signal() }
          outcomes.withLock { $0.append(outcome) }
          ended.signal()
        }
        started += 1
      } catch {
        failure = error
        break
      }
    }
    for _ in 0..<started { _ = prepared.wait(nanoseconds: .max) }
    let processor = CurrentProcess.cpuNanoseconds
    start.open()
    for _ in 0..<started { _ = ended.wait(nanoseconds: .max) }
    let used = CurrentProcess.cpuNanoseconds - processor
    if let failure { throw ProviderError(.resourceExhausted, "no thread can be started: \(failure.message)") }
    var sum = BenchResult(processorNanoseconds: used)
    for outcome in outcomes.withLock({ $0 }) {
      let result = try outcome.get()
      sum.requests += result.requests
      sum.nanoseconds = max(sum.nanoseconds, result.nanoseconds)
      sum.latency.add(result.latency)
    }
    return sum
  }

  /// One thread's part.
  private static func loop(
    _ subject: BenchSubject, _ nanoseconds: UInt64, prepared: () -> Void
  ) throws(ProviderError) -> BenchResult {
    var task = try subject.makeTask()
    var index = 0
    // The first requests warm caches and make contexts; then it shows how many fit into one timing.
    for _ in 0..<warmUp {
      try task.run(index)
      index += 1
    }
    var together: UInt64 = 1
    while true {
      let start = MonotonicClock.now()
      for _ in 0..<together {
        try task.run(index)
        index += 1
      }
      if MonotonicClock.now() - start >= leastTimed { break }
      together *= 2
    }
    prepared()
    var result = BenchResult()
    let start = MonotonicClock.now()
    var now = start
    repeat {
      let before = now
      for _ in 0..<together {
        try task.run(index)
        index += 1
      }
      now = MonotonicClock.now()
      result.latency.add((now - before) / together, weight: together)
      result.requests += together
    } while now - start < nanoseconds
    result.nanoseconds = now - start
    return result
  }
}
