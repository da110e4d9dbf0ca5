// The contexts that one handle keeps for the choices of a plan.
// SPDX-License-Identifier: Apache-2.0

/// A place for each choice of a plan, filled when the choice is first made.
///
/// The places lie behind one pointer, so that a handle without a plan is no larger than before by more than that.
@safe
struct Lanes<Context: ~Copyable & Sendable>: ~Copyable, @unchecked Sendable {
  private var slots = unsafe UnsafeMutableBufferPointer<Context?>(start: nil, count: 0)
  /// The plan whose choices the places are for.
  private(set) var plan: Plan?

  /// Whether the place `index` of `plan` is filled.
  @inline(__always)
  func isReady(_ plan: Plan, _ index: Int) -> Bool {
    // A plan lies at its address as long as its route, which the handle holds.
    guard self.plan === plan else { return false }
    return unsafe slots[index] != nil
  }

  /// Drops all contexts and makes places for another plan.
  mutating func follow(_ plan: Plan) {
    release()
    unsafe slots = .allocate(capacity: plan.choices.count)
    for index in 0..<plan.choices.count { unsafe slots.initializeElement(at: index, to: nil) }
    self.plan = plan
  }

  /// Fills a place of the plan that is followed.
  mutating func fill(_ index: Int, _ context: consuming Context) { unsafe slots[index] = consume context }

  /// Runs `body` on the context of a place that is filled.
  @inline(__always)
  mutating func with<Result: ~Copyable, Failure: Error>(
    _ index: Int, _ body: (inout Context?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(&slots[index])
  }

  /// What `body` reads of the context of a place, if there is one.
  func read<Result>(_ index: Int, _ body: (borrowing Context) -> Result) -> Result? {
    guard index >= 0, unsafe index < slots.count else { return nil }
    switch unsafe slots[index] {
    case .some(let context): return body(context)
    case .none: return nil
    }
  }

  private mutating func release() {
    unsafe slots.deinitialize()
    unsafe slots.deallocate()
    unsafe slots = .init(start: nil, count: 0)
  }

  deinit {
    unsafe slots.deinitialize()
    unsafe slots.deallocate()
  }
}

extension Lanes where Context: ~Copyable {
  /// The place of the choice for a message of `bytes`; -1 where the lookup's choice stands, `Int.min` where ``prepare`` has
  /// to fill it first.
  @inline(__always)
  func place(for bytes: Int, on route: Route) -> Int {
    route.withPlan { plan in
      let choice = plan.choice(for: bytes)
      return choice < 0 || isReady(plan, choice) ? choice : .min
    }
  }

  /// Fills the place of the choice for a message of `bytes` and returns it; -1 where the lookup's choice stands.
  ///
  /// Where its driver turns out not to be fit, the plan without it counts.
  mutating func prepare(
    _ bytes: Int, _ route: Route, in registry: Registry, _ make: (Plan.Choice) throws(ProviderError) -> Context
  ) throws(ProviderError) -> Int {
    for _ in 0...route.drivers.count {
      let plan = route.plan
      if self.plan !== plan { follow(plan) }
      let place = plan.choice(for: bytes)
      guard place >= 0, !isReady(plan, place) else { return place }
      do throws(ProviderError) {
        try registry.ensureTested(plan.choices[place].algorithm)
      } catch {
        registry.measured?.withdrawUnusable()
        continue
      }
      fill(place, try make(plan.choices[place]))
      return place
    }
    return -1
  }
}

/// How far a handle's requests are from what was measured.
struct DriftGauge {
  private var count: UInt8 = 0
  private var strays = 0

  /// The time at which a request begins; 0 for the 63 of 64 that are not judged.
  @inline(__always)
  mutating func begin(_ route: Route) -> UInt64 {
    count &+= 1
    return count & 63 == 0 ? route.settings.wallClock() : 0
  }

  /// Judges a request that began at `start`; true where so many in a row were off that the name should be measured again.
  mutating func end(_ start: UInt64, _ route: Route, _ bytes: Int, _ choice: Int) -> Bool {
    let elapsed = route.settings.wallClock() &- start
    guard route.withPlan({ $0.isOff(elapsed, bytes, choice, route.settings.driftFactor) }) else {
      strays = 0
      return false
    }
    strays += 1
    guard strays >= route.settings.driftCount else { return false }
    strays = 0
    return true
  }
}
