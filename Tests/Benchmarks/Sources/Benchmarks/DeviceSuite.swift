// The accelerator's model against what it is made of: the engine library, a bare ring, a bare socket.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import CHisilicon
import Glibc
import HisiliconModel
import VFIOUser

/// A row of the device's table.
struct Figure {
  let name: String
  let measured: String
  let peer: String
  let result: String
  let goal: String
  let holds: Bool?
}

enum DeviceSuite {
  /// The rows by their names for the command line.
  static let rows: [(name: String, measure: @Sendable () throws -> [Figure])] = [
    ("deflate", deflate), ("engines", engines), ("empty", emptyJobs), ("latency", latency), ("registers", registers),
    ("fairness", fairness), ("idle", idle),
  ]

  private static let job = 65_536
  private static let window = 16

  // MARK: Throughput

  /// One engine against zlib in a loop, both on one processor, since two are not equally fast at every moment.
  nonisolated private static func deflate() throws -> [Figure] {
    baseline_pin()
    defer { baseline_unpin() }
    let data = Inputs.text(job)
    var theirs = [UInt8](repeating: 0, count: 2 * job)
    return try withSleepingClient(engines: 1, data) { queue in
      let pair = try Paired.compare(
        "", to: "", goal: nil, rounds: 21, span: 60_000_000, ours: { try queue.runAsleep($0, window: window) },
        theirs: { count in
          unsafe data.withUnsafeBytes { source in
            unsafe theirs.withUnsafeMutableBytes {
              _ = unsafe baseline_deflate(source.baseAddress, source.count, $0.baseAddress, $0.count, count)
            }
          }
        })
      let packed = try packed(queue)
      guard packed == Array(theirs.prefix(packed.count)) else { throw BenchmarkFailure("the two sides disagree") }
      return [
        throughput("64 KiB deflate, depth 16, one engine", pair, peer: "zlib on a kept stream", atLeast: 0.95)
      ]
    }
  }

  /// Two engines against one, and what two threads of the same machine make of zlib alone.
  nonisolated private static func engines() throws -> [Figure] {
    let data = Inputs.text(job)
    let ours = try withSleepingClient(engines: 1, data) { one in
      try withSleepingClient(engines: 2, data) { two in
        try Paired.compare(
          "", to: "", goal: nil, rounds: 15, span: 200_000_000, ours: { try two.runAsleep($0, window: window) },
          theirs: { try one.runAsleep($0, window: window) })
      }
    }
    var output = [UInt8](repeating: 0, count: 2 * job)
    let threads = Paired.compare(
      "", to: "", goal: nil, rounds: 15, span: 200_000_000,
      ours: { count in
        unsafe data.withUnsafeBytes {
          unsafe baseline_deflate_in_two_threads($0.baseAddress, $0.count, count)
        }
      },
      theirs: { count in
        unsafe data.withUnsafeBytes { source in
          unsafe output.withUnsafeMutableBytes {
            _ = unsafe baseline_deflate(source.baseAddress, source.count, $0.baseAddress, $0.count, count)
          }
        }
      })
    return [
      throughput("64 KiB deflate, depth 16, two engines", ours, peer: "one engine", atLeast: 1.85),
      throughput("zlib alone, two threads", threads, peer: "one thread", atLeast: nil),
    ]
  }

  nonisolated private static func throughput(
    _ name: String, _ pair: Comparison, peer: String, atLeast goal: Double?
  ) -> Figure {
    func rate(_ nanoseconds: Double) -> String { "\(fixed(Double(job) / nanoseconds * 1000, 1)) MB/s" }
    let result = 1 / pair.ratio
    return Figure(
      name: name, measured: rate(pair.ours), peer: "\(peer): \(rate(pair.theirs))", result: "\(fixed(result, 3)) x",
      goal: goal.map { ">= \(fixed($0, 2)) x" } ?? "", holds: goal.map { result >= $0 })
  }

  // MARK: The polled doorbell page

  /// One-byte jobs, many under way.
  nonisolated private static func emptyJobs() throws -> [Figure] {
    try withMappedQueue { queue, accelerator in
      let pair = try Paired.compare(
        "", to: "", goal: nil, rounds: 31, span: 20_000_000, ours: { try queue.run($0, window: 128) },
        theirs: { try bareRing(queue, $0, window: 128) })
      try checkInline(queue, accelerator)
      let millions = 1000 / pair.ours
      return [
        Figure(
          name: "one-byte jobs, doorbell page, depth 128", measured: "\(fixed(pair.ours, 1)) ns",
          peer: "bare ring: \(fixed(pair.theirs, 1)) ns", result: "\(fixed(millions, 2)) M/s", goal: ">= 2.00 M/s",
          holds: millions >= 2)
      ]
    }
  }

