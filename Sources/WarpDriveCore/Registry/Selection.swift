// Why a lookup chose what it chose.
// SPDX-License-Identifier: Apache-2.0

/// What a lookup filters by, besides the name and kind.
public struct LookupConstraints: Sendable, Equatable {
  /// The wanted values of the flags that ``mask`` selects.
  public var type: AlgorithmFlags
  /// The flags that matter: a driver matches when `(flags ^ type) & mask` is empty.
  public var mask: AlgorithmFlags
  /// Properties that are required or preferred.
  public var query: PropertyQuery
  /// Whether a compression driver has to work piece by piece; one that is asked for by its own name need not.
  var needsStreaming = false

  /// Makes constraints; the default ones only leave out internal algorithms.
  public init(type: AlgorithmFlags = [], mask: AlgorithmFlags = [], query: PropertyQuery = .init()) {
    self.type = type
    self.mask = mask
    self.query = query
  }

  /// No constraints.
  public static let none = LookupConstraints()
  /// Synchronous drivers alone: asynchronous in the mask and not in the type, as the kernel has it.
  public static let synchronous = LookupConstraints(mask: .asynchronous)

  var isNone: Bool { mask.isEmpty && query.isEmpty && !needsStreaming }

  /// The same for a stream.
  var forStreams: LookupConstraints {
    var constraints = self
    constraints.needsStreaming = true
    return constraints
  }

  /// The first constraint that `algorithm` does not meet, as a reason; nil where it meets them all.
  func objection(to algorithm: Algorithm, policy: Policy) -> String? {
    let flags = algorithm.descriptor.flags
    let difference = flags.symmetricDifference(type).intersection(mask)
    if !difference.isEmpty { return "flags differ: \(difference.names.joined(separator: ", "))" }
    if flags.contains(.internalOnly), !(mask.contains(.internalOnly) && type.contains(.internalOnly)) {
      return "internal"
    }
    if needsStreaming, case .compression(let properties) = algorithm.descriptor.properties, !properties.streaming {
      return "takes whole messages alone"
    }
    if let term = query.over(policy.query).unmet(by: algorithm) {
      return "does not have \(term.property)\(term.isNegated ? "!=" : "=")\(term.value)"
    }
    return nil
  }
}

/// One driver that a lookup considered.
public struct SelectionCandidate: Sendable {
  /// The driver.
  public let algorithm: Algorithm
  /// Whether it was chosen.
  public let isChosen: Bool
  /// Why it lost, or why it won.
  public let reason: String
}

/// What a lookup considered, best candidate first.
public struct Selection: Sendable {
  /// The name that was asked for.
  public let name: String
  /// The candidates, in the order in which they were tried.
  public let candidates: [SelectionCandidate]
  /// The driver that serves, or nil.
  public var chosen: Algorithm? { candidates.first(where: \.isChosen)?.algorithm }
}
