// What there is no more of: room in a ring, queues of a device.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import WarpDriveQueue

/// Using up what is bounded.
enum Limits {
  static func exhaust(_ place: Place) throws {
    var held: [any QueueTransport] = []
    do {
      while held.count < 5000 { held.append(try place.open()) }
    } catch let error as QueueError {
      say("opened \(held.count)")
      say("error \(error.code.rawValue) \(error.message)")
    }
    while !isToldToStop(milliseconds: 1000) {}
    for transport in held { transport.close() }
  }

  static func full(_ place: Place) throws {
    let session = try Session(place.open(), byteCount: 8192)
    // Nothing is received, so that each request keeps its slot.
    var accepted = 0
    do {
      while accepted < 10_000 {
        try session.send(
          Session.request(
            source: session.address, length: 64, destination: session.address + 4096, room: 4096,
            tag: UInt32(accepted)))
        accepted += 1
      }
    } catch {
      say("accepted \(accepted)")
      say("error \(error.code.rawValue) \(error.message)")
    }
    var tags: Set<UInt32> = []
    for _ in 0..<accepted { tags.insert(try session.receiveSync().tag_l) }
    say("answered \(tags.count)")
    session.close()
  }
}
