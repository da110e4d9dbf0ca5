// Several processes on one host: what all of them get done, and how evenly.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import Glibc
import WarpDriveQueue

/// A client process: the benchmark itself, started anew with `client` and a folder.
enum WarpDriveProcess: String {
  /// Its requests go through a queue of its own, 16 under way.
  case user
  /// They go over the control socket, one at a time.
  case kernel

  /// The argument that makes the benchmark a client.
  static let argument = "client"
  private static let job = 65_536
  private static let depth = 16
  /// Where the board tells clients to end; the words before are theirs.
  private static let ending: UInt32 = 16

  /// The client's side: sends 64 KiB requests until the board says to end, and counts them in its word.
  func run(_ folder: String, _ place: UInt32) throws {
    guard let board = unsafe baseline_board("\(folder)/\(WarpDriveHost.board)") else {
      throw BenchmarkFailure("\(folder) has no board")
    }
    let data = Inputs.text(Self.job)
    var count: UInt64 = 0
    func note() -> Bool {
      count += 1
      unsafe baseline_board_store(board, place, count)
      return unsafe baseline_board_load(board, Self.ending) == 0
    }
    // It sleeps between completions: see `ahead`.
    try RealTime.ahead {
      switch self {
      case .user:
        let client = try WarpDriveClient(WarpDriveHost.request(folder), data, depth: Self.depth)
        try client.runWaiting(.max, window: Self.depth, note)
      case .kernel:
        let client = try ControlClient(folder, room: 2 * Self.job)
        repeat { try client.run(data) } while note()
      }
    }
  }

  /// Runs clients on a host, all at once, and counts what each gets done.
  ///
  /// - Returns: jobs a second, by client.
  static func measure(
    _ kinds: [WarpDriveProcess], on host: WarpDriveHost, seconds: Double
  ) throws -> [Double] {
    guard let board = unsafe baseline_board("\(host.folder)/\(WarpDriveHost.board)") else {
      throw BenchmarkFailure("\(host.folder) takes no file")
    }
    for place in 0...ending { unsafe baseline_board_store(board, place, 0) }
    let clients = kinds.enumerated().map { place, kind in
      start(["/proc/self/exe", "warpdrive", argument, host.folder, "\(place)", kind.rawValue], isQuiet: false)
    }
    defer {
      unsafe baseline_board_store(board, ending, 1)
      for client in clients where client > 0 { _ = baseline_finish(client, false) }
    }
    func counts() -> [UInt64] { kinds.indices.map { unsafe baseline_board_load(board, UInt32($0)) } }
    let limit = ContinuousClock.now + .seconds(30)
    // All of them have what they send, and the engine has taken turns.
    while counts().contains(where: { $0 < UInt64(depth) }) {
      guard ContinuousClock.now < limit else { throw BenchmarkFailure("the clients do not all get answers") }
      usleep(1000)
    }
    let (before, begin) = (counts(), ContinuousClock.now)
    usleep(UInt32(seconds * 1e6))
    let (after, elapsed) = (counts(), nanoseconds(ContinuousClock.now - begin))
    return zip(before, after).map { Double($1 - $0) / elapsed * 1e9 }
  }
}

extension WarpDriveSuite {
  /// 1, 2, 4 and 8 processes on one host with one engine, each with 64 KiB requests, 16 under way.
  ///
  /// The sum is compared with one process's alone just before and after, as the median of several turns; a share is the
  /// whole run's.
  nonisolated static func processes(_ options: WarpDriveOptions) throws -> [Figure] {
    let host = try WarpDriveHost(options.wdprov)
    let numbers = [2, 4, 8]
    var sums: [Int: [Double]] = [:]
    var ratios: [Int: [Double]] = [:]
    var shares: [Int: [Double]] = [:]
    let seconds = options.isQuick ? 1.0 : 3.0
    var alone = try WarpDriveProcess.measure([.user], on: host, seconds: seconds)[0]
    sums[1] = [alone]
    for _ in 0..<options.rounds(5) {
      for number in numbers {
        let rates = try WarpDriveProcess.measure(
          [WarpDriveProcess](repeating: .user, count: number), on: host, seconds: seconds)
        let next = try WarpDriveProcess.measure([.user], on: host, seconds: seconds)[0]
        let sum = rates.reduce(0, +)
        sums[number, default: []].append(sum)
        sums[1, default: []].append(next)
        ratios[number, default: []].append(2 * sum / (alone + next))
        let known = shares[number] ?? [Double](repeating: 0, count: number)
        shares[number] = zip(known, rates).map { $0 + $1 / sum * Double(number) }
        alone = next
      }
    }
    func rate(_ number: Int) -> String { "\(fixed(Paired.median(sums[number] ?? []) * 65_536 / 1e6, 2)) MB/s" }
    let turns = Double(options.rounds(5))
    return numbers.map { number in
      let ratio = Paired.median(ratios[number] ?? [])
      let parts = (shares[number] ?? []).map { $0 / turns }
      let range = (parts.min() ?? 0, parts.max() ?? 0)
      return Figure(
        name: "\(number) processes, 64 KiB, depth 16, one engine", measured: rate(number),
        peer: "one process: \(rate(1))",
        result: "\(fixed(ratio, 3)) x, shares \(fixed(range.0, 2)) to \(fixed(range.1, 2))",
        goal: ">= 0.95, 0.9 to 1.1",
        holds: (0.95...1.05).contains(ratio) && range.0 >= 0.9 && range.1 <= 1.1)
    }
  }
}
