// What changes under a plan: drivers that go, fail or fill up, times that are no longer true, and tables that are kept.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@testable import WarpDriveCore

@Suite("Changes under a measured plan")
struct MeasuredChangeTests {
  private let clock = TestClock()
  private let small = [UInt8](repeating: 7, count: 100)
  private let large = [UInt8](repeating: 7, count: 3000)

  private func steady(_ failure: Switch = Switch()) -> PacedCompression {
    PacedCompression(
      "paced-steady", Pace(clock, fixed: 1000, perByte: 1), flags: .reference, failure: failure)
  }

  private func quick(_ pace: Pace? = nil, failure: Switch = Switch(), flags: AlgorithmFlags = []) -> PacedCompression {
    PacedCompression(
      "paced-quick", pace ?? Pace(clock, fixed: 200, perByte: 3), priority: 90, levels: 0...3, flags: flags,
      failure: failure)
  }

  private func compress(_ handle: inout Compression, _ message: [UInt8]) throws -> String {
    let packed = try handle.compress(message)
    #expect(packed.count >= message.count)
    return handle.lastDriverName
  }

  @Test("a driver that is unregistered after the plan was made is no longer chosen")
  func unregistered() throws {
    let registry = try Registry.measuring(.test(clock), steady(), quick())
    _ = try registry.measure("paced", .compress)
    var handle = try registry.compression("paced")
    #expect(try compress(&handle, small) == "paced-quick")
    try registry.unregister(driver: "paced-quick")
    #expect(try compress(&handle, small) == "paced-steady")
    var later = try registry.compression("paced")
    #expect(try compress(&later, small) == "paced-steady")
    #expect(try registry.measurement(of: "paced", .compress).reason.contains("only driver"))
  }

  @Test("a driver in quarantine is no longer chosen, and the ratio that it said still counts")
  func quarantined() throws {
    let registry = try Registry.measuring(.test(clock), steady(), quick())
    _ = try registry.measure("paced", .compress)
    var handle = try registry.compression("paced")
    #expect(try compress(&handle, large) == "paced-steady")
    try registry.quarantine(driver: "paced-steady", reason: ProviderError(.backendFailure, "it was found wrong"))
    #expect(try compress(&handle, large) == "paced-quick")
  }

  @Test("a driver that fails its self-test when its turn comes is passed over")
  func failedTest() throws {
    let store = MemoryStore()
    let first = try Registry.measuring(.test(clock, store: store), steady(), quick())
    _ = try first.measure("paced", .compress)
    let second = Registry(
      configuration: .init(corruptedSelfTests: ["paced-quick"], measurement: .test(clock, store: store)))
    try second.register(VersionedProvider(name: "paced", version: "1", drivers: [steady(), quick()]))
    var handle = try second.compression("paced")
    #expect(try second.measurement(of: "paced", .compress).plan != nil)
    #expect(try compress(&handle, small) == "paced-steady")
    let state = second.algorithms.first { $0.driverName == "paced-quick" }?.state
    #expect(state == .quarantined)
  }

  @Test("a chosen driver that fails is answered for by another, exactly once, and the handle says by whom")
  func fallback() throws {
    let (failure, spare) = (Switch(), Switch())
    let registry = try Registry.measuring(.test(clock), steady(spare), quick(failure: failure))
    _ = try registry.measure("paced", .compress)
    var handle = try registry.compression("paced")
    #expect(try compress(&handle, small) == "paced-quick")
    var usedFallback = handle.lastUsedFallback
    #expect(!usedFallback)
    failure.fail(with: .backendFailure)
    let before = spare.calls
    #expect(try compress(&handle, small) == "paced-steady")
    usedFallback = handle.lastUsedFallback
    #expect(usedFallback)
    #expect(spare.calls == before + 1)
    spare.fail(with: .busy)
    let calls = failure.calls
    let error = #expect(throws: ProviderError.self) { try handle.compress(small) }
    #expect(error?.code == .busy)
    #expect(failure.calls == calls + 1)
    failure.fail(with: nil)
    #expect(try compress(&handle, small) == "paced-quick")
  }

  @Test("a message that needs more room goes on where it is, whatever plan has come meanwhile")
  func resume() throws {
    let registry = try Registry.measuring(.test(clock), steady(), quick())
    _ = try registry.measure("paced", .compress)
    var handle = try registry.compression("paced")
    var error: ProviderError?
    let first = [UInt8](capacity: 50) { (output: inout OutputRawSpan) in
      do throws(ProviderError) { _ = try handle.compress(small.rawSpan, into: &output) } catch let failure {
        error = failure
      }
    }
    #expect(error?.code == .outputTooSmall)
    try registry.unregister(driver: "paced-quick")
    let rest = try [UInt8](capacity: 200) { (output: inout OutputRawSpan) throws(ProviderError) in
      _ = try handle.resumeCompress(RawSpan(), into: &output)
    }
    #expect(first.count + rest.count == 109)
    let name = handle.lastDriverName
    #expect(name == "paced-quick")
  }

