// A child of the process that opened a queue: it must not reach it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import TestPrograms
import WarpDriveQueue

/// What `fork` does to a queue.
enum Forking {
  static func run(_ place: Place) throws {
    let session = try Session(place.open(), byteCount: 8192)
    let request = Session.request(
      source: session.address, length: 64, destination: session.address + 4096, room: 4096, tag: 9)
    // This program has one thread of its own. The exit status is the code of the error; 0 is a request that was sent.
    let child = try ForkedChild {
      do throws(QueueError) {
        try session.send(request)
        return 0
      } catch { return error.code.rawValue }
    }
    switch child.wait() {
    case .exit(let code): say("child \(code)")
    case .signal(let number): say("child killed by \(number)")
    }
    try session.send(request)
    let answer = try session.receiveSync()
    guard try session.receive() == nil else { throw QueueError(.failed, "the child's request was answered, too") }
    say("parent \(Session.status(answer)) \(answer.tag_l)")
    session.close()
  }
}
