// Whether an accelerator has anything to do.
// SPDX-License-Identifier: Apache-2.0

extension Accelerator {
  /// Whether the engines have done everything that they can do at present, and what they wrote is there to be seen.
  ///
  /// Requests may remain that cannot be answered, as in a queue whose completions nobody consumes.
  package var isAtRest: Bool { platform.scheduler.isAtRest(engines: options.engineCount) }
}
