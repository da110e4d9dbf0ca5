// `wdprov list` for people and for programs.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive

/// What a listing shows of one driver.
struct ListedAlgorithm {
  let algorithm: Algorithm
  /// Whether a lookup of the name leads to it.
  let isChosen: Bool
  /// What keeps it from answering at present; nil for nothing.
  let obstacle: String?
  /// Why the policy keeps it from being found; nil where it does not.
  let objection: String?
}

/// Listings of drivers.
enum AlgorithmListing {
  /// A line for each driver, the chosen one of each name marked.
  static func table(_ listed: [ListedAlgorithm]) -> String {
    var table = TextTable([
      .init(heading: ""), .init(heading: "NAME"), .init(heading: "DRIVER"), .init(heading: "PRIO", isNumeric: true),
      .init(heading: "KIND"), .init(heading: "STATE"), .init(heading: "SELFTEST"), .init(heading: "HW"),
      .init(heading: "REF", isNumeric: true), .init(heading: "PROVIDER"),
    ])
    var reasons = ""
    for entry in listed {
      let algorithm = entry.algorithm
      table.add([
        entry.isChosen ? "*" : "", algorithm.name, algorithm.driverName, String(algorithm.descriptor.priority),
        algorithm.kind.rawValue, entry.objection == nil ? algorithm.state.word : "denied", algorithm.selfTest.word,
        hardware(algorithm),
        String(algorithm.referenceCount), algorithm.providerName,
      ])
      for reason in [algorithm.failureReason, entry.obstacle, entry.objection].compactMap(\.self) {
        reasons += "\(algorithm.driverName): \(reason)\n"
      }
    }
    return table.text + (reasons.isEmpty ? "" : "\n" + reasons)
  }

  private static func hardware(_ algorithm: Algorithm) -> String {
    let flags = algorithm.descriptor.flags
    if flags.contains(.emulated) { return "model" }
    return flags.contains(.hardware) ? "yes" : "no"
  }

  /// The contract's JSON.
  static func json(_ listed: [ListedAlgorithm]) -> JSONValue {
    let algorithms = listed.map { entry in
      JSONValue.object(
        entry.algorithm.members(isChosen: entry.isChosen, entry.obstacle) + [("denied", JSONValue(entry.objection))])
    }
    return .object([("schema", 1), ("algorithms", .array(algorithms))])
  }
}

extension Registry {
  /// What keeps providers' drivers from answering at present, by the providers' names.
  var obstacles: [String: String] {
    let known = providers.compactMap { provider in provider.obstacle.map { (provider.name, $0) } }
    return Dictionary(known) { first, _ in first }
  }
}

extension Algorithm {
  /// Why it is out of service; nil where it is not.
  var failureReason: String? {
    guard case .failed(let error) = selfTest else { return nil }
    return error.message
  }

  /// What every JSON that describes a driver has.
  func members(isChosen: Bool, _ obstacle: String?) -> [(key: String, value: JSONValue)] {
    let flags = descriptor.flags
    return [
      ("name", .string(name)), ("driver", .string(driverName)), ("priority", .integer(descriptor.priority)),
      ("kind", .string(kind.rawValue)), ("state", .string(state.word)), ("selftest", .string(selfTest.word)),
      ("reason", JSONValue(failureReason)), ("obstacle", JSONValue(obstacle)),
      ("hardware", .bool(flags.contains(.hardware))),
      ("emulated", .bool(flags.contains(.emulated))), ("refcount", .integer(referenceCount)),
      ("provider", .string(providerName)), ("flags", JSONValue(flags.names)), ("chosen", .bool(isChosen)),
      ("aliases", JSONValue(descriptor.aliases.map(\.name))), ("blocksize", .integer(descriptor.blockSize)),
      ("alignment", .integer(descriptor.alignment)), ("maximumRequest", JSONValue(descriptor.maximumRequest)),
      ("properties", .object(descriptor.properties.members)), ("statistics", statistics.snapshot.json),
    ]
  }
}

extension Algorithm.State {
  /// The word that listings print.
  var word: String {
    switch self {
    case .untested: "untested"
    case .live: "live"
    case .quarantined: "quarantined"
    case .dead: "dead"
    }
  }
}

extension StatisticsSnapshot {
  /// The counters; latencies in nanoseconds, null without samples.
  var json: JSONValue {
    func nanoseconds(_ fraction: Double) -> JSONValue { latency(percentile: fraction).map { JSONValue($0) } ?? .null }
    return .object([
      ("requests", JSONValue(requests)), ("bytesIn", JSONValue(bytesIn)), ("bytesOut", JSONValue(bytesOut)),
      ("errors", JSONValue(errors)), ("fallbacks", JSONValue(fallbacks)),
      ("p50", nanoseconds(0.5)), ("p99", nanoseconds(0.99)),
    ])
  }
}