  /// From the doorbell to the completion, one job after the other.
  nonisolated private static func latency() throws -> [Figure] {
    try withMappedQueue { queue, accelerator in
      let pair = try Paired.compare(
        "", to: "", goal: nil, rounds: 31, span: 20_000_000, ours: { try queue.run($0, window: 1) },
        theirs: { try bareRing(queue, $0, window: 1) })
      try checkInline(queue, accelerator)
      return [ratio("doorbell to completion, depth 1", pair, peer: "bare ring", atMost: 2)]
    }
  }

  nonisolated private static func bareRing(_ queue: DeviceQueue, _ count: Int, window: UInt32) throws {
    let isDone = unsafe withUnsafeBytes(of: queue.request()) {
      unsafe baseline_bare_ring_run($0.baseAddress, count, window, false)
    }
    guard isDone else { throw BenchmarkFailure("the bare ring does not answer") }
  }

  /// The jobs were answered well, and by the poller.
  nonisolated private static func checkInline(_ queue: DeviceQueue, _ accelerator: Accelerator) throws {
    let counters = accelerator.status.functions[0].queues[0].counters
    guard try queue.answer() == [1, 1, 0, 0xfe, 0xff, 65], counters.errors == 0, counters.requests > 0,
      counters.inlineRequests == counters.requests
    else { throw BenchmarkFailure("the poller did not answer all by itself: \(counters)") }
  }

  nonisolated private static func ratio(
    _ name: String, _ pair: Comparison, peer: String, atMost goal: Double
  ) -> Figure {
    Figure(
      name: name, measured: "\(fixed(pair.ours, 1)) ns", peer: "\(peer): \(fixed(pair.theirs, 1)) ns",
      result: "\(fixed(pair.ratio, 2)) x", goal: "<= \(fixed(goal, 2)) x", holds: pair.ratio <= goal)
  }

  // MARK: The socket

  /// A register read over vfio-user against messages of the same sizes.
  nonisolated private static func registers() throws -> [Figure] {
    baseline_pin()
    let together = Result { try registerReads("register read, one processor") }
    baseline_unpin()
    return [try together.get(), try registerReads("register read, two processors")]
  }

  nonisolated private static func registerReads(_ name: String) throws -> Figure {
    let accelerator = try Accelerator()
    defer { accelerator.shutdown() }
    return try withConnection(accelerator) { client in
      // Header, offset, region and count; the reply repeats them and has the value.
      baseline_socket_open(32, 36)
      defer { baseline_socket_close() }
      let pair = try Paired.compare(
        "", to: "", goal: nil, rounds: 61, span: 20_000_000,
        ours: { count in
          for _ in 0..<count {
            blackHole(try client.read(region: 2, offset: UInt64(HISI_QM_MEM_INIT_DONE), width: 4))
          }
        }, theirs: { baseline_socket_round_trips($0) })
      return ratio(name, pair, peer: "bare UNIX socket", atMost: 1.5)
    }
  }

  nonisolated private static func withConnection<Result>(
    _ accelerator: Accelerator, _ body: (VFIOUserClient) throws -> Result
  ) throws -> Result {
    let path = "/tmp/warpdrive-benchmark-\(getpid()).sock"
    let server = try VFIOUserServer(FunctionServer(accelerator), path: path)
    defer { server.stop() }
    let client = try VFIOUserClient(path: path)
    defer { client.disconnect() }
    return try body(client)
  }

  // MARK: Fairness

  /// One engine, two backlogged queues: 1 MiB jobs against 4 KiB jobs.
  nonisolated private static func fairness() throws -> [Figure] {
    let accelerator = try Accelerator()
    defer { accelerator.shutdown() }
    return try RealTime.ahead {
      let driver = try DeviceDriver(accelerator)
      let large = (queue: try DeviceQueue(driver, number: 0, Inputs.text(1 << 20), buffers: 8), window: 8)
      let small = (queue: try DeviceQueue(driver, number: 1, Inputs.text(4096), buffers: 512), window: 512)
      for side in [large, small] {
        for buffer in 0..<side.window { side.queue.write(buffer) }
        try side.queue.ringSubmission()
      }
      let end = ContinuousClock.now + .seconds(3)
      while ContinuousClock.now < end {
        for side in [large, small] {
          var count = 0
          while side.queue.poll() {
            side.queue.write(count)
            count += 1
          }
          guard count > 0 else { continue }
          try side.queue.ringSubmission()
          try side.queue.acknowledge(arm: false)
        }
        usleep(200)
      }
      let status = accelerator.status.functions[0]
      guard status.queues.count == 2, status.queues.allSatisfy({ $0.counters.errors == 0 }) else {
        throw BenchmarkFailure("the queues did not both work: \(status.queues)")
      }
      let fractions = status.queues.map { $0.share.fraction }
      return [
        Figure(
          name: "1 MiB against 4 KiB jobs, one engine",
          measured: fractions.map { "\(fixed($0 * 100, 1)) %" }.joined(separator: " : "), peer: "",
          result: status.queues.map { "\($0.counters.completions)" }.joined(separator: " : ") + " jobs",
          goal: "45 to 55 %",
          holds: fractions.allSatisfy { (0.45...0.55).contains($0) })
      ]
    }
  }

