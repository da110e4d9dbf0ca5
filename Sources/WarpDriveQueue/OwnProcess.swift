// Whether the process that has a queue is the one that is running, and not a child of it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The process that made an object; after `fork` the child's copy of the object says that it is not the child.
package struct OwnProcess: Sendable {
  private let generation = CurrentProcess.generation

  /// Notes this process.
  package init() {}

  /// Whether the object is this process's own.
  @inline(__always)
  package var isCurrent: Bool { CurrentProcess.generation == generation }

  /// Refuses a child's calls.
  ///
  /// - Throws: `denied` in a child of the process.
  @inline(__always)
  package func check() throws(QueueError) {
    if !isCurrent { throw Self.foreign }
  }

  /// The error of a child's calls.
  package static var foreign: QueueError {
    QueueError(.denied, "the queue is the parent process's: request one of this process's own")
  }
}
