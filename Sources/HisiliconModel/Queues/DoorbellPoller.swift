// The thread that looks at doorbell pages.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// One thread over all doorbell pages of a device.
///
/// It obeys doorbells, answers the smallest requests itself and leaves the others to engines. After `idleLimit` without
/// work, or `engineIdleLimit`, it sleeps, and uses no processor time until a client signals.
final class DoorbellPoller: Sendable {
  /// How long the poller looks at idle pages before it sleeps, in nanoseconds.
  static let idleLimit: UInt64 = 1_000_000
  /// The same where the last doorbells only had work for engines, which need the processor more than the doorbells do.
  static let engineIdleLimit: UInt64 = 100_000
  /// How long `detach` and `stop` wait for the thread, in nanoseconds; it is late only where a client's memory is at the
  /// other end of a connection that does not answer.
  static let timeLimit: UInt64 = 30_000_000_000

  private let shared: PollerState

  /// Starts the thread.
  ///
  /// - Throws: `EAGAIN` when a limit on threads is reached, `EMFILE`, `ENFILE` or `ENOMEM`.
  init() throws(SystemError) {
    let shared = try PollerState()
    self.shared = shared
    _ = try Thread(name: "zip-doorbells") { shared.run() }
  }

  deinit {
    shared.end()
  }

  /// What the poller has done.
  var counters: PollerCounters { shared.counters }

  /// Watches a page.
  ///
  /// The page's words are set to where its queue is; a client must not have it before.
  ///
  /// - Throws: `ENOMEM` or `ENOSPC` when the kernel cannot watch one more.
  func attach(_ page: DoorbellPage) throws(SystemError) {
    try shared.attach(page)
  }

  /// Stops watching a page; its doorbells are obeyed no more.
  ///
  /// Must not be called on the poller's thread.
  ///
  /// - Returns: whether the poller is done with the page, which it is unless a client's connection hangs.
  @discardableResult
  func detach(_ page: DoorbellPage) -> Bool {
    shared.detach(page, within: Self.timeLimit)
  }

  /// Ends the thread; pages are not watched any more.
  ///
  /// - Returns: whether it has ended within the time limit.
  @discardableResult
  func stop() -> Bool {
    shared.end()
    return shared.ended.wait(nanoseconds: Self.timeLimit)
  }
}
