// Filling a table: which cells are needed for a level that is asked for, in which order, within a budget.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A driver that is measured.
struct MeasuredDriver: Sendable {
  let algorithm: Algorithm
  /// The version of its provider.
  let version: String

  /// The driver's name and its version, as tables name what was measured.
  var identity: String { "\(algorithm.driverName) \(version)" }

  /// Whether it may be given requests, once it is tested.
  var isUsable: Bool { algorithm.state == .live || algorithm.state == .untested }

  var contender: Contender {
    Contender(
      driver: algorithm.driverName, version: version, maximumRequest: algorithm.descriptor.maximumRequest,
      isDevice: algorithm.isDevice)
  }

  /// The levels that it takes; a single 0 where there are none.
  var levels: ClosedRange<Int> {
    guard case .compression(let properties) = algorithm.descriptor.properties else { return 0...0 }
    return properties.levels
  }
}

/// One measurement of the drivers of a name.
///
/// Not every level of every driver is timed: from the level that a driver needed at the size before, the search goes down
/// as long as the ratio suffices, else up until it does, or until the driver is slower than the best so far anyway.
struct Measurer {
  let settings: MeasurementSettings
  let drivers: [MeasuredDriver]
  /// The driver that says the ratio, and its level.
  let baseline: (driver: Int, level: Int)
  let isStopped: () -> Bool
  private(set) var table: MeasurementTable
  /// When it has to end: by the clock of work, and, for devices that only wait, by that of the wall.
  private let deadlines: (work: UInt64, wall: UInt64)

  /// The most messages of one run: enough that one odd message does not decide, with less than 64 KiB of them.
  private static let (mostMessages, mostMessageBytes) = (32, 1 << 15)
  /// How much longer than it works a measurement may take, since others come before it.
  private static let wallShare: UInt64 = 10
  /// From how many times the best time on a driver's higher levels are not looked at.
  private static let hopeless = 1.5

  init(
    _ settings: MeasurementSettings, _ drivers: [MeasuredDriver], baseline: (driver: Int, level: Int),
    into table: MeasurementTable, isStopped: @escaping () -> Bool
  ) {
    self.settings = settings
    self.drivers = drivers
    self.baseline = baseline
    self.table = table
    self.isStopped = isStopped
    deadlines = (
      MonotonicClock.deadline(after: settings.budget, from: settings.workClock()),
      MonotonicClock.deadline(
        after: settings.budget.multipliedReportingOverflow(by: Self.wallShare).overflow
          ? .max : settings.budget * Self.wallShare, from: settings.wallClock())
    )
  }

  /// Measures; what was measured before at the same place is replaced.
  mutating func run() {
    guard let largest = settings.sizes.last else { return }
    let sample = MeasurementSample(count: largest)
    var levels = drivers.map(\.levels.lowerBound)
    for (index, size) in settings.sizes.enumerated() {
      // A size for which the time did not suffice does not count: the drivers that come last would seem to be missing. The
      // smallest is measured whatever it takes: without any there is no plan.
      if index > 0, isOver { return }
      let before = table
      defer { if index > 0, isOver { table = before } }
      let most = min(Self.mostMessages, max(1, Self.mostMessageBytes / size))
      guard let watch = stopwatch(sample.pieces(of: size, most: most), size) else { return }
      guard let reference = time(watch, baseline.driver, baseline.level, size, isWorthIt: { _ in true }) else { return }
      if index == 0 { question() }
      var best = reference.nanoseconds
      for driver in drivers.indices {
        guard table.operation == .compress else {
          if driver != baseline.driver { _ = time(watch, driver, 0, size) { _ in true } }
          continue
        }
        let start = levels[driver]
        let level = seek(watch, driver, from: &levels[driver], size, asked: reference.outputBytes, &best)
        guard let level else { continue }
        if index > 0, level != start { fill(driver, level, at: settings.sizes[index - 1], sample) }
        levels[driver] = level
      }
    }
  }

  /// Notes what this measurement is to answer; a stopped one answers as far as it came.
  private mutating func question() {
    table.insert(Self.question(drivers, baseline: baseline, table.operation))
  }

  /// What a measurement of `drivers` answers.
  static func question(
    _ drivers: [MeasuredDriver], baseline: (driver: Int, level: Int), _ operation: MeasuredOperation
  ) -> MeasurementTable.Question {
    .init(
      reference: drivers[baseline.driver].identity, level: operation == .compress ? baseline.level : 0,
      drivers: Set(drivers.map(\.identity)))
  }

