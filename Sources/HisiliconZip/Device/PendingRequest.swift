// A request of the kernel path that the device has not answered yet.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import WarpDriveQueue

/// How a request ended.
typealias RequestAnswer = Result<hisi_zip_sqe, QueueError>

/// A request in flight, and who is told of its end, once.
struct PendingRequest: Sendable {
  /// When it is late, on the monotonic clock.
  var deadline: UInt64
  var completion: @Sendable (RequestAnswer) -> Void
}

/// A thread that waits for a request's answer.
final class RequestWaiter: Sendable {
  private let gate = Gate()
  private let answer = Guarded(RequestAnswer?.none)

  func finish(_ answer: RequestAnswer) {
    self.answer.withLock { $0 = answer }
    gate.open()
  }

  /// The answer, nil where there is none in time.
  func wait(nanoseconds: UInt64) -> RequestAnswer? {
    gate.wait(nanoseconds: nanoseconds) ? answer.withLock { $0 } : nil
  }
}
