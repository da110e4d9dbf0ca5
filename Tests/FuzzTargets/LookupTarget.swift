// Entry point of lookups: any name under any policy leads to a driver that fits, or to an error that says why not.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum LookupTarget {
  private static let flags: [AlgorithmFlags] = [
    [], .asynchronous, .needsFallback, .instance, .internalOnly, .hardware, .emulated, .reference, .exportable,
  ]
  /// What a lookup may end with.
  static let refusals: [ProviderError.Code] = [
    .notFound, .invalidName, .invalidArgument, .denied, .unusable,
  ]

  static func run(_ reader: inout InputReader) throws {
    let kindByte = Int(reader.byte())
    let kinds = AlgorithmKind.allCases
    let kind = kindByte % (kinds.count + 1) == kinds.count ? nil : kinds[kindByte % (kinds.count + 1)]
    var constraints = LookupConstraints(type: reader.choice(flags), mask: reader.choice(flags))
    let lines = reader.text().split(separator: "\n", omittingEmptySubsequences: false)
    let name = String(lines.first ?? "")
    guard let policy = policy(lines.dropFirst(), &constraints) else { return }
    // A policy needs a registry of its own: each change of one is kept for the registry's life.
    let registry = policy == Policy() ? try Registries.shared() : try Registries.make(policy: policy)

    let found: Algorithm
    do {
      found = try registry.algorithm(name, kind, matching: constraints)
    } catch {
      try require(refusals.contains(error.code), "a lookup ended with \(error.code): \(error)")
      try require(!error.message.isEmpty, "a lookup failed without a word")
      try checkNothing(registry, name, kind, constraints)
      return
    }
    try check(found, kind, constraints, policy)
    let again = try registry.algorithm(name, kind, matching: constraints)
    try require(again === found, "a second lookup finds \(again.driverName), not \(found.driverName)")
    let explained = try registry.explain(name, kind, matching: constraints)
    try require(explained.chosen === found, "explain names another driver than lookup")
    let exact = try registry.algorithm(found.driverName, kind, matching: constraints)
    try require(exact === found, "\(found.driverName) is not found by its own name")
    try use(found, in: registry)
  }

  /// The rules that `lines` make, each by its first character; nil where a query does not parse.
  private static func policy(_ lines: ArraySlice<Substring>, _ constraints: inout LookupConstraints) -> Policy? {
    var policy = Policy()
    for line in lines {
      let rest = String(line.dropFirst())
      let words = rest.split(separator: " ").map(String.init)
      switch line.first {
      case "-": policy.denied.insert(rest)
      case "+": policy.allowed = (policy.allowed ?? []).union([rest])
      case "=" where words.count == 2: policy.pins[words[0]] = words[1]
      case "<" where words.count > 1: policy.order[words[0]] = Array(words.dropFirst())
      case "!":
        guard let query = try? PropertyQuery(parsing: rest) else { return nil }
        policy.query = query
      case "?":
        guard let query = try? PropertyQuery(parsing: rest) else { return nil }
        constraints.query = query
      default: break
      }
    }
    return policy
  }

  /// Requires that `found` is what was asked for, and what the policy allows.
  static func check(
    _ found: Algorithm, _ kind: AlgorithmKind?, _ constraints: LookupConstraints, _ policy: Policy
  ) throws {
    let descriptor = found.descriptor
    try require(kind == nil || found.kind == kind, "\(found.driverName) is not of the kind asked for")
    try require(found.state == .live, "a lookup finds a driver that is \(found.state)")
    let difference = descriptor.flags.symmetricDifference(constraints.type).intersection(constraints.mask)
    try require(difference.isEmpty, "\(found.driverName) does not have the flags asked for")
    try require(!descriptor.flags.contains(.internalOnly), "a lookup finds an internal driver")
    let terms = constraints.query.terms
    let defaults = policy.query.terms.filter { term in !terms.contains { $0.property == term.property } }
    for term in terms + defaults where !term.isOptional {
      try require(
        (value(term.property, found) == term.value) != term.isNegated, "\(found.driverName) does not meet the query")
    }
    let names = [found.name, found.driverName, "provider:" + found.providerName]
    try require(!names.contains(where: policy.denied.contains), "a lookup finds what the policy denies")
    if let pin = policy.pins[found.name] { try require(pin == found.driverName, "a lookup passes by a pin") }
    if let allowed = policy.allowed, found.spawns.isEmpty {
      try require(names.contains(where: allowed.contains), "a lookup finds what is not allowed")
    }
    for part in found.spawns { try require(part.state == .live, "an instance is built on a dead part") }
  }

  /// A property's value once more, from the descriptor.
  private static func value(_ property: String, _ algorithm: Algorithm) -> String {
    let flags = algorithm.descriptor.flags
    func word(_ flag: AlgorithmFlags) -> String { flags.contains(flag) ? "yes" : "no" }
    switch property {
    case "provider": return algorithm.providerName
    case "driver": return algorithm.driverName
    case "name": return algorithm.name
    case "kind": return algorithm.kind.rawValue
    case "priority": return "\(algorithm.descriptor.priority)"
    case "hw": return word(.hardware)
    case "emulated": return word(.emulated)
    case "async": return word(.asynchronous)
    case "fallback": return word(.needsFallback)
    case "reference": return word(.reference)
    case "exportable": return word(.exportable)
    case "instance": return word(.instance)
    case "internal": return word(.internalOnly)
    default: return "no such property"
    }
  }

  /// What goes with a lookup that found nothing.
  private static func checkNothing(
    _ registry: Registry, _ name: String, _ kind: AlgorithmKind?, _ constraints: LookupConstraints
  ) throws {
    // The distance to some 300 names takes long for a long one.
    if name.utf8.count < 16 {
      let near = registry.nearestNames(to: name)
      try require(near.count <= 3 && Set(near).count == near.count, "the nearest names are \(near)")
    }
    if let selection = try? registry.explain(name, kind, matching: constraints) {
      try require(selection.chosen == nil, "explain chooses what lookup does not find")
      try require(selection.candidates.allSatisfy { !$0.reason.isEmpty }, "a candidate lost without a reason")
    }
  }

  /// A driver that was found works.
  private static func use(_ algorithm: Algorithm, in registry: Registry) throws {
    let text = Array("a message".utf8)
    switch algorithm.kind {
    case .hash:
      var handle = try registry.hash(algorithm.driverName)
      try require(handle.digest(text).count == handle.digestSize, "\(algorithm.driverName): digest size")
    case .mac:
      var handle = try registry.mac(algorithm.driverName, key: text)
      try handle.verify(handle.authenticate(text), of: text)
    case .compression:
      var handle = try registry.compression(algorithm.driverName)
      try require(handle.decompress(handle.compress(text)) == text, "\(algorithm.driverName): round trip")
    default: break
    }
  }
}
