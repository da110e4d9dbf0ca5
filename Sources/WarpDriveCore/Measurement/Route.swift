// Where the requests of handles by one name go: the plan in force, read without a lock.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// A plan with the drivers that it names, as requests use it; immutable.
final class Plan: Sendable {
  /// A driver at a level.
  struct Choice: Sendable {
    let algorithm: Algorithm
    let level: Int?
    let curve: CostCurve
  }
  /// What a plan says of a range of sizes.
  private struct Part: Sendable {
    let upTo: Int
    let choice: Int
    /// Whether the choice is a device, whose load is asked for.
    let isDevice: Bool
  }

  let value: SelectionPlan
  let choices: [Choice]
  private let parts: [Part]
  /// The same without devices.
  private let software: [Part]

  /// The plan that says nothing, before there is one.
  static let none = Plan(SelectionPlan(), [])

  /// Makes a plan of what a maker found; a driver that is no longer there leaves it empty.
  convenience init(_ maker: inout PlanMaker, _ drivers: [MeasuredDriver]) {
    let value = maker.plan()
    var choices: [Choice] = []
    for segment in value.segments + value.software {
      let level = segment.level
      if choices.contains(where: { $0.algorithm.driverName == segment.driver && $0.level == level }) { continue }
      guard let index = drivers.firstIndex(where: { $0.algorithm.driverName == segment.driver }),
        let option = maker.options.first(where: { $0.contender == index && $0.level == level ?? 0 })
      else { continue }
      choices.append(Choice(algorithm: drivers[index].algorithm, level: level, curve: option.curve))
    }
    self.init(value, choices)
  }

  private init(_ value: SelectionPlan, _ choices: [Choice]) {
    func parts(_ segments: [SelectionPlan.Segment]) -> [Part] {
      segments.compactMap { segment in
        choices.firstIndex { $0.algorithm.driverName == segment.driver && $0.level == segment.level }.map {
          Part(upTo: segment.upTo, choice: $0, isDevice: choices[$0].algorithm.isDevice)
        }
      }
    }
    self.value = value
    self.choices = choices
    self.parts = parts(value.segments)
    software = parts(value.software)
  }

  /// The place of the choice for a request of `bytes`; -1 where nothing was measured.
  @inline(__always)
  func choice(for bytes: Int) -> Int {
    for index in parts.indices where bytes <= parts[index].upTo {
      return parts[index].isDevice ? choiceByLoad(parts[index], bytes) : parts[index].choice
    }
    return -1
  }

  /// The device, or software where that answers sooner than the device gets to one more request.
  private func choiceByLoad(_ device: Part, _ bytes: Int) -> Int {
    guard let load = choices[device.choice].algorithm.driver.load(),
      let other = software.first(where: { bytes <= $0.upTo })?.choice
    else { return device.choice }
    if load.isFull { return other }
    guard let service = choices[device.choice].curve.expected(bytes), let rival = choices[other].curve.expected(bytes)
    else { return device.choice }
    return load.expected(service) > rival ? other : device.choice
  }

  /// Whether `nanoseconds` for a request of `bytes` is far from what was measured.
  func isOff(_ nanoseconds: UInt64, _ bytes: Int, _ choice: Int, _ factor: Double) -> Bool {
    guard choice >= 0, let expected = choices[choice].curve.expected(bytes) else { return false }
    let seen = Double(nanoseconds)
    return seen > expected * factor || seen * factor < expected
  }
}

/// What the handles of one name, level and set of candidates share.
@safe final class Route: Sendable {
  /// What two handles must have in common to share a route.
  struct Key: Hashable, Sendable {
    let name: String
    let operation: MeasuredOperation
    let baseline: ObjectIdentifier
    let level: Int
    let candidates: [ObjectIdentifier]
  }

  let key: Key
  /// The drivers that compete, as a lookup ranks them.
  let drivers: [MeasuredDriver]
  /// The driver that says the ratio asked for, and its level.
  let baseline: (driver: Int, level: Int)
  let settings: MeasurementSettings
  private let current: Atomic<Unmanaged<Plan>>
  /// Keeps every published plan alive, since a request may still be in one.
  ///
  /// Plans change rarely: with a measurement, or when a driver goes.
  private let published: Guarded<[Plan]>

  init(_ key: Key, _ drivers: [MeasuredDriver], baseline: (driver: Int, level: Int), _ settings: MeasurementSettings) {
    self.key = key
    self.drivers = drivers
    self.baseline = baseline
    self.settings = settings
    published = Guarded([.none])
    // The list owns it.
    unsafe current = Atomic(Unmanaged.passUnretained(Plan.none))
  }

  /// Runs `body` with the plan in force, without a lock or a reference count.
  @inline(__always)
  func withPlan<Result>(_ body: (Plan) -> Result) -> Result {
    // The list keeps every published plan alive as long as the route, and the caller holds the route.
    let plan = unsafe current.load(ordering: .acquiring)
    return unsafe plan._withUnsafeGuaranteedRef(body)
  }

  /// The plan in force, for paths where a reference count does not matter.
  var plan: Plan { withPlan { $0 } }

  /// Replaces the plan.
  func publish(_ plan: Plan) {
    published.withLock { published in
      published.append(plan)
      unsafe current.store(Unmanaged.passUnretained(plan), ordering: .releasing)
    }
  }

  /// What serves a stream of which so many bytes are expected; nil bytes stand for many, and nil is for no plan.
  func streamChoice(_ sizeHint: Int?) -> Plan.Choice? {
    let plan = plan
    let place = plan.choice(for: sizeHint ?? .max)
    return place >= 0 ? plan.choices[place] : nil
  }

  /// The most bytes that `count` bytes compress to by any driver that may serve.
  func bound(_ count: Int) -> Int {
    drivers.reduce(0) { most, driver in
      guard case .compression(let properties) = driver.algorithm.descriptor.properties else { return most }
      return max(most, properties.bound(count))
    }
  }

  /// The plan that a table gives among the drivers that are in service; nil where it has nothing for this route.
  func plan(from table: MeasurementTable) -> Plan? {
    let contenders = drivers.map(\.contender)
    // Without the driver that says the ratio, what was measured of it still does.
    guard var maker = PlanMaker(table, contenders, baseline: baseline, sizes: settings.sizes) else { return nil }
    maker.withdraw(Set(drivers.indices.filter { !drivers[$0].isUsable }))
    guard !maker.options.isEmpty else { return nil }
    return Plan(&maker, drivers)
  }
}
