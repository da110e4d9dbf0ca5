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
  /// Algorithm or driver name to the only key lengths in bytes that its handles take; others have the algorithm's own.
  public var keySizes: [String: Set<Int>]
  /// The least strength in bits of public-key algorithms (SP 800-57 part 1) whose strength does not depend on the key; 0
  /// for any.
  public var securityBits: Int
  /// A property query that every lookup starts from; a lookup's own terms of the same property override it.
  public var query: PropertyQuery
  /// What chooses among the drivers that the other rules leave.
  public var selection: SelectionRule

  /// Makes a policy; the default one has no rules.
  public init(
    pins: [String: String] = [:], denied: Set<String> = [], order: [String: [String]] = [:],
    allowed: Set<String>? = nil, keySizes: [String: Set<Int>] = [:], securityBits: Int = 0,
    query: PropertyQuery = .init(), selection: SelectionRule = .measured
  ) {
    self.pins = pins
    self.denied = denied
    self.order = order
    self.allowed = allowed
    self.keySizes = keySizes
    self.securityBits = securityBits
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
    if let sizes = keySizes(of: algorithm), let lengths = algorithm.descriptor.properties.keyLengths,
      !sizes.contains(where: lengths.contains)
    {
      return "takes no key of the sizes that policy allows: \(Self.text(sizes)) bytes"
    }
    if let bits = algorithm.descriptor.properties.securityBits, bits > 0, bits < securityBits {
      return "has a strength of \(bits) bits, and policy wants \(securityBits)"
    }
    if let pin = pins[algorithm.name], pin != algorithm.driverName { return "policy pins \(algorithm.name) to \(pin)" }
    return nil
  }

  /// Checks the length of a key in bytes that a handle of `algorithm` is to take.
  ///
  /// - Throws: ``ProviderError/Code/denied``.
  func checkKeySize(_ size: Int, of algorithm: Algorithm) throws(ProviderError) {
    guard let sizes = keySizes(of: algorithm), !sizes.contains(size) else { return }
    throw ProviderError(
      .denied, "policy allows \(algorithm.name) keys of \(Self.text(sizes)) bytes; this one has \(size)",
      driver: algorithm.driverName)
  }

  /// What the policy says of keys of `algorithm`, for people; nil for nothing.
  func keyRule(of algorithm: Algorithm) -> String? {
    keySizes(of: algorithm).map { "policy allows keys of \(Self.text($0)) bytes" }
  }

  /// The key lengths for `algorithm` alone: a driver's rule comes before its algorithm's.
  private func keySizes(of algorithm: Algorithm) -> Set<Int>? {
    if keySizes.isEmpty { return nil }
    return keySizes[algorithm.driverName] ?? keySizes[algorithm.name]
  }

  private static func text(_ sizes: Set<Int>) -> String {
    sizes.isEmpty ? "no" : sizes.sorted().map(String.init).joined(separator: ", ")
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
