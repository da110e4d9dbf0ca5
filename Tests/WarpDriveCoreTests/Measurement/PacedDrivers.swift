// Drivers whose cost is what a test says, on a clock that only they move.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

@testable import WarpDriveCore

/// A clock that stands still until somebody moves it.
final class TestClock: Sendable {
  private let time = Atomic<UInt64>(1_000_000_000)
  var now: UInt64 { time.load(ordering: .relaxed) }
  func advance(_ nanoseconds: Double) { time.wrappingAdd(UInt64(max(0, nanoseconds)), ordering: .relaxed) }
}

/// What a paced driver costs and gives: a fixed part, a part for each byte, and bytes of padding that stand for its ratio.
final class Pace: Sendable {
  struct Cost: Sendable {
    var fixed: Double
    var perByte: Double
  }
  let clock: TestClock
  private let cost: Guarded<@Sendable (_ level: Int) -> Cost>
  let padding: @Sendable (_ level: Int, _ bytes: Int) -> Int
  let load = Guarded<DriverLoad?>(nil)
  /// Held by a test that wants the driver to stop in a measurement.
  let hold: Gate?
  let reached = Gate()

  init(
    _ clock: TestClock, hold: Gate? = nil, padding: @escaping @Sendable (Int, Int) -> Int = { _, _ in 0 },
    cost: @escaping @Sendable (Int) -> Cost
  ) {
    self.clock = clock
    self.hold = hold
    self.padding = padding
    self.cost = Guarded(cost)
  }

  convenience init(_ clock: TestClock, fixed: Double, perByte: Double, hold: Gate? = nil) {
    self.init(clock, hold: hold) { _ in .init(fixed: fixed, perByte: perByte) }
  }

  func change(_ cost: @escaping @Sendable (Int) -> Cost) { self.cost.withLock { $0 = cost } }

  func spend(_ level: Int, _ bytes: Int) {
    let cost = self.cost.withLock { $0 }(level)
    clock.advance(cost.fixed + cost.perByte * Double(bytes))
  }
}

/// Members of `P`, the lengths of data and padding in four bytes each, the data and the padding.
struct PacedCompression: CompressionDriver {
  var descriptor: AlgorithmDescriptor
  let pace: Pace
  let failure: Switch
  var knownAnswers: [KnownAnswer] {
    [KnownAnswer(.compression(stream: "5002000000000000006869", plain: "6869"), source: "P, 2, 0, hi")]
  }

  init(
    _ driver: String, _ pace: Pace, name: String = "paced", priority: Int = 100, levels: ClosedRange<Int> = 1...9,
    flags: AlgorithmFlags = [], dictionaries: Bool = false, streaming: Bool = true, maximumRequest: Int? = nil,
    failure: Switch = Switch()
  ) {
    descriptor = AlgorithmDescriptor(
      name: name, driverName: driver, priority: priority,
      properties: .compression(
        .init(
          levels: levels, defaultLevel: min(6, levels.upperBound), dictionaries: dictionaries, streaming: streaming,
          memberMagic: [0x50], bound: .init(shift: 0, constant: 4096))),
      flags: flags, maximumRequest: maximumRequest)
    self.pace = pace
    self.failure = failure
  }

  func load() -> DriverLoad? { pace.load.withLock { $0 } }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    switch direction {
    case .compress: return Compressor(pace: pace, failure: failure, level: options.level ?? 6)
    case .decompress: return Decompressor(pace: pace, failure: failure)
    }
  }

  struct Compressor: CompressionTransform, ~Copyable {
    let pace: Pace
    let failure: Switch
    let level: Int
    var plain: [UInt8] = []
    var ready: [UInt8]?

    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      try failure.check()
      pace.reached.open()
      _ = pace.hold?.wait(nanoseconds: Pause.limit)
      plain += [UInt8](copying: input)
      guard flush == .finish else { return .init(consumed: input.byteCount, produced: 0) }
      if ready == nil {
        pace.spend(level, plain.count)
        let padding = max(0, pace.padding(level, plain.count))
        ready =
          [0x50] + Self.word(plain.count) + Self.word(padding) + plain + [UInt8](repeating: 0, count: padding)
      }
      let count = min(output.freeCapacity, ready?.count ?? 0)
      let piece = Array(ready?.prefix(count) ?? [])
      output.append(copying: piece.rawSpan)
      ready?.removeFirst(count)
      return .init(consumed: input.byteCount, produced: count, finished: ready?.isEmpty == true)
    }

    private static func word(_ value: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    mutating func reset() throws(ProviderError) {
      plain = []
      ready = nil
    }
  }

  struct Decompressor: CompressionTransform, ~Copyable {
    let pace: Pace
    let failure: Switch
    var head: [UInt8] = []
    var data = 0
    var padding = 0

    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      try failure.check()
      var progress = CompressionProgress()
      while head.count < 9, progress.consumed < input.byteCount {
        head.append(unsafe input.unsafeLoad(fromByteOffset: progress.consumed, as: UInt8.self))
        progress.consumed += 1
        guard head[0] == 0x50 else { throw ProviderError(.corruptInput, "not a paced stream") }
        guard head.count == 9 else { continue }
        data = (0..<4).reduce(0) { $0 | Int(head[1 + $1]) << (8 * $1) }
        padding = (0..<4).reduce(0) { $0 | Int(head[5 + $1]) << (8 * $1) }
        pace.spend(0, data)
      }
      guard head.count == 9 else { return progress }
      let count = min(data, input.byteCount - progress.consumed, output.freeCapacity)
      output.append(copying: input.extracting(progress.consumed..<progress.consumed + count))
      data -= count
      progress.consumed += count
      progress.produced = count
      guard data == 0 else { return progress }
      let skipped = min(padding, input.byteCount - progress.consumed)
      padding -= skipped
      progress.consumed += skipped
      progress.finished = padding == 0
      return progress
    }

    mutating func reset() throws(ProviderError) { head = [] }
  }
}

