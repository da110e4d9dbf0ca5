// NIST's CAVP vectors of public keys, in tables that are made where they are wanted and not committed.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The tables that Tests/Vectors/cavp_public_keys.py makes of the package cryptography-vectors.
public enum PublicKeyCAVP {
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

  /// Whether the tables have been made.
  public static var isThere: Bool {
    FileManager.default.fileExists(atPath: Vectors.folder.appending(path: "cavp/signatures.tsv").path)
  }

  /// The signatures.
  public static func signatures() throws -> [SignatureVector] {
    try Table("cavp/signatures.tsv").rows.map(SignatureVector.init)
  }

  /// Private numbers and their points.
  public static func keyPairs() throws -> [KeyPairVector] {
    try Table("cavp/keypairs.tsv").rows.map(KeyPairVector.init)
  }

  /// Points, on a curve and not.
  public static func points() throws -> [Point] {
    try Table("cavp/points.tsv").rows.map { row in
      let result: VectorResult = try row.value("result")
      return Point(
        id: try row.text("id"), algorithm: try row.text("algorithm"), isValid: result == .valid,
        key: try row.bytes("publicKey"))
    }
  }
}
