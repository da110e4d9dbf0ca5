// Handles by name over drivers that were measured: where requests go, and what rules stand above that.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@testable import WarpDriveCore

@Suite("Measured selection")
struct MeasuredHandleTests {
  private let clock = TestClock()
  private let small = [UInt8](repeating: 7, count: 100)
  private let large = [UInt8](repeating: 7, count: 3000)

  /// `steady` is the reference and pays little for a byte, `quick` begins fast; they meet at 400 bytes.
  private func drivers(
    quickPriority: Int = 90, failure: Switch = Switch(), dictionaries: Bool = false
  ) -> (steady: PacedCompression, quick: PacedCompression) {
    (
      PacedCompression(
        "paced-steady", Pace(clock, fixed: 1000, perByte: 1), flags: .reference, dictionaries: dictionaries),
      PacedCompression(
        "paced-quick", Pace(clock, fixed: 200, perByte: 3), priority: quickPriority, levels: 0...3, failure: failure)
    )
  }

  @Test("each message goes to the driver that is fastest for its size, both ways")
  func routing() throws {
    let (steady, quick) = drivers()
    let registry = try Registry.measuring(.test(clock), steady, quick)
    let report = try registry.measure("paced", .compress)
    #expect(report.plan?.crossovers == [200])
    #expect(report.reference == "paced-steady")
    #expect(report.level == 6)
    _ = try registry.measure("paced", .decompress)
    var handle = try registry.compression("paced")
    for (message, driver) in [(small, "paced-quick"), (large, "paced-steady"), (small, "paced-quick")] {
      let packed = try handle.compress(message)
      let name = handle.lastDriverName
      #expect(name == driver)
      #expect(try handle.decompress(packed) == message)
      let other = handle.lastDriverName
      #expect(other == driver)
    }
    #expect(handle.algorithm.driverName == "paced-steady")
  }

