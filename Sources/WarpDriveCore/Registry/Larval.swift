// What stands in the place of something that one thread is making and others wait for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// One attempt to load, instantiate or test something; whoever asks meanwhile waits for this attempt, with a time limit.
final class Larval<Outcome: Sendable>: Sendable {
  private let gate = Gate()
  private let outcome = Guarded<Outcome?>(nil)

  /// Ends the attempt and wakes everyone who waits.
  func complete(_ result: Outcome) {
    outcome.withLock { $0 = result }
    gate.open()
  }

  /// Waits for the attempt's outcome.
  ///
  /// - Throws: ``ProviderError/Code/timedOut`` after `limit` nanoseconds; the attempt goes on.
  func wait(_ limit: UInt64, for what: String) throws(ProviderError) -> Outcome {
    guard gate.wait(nanoseconds: limit), let result = outcome.withLock({ $0 }) else {
      throw ProviderError(
        .timedOut,
        "\(what) was not ready within \(limit / 1_000_000) ms: another thread is still at it, ask again later")
    }
    return result
  }
}