/// The toy hash, at a cost.
struct PacedHash: HashDriver {
  var descriptor: AlgorithmDescriptor
  let pace: Pace
  let failure: Switch
  var knownAnswers: [KnownAnswer] {
    [KnownAnswer(.hash(message: "616263", digest: "0000000000000126"), source: "97 + 98 + 99 = 0x126")]
  }

  init(_ driver: String, _ pace: Pace, priority: Int = 100, failure: Switch = Switch()) {
    descriptor = AlgorithmDescriptor(
      name: "pacedsum", driverName: driver, priority: priority, properties: .hash(.init(digestSize: 8)))
    self.pace = pace
    self.failure = failure
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    Transform(inner: ToyHash.Transform(sum: 0, failure: failure, delay: 0, hold: nil), pace: pace)
  }

  struct Transform: HashTransform, ~Copyable {
    var inner: ToyHash.Transform
    let pace: Pace
    mutating func update(_ bytes: RawSpan) throws(ProviderError) { try inner.update(bytes) }
    mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      try inner.finish(count, into: &output)
    }
    mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      pace.spend(0, bytes.byteCount)
      try inner.digest(bytes, count, into: &output)
    }
    mutating func reset() throws(ProviderError) { try inner.reset() }
    mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
      Transform(
        inner: ToyHash.Transform(sum: inner.sum, failure: inner.failure, delay: 0, hold: nil), pace: pace)
    }
  }
}

/// A provider of one version.
struct VersionedProvider: Provider {
  let name: String
  let version: String
  let drivers: [any AlgorithmDriver]
}

/// A store in memory that counts what is asked of it.
final class MemoryStore: MeasurementStore {
  private let tables = Guarded<[String: MeasurementTable]>([:])
  private let counts = Guarded((loads: 0, saves: 0))
  var loads: Int { counts.withLock { $0.loads } }
  var saves: Int { counts.withLock { $0.saves } }

  func load(_ name: String, _ operation: MeasuredOperation) -> MeasurementTable? {
    counts.withLock { $0.loads += 1 }
    return tables.withLock { $0[name + operation.rawValue] }
  }
  func save(_ table: MeasurementTable) {
    counts.withLock { $0.saves += 1 }
    tables.withLock { $0[table.name + table.operation.rawValue] = table }
  }
}

extension MeasurementSettings {
  /// Settings on a test's clock, with few sizes; nothing starts by itself unless a test says so.
  static func test(
    _ clock: TestClock, startsFrom: Int? = nil, interval: UInt64 = 1000, store: (any MeasurementStore)? = nil
  ) -> MeasurementSettings {
    var settings = MeasurementSettings(
      budget: .max, interval: interval, driftCount: 2, startsFrom: startsFrom, store: store)
    settings.sizes = [64, 1024, 4096]
    settings.runTime = 1
    settings.workClock = { clock.now }
    settings.wallClock = { clock.now }
    return settings
  }
}

extension Registry {
  /// A registry that measures, with one provider of version 1.
  static func measuring(
    _ settings: MeasurementSettings, policy: Policy = .init(), _ drivers: any AlgorithmDriver...
  ) throws -> Registry {
    let registry = Registry(configuration: .init(measurement: settings), policy: policy)
    try registry.register(VersionedProvider(name: "paced", version: "1", drivers: drivers))
    return registry
  }
}