  // MARK: Idleness

  /// Everything there is, without work; then one job each way.
  nonisolated private static func idle() throws -> [Figure] {
    var options = Accelerator.Options()
    options.engineCount = 2
    options.virtualFunctionCount = 1
    let accelerator = try Accelerator(options)
    defer { accelerator.shutdown() }
    let driver = try DeviceDriver(accelerator)
    let empty = try DeviceQueue(driver, number: 0, [65], isMapped: true)
    let trapped = try DeviceQueue(driver, number: 1, Inputs.text(4096), isArmed: true)
    let path = "/tmp/warpdrive-benchmark-\(getpid()).sock"
    let server = try VFIOUserServer(FunctionServer(accelerator, function: 1), path: path)
    defer { server.stop() }
    let client = try VFIOUserClient(path: path)
    defer { client.disconnect() }
    _ = try client.read(region: 2, offset: 0, width: 4)
    try empty.run(1000, window: 1)
    try trapped.runAsleep(1, window: 1)

    usleep(2000)
    let (before, start) = (processorTime(), ContinuousClock.now)
    sleep(10)
    let elapsed = nanoseconds(ContinuousClock.now - start)
    let share = (processorTime() - before) / elapsed * 100

    let page = try Counts.difference(accelerator, empty) { try empty.run(1, window: 1) }
    usleep(20_000)
    let register = try Counts.difference(accelerator, empty) { try trapped.runAsleep(1, window: 1) }
    return [
      Figure(
        name: "2 engines, poller, socket: idle for 10 s", measured: "\(fixed(share, 4)) % CPU", peer: "",
        result: "", goal: "< 0.5 %", holds: share < 0.5),
      wakeUps("first job after idling, doorbell page", page),
      wakeUps("first job after idling, trapped", register),
    ]
  }

  /// Wake-ups, by who was woken, and the client's writes of the eventfd.
  private struct Counts {
    let eventfd: UInt64
    let poller: UInt64
    let engines: UInt64

    static func difference(
      _ accelerator: Accelerator, _ queue: DeviceQueue, _ body: () throws -> Void
    ) rethrows -> Counts {
      let (before, writes) = (accelerator.status, queue.wakeUps)
      try body()
      let after = accelerator.status
      return Counts(
        eventfd: queue.wakeUps - writes, poller: after.poller.wakeUps - before.poller.wakeUps,
        engines: after.engines.reduce(0) { $0 + $1.wakeUps } - before.engines.reduce(0) { $0 + $1.wakeUps })
    }
  }

  nonisolated private static func wakeUps(_ name: String, _ counts: Counts) -> Figure {
    let sum = counts.poller + counts.engines
    return Figure(
      name: name, measured: "\(sum) wake-up\(sum == 1 ? "" : "s")", peer: "eventfd writes: \(counts.eventfd)",
      result: "poller \(counts.poller), engines \(counts.engines)", goal: "1",
      holds: sum == 1 && counts.eventfd <= 1)
  }

  nonisolated private static func processorTime() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  // MARK: Set-ups

  nonisolated private static func withSleepingClient<Result>(
    engines: Int, _ data: [UInt8], _ body: (DeviceQueue) throws -> Result
  ) throws -> Result {
    var options = Accelerator.Options()
    options.engineCount = engines
    let accelerator = try Accelerator(options)
    defer { accelerator.shutdown() }
    return try RealTime.ahead {
      let queue = try DeviceQueue(
        DeviceDriver(accelerator), number: 0, data, buffers: window, isArmed: true)
      return try body(queue)
    }
  }

  /// What the last request made.
  nonisolated private static func packed(_ queue: DeviceQueue) throws -> [UInt8] {
    try queue.runAsleep(1, window: 1)
    return try queue.answer()
  }

  nonisolated private static func withMappedQueue<Result>(
    _ body: (DeviceQueue, Accelerator) throws -> Result
  ) throws -> Result {
    let accelerator = try Accelerator()
    defer { accelerator.shutdown() }
    return try body(DeviceQueue(DeviceDriver(accelerator), number: 0, [65], isMapped: true), accelerator)
  }
}

enum RealTime {
  /// Runs a body, and lets the threads that it makes run, ahead of threads that exist.
  ///
  /// Threads of one real-time priority do not interrupt each other: a client that sleeps between completions would be
  /// woken and then wait for an engine to pause, which no ordinary thread has to. Without `chrt -f` this changes nothing.
  nonisolated static func ahead<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard sched_getscheduler(0) == SCHED_FIFO else { return try body() }
    var parameters = sched_param()
    _ = unsafe sched_getparam(0, &parameters)
    parameters.sched_priority += 1
    _ = unsafe sched_setscheduler(0, SCHED_FIFO, &parameters)
    defer {
      parameters.sched_priority -= 1
      _ = unsafe sched_setscheduler(0, SCHED_FIFO, &parameters)
    }
    return try body()
  }
}
