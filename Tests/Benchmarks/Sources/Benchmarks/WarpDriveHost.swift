// A host of a model for the rows about programs' queues: `wdprov serve` in a folder of its own, until the object goes.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import Glibc
import HisiliconQueue
import Synchronization
import WarpDriveQueue

/// A host with one engine, which other processes may use too.
final class WarpDriveHost {
  /// The name of a file in its folder that clients may make.
  static let board = "board"

  /// Its run folder.
  let folder: String
  private let process: Int32

  /// Starts a host, and waits until it answers.
  init(_ wdprov: String, arguments: [String] = []) throws {
    folder = "/tmp/warpdrive-benchmark-\(getpid())-\(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
    process = start([wdprov, "serve", "--run-dir", folder] + arguments, isQuiet: true)
    guard process > 0 else { throw BenchmarkFailure("\(wdprov) cannot be started: make release builds it") }
    let end = ContinuousClock.now + .seconds(30)
    while true {
      // Its sockets come last.
      if (try? request()) != nil { return }
      guard ContinuousClock.now < end else {
        stop()
        throw BenchmarkFailure("\(wdprov) serve does not answer")
      }
      usleep(10_000)
    }
  }

  deinit {
    stop()
  }

  private static let count = Atomic<Int>(0)

  private func stop() {
    _ = baseline_finish(process, true)
    unsafe unlink("\(folder)/\(Self.board)")
    unsafe rmdir(folder)
  }

  /// Takes a queue that compresses.
  func request() throws -> Queue { try Self.request(folder) }

  /// Takes a queue of the host in a folder.
  static func request(_ folder: String) throws -> Queue {
    try Queue.request(
      QueueCapability(algorithm: "deflate", type: ZipDirection.compress.rawValue),
      from: [RunDirectorySource(folder)], adapters: AdapterTable([HisiliconAdapter()]))
  }
}

/// Starts a command and does not wait for it.
func start(_ arguments: [String], isQuiet: Bool) -> Int32 {
  unsafe withArguments(arguments) { unsafe baseline_start($0, isQuiet) }
}

/// A client of the control socket: the kernel path as another process has it, with as little around it as there can be.
@safe final class ControlClient {
  private let control: Int32
  private var reply: [UInt8]

  init(_ folder: String, room: Int) throws {
    control = unsafe baseline_control_open("\(folder)/control.sock")
    guard control >= 0 else { throw BenchmarkFailure("\(folder)/control.sock takes no connection") }
    reply = [UInt8](repeating: 0, count: room)
  }

  deinit {
    baseline_control_close(control)
  }

  /// Compresses `data` count times.
  func run(_ data: [UInt8], _ count: Int = 1) throws {
    let line =
      "{\"op\":\"compress\",\"length\":\(data.count),\"alg\":\"deflate\",\"room\":\(reply.count)}\n"
    for _ in 0..<count {
      let size = unsafe data.withUnsafeBytes { data in
        unsafe reply.withUnsafeMutableBytes {
          unsafe baseline_control_ask(control, line, data.baseAddress, data.count, $0.baseAddress, $0.count)
        }
      }
      guard size > 0 else { throw BenchmarkFailure("the kernel path does not answer") }
    }
  }
}
