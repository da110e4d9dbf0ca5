// Requests that name memory which is not theirs to name, and address spaces of others.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import WarpDriveQueue

/// A client that does not keep to the rules, and one that it would harm.
enum Hostility {
  private static let page = 4096
  private static let marker: UInt8 = 0xa5

  static func bind(_ place: Place, pasid: UInt32) throws {
    let transport = try place.open()
    defer { transport.close() }
    say("bound \(try bind(transport, pasid))")
  }

  private static func bind(_ transport: any QueueTransport, _ pasid: UInt32) throws(QueueError) -> UInt32 {
    let reply = try transport.perform(QueueCommand.bindPASID, bytes(pasid))
    guard reply.count >= 4 else { throw QueueError(.failed, "a reply of \(reply.count) bytes") }
    return reply.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  /// Has memory that others will try to reach.
  static func hold(_ place: Place) throws {
    let session = try Session(place.open(), byteCount: 4 * page)
    let memory = unsafe session.memory.base.assumingMemoryBound(to: UInt8.self)
    unsafe memory.update(repeating: marker, count: 4 * page)
    say("ready \(session.number) \(session.address) \(4 * page)")
    while !isToldToStop(milliseconds: 1000) {}
    say(isIntact(session, 0..<4 * page) ? "intact" : "changed")
    session.close()
  }

  static func request(_ place: Place, source: String, destination: String) throws {
    let session = try Session(
      place.open(), byteCount: 4 * page, isReadOnly: [source, destination].contains("readonly"))
    let memory = unsafe session.memory.base.assumingMemoryBound(to: UInt8.self)
    unsafe memory.update(repeating: marker, count: 4 * page)
    func address(_ name: String, _ own: UInt64) -> UInt64 {
      switch name {
      case "own", "readonly": session.address + own
      // Where the kernel path has its rings.
      case "kernel": 0x0100_0000_0000_0000
      default: UInt64(name) ?? 0
      }
    }
    try session.send(
      Session.request(
        source: address(source, 0), length: page, destination: address(destination, UInt64(2 * page)),
        room: 2 * page, tag: 3))
    let answer = try session.receiveSync()
    say("status \(Session.status(answer)) \(answer.produced)")
    // The destination is written where the request is good; nothing else ever is.
    let untouched = Session.succeeded(answer) ? 0..<2 * page : 0..<4 * page
    say(isIntact(session, untouched) ? "intact" : "changed")
    // The queue is as good as before.
    if ![source, destination].contains("readonly") {
      try session.send(
        Session.request(
          source: session.address, length: page, destination: session.address + UInt64(2 * page), room: 2 * page,
          tag: 4))
      let next = try session.receiveSync()
      say("next \(Session.status(next)) \(next.tag_l)")
    }
    session.close()
  }

  private static func isIntact(_ session: Session, _ range: Range<Int>) -> Bool {
    range.allSatisfy { unsafe session.memory.base.load(fromByteOffset: $0, as: UInt8.self) == marker }
  }
}
