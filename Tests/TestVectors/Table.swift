// The reader of the tab-separated tables of Tests/Vectors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A table of Tests/Vectors: `# COUNT rows…`, a header line, then a row a line.
struct Table {
  /// One row; its fields are found by the name of their column.
  struct Row {
    fileprivate let table: String
    fileprivate let line: Int
    fileprivate let fields: [String: ArraySlice<UInt8>]

    /// The text in `column`.
    func text(_ column: String) throws -> String {
      guard let field = fields[column] else { throw failure("has no column \(column)") }
      return String(decoding: field, as: UTF8.self)
    }

    /// The number in `column`.
    func integer(_ column: String) throws -> Int {
      let text = try text(column)
      guard let number = Int(text) else { throw failure("\(column) is no number: \(text)") }
      return number
    }

    /// The bytes that `column` denotes: `HEX`, or `HEX*COUNT` for HEX repeated.
    func bytes(_ column: String) throws -> [UInt8] {
      guard let field = fields[column] else { throw failure("has no column \(column)") }
      guard let star = field.firstIndex(of: UInt8(ascii: "*")) else { return try octets(field, column) }
      let unit = try octets(field[..<star], column)
      guard let count = Int(String(decoding: field[(star + 1)...], as: UTF8.self)), count > 0, !unit.isEmpty else {
        throw failure("\(column) repeats nothing, or no number of times")
      }
      // One byte repeated a million times is the common case, and joining is slow in debug builds.
      guard unit.count > 1 else { return Array(repeating: unit[0], count: count) }
      return Array(repeatElement(unit, count: count).joined())
    }

    /// The value of `column` by its raw text.
    func value<Value: RawRepresentable<String>>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
      let text = try text(column)
      guard let value = Value(rawValue: text) else { throw failure("\(column) cannot be \(text)") }
      return value
    }

    /// The values of `column`, separated by commas.
    func values<Value: RawRepresentable<String>>(_ column: String) throws -> Set<Value> {
      let text = try text(column)
      let values = text.split(separator: ",").compactMap { Value(rawValue: String($0)) }
      guard !values.isEmpty, values.count == text.split(separator: ",").count else {
        throw failure("\(column) cannot be \(text)")
      }
      return Set(values)
    }

    func failure(_ message: String) -> VectorError { VectorError(file: table, line: line, message: message) }

    private func octets(_ digits: ArraySlice<UInt8>, _ column: String) throws -> [UInt8] {
      guard let octets = hexadecimal(digits) else { throw failure("\(column) is not hexadecimal") }
      return octets
    }
  }

  let rows: [Row]

  /// Reads the table `name`, and refuses one that does not have as many rows as it says.
  init(_ name: String, in folder: URL = Vectors.folder) throws {
    let bytes = try [UInt8](Data(contentsOf: folder.appending(path: name)))
    let lines = Self.pieces(of: bytes[...], between: UInt8(ascii: "\n")).filter { !$0.isEmpty }
    guard lines.count >= 2, let count = Self.count(lines[0]), lines.count == count + 2 else {
      throw VectorError(file: name, line: 1, message: "is not the number of rows that follow")
    }
    let columns = Self.fields(lines[1]).map { String(decoding: $0, as: UTF8.self) }
    rows = try lines[2...].enumerated().map { index, line in
      let fields = Self.fields(line)
      guard fields.count == columns.count else {
        throw VectorError(file: name, line: index + 3, message: "has \(fields.count) of \(columns.count) fields")
      }
      return Row(table: name, line: index + 3, fields: .init(uniqueKeysWithValues: zip(columns, fields)))
    }
  }

  private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    pieces(of: line, between: UInt8(ascii: "\t"))
  }

  /// What lies between the separators, empty pieces included; `split` takes seconds for large tables in debug builds.
  private static func pieces(of bytes: ArraySlice<UInt8>, between separator: UInt8) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      while let found = unsafe memchr(base + (start - bytes.startIndex), Int32(separator), bytes.endIndex - start) {
        let end = unsafe bytes.startIndex + (UnsafeRawPointer(found) - base)
        pieces.append(bytes[start..<end])
        start = end + 1
      }
    }
    pieces.append(bytes[start...])
    return pieces
  }

  private static func count(_ line: ArraySlice<UInt8>) -> Int? {
    let words = line.split(separator: UInt8(ascii: " "))
    return words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) : nil
  }
}

/// The bytes of a string of hexadecimal digits of either case, nil where it is none.
func hexadecimal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
  guard digits.count.isMultiple(of: 2) else { return nil }
  var octets: [UInt8] = []
  octets.reserveCapacity(digits.count / 2)
  for index in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
    let high = nibbles[Int(digits[index])]
    let low = nibbles[Int(digits[index + 1])]
    guard high < 16, low < 16 else { return nil }
    octets.append(high << 4 | low)
  }
  return octets
}

/// The value of each ASCII hexadecimal digit, 255 for every other byte: a table, because debug builds read it often.
private let nibbles: [UInt8] = (0...255).map { byte in
  switch UInt8(byte) {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte) - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(byte) - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt8(byte) - UInt8(ascii: "A") + 10
  default: 255
  }
}