  @Test("hashes too, and pieces of a message stay with one driver")
  func hashes() throws {
    let registry = try Registry.measuring(
      .test(clock), PacedHash("sum-steady", Pace(clock, fixed: 1000, perByte: 1)),
      PacedHash("sum-quick", Pace(clock, fixed: 200, perByte: 3), priority: 90))
    #expect(try registry.measure("pacedsum", .digest).plan?.segments.map(\.driver) == ["sum-quick", "sum-steady"])
    var handle = try registry.hash("pacedsum")
    #expect(try handle.digest(small).last == UInt8(700 & 255))
    var name = handle.lastDriverName
    #expect(name == "sum-quick")
    _ = try handle.digest(large)
    name = handle.lastDriverName
    #expect(name == "sum-steady")
    _ = try handle.digest(small)
    try handle.update([1, 2])
    name = handle.lastDriverName
    #expect(name == "sum-steady")
    // A whole message drops the one in progress.
    _ = try handle.digest(small)
    #expect(try handle.finish() == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("a level by name is the reference's: another driver gets the level of its own that gives as much")
  func levels() throws {
    let steady = PacedCompression(
      "paced-steady",
      Pace(clock, padding: { level, bytes in bytes * (10 - level) / 10 }) { level in
        .init(fixed: 1000 * Double(level), perByte: 1)
      }, flags: .reference)
    let quick = PacedCompression(
      "paced-quick",
      Pace(clock, padding: { level, bytes in bytes * (6 - 2 * level) / 10 }) { level in
        .init(fixed: 10 * Double(level + 1), perByte: 1)
      }, priority: 90, levels: 0...3)
    let registry = try Registry.measuring(.test(clock), steady, quick)
    // Level 4 of the reference pads 0.6, which 0 of the other does; 6 pads 0.4, 9 pads 0.1: levels 1 and 3.
    for (asked, given) in [(4, 0), (6, 1), (9, 3)] {
      let plan = try registry.measure("paced", .compress, .init(level: asked)).plan
      #expect(plan?.segments == [.init(upTo: .max, driver: "paced-quick", level: given)])
      var handle = try registry.compression("paced", .init(level: asked))
      let packed = try handle.compress(large)
      #expect(packed.count == 9 + 3000 + 3000 * (6 - 2 * given) / 10)
    }
    // One table for all levels.
    #expect(Set(try registry.measurement(of: "paced", .compress).table.cells.map(\.driver)).count == 2)
  }

  @Test("before there is a measurement priority is the rule")
  func noPlan() throws {
    let (steady, quick) = drivers()
    let registry = try Registry.measuring(.test(clock), steady, quick)
    var handle = try registry.compression("paced")
    _ = try handle.compress(small)
    var name = handle.lastDriverName
    #expect(name == "paced-steady")
    let report = try registry.measurement(of: "paced", .compress)
    #expect(report.plan == nil)
    #expect(report.reason.contains("not been measured"))
    // A handle that was made before follows from its next request on.
    _ = try registry.measure("paced", .compress)
    _ = try handle.compress(small)
    name = handle.lastDriverName
    #expect(name == "paced-quick")
  }

  /// A policy that prefers the reference.
  private static var preferring: Policy {
    var policy = Policy()
    if let query = try? PropertyQuery(parsing: "?reference=yes") { policy.query = query }
    return policy
  }

  @Test(
    "what a policy or a query decides is not left to measurement",
    arguments: [
      Policy(selection: .priority), Policy(pins: ["paced": "paced-steady"]), Policy(denied: ["paced-quick"]),
      Policy(order: ["paced": ["paced-steady", "paced-quick"]]), Self.preferring,
    ])
  func policy(_ policy: Policy) throws {
    let (steady, quick) = drivers()
    let registry = try Registry.measuring(.test(clock), policy: policy, steady, quick)
    let report = try registry.measure("paced", .compress)
    #expect(report.plan == nil)
    #expect(report.competitors.isEmpty)
    #expect(report.reason.hasPrefix("priority is the rule: "))
    var handle = try registry.compression("paced")
    _ = try handle.compress(small)
    let name = handle.lastDriverName
    #expect(name == "paced-steady")
  }

  @Test("a driver that was named serves every size, and one that lacks an option serves none")
  func namedAndLacking() throws {
    let (steady, quick) = drivers(dictionaries: true)
    let registry = try Registry.measuring(.test(clock), steady, quick)
    _ = try registry.measure("paced", .compress)
    var named = try registry.compression("paced-steady")
    _ = try named.compress(small)
    var name = named.lastDriverName
    #expect(name == "paced-steady")
    var lacking = try registry.compression("paced", .init(dictionary: [1]))
    _ = try lacking.compress(small)
    name = lacking.lastDriverName
    #expect(name == "paced-steady")
    #expect(try registry.measure("paced", .compress, .init(dictionary: [1])).reason.contains("only driver"))
  }

  @Test("models of devices never compete")
  func emulated() throws {
    let registry = try Registry.measuring(
      .test(clock), drivers().steady,
      PacedCompression("paced-model", Pace(clock, fixed: 1, perByte: 0), priority: 10, flags: .emulated))
    #expect(try registry.measure("paced", .compress).plan == nil)
  }

  @Test("a stream goes to the driver for large messages, or for what is said to come; one without streams serves none")
  func streams() throws {
    let (steady, quick) = drivers()
    let whole = PacedCompression(
      "paced-whole", Pace(clock, fixed: 1, perByte: 0.1), priority: 200, streaming: false)
    let registry = try Registry.measuring(.test(clock, startsFrom: 0), steady, quick, whole)
    // Asked for first, so that there is a route; then measured as for streams.
    #expect(try registry.compressor("paced").algorithm.driverName == "paced-steady")
    try waitForPlan(registry, isStream: true)
    #expect(try registry.compressor("paced", .init(sizeHint: 100)).algorithm.driverName == "paced-quick")
    #expect(try registry.compressor("paced").algorithm.driverName == "paced-steady")
  }

  /// Waits until the measuring thread has published the plan for default options.
  private func waitForPlan(_ registry: Registry, isStream: Bool = false) throws {
    let chosen = try registry.algorithm("paced")
    let end = MonotonicClock.deadline(after: Pause.limit)
    while registry.route("paced", chosen, .compress, .init(), .none, isStream: isStream)?.plan.choices.isEmpty != false
    {
      try #require(MonotonicClock.now() < end)
      Pause.nanoseconds(1_000_000)
    }
  }

  /// Waits until the measuring thread has saved tables so often, or for as long as tests wait.
  private func waitForSaves(_ count: Int, _ store: MemoryStore) {
    let end = MonotonicClock.deadline(after: Pause.limit)
    while store.saves < count, MonotonicClock.now() < end { Pause.nanoseconds(1_000_000) }
  }

  @Test("the first use measures, once, however many ask at once")
  func firstUse() throws {
    let (steady, quick) = drivers()
    let store = MemoryStore()
    let registry = try Registry.measuring(
      .test(clock, startsFrom: 0, interval: 1 << 62, store: store), steady, quick)
    let drivers = Recorder()
    let isComplete = try Pause.together(4) { _ in
      if var handle = try? registry.compression("paced"), (try? handle.compress([1, 2, 3])) != nil {
        drivers.add(handle.lastDriverName)
      }
    }
    #expect(isComplete)
    #expect(drivers.lines.count == 4)
    try waitForPlan(registry)
    // Compression and decompression are a table each.
    waitForSaves(2, store)
    #expect(store.saves == 2)
    var handle = try registry.compression("paced")
    _ = try handle.compress(small)
    let name = handle.lastDriverName
    #expect(name == "paced-quick")
  }

  @Test("who needs no handle of a name starts its measurement too, for work that is worth one")
  func startedWithoutHandle() throws {
    let (steady, quick) = drivers()
    let store = MemoryStore()
    let registry = try Registry.measuring(.test(clock, startsFrom: 4096, store: store), steady, quick)
    try registry.startMeasurement(of: "paced", .compress, .init(sizeHint: 4095))
    #expect(try #require(registry.measured).isMeasuring == false)
    try registry.startMeasurement(of: "paced", .compress, .init(sizeHint: 4096))
    waitForSaves(1, store)
    #expect(try registry.measurement(of: "paced", .compress).plan != nil)
    #expect(throws: ProviderError.self) { try registry.startMeasurement(of: "unheard-of", .compress) }
  }

  @Test("a registry that ends stops its measurement")
  func ending() throws {
    let hold = Gate()
    let pace = Pace(clock, fixed: 1, perByte: 1, hold: hold)
    let store = MemoryStore()
    weak var ended: Registry?
    let measured: MeasuredSelection
    do {
      let registry = try Registry.measuring(
        .test(clock, startsFrom: 0, store: store), drivers().steady,
        PacedCompression("paced-held", pace, priority: 90))
      measured = try #require(registry.measured)
      ended = registry
      _ = try registry.compression("paced")
      #expect(pace.reached.wait(nanoseconds: Pause.limit))
    }
    // The thread is in the driver's self-test or measurement; both end with the gate.
    hold.open()
    let end = MonotonicClock.deadline(after: Pause.limit)
    while ended != nil || measured.isMeasuring, MonotonicClock.now() < end { Pause.nanoseconds(1_000_000) }
    #expect(ended == nil)
    #expect(!measured.isMeasuring)
    #expect(store.saves == 0)
  }
}
