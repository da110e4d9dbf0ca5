// Requests without a system call: a loop that only looks.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import WarpDriveQueue

/// What `strace -c` counts the system calls of.
enum Polling {
  static func run(_ place: Place, count: Int, depth: Int) throws {
    let session = try Session(place.open(), byteCount: 8192)
    let request = Session.request(
      source: session.address, length: 1, destination: session.address + 4096, room: 4096, tag: 7)
    try session.send(request)
    // The first wakes the device up.
    while try session.receive() == nil {}
    let depth = min(depth, session.queue.depth - 1)
    say("begin")
    var (sent, received, looks) = (0, 0, 0)
    while received < count {
      // In groups: where the device falls asleep since this process had no processor, it is woken once for many.
      if sent - received <= depth / 2 {
        while sent < count, sent - received < depth {
          try session.send(request)
          sent += 1
        }
      }
      while let answer = try session.receive() {
        guard Session.succeeded(answer), answer.tag_l == 7 else {
          throw QueueError(.failed, "a request ended with status \(Session.status(answer))")
        }
        received += 1
        looks = 0
      }
      looks += 1
      guard looks < 2_000_000_000 else { throw QueueError(.timedOut, "the device does not answer") }
    }
    say("done \(received)")
    session.close()
  }
}
