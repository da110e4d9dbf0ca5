// Checked work on a queue: every result is compared, every request is answered once, whatever is reset meanwhile.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import LinuxSystem
import WarpDriveQueue

/// Requests of several sizes at once, until standard input ends.
@safe final class Work {
  private static let sizes = [700, 4096, 20_000, 65_536]
  private static let room = 131_072
  private static let sentinel = 256

  private struct Pending {
    let slot: Int
    let kind: Int
  }

  private let place: Place
  private let depth: Int
  private let seed: UInt64
  private let goesOn: Bool
  private var session: Session
  private var pending: [UInt32: Pending] = [:]
  private var free: [Int]
  private var nextTag: UInt32 = 1
  /// Length and CRC of each kind's result, once it was decompressed and compared.
  private var expected: [(length: Int, crc: UInt)?]
  private var answered = 0
  private var resets = 0
  private var replayed = 0

  /// - Parameter goesOn: whether a lost queue is followed by another, and what was not answered sent again.
  init(_ place: Place, seed: UInt64, depth: Int, goesOn: Bool) throws {
    self.place = place
    self.seed = seed
    self.depth = depth
    self.goesOn = goesOn
    free = Array(0..<depth)
    expected = Array(repeating: nil, count: Self.sizes.count)
    session = try Session(place.open(patiently: true), byteCount: Self.byteCount(depth))
    fill()
  }

  private static func byteCount(_ depth: Int) -> Int { (Self.sizes.count + depth) * room }
  private func source(_ kind: Int) -> Int { kind * Self.room }
  private func output(_ slot: Int) -> Int { (Self.sizes.count + slot) * Self.room }

  /// Inputs that no other client has: half text, half noise.
  private func fill() {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    for (kind, size) in Self.sizes.enumerated() {
      for offset in 0..<size {
        if offset % 16 == 0 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        let noise = UInt8(truncatingIfNeeded: state >> UInt64(offset % 16 + 24))
        let byte = offset / 512 % 2 == 0 ? 97 + noise % 26 : noise
        unsafe session.memory.base.storeBytes(of: byte, toByteOffset: source(kind) + offset, as: UInt8.self)
      }
    }
  }

  func run() throws {
    var isReady = false
    var turns = 0
    var stops = false
    while true {
      turns += 1
      if turns % 8 == 0, !stops { stops = isToldToStop() }
      do throws(QueueError) {
        try step(isStopping: stops)
      } catch {
        guard goesOn, [.resetting, .deviceLost].contains(error.code) else {
          say("answered \(answered) pending \(pending.count)")
          throw error
        }
        try reopen()
      }
      if !isReady, answered > 0 {
        isReady = true
        say("ready")
      }
      if stops, pending.isEmpty { break }
    }
    say("done requests=\(answered) resets=\(resets) replayed=\(replayed)")
    session.close()
  }

  private func step(isStopping: Bool) throws(QueueError) {
    while !isStopping, let slot = free.popLast() {
      let pending = Pending(slot: slot, kind: Int(nextTag) % Self.sizes.count)
      mark(slot, nextTag)
      do throws(QueueError) {
        try submit(nextTag, pending)
      } catch {
        free.append(slot)
        throw error
      }
      self.pending[nextTag] = pending
      nextTag &+= 1
    }
    guard !pending.isEmpty else { return }
    try take(session.receiveSync())
    while let answer = try session.receive() { try take(answer) }
  }

  private func submit(_ tag: UInt32, _ pending: Pending) throws(QueueError) {
    try session.send(
      Session.request(
        source: session.address + UInt64(source(pending.kind)), length: Self.sizes[pending.kind],
        destination: session.address + UInt64(output(pending.slot)), room: Self.room - Self.sentinel, tag: tag))
  }

  /// Fills an output so that what is not written now can be told from what is.
  private func mark(_ slot: Int, _ tag: UInt32) {
    unsafe (session.memory.base + output(slot)).initializeMemory(
      as: UInt8.self, repeating: UInt8(truncatingIfNeeded: tag) | 1, count: Self.room)
  }

  private func take(_ answer: hisi_zip_sqe) throws(QueueError) {
    guard let pending = pending.removeValue(forKey: answer.tag_l) else {
      throw QueueError(.failed, "request \(answer.tag_l) was answered twice, or never asked")
    }
    guard Session.succeeded(answer) else {
      throw QueueError(.failed, "request \(answer.tag_l) ended with status \(Session.status(answer))")
    }
    try check(answer, pending)
    free.append(pending.slot)
    answered += 1
  }

  private func check(_ answer: hisi_zip_sqe, _ pending: Pending) throws(QueueError) {
    let (start, length) = (output(pending.slot), Int(answer.produced))
    guard Int(answer.consumed) == Self.sizes[pending.kind], length <= Self.room - Self.sentinel else {
      throw QueueError(.failed, "\(answer.consumed) bytes consumed, \(length) produced")
    }
    let fillByte = UInt8(truncatingIfNeeded: answer.tag_l) | 1
    for offset in length..<length + Self.sentinel
    where unsafe session.memory.base.load(fromByteOffset: start + offset, as: UInt8.self) != fillByte {
      throw QueueError(.failed, "a byte was written behind the output of request \(answer.tag_l)")
    }
    let bytes = unsafe (session.memory.base + start).assumingMemoryBound(to: UInt8.self)
    let crc = unsafe crc32(0, bytes, UInt32(length))
    if let known = expected[pending.kind] {
      guard known.length == length, known.crc == crc else {
        throw QueueError(.failed, "the result of request \(answer.tag_l) is not that of its input")
      }
    } else {
      guard unsafe inflates(bytes, length, to: pending.kind) else {
        throw QueueError(.failed, "the result of request \(answer.tag_l) does not decompress to its input")
      }
      expected[pending.kind] = (length, crc)
    }
  }

  private func inflates(_ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, to kind: Int) -> Bool {
    var stream = unsafe z_stream()
    guard unsafe inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return false
    }
    defer { unsafe inflateEnd(&stream) }
    var plain = [UInt8](repeating: 0, count: Self.sizes[kind] + 1)
    let capacity = UInt32(plain.count)
    let status = unsafe plain.withUnsafeMutableBufferPointer { buffer in
      unsafe stream.next_in = UnsafePointer(bytes)
      unsafe stream.avail_in = UInt32(length)
      unsafe stream.next_out = buffer.baseAddress
      unsafe stream.avail_out = capacity
      return unsafe inflate(&stream, Z_FINISH)
    }
    let original = unsafe UnsafeRawBufferPointer(start: session.memory.base + source(kind), count: Self.sizes[kind])
    let (left, unused) = unsafe (stream.avail_in, stream.avail_out)
    return unsafe status == Z_STREAM_END && left == 0 && plain.dropLast(Int(unused)).elementsEqual(original)
  }

  /// Takes another queue and sends it what has not been answered.
  private func reopen() throws {
    resets += 1
    let old = session
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while true {
      old.close()
      do {
        let fresh = try Session(place.open(patiently: true), byteCount: Self.byteCount(depth))
        unsafe fresh.memory.base.copyMemory(from: old.memory.base, byteCount: Self.byteCount(depth))
        session = fresh
        for (tag, waiting) in pending {
          mark(waiting.slot, tag)
          try submit(tag, waiting)
          replayed += 1
        }
        return
      } catch let error as QueueError {
        // The next reset came before this one was over.
        resets += 1
        session.close()
        let passes = [.resetting, .deviceLost, .busy, .notFound].contains(error.code)
        guard passes, MonotonicClock.now() < deadline else { throw error }
      }
    }
  }
}
