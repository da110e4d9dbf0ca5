// The entry points that libFuzzer drives with bytes of its making and FuzzReplayTests with those of the corpora.
// SPDX-License-Identifier: Apache-2.0

/// One entry point: takes any bytes, and must neither crash, hang, leak nor break an invariant.
public struct FuzzTarget: Sendable {
  /// The name, which is also that of its folder in Tests/Fuzz/corpus.
  public let name: String
  /// The longest input worth making, in bytes; longer ones are taken too.
  public let maximumLength: Int
  private let body: @Sendable (inout InputReader) throws -> Void

  init(_ name: String, maximumLength: Int, _ body: @escaping @Sendable (inout InputReader) throws -> Void) {
    self.name = name
    self.maximumLength = maximumLength
    self.body = body
  }

  /// Runs the entry point on `input`.
  ///
  /// - Throws: a ``Finding``, or the error of the library that should not have come.
  public func run(_ input: [UInt8]) throws {
    var reader = InputReader(input)
    try body(&reader)
  }

  /// All entry points.
  public static let all: [FuzzTarget] = [
    FuzzTarget("algorithm-name", maximumLength: 160, NameTargets.algorithmName),
    FuzzTarget("property-query", maximumLength: 160, NameTargets.propertyQuery),
    FuzzTarget("lookup", maximumLength: 256, LookupTarget.run),
    FuzzTarget("policy-file", maximumLength: 512, PolicyFileTarget.run),
    FuzzTarget("decompression", maximumLength: 2048, DecompressionTarget.run),
    FuzzTarget("compression", maximumLength: 2048, CompressionTarget.run),
    FuzzTarget("hash-state", maximumLength: 640, HashStateTarget.run),
    FuzzTarget("mac", maximumLength: 512, MACTarget.run),
    FuzzTarget("cipher", maximumLength: 512, CipherTarget.run),
    FuzzTarget("aead", maximumLength: 512, AEADTarget.run),
    FuzzTarget("vfio-user-message", maximumLength: 512, VFIOUserMessageTarget.run),
    FuzzTarget("zip-request", maximumLength: 2048, ZipRequestTarget.run),
    FuzzTarget("register-file", maximumLength: 512, RegisterFileTarget.run),
  ]
}

/// An invariant that does not hold.
public struct Finding: Error, CustomStringConvertible {
  /// Which one, and where it was asked for.
  public let description: String
}

/// Throws a ``Finding`` unless `condition` holds.
func require(
  _ condition: Bool, _ invariant: @autoclosure () -> String, file: String = #fileID, line: UInt = #line
) throws(Finding) {
  guard condition else { throw Finding(description: "\(file):\(line): \(invariant())") }
}
