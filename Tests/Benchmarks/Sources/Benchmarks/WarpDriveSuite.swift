// Programs' queues of a host: what a request costs beside a bare ring, a system call, and the kernel path of a socket.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import Glibc
import HisiliconQueue
import WarpDriveQueue

/// What the rows about programs' queues are measured with.
struct WarpDriveOptions {
  /// The path of `wdprov`.
  var wdprov = ".build/release/wdprov"
  /// Whether to measure a fifth as long.
  var isQuick = false

  func rounds(_ count: Int) -> Int { isQuick ? max(3, count / 5) : count }
}

enum WarpDriveSuite {
  /// The rows by their names for the command line.
  static let rows: [(name: String, measure: @Sendable (WarpDriveOptions) throws -> [Figure])] = [
    ("depth1", single), ("depth64", deep), ("control", control), ("processes", processes),
  ]

  // MARK: Empty jobs

  /// A one-byte request, sent and spun for, against the bare ring.
  ///
  /// What is measured: the time from one `send` to the next, with the host's poller, which answers with a stored block.
  nonisolated private static func single(_ options: WarpDriveOptions) throws -> [Figure] {
    let host = try WarpDriveHost(options.wdprov)
    let client = try WarpDriveClient(host.request(), [65], depth: 64)
    let pair = try Paired.compare(
      "", to: "", goal: nil, rounds: options.rounds(61), span: 20_000_000, ours: { try client.runSingly($0) },
      theirs: { try bareRing($0, window: 1) })
    try checkEmpty(client)
    let count = try HotPath.count("", options.isQuick ? 100_000 : 1_000_000) { try client.runSingly($0) }
    return [
      ratio("user path, empty job, depth 1", pair, peer: "bare ring", atMost: 2),
      Figure(
        name: "user path, \(count.operations) empty jobs", measured: "\(count.allocations) allocations", peer: "",
        result: "\(count.locks) mutexes", goal: "0", holds: count.allocations == 0 && count.locks == 0),
    ]
  }

  /// One-byte requests, 64 under way.
  ///
  /// The row with the goal has the caller's own time: that of the two calls that send 64 requests and take 64 answers, not
  /// that in which the device answers. The others have the time of everything.
  nonisolated private static func deep(_ options: WarpDriveOptions) throws -> [Figure] {
    let host = try WarpDriveHost(options.wdprov)
    let client = try WarpDriveClient(host.request(), [65], depth: 64)
    let own = try Paired.measure(
      rounds: options.rounds(61), ours: { try client.ownTime(1000, window: 64) },
      theirs: { Paired.time(50_000) { baseline_ioctls($0) } })
    let batched = try Paired.compare(
      "", to: "", goal: nil, rounds: options.rounds(31), span: 20_000_000,
      ours: { try client.runBatched($0, window: 64) }, theirs: { try bareRing($0, window: 64) })
    let answered = try Paired.compare(
      "", to: "", goal: nil, rounds: options.rounds(31), span: 20_000_000,
      ours: { try client.runBatched($0, window: 64) }, theirs: { try bareRing($0, window: 64, hasAnswers: true) })
    let pipelined = try Paired.compare(
      "", to: "", goal: nil, rounds: options.rounds(31), span: 20_000_000,
      ours: { try client.runPipelined($0, window: 64) }, theirs: { try bareRing($0, window: 64) })
    try checkEmpty(client)
    return [
      ratio("user path, depth 64, the caller's own time", own, peer: "ioctl", atMost: 0.2),
      ratio("user path, depth 64, in batches, all", batched, peer: "bare ring", atMost: nil),
      ratio("user path, depth 64, in batches, all", answered, peer: "the same with answers", atMost: nil),
      ratio("user path, depth 64, one by one, all", pipelined, peer: "bare ring", atMost: nil),
    ]
  }

  /// The same request over the host's control socket, which the host's kernel path carries out.
  nonisolated private static func control(_ options: WarpDriveOptions) throws -> [Figure] {
    let host = try WarpDriveHost(options.wdprov)
    let client = try WarpDriveClient(host.request(), [65], depth: 1)
    let control = try ControlClient(host.folder, room: 64)
    let pair = try Paired.compare(
      "", to: "", goal: nil, rounds: options.rounds(31), span: 20_000_000, ours: { try client.runSingly($0) },
      theirs: { try control.run([65], $0) })
    return [ratio("user path, empty job, depth 1", pair, peer: "kernel path, control socket", atMost: 0.05)]
  }

  nonisolated private static func bareRing(_ count: Int, window: UInt32, hasAnswers: Bool = false) throws {
    let request = [UInt8](repeating: 0, count: WarpDriveClient.messageSize)
    let isDone = unsafe request.withUnsafeBytes {
      unsafe baseline_bare_ring_run($0.baseAddress, count, window, hasAnswers)
    }
    guard isDone else { throw BenchmarkFailure("the bare ring does not answer") }
  }

  nonisolated private static func checkEmpty(_ client: WarpDriveClient) throws {
    try client.runSingly(1)
    guard client.output() == [1, 1, 0, 0xfe, 0xff, 65] else { throw BenchmarkFailure("not the stored block") }
  }

  nonisolated static func ratio(
    _ name: String, _ pair: Comparison, peer: String, atMost goal: Double?
  ) -> Figure {
    Figure(
      name: name, measured: "\(fixed(pair.ours, 1)) ns", peer: "\(peer): \(fixed(pair.theirs, 1)) ns",
      result: "\(fixed(pair.ratio, 3)) x", goal: goal.map { "<= \(fixed($0, 2)) x" } ?? "",
      holds: goal.map { pair.ratio <= $0 })
  }
}
