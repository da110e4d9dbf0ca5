// Crypto vectors from a folder of tables that is not Tests/Vectors.
// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The tables that Tests/Vectors/cavp.py makes.
public struct VectorTables: Sendable {
  /// The vectors of hashes.
  public let hashes: [HashVector]
  /// The vectors of MACs.
  public let macs: [MACVector]
  /// The vectors of ciphers without authentication.
  public let ciphers: [CipherVector]
  /// The vectors of AEADs.
  public let aeads: [AEADVector]
  /// The vectors of key derivations.
  public let derivations: [DerivationVector]

  /// Reads the tables in `folder`.
  ///
  /// - Throws: ``VectorError`` for a table that is not sound, or what reading throws.
  public init(in folder: URL) throws {
    hashes = try Table("hashes.tsv", in: folder).rows.map(HashVector.init)
    macs = try Table("macs.tsv", in: folder).rows.map(MACVector.init)
    ciphers = try Table("ciphers.tsv", in: folder).rows.map(CipherVector.init)
    aeads = try Table("aeads.tsv", in: folder).rows.map(AEADVector.init)
    derivations = try Table("derivations.tsv", in: folder).rows.map(DerivationVector.init)
  }
}
