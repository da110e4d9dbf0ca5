// Entry points of the parsers of names and property queries.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum NameTargets {
  /// A name parses exactly when the grammar has it, and is written as it was read.
  static func algorithmName(_ reader: inout InputReader) throws {
    let text = reader.text()
    let name: AlgorithmName
    do {
      name = try AlgorithmName(parsing: text)
    } catch {
      try require(error.code == .invalidName, "a name was refused with \(error.code)")
      try require(!isName(text), "a name of the grammar was refused: \(error)")
      return
    }
    try require(isName(text), "a name was accepted that the grammar does not have")
    try require(name.description == text, "'\(text)' is written as '\(name)'")
    let again = try AlgorithmName(parsing: name.description)
    try require(again == name, "'\(text)' is another name when read again")
    try require(name.isTemplate == text.contains("("), "isTemplate is wrong")
    try check(name)
  }

  private static func check(_ name: AlgorithmName) throws {
    try require(isName(name.description), "a part is no name")
    for argument in name.arguments { try check(argument) }
  }

  /// The grammar once more, by counting: words of letters, digits, `-_./` where words belong, and balanced parentheses.
  private static func isName(_ text: String) -> Bool {
    guard text.utf8.count <= 127 else { return false }
    var depth = 0
    var expectsWord = true
    // Behind a parenthesis no word can follow, and no second argument list.
    var isClosed = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "("):
        guard !expectsWord, !isClosed else { return false }
        depth += 1
        expectsWord = true
      case UInt8(ascii: ","):
        guard !expectsWord, depth > 0 else { return false }
        expectsWord = true
        isClosed = false
      case UInt8(ascii: ")"):
        guard !expectsWord, depth > 0 else { return false }
        depth -= 1
        isClosed = true
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "/"):
        guard !isClosed else { return false }
        expectsWord = false
      default: return false
      }
    }
    return depth == 0 && !expectsWord
  }

  /// A query is written so that it reads as the same query, and has no term without a property and a value.
  static func propertyQuery(_ reader: inout InputReader) throws {
    let text = reader.text()
    let query: PropertyQuery
    do {
      query = try PropertyQuery(parsing: text)
    } catch {
      try require(error.code == .invalidArgument, "a query was refused with \(error.code)")
      return
    }
    let again = try PropertyQuery(parsing: query.description)
    try require(again == query, "'\(text)' is written as '\(query)', which is another query")
    try require(again.description == query.description, "'\(text)' is written differently when read again")
    try require(query.isEmpty == query.terms.isEmpty, "isEmpty is wrong")
    for term in query.terms {
      try require(!term.property.isEmpty && !term.value.isEmpty, "'\(text)' has a term of nothing")
    }
  }
}
