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
        let window = try continuedStream(session)
        // The same with a stream of its own, to show that there is something to be found.
        try beginStream(session)
        say("found \(wanted) dirty=\(dirty) window=\(window) own=\(try continuedStream(session))")
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

  /// Where both owners say that their stream's context is: a model keeps streams by that address, and nothing there.
  private static let context: UInt64 = 0x5ee0_0000_0000

  /// A stateful request of compression at the stream context that both owners name.
  private static func streamRequest(_ session: Session, canaries: Int, isNew: Bool) -> hisi_zip_sqe {
    let start = 65_536
    for index in 0..<canaries {
      unsafe session.memory.base.storeBytes(of: canary, toByteOffset: start + 8 * index, as: UInt64.self)
    }
    var request = Session.request(
      source: session.address + UInt64(start), length: 8 * canaries, destination: session.address + 131_072,
      room: 65_536, tag: 0xffff)
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT | HISI_ZIP_DW7_STATEFUL | (isNew ? HISI_ZIP_DW7_STREAM_NEW : 0)
    (request.stream_ctx_addr_l, request.stream_ctx_addr_h) = Session.halves(context)
    return request
  }

  /// Puts canaries into a stream's window.
  private static func beginStream(_ session: Session) throws {
    try session.send(streamRequest(session, canaries: 2048, isNew: true))
    _ = try session.receiveSync()
  }

  /// Goes on with a stream that this owner may never have begun: status and length of the output, which refers to the
  /// window.
  private static func continuedStream(_ session: Session) throws -> String {
    try session.send(streamRequest(session, canaries: 8, isNew: false))
    let answer = try session.receiveSync()
    return "\(Session.status(answer))/\(answer.produced)"
  }
}