  private var isOver: Bool {
    isStopped() || settings.workClock() >= deadlines.work || settings.wallClock() >= deadlines.wall
  }

  /// The messages of a size: plain ones, or what the driver that says the ratio makes of them.
  private func stopwatch(_ plain: [[UInt8]], _ size: Int) -> Stopwatch? {
    guard table.operation == .decompress else {
      return Stopwatch(
        operation: table.operation, messages: plain, expected: nil, settings: settings, isStopped: isStopped)
    }
    var packed: [[UInt8]] = []
    for message in plain {
      guard let bytes = try? Self.pack(message, drivers[baseline.driver].algorithm) else { return nil }
      packed.append(bytes)
    }
    return Stopwatch(
      operation: .decompress, messages: packed, expected: plain[0].count, settings: settings, isStopped: isStopped)
  }

  private static func pack(_ message: [UInt8], _ algorithm: Algorithm) throws(ProviderError) -> [UInt8] {
    guard case .compression(let properties) = algorithm.descriptor.properties else { return [] }
    var transform = try algorithm.makeCompressionTransform(.compress, CompressionOptions())
    return try [UInt8](capacity: properties.bound(message.count)) { (output) throws(ProviderError) in
      var used = 0
      while true {
        let rest = message.rawSpan.extracting(droppingFirst: used)
        let progress = try transform.step(rest, into: &output, .finish)
        used += progress.consumed
        if progress.finished { return }
        if progress.consumed == 0, progress.produced == 0 {
          throw ProviderError(.backendFailure, "the sample does not come to an end")
        }
      }
    }
  }

  /// The level of a driver that gives the ratio asked for at the least cost; nil where none does, or none in time.
  private mutating func seek(
    _ watch: Stopwatch, _ driver: Int, from next: inout Int, _ size: Int, asked: Double, _ best: inout Double
  ) -> Int? {
    let range = drivers[driver].levels
    let start = min(max(next, range.lowerBound), range.upperBound)
    var level = start
    var found: Int?
    while true {
      if isOver, found != nil || size != settings.sizes.first { return found }
      // The level that is asked for has been measured.
      let isReference = driver == baseline.driver && level == baseline.level
      let known = isReference ? cell(driver, level, size) : nil
      let limit = best
      let reading =
        known
        ?? time(watch, driver, level, size) { reading in
          reading.outputBytes <= asked * PlanMaker.tolerance && reading.nanoseconds < limit * 4
        }
      guard let reading else { return found }
      if reading.outputBytes <= asked * PlanMaker.tolerance {
        best = min(best, reading.nanoseconds)
        if level > start, found == nil { return level }
        found = level
        guard level > range.lowerBound else { return found }
        level -= 1
      } else {
        // Either the step below the lowest that suffices, or not there yet.
        if found != nil { return found }
        guard level < range.upperBound, reading.nanoseconds < best * Self.hopeless else { return nil }
        level += 1
        // Where none suffices, the next size begins with the last that was tried.
        next = level
      }
    }
  }

  /// Measures a level also at the size before, so that what lies between is known.
  private mutating func fill(_ driver: Int, _ level: Int, at size: Int, _ sample: MeasurementSample) {
    guard !isOver, cell(driver, level, size) == nil else { return }
    let most = min(Self.mostMessages, max(1, Self.mostMessageBytes / size))
    guard let watch = stopwatch(sample.pieces(of: size, most: most), size) else { return }
    _ = time(watch, driver, level, size) { _ in true }
  }

  private func cell(_ driver: Int, _ level: Int, _ size: Int) -> MeasurementCell? {
    table.cell(drivers[driver].algorithm.driverName, drivers[driver].version, level, size)
  }

  private mutating func time(
    _ watch: Stopwatch, _ driver: Int, _ level: Int, _ size: Int, isWorthIt: (Stopwatch.Reading) -> Bool
  ) -> MeasurementCell? {
    let measured = drivers[driver]
    if let limit = measured.algorithm.descriptor.maximumRequest, size > limit { return nil }
    let operation = table.operation
    let reading = watch.read(
      measured.algorithm, level: operation == .compress ? level : nil, isWorthIt: isWorthIt)
    guard let reading else { return nil }
    let cell = MeasurementCell(
      driver: measured.algorithm.driverName, version: measured.version, level: operation == .compress ? level : 0,
      size: size, inputBytes: reading.inputBytes, outputBytes: reading.outputBytes, nanoseconds: reading.nanoseconds)
    table.insert(cell)
    return cell
  }
}
