// Lookup: one pointer load and one dictionary access where all is settled, the kernel's whole procedure where it is not.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Registry {
  /// The best usable driver for `name`.
  ///
  /// An exact driver name wins; else the highest-ranked usable driver of the algorithm of that name that meets the
  /// constraints; else a template makes one, a loader brings one, or the name is an alias. A driver that has not been
  /// tested is tested first, and others who ask meanwhile wait for that.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name, driver name or alias.
  ///   - kind: the kind it has to be of; nil for any.
  ///   - constraints: flags and properties that are required or preferred.
  /// - Throws: ``ProviderError/Code/notFound`` with the nearest names, ``ProviderError/Code/unusable`` where only failed
  ///   drivers were found, ``ProviderError/Code/denied``, ``ProviderError/Code/timedOut``, ``ProviderError/Code/invalidName``.
  public func algorithm(
    _ name: String, _ kind: AlgorithmKind? = nil, matching constraints: LookupConstraints
  ) throws(ProviderError) -> Algorithm {
    if constraints.isNone { return try algorithm(name, kind) }
    return try resolve(name, kind, constraints)
  }

  /// The best usable driver for `name`, without constraints.
  ///
  /// Where nothing is left to decide this is one load, one probe of a table and one retain.
  ///
  /// - Throws: as ``algorithm(_:_:matching:)``.
  public func algorithm(_ name: String, _ kind: AlgorithmKind? = nil) throws(ProviderError) -> Algorithm {
    if let settled = settled(name), kind == nil || settled.kind == kind { return settled }
    return try resolve(name, kind, .none)
  }

  /// The driver that a lookup would try first, tested or not: what a listing marks without running any test.
  public func preferred(_ name: String, _ kind: AlgorithmKind? = nil) -> Algorithm? {
    candidates(dealias(name).name, .none).first { (kind == nil || $0.kind == kind) && $0.state != .quarantined }
  }

  /// The alias's meaning, or `name` itself.
  func dealias(_ name: String) -> (name: String, keyLength: Int?) {
    let snapshot = snapshot
    if snapshot.index[name] != nil { return (name, nil) }
    let lower = name.lowercased()
    if let alias = snapshot.aliases[lower] { return alias }
    if snapshot.index[lower] != nil { return (lower, nil) }
    guard let parsed = try? AlgorithmName(parsing: name), parsed.isTemplate else { return (name, nil) }
    let arguments = parsed.arguments.map { dealias($0.description).name }
    let base = snapshot.templates[parsed.base] == nil ? parsed.base.lowercased() : parsed.base
    return ("\(base)(\(arguments.joined(separator: ",")))", nil)
  }

  /// The driver for a name about which nothing is left to decide.
  @inline(__always)
  private func settled(_ name: String) -> Algorithm? {
    withSnapshot { snapshot in
      // The entry lives in the snapshot, and every snapshot as long as the registry.
      guard let entry = unsafe snapshot.table.find(name) else { return nil }
      return unsafe entry._withUnsafeGuaranteedRef { entry in
        guard let first = entry.settled, first.isLive, !entry.hasInstances.load(ordering: .relaxed),
          entry.isAsked.load(ordering: .relaxed)
        else { return nil }
        return first
      }
    }
  }

  /// The whole procedure, again where the registry changed under it: the error and its reasons are then of one moment.
  private func resolve(
    _ asked: String, _ kind: AlgorithmKind?, _ constraints: LookupConstraints
  ) throws(ProviderError) -> Algorithm {
    // The kernel returns -EAGAIN and its callers retry; a few times suffice, since changes are rare.
    for _ in 0..<3 {
      let generation = withSnapshot { $0.generation }
      do throws(ProviderError) {
        return try resolveOnce(asked, kind, constraints)
      } catch {
        guard withSnapshot({ $0.generation }) != generation, error.code != .timedOut else { throw error }
      }
    }
    return try resolveOnce(asked, kind, constraints)
  }

  private func resolveOnce(
    _ asked: String, _ kind: AlgorithmKind?, _ constraints: LookupConstraints
  ) throws(ProviderError) -> Algorithm {
    // First, since what would be loaded may be better than what is there.
    if isUnasked(asked) { load(asked) }
    let name = dealias(asked).name
    if name != asked, isUnasked(name) { load(name) }
    var failure: ProviderError?
    // What is there, then what a template makes.
    for round in 0..<2 {
      if round == 1 {
        do throws(ProviderError) {
          guard try instantiate(name) else { continue }
        } catch {
          failure = failure ?? error
          continue
        }
      }
      for algorithm in candidates(name, constraints) where kind == nil || algorithm.kind == kind {
        do throws(ProviderError) {
          try ensureTested(algorithm)
          return algorithm
        } catch {
          if error.code == .timedOut { throw error }
          failure = failure ?? error
        }
      }
    }
    throw explainFailure(asked, name, kind, constraints, failure)
  }

  /// Whether loaders may have something for `name` and were not asked since the registry last changed.
  private func isUnasked(_ name: String) -> Bool {
    let snapshot = snapshot
    guard snapshot.hasLoaders else { return false }
    return snapshot.index[name]?.isAsked.load(ordering: .relaxed) != true
  }

  /// The drivers that a lookup may use, best first: registered ones and instances.
  func candidates(_ name: String, _ constraints: LookupConstraints) -> [Algorithm] {
    let snapshot = snapshot
    let policy = snapshot.policy
    let entry = snapshot.index[name]
    // Whoever names a driver gets it, also where it will have to say that it cannot do what is asked.
    var named = constraints
    named.needsStreaming = false
    if let exact = entry?.exact { return named.objection(to: exact, policy: policy) == nil ? [exact] : [] }
    let made = liveInstances(named: name)
    if let exact = made.first(where: { $0.driverName == name }) {
      return policy.objection(to: exact) == nil && named.objection(to: exact, policy: policy) == nil ? [exact] : []
    }
    let permitted = made.filter { policy.objection(to: $0) == nil }
    var all = entry?.ranked ?? []
    if !permitted.isEmpty { all = Snapshot.ranked(all + permitted, policy) }
    all = all.filter { constraints.objection(to: $0, policy: policy) == nil }
    let query = constraints.query.over(policy.query)
    guard query.terms.contains(where: \.isOptional) else { return all }
    // Preferences come before priority; the sort is stable by position.
    return all.enumerated().sorted {
      (query.score(of: $1.element), $0.offset) < (query.score(of: $0.element), $1.offset)
    }.map(\.element)
  }

  /// Another usable driver of the same algorithm, which wants no fallback itself.
  func fallback(for algorithm: Algorithm) -> Algorithm? {
    let constraints = LookupConstraints(mask: .needsFallback)
    // A driver that is being tested may be waiting for this one, whose test asks here: nobody would ever go on.
    let isTested = algorithm.isUnderTest
    for candidate in candidates(algorithm.name, constraints)
    where candidate !== algorithm && candidate.kind == algorithm.kind && !candidate.depends(on: algorithm)
      && !(isTested && candidate.isUnderTest)
    {
      if (try? ensureTested(candidate)) != nil { return candidate }
    }
    return nil
  }

  /// What a lookup of `name` would choose now and why the others lose; tests what the lookup would test.
  ///
  /// Where drivers were measured, each reason also says for which messages its driver serves, at the default options.
  ///
  /// - Throws: what the lookup throws where there is no candidate at all.
  public func explain(
    _ name: String, _ kind: AlgorithmKind? = nil, matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> Selection {
    let resolved = dealias(name).name
    var chosen: Algorithm?
    do throws(ProviderError) {
      chosen = try algorithm(name, kind, matching: constraints)
    } catch {
      guard !everyone(named: resolved).isEmpty else { throw error }
    }
    let policy = policy
    let plan = chosen.flatMap { measuredPlan(name, $0, constraints) }
    let usable = candidates(resolved, constraints)
    let order = usable + everyone(named: resolved).filter { other in !usable.contains { $0 === other } }
    let list = order.map { candidate -> SelectionCandidate in
      let isChosen = candidate === chosen
      return SelectionCandidate(
        algorithm: candidate, isChosen: isChosen,
        reason: (isChosen
          ? winningReason(candidate, resolved, usable, policy)
          : losingReason(candidate, kind, constraints, chosen, policy)) + measuredReason(candidate, plan)
          + (isChosen ? policy.keyRule(of: candidate).map { "; " + $0 } ?? "" : ""))
    }
    return Selection(name: resolved, candidates: list)
  }

  /// Why the rules in force keep `algorithm` from being found; nil where they do not.
  public func objection(to algorithm: Algorithm) -> String? { policy.objection(to: algorithm) }

  /// The plan for messages of the name with default options; nil where priority is the rule.
  private func measuredPlan(_ asked: String, _ chosen: Algorithm, _ constraints: LookupConstraints) -> Plan? {
    let operation: MeasuredOperation = chosen.kind == .hash ? .digest : .compress
    guard let measured, chosen.kind == .hash || chosen.kind == .compression,
      case .competition(let competition) = competition(
        asked, chosen, operation, .init(), constraints, isStream: false)
    else { return nil }
    let plan = measured.route(competition.key, competition.drivers, baseline: competition.baseline).plan
    return plan.choices.isEmpty ? nil : plan
  }

  private func measuredReason(_ candidate: Algorithm, _ plan: Plan?) -> String {
    guard let plan else { return "" }
    if let ranges = plan.value.ranges(of: candidate.driverName) {
      return "; measured fastest for messages of \(ranges)"
    }
    return candidate.descriptor.flags.contains(.emulated) ? "" : "; fastest for no size that was measured"
  }

  private func winningReason(
    _ winner: Algorithm, _ name: String, _ usable: [Algorithm], _ policy: Policy
  ) -> String {
    if winner.driverName == name { return "asked for by its driver name" }
    if policy.pins[winner.name] == winner.driverName { return "pinned by policy" }
    if usable.count == 1 { return "the only usable driver, priority \(winner.descriptor.priority)" }
    return "ranks first with priority \(winner.descriptor.priority)"
  }

  private func losingReason(
    _ loser: Algorithm, _ kind: AlgorithmKind?, _ constraints: LookupConstraints, _ chosen: Algorithm?, _ policy: Policy
  ) -> String {
    if let why = policy.objection(to: loser) { return why }
    if let why = constraints.objection(to: loser, policy: policy) { return why }
    if let kind, loser.kind != kind { return "is of kind \(loser.kind.rawValue)" }
    if case .failed(let error) = loser.selfTest { return "failed: \(error.message)" }
    guard let chosen else { return "not reached" }
    if policy.rank(of: loser) != policy.rank(of: chosen) { return "policy orders \(chosen.driverName) before it" }
    if loser.descriptor.priority == chosen.descriptor.priority { return "same priority, registered earlier" }
    if loser.descriptor.priority > chosen.descriptor.priority { return "does not meet a preferred property" }
    return "priority \(loser.descriptor.priority) is below \(chosen.descriptor.priority)"
  }

  /// Everything of that name or driver name, usable or not.
  private func everyone(named name: String) -> [Algorithm] {
    algorithms.filter { $0.name == name || $0.driverName == name }
  }

  private func explainFailure(
    _ asked: String, _ name: String, _ kind: AlgorithmKind?, _ constraints: LookupConstraints,
    _ failure: ProviderError?
  ) -> ProviderError {
    let policy = policy
    let known = everyone(named: name)
    if let failed = known.first(where: { $0.state == .quarantined }), case .failed(let error) = failed.selfTest {
      return error.saying(
        "\(asked) has no usable driver: \(failed.driverName) is out of service (\(error.message))", as: .unusable)
    }
    if let known = known.first(where: { policy.objection(to: $0) != nil }), let why = policy.objection(to: known) {
      return ProviderError(.denied, "\(asked) is not available: \(why) (\(known.driverName))", driver: known.driverName)
    }
    if let other = known.first {
      let why =
        constraints.objection(to: other, policy: policy)
        ?? kind.map { "it is of kind \(other.kind.rawValue), not \($0.rawValue)" } ?? "it is not usable"
      return ProviderError(.notFound, "no driver of \(asked) fits: \(other.driverName): \(why)")
    }
    if let failure { return failure }
    do throws(ProviderError) { _ = try AlgorithmName(parsing: name) } catch { return error }
    let near = nearestNames(to: asked)
    let hint = near.isEmpty ? "list shows what there is" : "did you mean \(near.joined(separator: ", "))?"
    return ProviderError(.notFound, "there is no algorithm or driver '\(asked)': \(hint)")
  }
}

extension ProviderError {
  /// The same error under another code and message; backend and place are kept.
  fileprivate func saying(_ message: String, as code: Code) -> ProviderError {
    ProviderError(code, message, driver: driver, backend: backend, progress: progress, required: required)
  }
}
