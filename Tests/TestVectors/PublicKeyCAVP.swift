// NIST's CAVP vectors of public keys, in tables that are made where they are wanted and not committed.
// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The tables that Tests/Vectors/cavp_public_keys.py makes of the package cryptography-vectors.
public struct PublicKeyCAVP: Sendable {
  /// A public key, or what is none.
  public struct Point: Sendable {
    /// The source file and the line in it.
    public let id: String
    /// The algorithm's name: `ecdsa-nist-p256`.
    public let algorithm: String
    /// Whether it is on the curve.
    public let isValid: Bool
    /// x and y.
    public let key: [UInt8]
  }

  /// The signatures.
  public let signatures: [SignatureVector]
  /// Private numbers and their points.
  public let keyPairs: [KeyPairVector]
  /// Points, on a curve and not.
  public let points: [Point]

  /// Reads the tables in `folder`.
  ///
  /// - Throws: ``VectorError`` for a table that is not sound, or what reading throws.
  public init(in folder: URL) throws {
    signatures = try Table("signatures.tsv", in: folder).rows.map(SignatureVector.init)
    keyPairs = try Table("keypairs.tsv", in: folder).rows.map(KeyPairVector.init)
    points = try Table("points.tsv", in: folder).rows.map { row in
      let result: VectorResult = try row.value("result")
      return Point(
        id: try row.text("id"), algorithm: try row.text("algorithm"), isValid: result == .valid,
        key: try row.bytes("publicKey"))
    }
  }
}
