// Every driver that this project registers, and instances of its templates, against every check of its kind.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveConformance
import WarpDriveCore
import ZlibProvider

/// The drivers of the project's providers in one registry, as a program has them.
enum RealDrivers {
  /// Instances that are asked for by name; the others are there as soon as their provider is.
  static let instances = [
    "hmac(sha256-openssl)", "hmac(sha3-256-openssl)", "hmac(blake2b-512-openssl)", "pcrypt(gzip)", "pcrypt(deflate)",
  ]

  /// The registry; a failure to make it fails every test that asks for it.
  static func registry() throws -> Registry { try made.get() }

  private static let made = Result {
    let registry = Registry()
    try registry.register(ZlibProvider())
    try registry.register(OpenSSLProvider())
    for name in instances { _ = try registry.algorithm(name) }
    return registry
  }

  /// The driver names, in the registry's order.
  static var names: [String] { (try? registry().algorithms.map(\.driverName)) ?? [] }

  /// A registered driver, by name.
  static func algorithm(_ name: String) throws -> Algorithm {
    try #require(try registry().algorithms.first { $0.driverName == name })
  }
}

@Suite("The project's drivers")
struct DriverTests {
  @Test("every driver passes every check of its kind", arguments: RealDrivers.names)
  func passesEveryCheck(_ name: String) throws {
    let algorithm = try RealDrivers.algorithm(name)
    var conformance = Conformance(registry: try RealDrivers.registry(), effort: .environment)
    if conformance.effort != .quick, algorithm.kind == .compression {
      conformance.samples = try Vectors.canterbury().map { Sample(name: $0.name, bytes: $0.bytes) }
    }
    let report = conformance.check(algorithm)
    for result in report.results {
      guard case .failed(let failing) = result.outcome else { continue }
      Issue.record("\(failing)")
    }
    let (count, isPassed) = (report.results.count, report.isPassed)
    #expect(count == Conformance.checks(for: algorithm.kind).count)
    #expect(isPassed)
  }

  @Test("the providers are there: the formats, the hashes, their HMACs, the ciphers and a generator")
  func providersAreThere() throws {
    let registry = try RealDrivers.registry()
    let kinds = Dictionary(grouping: registry.algorithms, by: \.kind).mapValues(\.count)
    #expect(kinds[.compression] ?? 0 >= 5)
    #expect(kinds[.hash] ?? 0 >= 19)
    #expect(kinds[.mac] ?? 0 >= 18)
    #expect(kinds[.cipher] ?? 0 >= 2)
    #expect(kinds[.aead] ?? 0 >= 2)
    #expect(kinds[.random] ?? 0 >= 1)
    for name in RealDrivers.instances {
      #expect(registry.algorithms.contains { $0.name == name || $0.driverName == name })
    }
  }

  @Test(
    "no check that could look at a driver is left out without a known reason", arguments: RealDrivers.names)
  func reasonsAreKnown(_ name: String) throws {
    let algorithm = try RealDrivers.algorithm(name)
    let conformance = Conformance(registry: try RealDrivers.registry(), effort: .quick)
    // The only checks that may have nothing to look at, and what each depends on.
    let depending: Set = [
      "cross-check", "cross-decoding", "transform-contract", "state-export", "dictionaries", "headers", "members",
      "known-answers",
    ]
    let others = Set(Conformance.checks(for: algorithm.kind).map(\.name)).intersection(depending)
    for result in conformance.check(algorithm, only: others).results {
      guard case .notApplicable(let reason) = result.outcome else { continue }
      switch result.check.name {
      case "cross-check":
        #expect(try RealDrivers.registry().algorithms.filter { $0.name == algorithm.name }.count == 1)
      case "cross-decoding": #expect(algorithm.descriptor.flags.contains(.reference))
      case "transform-contract": #expect(!algorithm.spawns.isEmpty)
      case "state-export": #expect(!algorithm.descriptor.flags.contains(.exportable))
      case "dictionaries": #expect(!algorithm.compressionTakes(\.dictionaries))
      case "headers": #expect(!algorithm.compressionTakes(\.headers))
      case "members": #expect(!algorithm.name.contains("gzip"))
      default: Issue.record("\(result.check.name) is not applicable to \(name): \(reason)")
      }
    }
  }
}

extension Algorithm {
  /// Whether the descriptor of a compression driver says so.
  fileprivate func compressionTakes(_ capability: KeyPath<CompressionProperties, Bool>) -> Bool {
    guard case .compression(let properties) = descriptor.properties else { return false }
    return properties[keyPath: capability]
  }
}
