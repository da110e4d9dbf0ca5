// Queries over drivers' properties, in the grammar of OpenSSL's: `hw=yes,?async=no,provider!=zlib`.
// SPDX-License-Identifier: Apache-2.0

/// A list of terms that a driver must meet (`name=value`, `name!=value`) or had better meet (with `?` in front).
///
/// The grammar is that of OpenSSL's property queries (property(7)): a bare name means `name=yes`; a property that a
/// driver does not have equals `no`. The properties: `provider`, `driver`, `name`, `kind`, `priority`, `hw`, `emulated`,
/// `async`, `fallback`, `reference`, `exportable`, `instance`, `internal`.
public struct PropertyQuery: Sendable, Equatable, CustomStringConvertible {
  /// One term of a query.
  public struct Term: Sendable, Equatable {
    /// The property.
    public let property: String
    /// The value it is compared with.
    public let value: String
    /// Whether the values must differ rather than be equal.
    public let isNegated: Bool
    /// Whether a driver that does not meet the term only ranks lower.
    public let isOptional: Bool
  }

  /// The terms, in order.
  public private(set) var terms: [Term]

  /// A query without terms, which everything meets.
  public init() { terms = [] }

  /// Parses a query.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a malformed term or an unknown property.
  public init(parsing text: String) throws(ProviderError) {
    terms = []
    for part in text.split(separator: ",", omittingEmptySubsequences: true) {
      var term = part.trimmed
      let isOptional = term.first == "?"
      if isOptional { term = term.dropFirst().trimmed }
      var name = term
      var value: Substring = "yes"
      var isNegated = false
      if let equals = term.firstIndex(of: "=") {
        value = term[term.index(after: equals)...].trimmed
        name = term[..<equals]
        if name.last == "!" {
          isNegated = true
          name = name.dropLast()
        }
        name = name.trimmed
      }
      guard Self.properties.contains(String(name)), !value.isEmpty else {
        throw ProviderError(
          .invalidArgument,
          "'\(part)' is not a property term: write property=value with one of \(Self.properties.joined(separator: ", "))"
        )
      }
      terms.append(
        Term(property: String(name), value: String(value), isNegated: isNegated, isOptional: isOptional))
    }
  }

  /// The query as text.
  public var description: String {
    terms.map { "\($0.isOptional ? "?" : "")\($0.property)\($0.isNegated ? "!=" : "=")\($0.value)" }
      .joined(separator: ",")
  }

  /// Whether there are no terms.
  public var isEmpty: Bool { terms.isEmpty }

  /// This query's terms, and those of `base` whose property this one does not mention.
  func over(_ base: PropertyQuery) -> PropertyQuery {
    guard !base.isEmpty else { return self }
    var merged = self
    merged.terms += base.terms.filter { term in !terms.contains { $0.property == term.property } }
    return merged
  }

  /// The first required term that `algorithm` does not meet; nil where it meets them all.
  func unmet(by algorithm: Algorithm) -> Term? { terms.first { !$0.isOptional && !$0.isMet(by: algorithm) } }

  /// How many optional terms `algorithm` meets.
  func score(of algorithm: Algorithm) -> Int { terms.count { $0.isOptional && $0.isMet(by: algorithm) } }

  static let properties = [
    "provider", "driver", "name", "kind", "priority", "hw", "emulated", "async", "fallback", "reference", "exportable",
    "instance", "internal",
  ]
}

extension PropertyQuery.Term {
  func isMet(by algorithm: Algorithm) -> Bool {
    let descriptor = algorithm.descriptor
    let flags: [String: AlgorithmFlags] = [
      "hw": .hardware, "emulated": .emulated, "async": .asynchronous, "fallback": .needsFallback,
      "reference": .reference, "exportable": .exportable, "instance": .instance, "internal": .internalOnly,
    ]
    let actual: String
    switch property {
    case "provider": actual = algorithm.providerName
    case "driver": actual = descriptor.driverName
    case "name": actual = descriptor.name
    case "kind": actual = descriptor.kind.rawValue
    case "priority": actual = String(descriptor.priority)
    default: actual = flags[property].map { descriptor.flags.contains($0) } == true ? "yes" : "no"
    }
    return (actual == value) != isNegated
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }
}
