// A registry's measurements: tables, the routes that follow them, and the thread that fills them.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// What a registry has measured, and when it measures again.
///
/// The lock is held for looking up and publishing, never while something is measured, tested, loaded or saved.
final class MeasuredSelection: Sendable {
  private struct TableKey: Hashable {
    let name: String
    let operation: MeasuredOperation
  }

  /// When a route may be measured again.
  private struct Pace {
    /// A moment of the wall clock.
    var next: UInt64 = 0
    /// How often in a row a measurement told nothing new.
    var repetitions: UInt64 = 0
  }

  private struct State: ~Copyable {
    var tables: [TableKey: MeasurementTable] = [:]
    var routes: [Route.Key: Route] = [:]
    var paces: [Route.Key: Pace] = [:]
    var waiting: [Route] = []
    /// Whether there is a thread.
    var isRunning = false
  }

  let settings: MeasurementSettings
  private let state = Guarded(State())
  private let isStopped = Atomic<Bool>(false)

  /// The doublings of the interval after which it stays: ten minutes become a week.
  private static let mostRepetitions: UInt64 = 10
  /// The factor between two measurements of a place from which the second tells something new.
  private static let novelty = 1.5

  init(_ settings: MeasurementSettings) { self.settings = settings }

  /// Ends measuring, within the time of one run; what was not complete is dropped.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Whether a thread measures.
  var isMeasuring: Bool { state.withLock { $0.isRunning } }

  // MARK: Routes

  /// The route of a key, with the plan that the table gives if it has been filled.
  func route(
    _ key: Route.Key, _ drivers: [MeasuredDriver], baseline: (driver: Int, level: Int)
  ) -> Route {
    if let route = state.withLock({ $0.routes[key] }) { return route }
    let table = table(key.name, key.operation)
    let made = Route(key, drivers, baseline: baseline, settings)
    if table.answers(question(made)), let plan = made.plan(from: table) { made.publish(plan) }
    return state.withLock { state in
      if let other = state.routes[key] { return other }
      state.routes[key] = made
      return made
    }
  }

  /// The table of a name, from the store where this process has none.
  func table(_ name: String, _ operation: MeasuredOperation) -> MeasurementTable {
    let key = TableKey(name: name, operation: operation)
    if let table = state.withLock({ $0.tables[key] }) { return table }
    let kept = settings.store?.load(name, operation) ?? MeasurementTable(name: name, operation: operation)
    return state.withLock { state in
      if let other = state.tables[key] { return other }
      state.tables[key] = kept
      return kept
    }
  }

  private func question(_ route: Route) -> MeasurementTable.Question {
    Measurer.question(route.drivers, baseline: route.baseline, route.key.operation)
  }

  /// Takes drivers that are no longer in service out of every plan, and routes that lead nowhere out of the table.
  func withdrawUnusable() {
    let affected = state.withLock { state -> [Route] in
      let affected = state.routes.values.filter { $0.drivers.contains { !$0.isUsable } }
      for route in affected where route.drivers.contains(where: { $0.algorithm.state == .dead }) {
        // Lookups no longer find these drivers, so that nobody asks for this route again.
        state.routes[route.key] = nil
        state.paces[route.key] = nil
      }
      return affected
    }
    for route in affected where !route.plan.choices.isEmpty {
      route.publish(route.plan(from: table(route.key.name, route.key.operation)) ?? .none)
    }
  }

  // MARK: Measuring

  /// Has a route measured on a thread of low priority, unless that was done, is being done or is not due.
  ///
  /// - Parameter isForced: whether it is measured although the table answers: requests took other times.
  func schedule(_ route: Route, in registry: Registry, isForced: Bool = false) {
    guard settings.startsFrom != nil, isForced || route.plan.choices.isEmpty, !isStopped.load(ordering: .relaxed) else {
      return
    }
    let now = settings.wallClock()
    let isFirst = state.withLock { state -> Bool in
      guard now >= state.paces[route.key, default: Pace()].next, !state.waiting.contains(where: { $0 === route })
      else { return false }
      state.paces[route.key, default: Pace()].next = due(after: now, state.paces[route.key, default: Pace()])
      state.waiting.append(route)
      guard !state.isRunning else { return false }
      state.isRunning = true
      return true
    }
    guard isFirst else { return }
    do throws(SystemError) {
      _ = try Thread(name: "wd-measure") { [weak registry, self] in
        Thread.lowerPriority()
        while let route = next() {
          // The registry may end while this measures: it is held for the tests alone.
          Self.test(route.drivers, in: registry)
          measure(route)
        }
      }
    } catch {
      // Without a thread there is no measurement, and priority stays the rule.
      state.withLock { state in
        state.isRunning = false
        state.waiting = []
      }
    }
  }

  private static func test(_ drivers: [MeasuredDriver], in registry: Registry?) {
    // The verdict is recorded with the algorithm.
    for driver in drivers { _ = try? registry?.ensureTested(driver.algorithm) }
  }

  private func due(after now: UInt64, _ pace: Pace) -> UInt64 {
    let (wait, isHuge) = settings.interval.multipliedReportingOverflow(by: 1 << pace.repetitions)
    return isHuge ? .max : MonotonicClock.deadline(after: wait, from: now)
  }

  private func next() -> Route? {
    state.withLock { state in
      if state.waiting.isEmpty || isStopped.load(ordering: .relaxed) {
        state.waiting = []
        state.isRunning = false
        return nil
      }
      return state.waiting.removeFirst()
    }
  }

  /// Measures a route's drivers on this thread, and publishes and keeps what came out.
  func measure(_ route: Route) {
    let live = route.drivers.filter { $0.algorithm.state == .live }
    let reference = route.drivers[route.baseline.driver].algorithm
    guard let baseline = live.firstIndex(where: { $0.algorithm === reference }) else { return }
    let fresh = MeasurementTable(name: route.key.name, operation: route.key.operation)
    var measurer = Measurer(
      settings, live, baseline: (baseline, route.baseline.level), into: fresh,
      isStopped: { [self] in isStopped.load(ordering: .relaxed) })
    measurer.run()
    guard !isStopped.load(ordering: .relaxed), !measurer.table.cells.isEmpty else { return }
    accept(measurer.table, for: route)
  }

  private func accept(_ found: MeasurementTable, for route: Route) {
    let old = table(route.key.name, route.key.operation)
    let isNew = found.cells.contains { cell in
      guard let before = old.cell(cell.driver, cell.version, cell.level, cell.size) else { return true }
      return before.nanoseconds > cell.nanoseconds * Self.novelty
        || cell.nanoseconds > before.nanoseconds * Self.novelty
    }
    let now = settings.wallClock()
    let (merged, routes) = state.withLock { state -> (MeasurementTable, [Route]) in
      let key = TableKey(name: found.name, operation: found.operation)
      var merged = state.tables[key] ?? MeasurementTable(name: found.name, operation: found.operation)
      merged.merge(found)
      state.tables[key] = merged
      var pace = state.paces[route.key, default: Pace()]
      pace.repetitions = isNew ? 0 : min(pace.repetitions + 1, Self.mostRepetitions)
      pace.next = due(after: now, pace)
      state.paces[route.key] = pace
      return (
        merged, state.routes.values.filter { $0.key.name == found.name && $0.key.operation == found.operation }
      )
    }
    for other in routes where other === route || merged.answers(question(other)) {
      if let plan = other.plan(from: merged) { other.publish(plan) }
    }
    // A route that lookups no longer find may still have handles.
    if !routes.contains(where: { $0 === route }), let plan = route.plan(from: merged) { route.publish(plan) }
    settings.store?.save(merged)
  }
}
