// A program that uses queues of an accelerator as the system tests tell it, and says what came of it, a line each.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import WarpDriveQueue

/// `QueueClient RUN-DIRECTORY DEVICE COMMAND [ARGUMENT…]`; the commands are those of `Command`.
///
/// The exit status is 0 where the command did what it is for; else the last line is `error CODE MESSAGE`, the code that
/// of `QueueError`, and the exit status 1.
@main
enum QueueClient {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let command = Command(rawValue: arguments[3]) else {
      say("usage: QueueClient RUN-DIRECTORY DEVICE \(Command.allCases.map(\.rawValue).joined(separator: "|")) …")
      exit(64)
    }
    do {
      let place = Place(runDirectory: arguments[1], device: arguments[2])
      try command.run(place, Array(arguments.dropFirst(4)))
    } catch let error as QueueError {
      say("error \(error.code.rawValue) \(error.message)")
      exit(1)
    } catch {
      say("error 0 \(error)")
      exit(1)
    }
  }
}

/// What the program can be told to do.
enum Command: String, CaseIterable {
  /// `polled COUNT DEPTH`: requests of one byte, never asleep. Says `done COUNT`.
  case polled
  /// `work SEED DEPTH`: checked requests until standard input ends. Says `ready`, then `done requests=… resets=…`.
  case work
  /// `once SEED DEPTH`: as `work`, but ends with its queue. Says `answered … pending …` then, and the error.
  case once
  /// `flood COUNT`: so many requests in flight, then nothing until it is killed. Says `ready NUMBER`.
  case flood
  /// `inspect NUMBER`: what a new owner of that queue finds. Says `found NUMBER dirty=… window=… own=…`.
  case inspect
  /// `exhaust`: opens queues until there is none. Says `opened N`, then the error, and stays until standard input ends.
  case exhaust
  /// `full`: sends until the ring is full. Says `accepted N`, then the error, then `answered N`.
  case full
  /// `bind PASID`: binds to an address space of the test's choice. Says `bound PASID`.
  case bind
  /// `hold`: opens a queue with memory in it. Says `ready NUMBER ADDRESS BYTES`, and at the end of its standard
  /// input whether that memory is as it was: `intact` or `changed`.
  case hold
  /// `request SOURCE DESTINATION`: a request with these addresses, decimal, `own`, `readonly` or `kernel`. Says
  /// `status S`, and `intact` or `changed` for its own memory that the request does not name.
  case request
  /// `fork`: has a child use the queue. Says `child CODE`, then `parent STATUS`.
  case fork

  func run(_ place: Place, _ arguments: [String]) throws {
    func number(_ index: Int, _ standard: Int) -> Int {
      index < arguments.count ? Int(arguments[index]) ?? standard : standard
    }
    switch self {
    case .polled: try Polling.run(place, count: number(0, 100_000), depth: number(1, 64))
    case .work: try Work(place, seed: UInt64(number(0, 1)), depth: number(1, 16), goesOn: true).run()
    case .once: try Work(place, seed: UInt64(number(0, 1)), depth: number(1, 16), goesOn: false).run()
    case .flood: try Abandonment.flood(place, count: number(0, 256))
    case .inspect: try Abandonment.inspect(place, number: UInt16(number(0, 0)))
    case .exhaust: try Limits.exhaust(place)
    case .full: try Limits.full(place)
    case .bind: try Hostility.bind(place, pasid: UInt32(number(0, 0)))
    case .hold: try Hostility.hold(place)
    case .request:
      try Hostility.request(place, source: arguments.first ?? "own", destination: arguments.dropFirst().first ?? "own")
    case .fork: try Forking.run(place)
    }
  }
}

/// Writes a line to standard output at once.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// Whether standard input has ended, after at most `milliseconds`.
func isToldToStop(milliseconds: Int32 = 0) -> Bool {
  var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
  return unsafe poll(&entry, 1, milliseconds) > 0
}
