// A program's queue with how much it is used.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// One queue of a path's, and who uses it.
final class UserQueue: Sendable {
  private struct Use {
    var users = 0
    var idleSince = MonotonicClock.now()
  }

  let queue: EngineQueue
  private let use = Guarded(Use())

  init(_ queue: EngineQueue) { self.queue = queue }

  /// Streams and requests that hold the queue.
  var users: Int { use.withLock { $0.users } }
  /// Since when nobody holds it, by the monotonic clock; nil while somebody does.
  var idleSince: UInt64? { use.withLock { $0.users == 0 ? $0.idleSince : nil } }

  func begin() { use.withLock { $0.users += 1 } }

  /// Ends a use; true where it was the last.
  func end() -> Bool {
    use.withLock { use in
      use.users -= 1
      use.idleSince = MonotonicClock.now()
      return use.users == 0
    }
  }
}

/// A program's queue, for one stream.
final class UserExecutor: ZipExecutor {
  private let user: UserQueue
  private let path: UserPath

  init(_ user: UserQueue, _ path: UserPath) {
    self.user = user
    self.path = path
    user.begin()
  }

  deinit {
    if user.end() { path.noteIdle() }
  }

  /// The queue.
  var queue: EngineQueue { user.queue }
  var direction: ZipDirection { queue.direction }
  var sqeType: UInt32 { queue.sqeType }
  func allocate(_ byteCount: Int) throws(QueueError) -> any ZipBuffer { try queue.allocate(byteCount) }
  func takeContext() throws(QueueError) -> ZipContextLease { try queue.takeContext() }
  func keep(_ buffers: [any ZipBuffer]) { queue.keep(buffers) }

  func execute(_ request: hisi_zip_sqe, timeLimit: UInt64) throws(QueueError) -> hisi_zip_sqe {
    try queue.execute(request, timeLimit: timeLimit)
  }
}
