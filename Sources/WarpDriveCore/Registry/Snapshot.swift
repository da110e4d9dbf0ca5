// The published state of a registry: immutable, so that a lookup reads it without a lock.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What one name leads to.
final class NameEntry: Sendable {
  /// The driver of exactly this name.
  let exact: Algorithm?
  /// The drivers of the algorithm of this name that the policy permits, best first.
  let ranked: [Algorithm]
  /// Whether a template made an instance of this name, so that the instance table has to be asked too.
  let hasInstances: Atomic<Bool>
  /// The driver that serves once it is live, where neither flags nor a policy's query leave anything to decide.
  let settled: Algorithm?
  /// Whether the loaders were asked for this name, so that nothing better can come unasked.
  let isAsked: Atomic<Bool>
  /// Whether more than one of the drivers can be measured against each other; most names have one.
  let isContested: Bool

  init(exact: Algorithm?, ranked: [Algorithm], hasInstances: Bool, isQueried: Bool, isAsked: Bool) {
    self.exact = exact
    self.ranked = ranked
    let first = exact ?? ranked.first
    isContested = ranked.count { $0.canBeMeasured } > 1
    settled = isQueried || first?.descriptor.flags.contains(.internalOnly) == true ? nil : first
    self.hasInstances = Atomic(hasInstances)
    self.isAsked = Atomic(isAsked)
  }
}

/// Everything that lookups need, at one moment.
final class Snapshot: Sendable {
  let generation: UInt64
  let algorithms: [Algorithm]
  let templates: [String: any Template]
  let policy: Policy
  let table: NameTable
  /// Whether there is anybody to ask for what is not there.
  let hasLoaders: Bool
  /// Lower-case alias to what it stands for.
  let aliases: [String: (name: String, keyLength: Int?)]

  init(
    generation: UInt64, algorithms: [Algorithm], templates: [String: any Template], policy: Policy,
    instanceNames: Set<String>, hasLoaders: Bool
  ) {
    self.generation = generation
    self.algorithms = algorithms
    self.templates = templates
    self.policy = policy
    self.hasLoaders = hasLoaders
    var byName: [String: [Algorithm]] = [:]
    var byDriver: [String: Algorithm] = [:]
    var aliases: [String: (name: String, keyLength: Int?)] = [:]
    for algorithm in algorithms {
      byDriver[algorithm.driverName] = algorithm
      byName[algorithm.name, default: []].append(algorithm)
      for alias in algorithm.descriptor.aliases {
        aliases[alias.name.lowercased()] = (algorithm.name, alias.keyLength)
      }
    }
    self.aliases = aliases
    var index: [String: NameEntry] = [:]
    index.reserveCapacity(byName.count + byDriver.count)
    for (name, algorithms) in byName {
      let permitted = algorithms.filter { policy.objection(to: $0) == nil }
      index[name] = NameEntry(
        exact: byDriver[name].flatMap { policy.objection(to: $0) == nil ? $0 : nil },
        ranked: Self.ranked(permitted, policy), hasInstances: instanceNames.contains(name),
        isQueried: !policy.query.isEmpty, isAsked: !hasLoaders)
    }
    for (name, algorithm) in byDriver where index[name] == nil {
      index[name] = NameEntry(
        exact: policy.objection(to: algorithm) == nil ? algorithm : nil, ranked: [], hasInstances: false,
        isQueried: !policy.query.isEmpty, isAsked: !hasLoaders)
    }
    table = NameTable(index)
  }

  /// The entries by name.
  var index: [String: NameEntry] { table.entries }

  /// Best first: those in quarantine last, then the policy's order, priority, and of equals the most recent.
  static func ranked(_ algorithms: [Algorithm], _ policy: Policy) -> [Algorithm] {
    func key(_ algorithm: Algorithm) -> (Int, Int, Int, UInt64) {
      (
        algorithm.state == .quarantined ? 1 : 0, policy.rank(of: algorithm), -algorithm.descriptor.priority,
        .max - algorithm.order
      )
    }
    return algorithms.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
