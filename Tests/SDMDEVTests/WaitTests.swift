// WAIT: nothing is lost, nothing is told twice, and everything that ends a wait has its error.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Waiting for completions")
struct WaitTests {
  private let fixture: Fixture
  private let mediated: MediatedDevice
  private let queue: FakeQueue

  init() throws {
    fixture = try Fixture()
    mediated = try fixture.mediated()
    queue = try #require(fixture.parent.last)
  }

  @Test("what was completed before a wait ends it at once, and only one")
  func before() throws {
    #expect(code { _ = try mediated.wait(nanoseconds: 0) } == .invalid)
    try mediated.start()
    queue.complete(event: false)
    #expect(try mediated.wait(nanoseconds: .max))
    #expect(try !mediated.wait(nanoseconds: 0))
    queue.complete()
    #expect(try mediated.wait(nanoseconds: .max))
    #expect(try !mediated.wait(nanoseconds: 1_000_000))
  }

  @Test("an event without a completion wakes nobody")
  func spurious() throws {
    try mediated.start()
    let result = Box<Result<Bool, QueueError>>()
    let waiter = try startWaiting(nanoseconds: .max, into: result)
    for _ in 0..<100 { queue.notify() }
    fixture.sdmdevs.wakeUp(queue)
    #expect(result.get == nil)
    queue.complete(event: false)
    fixture.sdmdevs.wakeUp(queue)
    waiter.join()
    #expect(try result.get?.get() == true)
  }

  @Test("no completion is lost between waits, however it falls")
  func noneLost() throws {
    try mediated.start()
    let count = 5_000
    let asked = TimedSemaphore(value: 0)
    let (queue, mediated) = (queue, mediated)
    let device = try ThreadGroup(count: 1) { _ in
      for _ in 0..<count {
        guard asked.wait(nanoseconds: 60_000_000_000) else { return }
        queue.complete()
      }
    }
    for round in 0..<count {
      asked.signal()
      let isWoken = try mediated.wait(nanoseconds: 60_000_000_000)
      #expect(isWoken, "completion \(round) was lost")
      if !isWoken { break }
    }
    device.join()
    #expect(try !mediated.wait(nanoseconds: 0))
  }

  @Test("one completion ends every wait")
  func several() throws {
    try mediated.start()
    let woken = TimedSemaphore(value: 0)
    let mediated = mediated
    let waiters = try ThreadGroup(count: 4) { _ in
      while (try? mediated.wait(nanoseconds: 60_000_000_000)) != true {}
      woken.signal()
    }
    // Those that come later are woken by later completions.
    for _ in 0..<4 {
      #expect(
        eventually {
          queue.complete()
          return woken.wait(nanoseconds: 1_000_000)
        })
    }
    waiters.join()
  }

  @Test("more threads than allowed may not wait")
  func limit() throws {
    var limits = SDMDEVLimits()
    limits.waitersOfQueue = 1
    let fixture = try Fixture(limits: limits)
    let mediated = try fixture.mediated()
    try mediated.start()
    let result = Box<Result<Bool, QueueError>>()
    let waiter = try startWaiting(mediated, nanoseconds: .max, into: result)
    // It succeeds only until the other waits, and may be what is in the other's way.
    #expect(eventually { code { _ = try mediated.wait(nanoseconds: 0) } == .busy })
    fixture.parent.last?.complete()
    waiter.join()
    #expect(try result.get?.get() == true)
  }

  @Test("closing, removing and a reset end a wait, each with its error", arguments: [0, 1, 2])
  func ends(how: Int) throws {
    try mediated.start()
    let result = Box<Result<Bool, QueueError>>()
    let waiter = try startWaiting(nanoseconds: .max, into: result)
    switch how {
    case 0: mediated.close()
    case 1: try fixture.device.removeMediatedDevice(mediated.id, isForced: true)
    default: try fixture.device.reset()
    }
    waiter.join()
    let expected: QueueError.Code = [.invalid, .deviceLost, .resetting][how]
    #expect(code { _ = try result.get?.get() } == expected)
    #expect(code { _ = try mediated.wait(nanoseconds: .max) } == expected)
  }

  private func startWaiting(
    _ other: MediatedDevice? = nil, nanoseconds: UInt64, into box: Box<Result<Bool, QueueError>>
  ) throws -> ThreadGroup {
    let mediated = other ?? mediated
    return try ThreadGroup(count: 1) { _ in
      while box.get == nil {
        do throws(QueueError) {
          box.set(.success(try mediated.wait(nanoseconds: nanoseconds)))
        } catch {
          if error.code != .busy { box.set(.failure(error)) }
        }
      }
    }
  }
}
