// The trace of a model: a line for each access to a function, with mailboxes and doorbells decoded.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import LinuxSystem
import Logging
import WarpDrive

/// A file to which a model's trace is appended.
final class TraceFile: Sendable {
  private let file: FileDescriptor
  private let path: String
  private let log: Logger
  private let start = MonotonicClock.now()
  private let hasFailed = Guarded(false)

  /// Opens the file, or makes it; what it holds stays.
  init(_ path: String, log: Logger) throws(CommandFailure) {
    do throws(SystemError) {
      file = try FileDescriptor.open(path, .writeOnly, options: [.create, .append], mode: 0o600)
    } catch {
      throw CommandFailure(creating: path, error)
    }
    self.path = path
    self.log = log
  }

  /// Adds a line: the seconds since the host began, and the event.
  ///
  /// A file that cannot be written ends the trace, not the device.
  func add(_ event: TraceEvent) {
    let text = event.description
    let failure = hasFailed.withLock { hasFailed -> SystemError? in
      if hasFailed { return nil }
      // With the lock, so that times grow from line to line; each line is one write and there at once.
      let line = "\(Self.seconds(MonotonicClock.now() - start)) \(text)\n"
      do throws(SystemError) {
        try file.writeAll(Array(line.utf8).rawSpan)
        return nil
      } catch {
        hasFailed = true
        return error
      }
    }
    if let failure { log.error("the trace ends here: \(path): \(failure.message)") }
  }

  /// Nanoseconds as seconds with six digits behind the point.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let microseconds = String(nanoseconds / 1_000 % 1_000_000)
    return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 6 - microseconds.count) + microseconds
  }
}
