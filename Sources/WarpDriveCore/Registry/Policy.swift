// What the administrator decided about drivers: pins, bans, order, and the allow-list mode.
// SPDX-License-Identifier: Apache-2.0

/// Rules that are applied to every lookup, before priorities.
public struct Policy: Sendable, Equatable {
  /// Algorithm name to the driver that must serve it; no other is used, not even where this one fails.
  public var pins: [String: String]
  /// Algorithm names, driver names and `provider:NAME` that are never found.
  public var denied: Set<String>
  /// Algorithm name (or `*` for all) to driver and `provider:NAME` entries, best first; what is not listed comes after.
  public var order: [String: [String]]
  /// In allow-list mode the only names, driver names and `provider:NAME` that are found; nil for no such mode.
  public var allowed: Set<String>?
  /// A property query that every lookup starts from; a lookup's own terms of the same property override it.
  public var query: PropertyQuery
  /// What chooses among the drivers that the other rules leave.
  public var selection: SelectionRule

  /// Makes a policy; the default one has no rules.
  public init(
    pins: [String: String] = [:], denied: Set<String> = [], order: [String: [String]] = [:],
    allowed: Set<String>? = nil, query: PropertyQuery = .init(), selection: SelectionRule = .measured
  ) {
    self.pins = pins
    self.denied = denied
    self.order = order
    self.allowed = allowed
    self.query = query
    self.selection = selection
  }

  /// Why the policy forbids `algorithm`; nil where it does not.
  func objection(to algorithm: Algorithm) -> String? {
    let names = Self.names(of: algorithm)
    if let rule = names.first(where: denied.contains) { return "policy denies \(rule)" }
    if let allowed {
      // An instance is allowed by its own name, or when everything it is built on is.
      let isAllowed =
        names.contains(where: allowed.contains)
        || (!algorithm.spawns.isEmpty && algorithm.spawns.allSatisfy { objection(to: $0) == nil })
      if !isAllowed { return "not on the policy's allow-list" }
    }
    if let pin = pins[algorithm.name], pin != algorithm.driverName { return "policy pins \(algorithm.name) to \(pin)" }
    return nil
  }

  /// The place in the policy's order: lower is better.
  func rank(of algorithm: Algorithm) -> Int {
    guard let list = order[algorithm.name] ?? order["*"] else { return 0 }
    let names = Self.names(of: algorithm)
    return list.firstIndex(where: names.contains) ?? list.count
  }

  private static func names(of algorithm: Algorithm) -> [String] {
    [algorithm.driverName, algorithm.name, "provider:" + algorithm.providerName]
  }
}
