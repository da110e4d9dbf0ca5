// A queue whose owner is killed with requests in flight, and what the next owner of the queue finds in it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import WarpDriveQueue

/// What is left behind, and what must not be.
enum Abandonment {
  /// In everything that the first owner writes: requests, inputs, streams.
  static let canary: UInt64 = 0xca11_ab1e_0ddb_a11d

  /// Requests in flight, and a stream begun; then waits for its end.
  static func flood(_ place: Place, count: Int) throws {
    let length = 65_536
    let session = try Session(place.open(patiently: true), byteCount: 4 * length)
    fill(session, 2 * length)
    try beginStream(session)
    for index in 0..<count {
      var request = Session.request(
        source: session.address, length: length, destination: session.address + UInt64(2 * length), room: 2 * length,
        tag: UInt32(index))
      (request.literals_addr_l, request.literals_addr_h) = Session.halves(canary)
      (request.dw10, request.dw11) = Session.halves(canary)
      try session.send(request)
    }
    say("ready \(session.number)")
    while true { _ = isToldToStop(milliseconds: 1000) }
  }

  /// Opens queues until it has the one that is asked for, and looks for what is not its own.
  static func inspect(_ place: Place, number wanted: UInt16) throws {
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while MonotonicClock.now() < deadline {
      // Others keep their queues; whoever opens enough gets the free one.
      var held: [any QueueTransport] = []
      defer { for transport in held { transport.close() } }
      while let transport = try? place.open() {
        guard try number(transport) == wanted else {
          held.append(transport)
          continue
        }
        let observed = Observed(transport)
        let session = try Session(observed, byteCount: 4 * 65_536)
        let dirty = try strangeBytes(observed)
        say("found \(wanted) dirty=\(dirty) window=\(try continuedStream(session))")
        session.close()
        return
      }
      _ = isToldToStop(milliseconds: 1)
    }
    throw QueueError(.timedOut, "queue \(wanted) was not given away in 60 s")
  }

  private static func fill(_ session: Session, _ count: Int) {
    for offset in stride(from: 0, to: count, by: 8) {
      unsafe session.memory.base.storeBytes(of: canary, toByteOffset: offset, as: UInt64.self)
    }
  }

  /// The queue's number, which it also tells before it is started.
  static func number(_ transport: any QueueTransport) throws(QueueError) -> UInt16 {
    let reply = try transport.perform(QueueCommand.setContext, [0, 0, 0, 0])
    guard reply.count >= 2 else { throw QueueError(.failed, "a reply of \(reply.count) bytes") }
    return UInt16(reply[0]) | UInt16(reply[1]) << 8
  }

  /// How many bytes of rings that were never used are not zero.
  private static func strangeBytes(_ transport: Observed) throws(QueueError) -> Int {
    guard let rings = transport.mappedRings else { throw QueueError(.failed, "the rings are not mapped") }
    let bytes = unsafe UnsafeRawBufferPointer(start: rings.base, count: rings.byteCount)
    return unsafe bytes.reduce(into: 0) { $0 += $1 == 0 ? 0 : 1 }
  }

  // MARK: Streams

  /// A stateful request of decompression at the stream context that both owners name.
  private static func streamRequest(_ session: Session, _ bytes: [UInt8], isNew: Bool, room: Int) -> hisi_zip_sqe {
    let start = 65_536
    for (index, byte) in bytes.enumerated() {
      unsafe session.memory.base.storeBytes(of: byte, toByteOffset: start + index, as: UInt8.self)
    }
    var request = Session.request(
      source: session.address + UInt64(start), length: bytes.count, destination: session.address + 131_072,
      room: room, tag: 0xffff)
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT | HISI_ZIP_DW7_STATEFUL | (isNew ? HISI_ZIP_DW7_STREAM_NEW : 0)
    (request.stream_ctx_addr_l, request.stream_ctx_addr_h) = Session.halves(session.address + 65_536 * 3 - 64)
    return request
  }

  /// A stored block of canaries, so that they are in the stream's window.
  private static func beginStream(_ session: Session) throws {
    var block: [UInt8] = [0, 0x00, 0x40, 0xff, 0xbf]
    for index in 0..<0x4000 { block.append(UInt8(truncatingIfNeeded: canary >> UInt64(index % 8 * 8))) }
    try session.send(streamRequest(session, block, isNew: true, room: 65_536))
    _ = try session.receiveSync()
  }

  /// Goes on with a stream that this owner never began: what of the window comes out.
  private static func continuedStream(_ session: Session) throws -> String {
    // A block of fixed codes: a match of length 258 (code 285) at distance 1, which repeats the window's last byte.
    let block: [UInt8] = [0x1b, 0x03, 0x00]
    try session.send(streamRequest(session, block, isNew: false, room: 4096))
    let answer = try session.receiveSync()
    return "\(Session.status(answer))/\(answer.produced)"
  }
}
