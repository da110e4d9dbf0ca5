// The data of Tests/Vectors for the tests: each function reads its file once in a process.
// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The published test data that the project carries; Tests/Vectors/README.md says where it is from.
public enum Vectors {
  /// The folder Tests/Vectors of the sources that this was built from, whatever the build folder.
  public static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Vectors", directoryHint: .isDirectory)

  /// The vectors of hashes.
  public static func hashes() throws -> [HashVector] { try loadedHashes.get() }

  /// The vectors of MACs.
  public static func macs() throws -> [MACVector] { try loadedMACs.get() }

  /// The vectors of ciphers without authentication.
  public static func ciphers() throws -> [CipherVector] { try loadedCiphers.get() }

  /// The vectors of AEADs.
  public static func aeads() throws -> [AEADVector] { try loadedAEADs.get() }

  /// The vectors of key derivations.
  public static func derivations() throws -> [DerivationVector] { try loadedDerivations.get() }

  /// The vectors of the generators of SP 800-90A.
  public static func generators() throws -> [GeneratorVector] { try loadedGenerators.get() }

  /// The 1,090 inputs of deflate, zlib and gzip.
  public static func deflateInputs() throws -> [DeflateInput] { try loadedDeflateInputs.get() }

  /// The 11 files of the Canterbury corpus.
  public static func canterbury() throws -> [CorpusFile] { try loadedCanterbury.get() }

  /// What was taken of each source file, and what was left for which reason.
  public static func notApplicable() throws -> [SourceCount] { try loadedCounts.get() }

  // A failure is kept like a result: a static is initialised once, whatever comes of it.
  private static let loadedHashes = Result { try Table("hashes.tsv").rows.map(HashVector.init) }
  private static let loadedMACs = Result { try Table("macs.tsv").rows.map(MACVector.init) }
  private static let loadedCiphers = Result { try Table("ciphers.tsv").rows.map(CipherVector.init) }
  private static let loadedAEADs = Result { try Table("aeads.tsv").rows.map(AEADVector.init) }
  private static let loadedDerivations = Result { try Table("derivations.tsv").rows.map(DerivationVector.init) }
  private static let loadedGenerators = Result { try Table("generators.tsv").rows.map(GeneratorVector.init) }
  private static let loadedCounts = Result { try Table("NotApplicable.tsv").rows.map(SourceCount.init) }
  private static let loadedCanterbury = Result {
    try Archive("canterbury.tar.xz").entries.map { CorpusFile(name: $0.name, bytes: $0.bytes) }
  }
  private static let loadedDeflateInputs = Result {
    let entries = try Archive("deflate-inputs.tar.xz").entries
    let contents = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.bytes) })
    return try Table("deflate-inputs.tsv").rows.map { try DeflateInput($0, contents) }
  }
}

/// How many vectors of a source file were taken, or left for one reason.
public struct SourceCount: Sendable {
  /// Whether vectors are in the tables.
  public enum Outcome: String, Sendable {
    /// They are; the reason names the table.
    case taken
    /// They are not.
    case left
  }

  /// The source file: `wycheproof/hmac_sha1_test.json`.
  public let source: String
  /// How many vectors the source file has in all.
  public let total: Int
  /// How many of them this is about.
  public let count: Int
  /// Whether they were taken.
  public let outcome: Outcome
  /// Why they were left, or the table they went to.
  public let reason: String

  init(_ row: Table.Row) throws {
    source = try row.text("source")
    total = try row.integer("total")
    count = try row.integer("count")
    outcome = try row.value("outcome")
    reason = try row.text("reason")
  }
}

/// Why the data of Tests/Vectors could not be read.
public struct VectorError: Error, CustomStringConvertible {
  /// The file in Tests/Vectors.
  public let file: String
  /// The line in it, from 1; nil for an archive.
  public let line: Int?
  /// What is wrong.
  public let message: String

  /// The place and what is wrong there.
  public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
