// A child of the process that opened a queue: it must not reach it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import Glibc
import WarpDriveQueue

/// What `fork` does to a queue.
enum Forking {
  static func run(_ place: Place) throws {
    let session = try Session(place.open(), byteCount: 8192)
    let request = Session.request(
      source: session.address, length: 64, destination: session.address + 4096, room: 4096, tag: 9)
    // Swift has no fork; the C library has, and this program has one thread of its own.
    typealias Fork = @convention(c) () -> pid_t
    guard let symbol = unsafe dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork") else {
      throw QueueError(.unsupported, "the C library has no fork")
    }
    let fork = unsafe unsafeBitCast(symbol, to: Fork.self)
    let child = fork()
    guard child >= 0 else { throw QueueError(.resourceExhausted, "fork failed") }
    if child == 0 {
      // The exit status is the code of the error; 0 is a request that was sent.
      do throws(QueueError) {
        try session.send(request)
        _exit(0)
      } catch { _exit(error.code.rawValue) }
    }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) == -1 && errno == EINTR {}
    say(status & 0x7f == 0 ? "child \(status >> 8 & 0xff)" : "child killed by \(status & 0x7f)")
    try session.send(request)
    let answer = try session.receiveSync()
    guard try session.receive() == nil else { throw QueueError(.failed, "the child's request was answered, too") }
    say("parent \(Session.status(answer)) \(answer.tag_l)")
    session.close()
  }
}
