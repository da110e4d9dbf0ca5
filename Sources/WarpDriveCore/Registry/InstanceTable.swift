// The algorithms that templates made, apart from the snapshot so that their churn does not rebuild it.
// SPDX-License-Identifier: Apache-2.0

/// Instances by name and by driver name, and the larvals of those being made.
final class InstanceTable: Sendable {
  struct Instance: Sendable {
    let algorithm: Algorithm
    /// The arguments as they were asked for: a name follows the best driver, a driver name stays.
    let arguments: [String]
    /// The snapshot for which the parts were last found to be the best.
    var generation: UInt64
  }

  struct State: ~Copyable {
    var instances: [Instance] = []
    var larvals: [String: Larval<ProviderError?>] = [:]
  }
  private let state = Guarded(State())

  /// The names that instances have.
  var names: Set<String> { state.withLock { Set($0.instances.map(\.algorithm.name)) } }
  /// All living instances, in the order they were made.
  var all: [Algorithm] { state.withLock { $0.instances.map(\.algorithm) } }

  /// The instances whose name or driver name is `name`.
  func named(_ name: String) -> [Instance] {
    state.withLock { state in
      state.instances.filter { $0.algorithm.name == name || $0.algorithm.driverName == name }
    }
  }

  /// Adds an instance unless one of its driver name lives; returns the one that is in the table.
  func add(_ instance: Instance) -> (algorithm: Algorithm, isNew: Bool) {
    state.withLock { state in
      if let old = state.instances.first(where: { $0.algorithm.driverName == instance.algorithm.driverName }) {
        return (old.algorithm, false)
      }
      state.instances.append(instance)
      return (instance.algorithm, true)
    }
  }

  /// Notes that `algorithm` is built on the best parts as of `generation`.
  func confirm(_ algorithm: Algorithm, _ generation: UInt64) {
    state.withLock { state in
      if let index = state.instances.firstIndex(where: { $0.algorithm === algorithm }) {
        state.instances[index].generation = generation
      }
    }
  }

  /// Takes out every instance that `isDoomed` names and, transitively, those built on them; they are dead then.
  func remove(where isDoomed: (Algorithm) -> Bool) -> [Algorithm] {
    let removed = state.withLock { state in
      var doomed: [Algorithm] = []
      var grew = true
      while grew {
        grew = false
        for instance in state.instances where !doomed.contains(where: { $0 === instance.algorithm }) {
          if isDoomed(instance.algorithm) || doomed.contains(where: { instance.algorithm.depends(on: $0) }) {
            doomed.append(instance.algorithm)
            grew = true
          }
        }
      }
      state.instances.removeAll { instance in doomed.contains { $0 === instance.algorithm } }
      return doomed
    }
    for algorithm in removed { algorithm.markDead() }
    return removed
  }

  /// The larval for `name`, and whether the caller is the one to do the work.
  func larval(for name: String) -> (Larval<ProviderError?>, isMaker: Bool) {
    state.withLock { state in
      if let larval = state.larvals[name] { return (larval, false) }
      let larval = Larval<ProviderError?>()
      state.larvals[name] = larval
      return (larval, true)
    }
  }

  /// Ends the work on `name`; a failure is told to those who wait and not remembered.
  func complete(_ name: String, _ larval: Larval<ProviderError?>, _ error: ProviderError?) {
    state.withLock { $0.larvals[name] = nil }
    larval.complete(error)
  }
}
