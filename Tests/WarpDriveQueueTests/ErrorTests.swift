// The errors' numbers, which travel in replies.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveQueue

@Suite("Errors of the user library") struct ErrorTests {
  @Test("the numbers are errno's")
  func numbers() {
    #expect(QueueError.Code.busy.rawValue == SystemError.busy)
    #expect(QueueError.Code.exists.rawValue == SystemError.exists)
    #expect(QueueError.Code.timedOut.rawValue == SystemError.timedOut)
    #expect(QueueError.Code(rawValue: 62) == .resetting)
  }
}
