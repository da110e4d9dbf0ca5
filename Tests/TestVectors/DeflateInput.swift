// The 1,090 raw, zlib and gzip inputs of Tests/Vectors with zlib's verdicts, and the Canterbury corpus.
// SPDX-License-Identifier: Apache-2.0

/// Compressed data, sound or not, and what zlib makes of it.
public struct DeflateInput: Sendable {
  /// The container that the input is given as; the raw value is the algorithm's name.
  public enum Format: String, Sendable {
    /// Raw deflate (RFC 1951).
    case deflate
    /// zlib (RFC 1950).
    case zlibDeflate = "zlib-deflate"
    /// gzip (RFC 1952).
    case gzip
  }

  /// How decompression ends.
  public enum Verdict: String, Sendable {
    /// At the end of a complete stream.
    case ok
    /// At bytes that no stream can have, or at a checksum that is wrong.
    case error
    /// At the end of the input, before the end of the stream.
    case truncated
  }

  /// What decompression comes to.
  public struct Outcome: Sendable, Equatable {
    /// How it ends.
    public let verdict: Verdict
    /// Bytes of output: of a truncated input all that can be decompressed, of a corrupt one 0, for it is not defined.
    public let outputLength: Int
    /// The SHA-256 of those bytes; nil of a corrupt input.
    public let outputSHA256: [UInt8]?
    /// Bytes of input after the end of the stream.
    public let trailing: Int
  }

  /// The format's folder and 24 digits of the content's SHA-256: `gzip/06fc5081dfb1825ac8635fee`.
  public let name: String
  /// The container that the input is given as.
  public let format: Format
  /// The input.
  public let bytes: [UInt8]
  /// What zlib's `inflate` makes of it, which stops after one gzip member.
  public let outcome: Outcome
  /// What comes of it if gzip members that follow are decompressed too, as gzip(1) does (RFC 1952 section 2.2).
  ///
  /// Nil where that makes no difference. 12 inputs end well so, and 8 are corrupt in a later member.
  public let concatenated: Outcome?
  /// The project that the input is from.
  public let source: String
  /// The licence that it is under.
  public let licence: String

  /// How zlib's `inflate` ends on it.
  public var verdict: Verdict { outcome.verdict }
  /// Bytes that zlib's `inflate` puts out.
  public var outputLength: Int { outcome.outputLength }
  /// The SHA-256 of what zlib's `inflate` puts out; nil of a corrupt input.
  public var outputSHA256: [UInt8]? { outcome.outputSHA256 }
  /// Bytes of input that zlib's `inflate` leaves.
  public var trailing: Int { outcome.trailing }
}

/// A file of the Canterbury corpus.
public struct CorpusFile: Sendable {
  /// Its name: `alice29.txt`.
  public let name: String
  /// Its content.
  public let bytes: [UInt8]
}

extension DeflateInput {
  init(_ row: Table.Row, _ contents: [String: [UInt8]]) throws {
    name = try row.text("name")
    guard let bytes = contents[name] else { throw row.failure("\(name) is not in the archive") }
    self.bytes = bytes
    format = try row.value("format")
    outcome = try Outcome(row, "verdict", "outputLength", "outputSHA256", "trailing")
    concatenated =
      try row.text("concatenatedVerdict").isEmpty
      ? nil
      : Outcome(row, "concatenatedVerdict", "concatenatedLength", "concatenatedSHA256", "concatenatedTrailing")
    source = try row.text("source")
    licence = try row.text("licence")
  }
}

extension DeflateInput.Outcome {
  fileprivate init(_ row: Table.Row, _ verdict: String, _ length: String, _ sha256: String, _ trailing: String) throws {
    self.verdict = try row.value(verdict)
    outputLength = try row.integer(length)
    let digest = try row.bytes(sha256)
    outputSHA256 = digest.isEmpty ? nil : digest
    self.trailing = try row.integer(trailing)
  }
}
