// The handles that whole messages of one hash go to by their size.
// SPDX-License-Identifier: Apache-2.0

/// Whole messages on the driver that was measured to be the fastest for their size.
struct RoutedHashes: ~Copyable, Sendable {
  private let registry: Registry
  /// Nil where nothing competes.
  private let route: Route?
  private var lanes = Lanes<Hash>()
  /// The place of the choice that had the last request; -1 where that was the handle's own driver.
  private var last = -1
  private var gauge = DriftGauge()

  init(_ route: Route?, in registry: Registry) {
    self.route = route
    self.registry = registry
  }

  /// Whether there is anything to choose from.
  @inline(__always)
  var isActive: Bool { route != nil }

  /// The driver that answered the last request; nil where that was the handle's own.
  var lastDriverName: String? { lanes.read(last) { $0.lastDriverName } }
  /// Whether the last request was answered by a stand-in; nil where it was the handle's own driver's.
  var lastUsedFallback: Bool? { lanes.read(last) { $0.lastUsedFallback } }

  /// The next request is the handle's own driver's.
  mutating func stepAside() { last = -1 }

  /// Hashes a message; false where nothing was measured.
  mutating func digest(
    _ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) -> Bool {
    guard let route else { return false }
    var choice = route.withPlan { plan in
      let choice = plan.choice(for: bytes.byteCount)
      return choice < 0 || lanes.isReady(plan, choice) ? choice : .min
    }
    if choice == .min { choice = try prepare(bytes.byteCount, route) }
    last = choice
    guard choice >= 0 else { return false }
    let start = gauge.begin(route)
    try lanes.with(choice) { (hash) throws(ProviderError) in try hash?.digestByOwn(bytes, count, into: &output) }
    if start != 0, gauge.end(start, route, bytes.byteCount, choice) {
      registry.measured?.schedule(route, in: registry, isForced: true)
    }
    return true
  }

  /// Makes the handle of a choice; where its driver turns out not to be fit, the plan without it counts.
  private mutating func prepare(_ bytes: Int, _ route: Route) throws(ProviderError) -> Int {
    for _ in 0...route.drivers.count {
      let plan = route.plan
      if lanes.plan !== plan { lanes.follow(plan) }
      let place = plan.choice(for: bytes)
      guard place >= 0, !lanes.isReady(plan, place) else { return place }
      do throws(ProviderError) {
        try registry.ensureTested(plan.choices[place].algorithm)
      } catch {
        registry.measured?.withdrawUnusable()
        continue
      }
      lanes.fill(place, try Hash(plan.choices[place].algorithm, in: registry))
      return place
    }
    return -1
  }
}
