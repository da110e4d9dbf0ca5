// How a registry measures its drivers: how long, when again, by which clock, and where results are kept.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The settings of selection by measurement.
public struct MeasurementSettings: Sendable {
  /// The most nanoseconds of work that measuring one name in one operation takes.
  ///
  /// Sizes are measured from the smallest on; those for which no time is left are served as the largest that was
  /// measured.
  public var budget: UInt64
  /// Nanoseconds that must pass before a name is measured again because requests took other times than measured.
  ///
  /// Doubled each time that the new measurement tells nothing new.
  public var interval: UInt64
  /// The factor between a request's time and the measured one from which the request counts as off; above 1.
  public var driftFactor: Double
  /// The number of timed requests in a row of one handle that must be off before the name is measured again.
  public var driftCount: Int
  /// Whether a measurement begins by itself: 0 when a name of several drivers is first used; a number of bytes for
  /// streams that are said to have so many (``CompressionOptions/sizeHint``), which is for programs that end soon; nil
  /// never, also where requests take other times than measured, so that only what the store has counts.
  public var startsFrom: Int?
  /// Where tables are kept; nil for this process alone.
  public var store: (any MeasurementStore)?

  /// The sizes that are measured, in plain bytes, ascending.
  package var sizes = [64, 1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20]
  /// The nanoseconds that one run should take at least, so that reading the clock does not show.
  package var runTime: UInt64 = 50_000
  /// The clock of software: what a thread has used.
  package var workClock: @Sendable () -> UInt64 = { MonotonicClock.threadTime() }
  /// The clock of devices, of limits, and of requests as their callers see them.
  package var wallClock: @Sendable () -> UInt64 = { MonotonicClock.now() }

  /// Makes settings; times are in nanoseconds.
  public init(
    budget: UInt64 = 300_000_000, interval: UInt64 = 600_000_000_000, driftFactor: Double = 2, driftCount: Int = 8,
    startsFrom: Int? = 0, store: (any MeasurementStore)? = nil
  ) {
    self.budget = budget
    self.interval = interval
    self.driftFactor = max(1, driftFactor)
    self.driftCount = max(1, driftCount)
    self.startsFrom = startsFrom
    self.store = store
  }
}

/// What chooses among the usable drivers of a name that the policy leaves.
public enum SelectionRule: String, Sendable, Equatable, CaseIterable {
  /// What was measured, where the registry measures (``Registry/Configuration/measurement``) and as soon as it has.
  case measured
  /// The drivers' priorities.
  case priority
}

/// How busy a device is at one moment.
public struct DriverLoad: Sendable, Equatable {
  /// Requests that were given to the device and are not complete.
  public var inFlight: Int
  /// The most requests that it takes.
  public var depth: Int
  /// Requests that it works on at the same time; at least 1.
  public var engines: Int

  /// Makes a report.
  public init(inFlight: Int, depth: Int, engines: Int = 1) {
    self.inFlight = max(0, inFlight)
    self.depth = max(0, depth)
    self.engines = max(1, engines)
  }

  /// Whether a request would wait in vain.
  var isFull: Bool { inFlight >= depth }

  /// The nanoseconds until one more request is answered, where each takes `service`.
  ///
  /// Every engine works off its part of what is in front: service time × (in flight + 1), divided among them, and never
  /// less than the service time itself.
  func expected(_ service: Double) -> Double {
    service * max(1, Double(inFlight + 1) / Double(engines))
  }
}
