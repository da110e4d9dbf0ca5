// Several requests with one call, against a device that a test plays.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

@Suite("Batches of a ring pair") struct RingBatchTests {
  private static let size = RingLayout.submissionSize

  private func send(_ pair: RingPair, _ tags: Range<UInt32>) throws -> Int {
    var bytes: [UInt8] = []
    for tag in tags { unsafe withUnsafeBytes(of: request(tag: tag)) { unsafe bytes.append(contentsOf: $0) } }
    return try unsafe pair.send(batch: bytes.span.bytes)
  }

  /// The tags of the answers, of which there is room for `most`.
  private func receive(_ pair: RingPair, _ most: Int) throws -> [UInt32] {
    var answers = [hisi_zip_sqe](repeating: hisi_zip_sqe(), count: most)
    let count = try unsafe answers.withUnsafeMutableBytes { buffer in
      var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
      return try pair.receive(batch: &span)
    }
    for answer in answers[..<count] { #expect(answer.produced == answer.tag + 1) }
    return answers[..<count].map(\.tag)
  }

  @Test("a batch goes in with one doorbell, and answers come out together")
  func laps() throws {
    let device = try FakeRings(submissionDepth: 5, completionDepth: 7)
    let pair = try device.makePair()
    #expect(try receive(pair, 4) == [])
    for lap in 0..<UInt32(60) {
      let tags = 3 * lap..<3 * lap + 3
      let before = device.submissionDoorbell
      #expect(try send(pair, tags) == 3)
      #expect(device.submissionDoorbell != before)
      let slots = device.takeSlots()
      #expect(slots.count == 3 && pair.inFlight == 3)
      for slot in slots { device.answer(slot) }
      #expect(try receive(pair, 2) == Array(tags.prefix(2)))
      #expect(try receive(pair, 4) == Array(tags.suffix(1)))
      #expect(device.unacknowledged() < 7)
      #expect(pair.inFlight == 0)
    }
  }

  @Test("a batch that does not fit goes in as far as it does")
  func partial() throws {
    let device = try FakeRings(submissionDepth: 4)
    let pair = try device.makePair()
    #expect(try send(pair, 0..<0) == 0)
    #expect(try send(pair, 0..<5) == 3)
    #expect(try send(pair, 3..<5) == 0)
    #expect(device.takeSlots() == [0, 1, 2])
    device.answer(1)
    #expect(try receive(pair, 3) == [1])
    // Slot 3 is free, slot 0 behind it is not.
    #expect(try send(pair, 3..<5) == 1)
    #expect(device.takeSlots() == [3])
  }

  @Test("what is wrong behind answers is told by the next call, once")
  func corrupted() throws {
    let device = try FakeRings(submissionDepth: 8, number: 3)
    let pair = try device.makePair()
    #expect(try send(pair, 10..<13) == 3)
    device.answer(0)
    device.complete(slot: 0)
    device.complete(slot: 1, queue: 9)
    device.answer(1)
    device.answer(2)
    #expect(try receive(pair, 7) == [10])
    #expect(code { _ = try receive(pair, 7) } == .failed)
    #expect(code { _ = try receive(pair, 7) } == .failed)
    #expect(try receive(pair, 7) == [11, 12])
    #expect(pair.inFlight == 0)
  }

  @Test("a waiter is told of a completion behind a batch")
  func notices() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    pair.requestNotice()
    #expect(try send(pair, 0..<3) == 3)
    device.answer(0)
    device.answer(1)
    #expect(try receive(pair, 7) == [0, 1])
    let arming = UInt64(1) << HISI_DOORBELL_PRIORITY_SHIFT
    #expect(device.completionDoorbell >> 32 & 0xffff == 2 && device.completionDoorbell & arming != 0)
    pair.withdrawNotice()
  }

  @Test("a stopped queue takes and gives no batch, and parts of requests are refused")
  func refused() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    var bytes = [UInt8](repeating: 0, count: Self.size + 1)
    #expect(code { unsafe _ = try pair.send(batch: bytes.span.bytes) } == .invalid)
    let received = code {
      var span = bytes.mutableSpan
      try unsafe span.withUnsafeMutableBytes { buffer in
        var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
        _ = try pair.receive(batch: &raw)
      }
    }
    #expect(received == .invalid)
    #expect(try send(pair, 0..<2) == 2)
    device.answer(0)
    device.stopSubmissions()
    #expect(code { _ = try send(pair, 2..<3) } == .resetting)
    #expect(try receive(pair, 2) == [0])
    device.answer(1)
    device.stopCompletions()
    #expect(code { _ = try receive(pair, 2) } == .resetting)
    #expect(pair.abandon() == [1])
  }
}
