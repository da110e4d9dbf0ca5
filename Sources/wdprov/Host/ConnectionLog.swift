// Who connects, in the log of a host: a client that connects again and again does not fill it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Logging

/// Notes clients, a few in each second.
final class ConnectionLog: Sendable {
  private static let interval: UInt64 = 1_000_000_000
  private static let mostInInterval = 10

  private struct Window {
    var end: UInt64 = 0
    var count = 0
  }

  private let log: Logger
  private let window = Guarded(Window())

  init(_ log: Logger) { self.log = log }

  /// Notes a client, unless too many came in this second; the last that is noted says so.
  func note(_ peer: UnixSocket.PeerCredentials, _ message: String, level: Logger.Level = .info) {
    let now = MonotonicClock.now()
    let count = window.withLock { window in
      if now >= window.end { window = Window(end: now + Self.interval) }
      window.count += 1
      return window.count
    }
    guard count <= Self.mostInInterval else { return }
    let more = count == Self.mostInInterval ? "; more in this second are not noted" : ""
    log.log(
      level: level, "\(message)\(more)", metadata: ["process": "\(peer.processID)", "user": "\(peer.userID)"])
  }
}