  @Test("a device whose queue is deep or full spills to software, and takes requests again when it is not")
  func spill() throws {
    let pace = Pace(clock, fixed: 200, perByte: 0)
    let registry = try Registry.measuring(.test(clock), steady(), quick(pace, flags: [.hardware, .asynchronous]))
    #expect(try registry.measure("paced", .compress).plan?.segments.map(\.driver) == ["paced-quick"])
    var handle = try registry.compression("paced")
    // Software takes 1100 ns for 100 bytes, the device 200 ns and as much for each request in front.
    let loads: [(DriverLoad?, String)] = [
      (nil, "paced-quick"), (.init(inFlight: 4, depth: 64), "paced-quick"),
      (.init(inFlight: 5, depth: 64), "paced-steady"), (.init(inFlight: 5, depth: 64, engines: 2), "paced-quick"),
      (.init(inFlight: 2, depth: 2), "paced-steady"), (.init(inFlight: 0, depth: 2), "paced-quick"),
    ]
    for (load, driver) in loads {
      pace.load.withLock { $0 = load }
      #expect(try compress(&handle, small) == driver)
    }
  }

  @Test("requests that take other times than measured have the name measured again, and not twice in a row")
  func drift() throws {
    let pace = Pace(clock, fixed: 200, perByte: 3)
    let store = MemoryStore()
    let registry = try Registry.measuring(
      .test(clock, startsFrom: .max, interval: 1 << 40, store: store), steady(), quick(pace))
    _ = try registry.measure("paced", .compress)
    #expect(store.saves == 1)
    var handle = try registry.compression("paced")
    #expect(try compress(&handle, small) == "paced-quick")
    // Ten times as slow: of 64 requests one is looked at, and two in a row must be off.
    pace.change { _ in .init(fixed: 2000, perByte: 30) }
    // Another measurement is due now, and after it no third one for longer than the test goes on.
    clock.advance(Double(1 << 41))
    for _ in 0..<128 { _ = try handle.compress(small) }
    let end = MonotonicClock.deadline(after: Pause.limit)
    while store.saves < 2 {
      try #require(MonotonicClock.now() < end)
      if try compress(&handle, small) == "paced-steady" { break }
      Pause.nanoseconds(100_000)
    }
    while registry.measured?.isMeasuring == true, MonotonicClock.now() < end { Pause.nanoseconds(1_000_000) }
    #expect(try compress(&handle, small) == "paced-steady")
    let saves = store.saves
    #expect(saves == 2)
  }

  @Test("a table is kept from one registry to the next, and a new version of a library asks for another")
  func store() throws {
    let store = MemoryStore()
    let settings = MeasurementSettings.test(clock, store: store)
    let first = try Registry.measuring(settings, steady(), quick())
    let measured = try first.measure("paced", .compress)
    #expect(store.saves == 1)
    let second = try Registry.measuring(settings, steady(), quick())
    let kept = try second.measurement(of: "paced", .compress)
    #expect(kept.plan == measured.plan)
    #expect(kept.table.cells == measured.table.cells)
    // Another level is another question.
    #expect(try second.measurement(of: "paced", .compress, .init(level: 9)).plan == nil)
    let third = Registry(configuration: .init(measurement: settings))
    try third.register(VersionedProvider(name: "paced", version: "2", drivers: [steady(), quick()]))
    let other = try third.measurement(of: "paced", .compress)
    #expect(other.plan == nil)
    #expect(other.table.cells.isEmpty)
  }

  @Test("one driver alone costs no look into the store")
  func nothingToCompare() throws {
    let store = MemoryStore()
    let registry = try Registry.measuring(.test(clock, startsFrom: 0, store: store), steady())
    var handle = try registry.compression("paced")
    _ = try handle.compress(small)
    #expect(store.loads == 0)
  }

  @Test("a level that only the reference has is taken by name, and options that the first driver lacks go to the next")
  func suited() throws {
    let registry = try Registry.measuring(
      .test(clock), steady(),
      PacedCompression("paced-top", Pace(clock, fixed: 1, perByte: 1), priority: 300, levels: 1...2))
    #expect(try registry.compression("paced").algorithm.driverName == "paced-top")
    #expect(try registry.compression("paced", .init(level: 9)).algorithm.driverName == "paced-steady")
    #expect(throws: ProviderError.self) { _ = try registry.compression("paced-top", .init(level: 9)) }
    #expect(throws: ProviderError.self) { _ = try registry.compression("paced", .init(level: 99)) }
  }

  @Test("an explanation says for which sizes each driver serves")
  func explanation() throws {
    let registry = try Registry.measuring(.test(clock), steady(), quick())
    #expect(try registry.explain("paced").candidates.allSatisfy { !$0.reason.contains("measured") })
    _ = try registry.measure("paced", .compress)
    let reasons = try registry.explain("paced").candidates.map(\.reason)
    #expect(reasons[0].hasSuffix("; measured fastest for messages of 200 bytes and more at level 1"))
    #expect(reasons[1].contains("; measured fastest for messages of 0 to 199 bytes at level"))
  }

  @Test("a queue's requests go by their size too")
  func queue() throws {
    let registry = try Registry.measuring(.test(clock), steady(), quick())
    _ = try registry.measure("paced", .compress)
    let queue = try SoftwareQueue("paced", depth: 2, threads: 1, in: registry)
    for (message, driver) in [(small, "paced-quick"), (large, "paced-steady")] {
      var input = ScatterList()
      var output = ScatterList()
      input.append(copying: message.rawSpan)
      output.append(zeros: 8192)
      _ = try queue.send(QueueRequest(.compress, input: input, output: output))
      let completion = try #require(queue.receive(1, timeout: Pause.limit).first)
      #expect(completion.driverName == driver)
      _ = queue.take(completion.ticket)
    }
  }
}
