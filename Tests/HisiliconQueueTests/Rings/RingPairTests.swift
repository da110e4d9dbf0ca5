// The ring logic against a device that a test plays.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

@Suite("Ring pair") struct RingPairTests {
  @Test("requests go round the rings, lap after lap")
  func laps() throws {
    let device = try FakeRings(submissionDepth: 5, completionDepth: 7)
    let pair = try device.makePair()
    #expect(try pair.receive() == nil)
    for tag in 0..<UInt32(200) {
      let slot = try pair.send(request(tag: tag))
      #expect(slot == UInt16(tag % 5))
      #expect(try pair.receive() == nil)
      #expect(device.takeSlots() == [slot])
      device.answer(slot)
      let answer = try #require(try pair.receive())
      #expect(answer.slot == slot)
      #expect(answer.sqe.tag == tag && answer.sqe.produced == tag + 1)
      #expect(try pair.receive() == nil)
      #expect(pair.inFlight == 0)
    }
  }

  @Test("requests are answered in any order, and told apart by their slots")
  func anyOrder() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    for tag in 0..<UInt32(6) { try pair.send(request(tag: 100 + tag)) }
    _ = device.takeSlots()
    for slot in [4, 0, 5, 2, 1, 3] as [UInt16] {
      device.answer(slot)
      let answer = try #require(try pair.receive())
      #expect(answer.slot == slot && answer.sqe.tag == 100 + UInt32(slot))
    }
    #expect(pair.inFlight == 0)
  }

  @Test("a full ring is busy, and so is one whose next slot is not received yet")
  func full() throws {
    let device = try FakeRings(submissionDepth: 4)
    let pair = try device.makePair()
    #expect(pair.capacity == 3)
    for tag in 0..<UInt32(3) { try pair.send(request(tag: tag)) }
    #expect(code { try pair.send(request(tag: 9)) } == .busy)
    device.answer(1)
    _ = try pair.receive()
    // Slot 3 is free.
    try pair.send(request(tag: 3))
    device.answer(2)
    _ = try pair.receive()
    // Slot 0, the next one, is not.
    #expect(code { try pair.send(request(tag: 4)) } == .busy)
    #expect(pair.inFlight == 2)
    device.answer(0)
    #expect(try pair.receive()?.sqe.tag == 0)
    #expect(try pair.send(request(tag: 4)) == 0)
  }

  @Test(
    "a completion that belongs to no request is an error, once, and harms no other",
    arguments: [(0, 7), (4, 3), (65_535, 3), (2, 3)] as [(UInt16, UInt16)])
  func corrupted(slot: UInt16, queue: UInt16) throws {
    let device = try FakeRings(submissionDepth: 4, number: 3)
    let pair = try device.makePair()
    try pair.send(request(tag: 5))
    device.complete(slot: slot, queue: queue)
    device.answer(0)
    #expect(code { _ = try pair.receive() } == .failed)
    #expect(try pair.receive()?.sqe.tag == 5)
    // The same answer again is none.
    device.complete(slot: 0)
    #expect(code { _ = try pair.receive() } == .failed)
    #expect(try pair.receive() == nil)
  }

  @Test("the stop flags end sending and receiving")
  func stopFlags() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    for tag in 0..<UInt32(3) { try pair.send(request(tag: tag)) }
    device.answer(0)
    device.stopSubmissions()
    #expect(pair.isStopped)
    #expect(code { try pair.send(request(tag: 3)) } == .resetting)
    // What was answered before may still be taken.
    #expect(try pair.receive()?.sqe.tag == 0)
    #expect(try pair.receive() == nil)
    device.answer(1)
    device.stopCompletions()
    #expect(code { _ = try pair.receive() } == .resetting)
    #expect(pair.abandon() == [1, 2])
    #expect(pair.abandon() == [])
    #expect(code { _ = try pair.receive() } == .resetting)
  }

  @Test("abandoned rings take and give nothing")
  func abandoned() throws {
    let device = try FakeRings(submissionDepth: 8)
    let pair = try device.makePair()
    for tag in 0..<UInt32(4) { try pair.send(request(tag: tag)) }
    device.answer(2)
    _ = try pair.receive()
    device.answer(0)
    #expect(pair.abandon() == [0, 1, 3])
    #expect(code { _ = try pair.receive() } == .resetting)
    #expect(code { try pair.send(request(tag: 3)) } == .resetting)
  }

  @Test("a device that takes its memory away is lost")
  func shrunk() throws {
    let device = try FakeRings(submissionDepth: 64, seals: [])
    let pair = try device.makePair()
    try pair.send(request(tag: 1))
    device.answer(0)
    _ = try pair.receive()
    try device.memory.resize(to: CurrentProcess.pageSize)
    // The access finds it gone, and has zeros instead.
    #expect(code { _ = try pair.receive() } == .deviceLost)
    #expect(pair.isStopped)
  }

  @Test("a completion always has room, with few acknowledgements")
  func acknowledgements() throws {
    let device = try FakeRings(submissionDepth: 64, completionDepth: 64)
    let pair = try device.makePair()
    var (acknowledgements, last) = (0, device.completionDoorbell)
    // One by one first, so that some are consumed and not acknowledged when the ring is filled.
    for burst in [1, 1, 1, 1, 1, 1, 1, 63, 63, 2, 63, 30, 63] {
      for tag in 0..<UInt32(burst) { try pair.send(request(tag: tag)) }
      for slot in device.takeSlots() {
        device.answer(slot)
        #expect(device.unacknowledged() < 64)
      }
      while try pair.receive() != nil {
        if device.completionDoorbell != last { acknowledgements += 1 }
        last = device.completionDoorbell
      }
    }
    #expect(acknowledgements > 0 && acknowledgements <= device.written / 16 + 13)
  }

  @Test("a request can be noted before its answer can come")
  func preparation() throws {
    let device = try FakeRings(submissionDepth: 4)
    let pair = try device.makePair()
    var noted: [UInt16] = []
    var rung: [UInt64] = []
    for tag in 0..<UInt32(3) {
      try pair.send(request(tag: tag)) { slot in
        noted.append(slot)
        rung.append(device.submissionDoorbell >> 32)
      }
    }
    #expect(noted == [0, 1, 2])
    #expect(rung == [0, 1, 2])
  }

  @Test("raw bytes are messages as well, of one size only")
  func rawBytes() throws {
    let device = try FakeRings(submissionDepth: 4)
    let pair = try device.makePair()
    let message = (0..<128).map { UInt8($0) }
    func send(_ bytes: [UInt8]) throws -> UInt16 { unsafe try pair.send(bytes: bytes.span.bytes) }
    func receive(_ bytes: inout [UInt8]) throws -> UInt16? {
      unsafe try bytes.withUnsafeMutableBytes { buffer in
        var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
        return try pair.receive(into: &span)
      }
    }
    #expect(try send(message) == 0)
    #expect(code { _ = try send([UInt8](repeating: 0, count: 127)) } == .invalid)
    device.complete(slot: 0)
    var answer = [UInt8](repeating: 0, count: 128)
    var short = [UInt8](repeating: 0, count: 64)
    #expect(code { _ = try receive(&short) } == .invalid)
    #expect(try receive(&answer) == 0)
    #expect(try receive(&answer) == nil)
    #expect(answer == message)
  }
}
