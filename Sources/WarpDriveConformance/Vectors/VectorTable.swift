// Files of vectors: the tab-separated tables of Tests/Vectors, whose README.md defines them.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// The vectors of one file.
///
/// The file is text: a comment, `# COUNT rows`, a line that names the columns, and a line of fields separated by
/// tabulators for each vector. Columns that are read, where the kind has them: `id`, `algorithm`, `result` (`valid`,
/// `invalid` for a forged tag, `refused` for a request that must fail), `op` (`encrypt`, `decrypt`, `seal`, `open`,
/// with commas between), `key`, `iv`, `nextIV`, `aad`, `in`, `plaintext`, `ciphertext`, `tag`, `out`; of MACs
/// `customization`, `salt` and `size`, the bytes of tag to ask for. Bytes are hexadecimal, or `HEX*COUNT` for HEX
/// repeated.
public struct VectorTable: Sendable {
  /// One vector and the algorithm that it is for.
  struct Row: Sendable {
    let algorithm: String
    let vector: Vector
  }

  /// The file's name, for messages.
  public let name: String
  let rows: [Row]

  /// How many vectors there are.
  public var count: Int { rows.count }
  /// The algorithms that vectors are for.
  public var algorithms: Set<String> { Set(rows.map(\.algorithm)) }

  /// Reads a file's content.
  ///
  /// - Throws: `ProviderError.Code.corruptInput` with the line for a file that is not a table of hashes, MACs,
  ///   ciphers or AEADs, or has not as many rows as it says.
  public init(parsing content: [UInt8], name: String) throws(ProviderError) {
    self.name = name
    let lines = content.split(separator: UInt8(ascii: "\n"))
    guard lines.count >= 2, lines[0].first == UInt8(ascii: "#") else {
      throw TableRow.malformed(name, 1, "begins with a line '# COUNT rows' and one with the names of the columns")
    }
    let words = lines[0].split(separator: UInt8(ascii: " "))
    guard words.count > 1, let count = Int(String(decoding: words[1], as: UTF8.self)), lines.count == count + 2 else {
      throw TableRow.malformed(name, 1, "has \(lines.count - 2) rows, which is not what its first line says")
    }
    let columns = TableRow.fields(lines[1]).map { String(decoding: $0, as: UTF8.self) }
    var rows: [Row] = []
    rows.reserveCapacity(count)
    for (index, line) in lines.dropFirst(2).enumerated() {
      let fields = TableRow.fields(line)
      guard fields.count == columns.count else {
        throw TableRow.malformed(name, index + 3, "has \(fields.count) of \(columns.count) fields")
      }
      let row = TableRow(
        table: name, line: index + 3, fields: Dictionary(zip(columns, fields), uniquingKeysWith: { first, _ in first }))
      rows.append(Row(algorithm: try row.text("algorithm"), vector: try row.vector()))
    }
    self.rows = rows
  }
}

/// One line of a table, its fields by column.
private struct TableRow {
  let table: String
  let line: Int
  let fields: [String: ArraySlice<UInt8>]

  static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
  }

  static func malformed(_ table: String, _ line: Int, _ why: String) -> ProviderError {
    ProviderError(.corruptInput, "\(table):\(line): a table of vectors \(why)")
  }

  /// What the columns make of the row.
  func vector() throws(ProviderError) -> Vector {
    let problem: Vector.Problem
    if fields["ciphertext"] != nil, fields["tag"] != nil {
      problem = try .aead(
        key: bytes("key"), nonce: bytes("iv"), aad: bytes("aad"), plaintext: bytes("plaintext"),
        ciphertext: bytes("ciphertext"), tag: bytes("tag"))
    } else if fields["ciphertext"] != nil {
      problem = try .cipher(
        key: bytes("key"), iv: bytes("iv"), plaintext: bytes("plaintext"), ciphertext: bytes("ciphertext"),
        nextIV: fields["nextIV"] == nil ? [] : bytes("nextIV"))
    } else if fields["tag"] != nil {
      problem = try .mac(key: bytes("key"), options: macOptions(), message: bytes("in"), tag: bytes("tag"))
    } else {
      problem = try .hash(message: bytes("in"), digest: bytes("out"))
    }
    var vector = Vector(source: try text("id"), problem: problem)
    guard let result = Vector.Result(rawValue: try text("result")) else {
      throw Self.malformed(table, line, "has no result '\(try text("result"))'")
    }
    vector.result = result
    if fields["op"] != nil {
      let words = try text("op").split(separator: ",")
      vector.operations = Set(words.compactMap { Vector.Operation(rawValue: String($0)) })
      guard !words.isEmpty, vector.operations.count == words.count else {
        throw Self.malformed(table, line, "has no operation '\(try text("op"))'")
      }
    }
    return vector
  }

  /// The columns of a MAC's options, of which any may be missing.
  private func macOptions() throws(ProviderError) -> MACOptions {
    let size = try fields["size"] == nil ? "" : text("size")
    guard size.isEmpty || Int(size) != nil else {
      throw Self.malformed(table, line, "has a number of bytes in the column 'size'")
    }
    func optional(_ column: String) throws(ProviderError) -> [UInt8] {
      try fields[column] == nil ? [] : bytes(column)
    }
    return try MACOptions(
      tagSize: Int(size), iv: optional("iv"), customization: optional("customization"), salt: optional("salt"))
  }

  func text(_ column: String) throws(ProviderError) -> String {
    guard let field = fields[column] else { throw Self.malformed(table, line, "needs a column '\(column)'") }
    return String(decoding: field, as: UTF8.self)
  }

  private func bytes(_ column: String) throws(ProviderError) -> [UInt8] {
    guard let field = fields[column] else { throw Self.malformed(table, line, "needs a column '\(column)'") }
    let star = field.firstIndex(of: UInt8(ascii: "*"))
    guard let unit = Hexadecimal.decode(String(decoding: field[..<(star ?? field.endIndex)], as: UTF8.self)) else {
      throw Self.malformed(table, line, "has hexadecimal digits in the column '\(column)'")
    }
    guard let star else { return unit }
    guard let count = Int(String(decoding: field[(star + 1)...], as: UTF8.self)), count > 0, let first = unit.first
    else {
      throw Self.malformed(table, line, "repeats something some number of times in '\(column)'")
    }
    // One byte repeated a million times is the common case, and joining is slow in debug builds.
    return unit.count == 1
      ? [UInt8](repeating: first, count: count) : Array(repeatElement(unit, count: count).joined())
  }
}
