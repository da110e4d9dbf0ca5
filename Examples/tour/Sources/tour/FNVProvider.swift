// The code of the article "Writing a provider": FNV-1a as a driver, from nothing to the conformance kit's verdict.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive
import WarpDriveConformance

struct FNVProvider: Provider {
  let name = "fnv"
  let version = "1a"
  let drivers: [any AlgorithmDriver] = [FNVDriver()]
}

struct FNVDriver: HashDriver {
  let descriptor = AlgorithmDescriptor(
    name: "fnv1a-64", driverName: "fnv1a-64-fnv", priority: 100,
    properties: .hash(HashProperties(digestSize: 8, isChecksum: true)), aliases: ["fnv1a"])

  // "foobar"; the registry refuses a driver of a name for which nobody brings a known answer.
  let knownAnswers = [
    KnownAnswer(.hash(message: "666f6f626172", digest: "85944171f73967e8"), source: "draft-eastlake-fnv, test values")
  ]

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { FNVTransform() }
}

struct FNVTransform: HashTransform, ~Copyable {
  private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x0000_0100_0000_01B3
  private var value = basis

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    bytes.withUnsafeBytes { buffer in
      for byte in buffer { value = (value ^ UInt64(byte)) &* Self.prime }
    }
  }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    output.append(copying: Self.bytes(of: value).rawSpan)
    value = Self.basis
  }

  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    value = Self.basis
    try update(bytes)
    try finish(count, into: &output)
  }

  mutating func reset() throws(ProviderError) { value = Self.basis }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable { FNVTransform(value: value) }

  /// Most significant byte first, as digests are printed.
  private static func bytes(of value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
  }
}

extension Tour {
  static func ownProvider() throws {
    let registry = try Registry.standard()
    try registry.register(FNVProvider())
    var fnv = try registry.hash("fnv1a-64")
    print(Hexadecimal.encode(try fnv.digest(Array("hello".utf8))))

    let report = Conformance(registry: registry, effort: .quick).check(fnv.algorithm)
    print("\(report.driver): \(report.passed) checks passed, \(report.failed) failed, \(report.cases) cases")
    if let failure = report.firstFailure { throw failure }
  }
}
