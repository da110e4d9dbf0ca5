// JSON: a value, and its text for output: keys in the order they are given, one line or indented.
// SPDX-License-Identifier: Apache-2.0

/// A value that is to be printed as JSON (RFC 8259).
///
/// JSONEncoder orders keys by the alphabet or not at all; people who read listings want the name first.
package enum JSONValue: Equatable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  case null
  case bool(Bool)
  case integer(Int)
  /// A number with a fraction; one that is not finite becomes null, which JSON has instead.
  case number(Double)
  /// A number or word of JSON that is printed as it is: numbers that the other cases cannot hold.
  case verbatim(String)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }

  /// The string, or null.
  package init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
  /// The number, or null.
  package init(_ number: Int?) { self = number.map(JSONValue.integer) ?? .null }
  /// The number.
  package init(_ number: UInt64) { self = .verbatim(String(number)) }
  /// The strings as an array.
  package init(_ texts: [String]) { self = .array(texts.map(JSONValue.string)) }

  /// The value in one line.
  package var line: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The value over several lines, with a line feed at the end.
  package var document: String {
    var text = ""
    write(to: &text, indent: 0)
    return text + "\n"
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? String(value) : "null"
    case .verbatim(let value): text += value
    case .string(let value): Self.quote(value, to: &text)
    case .array(let values):
      // What holds no further level stands in one line.
      let isFlat = values.allSatisfy(\.isScalar)
      Self.list("[", "]", values.count, to: &text, isFlat ? nil : indent) { text, index, indent in
        values[index].write(to: &text, indent: indent)
      }
    case .object(let members):
      Self.list("{", "}", members.count, to: &text, indent) { text, index, indent in
        Self.quote(members[index].key, to: &text)
        text += indent == nil ? ":" : ": "
        members[index].value.write(to: &text, indent: indent)
      }
    }
  }

  private static func list(
    _ opening: String, _ closing: String, _ count: Int, to text: inout String, _ indent: Int?,
    _ element: (inout String, Int, Int?) -> Void
  ) {
    text += opening
    for index in 0..<count {
      if index > 0 { text += "," }
      if let indent { text += "\n" + String(repeating: " ", count: 2 * (indent + 1)) }
      element(&text, index, indent.map { $0 + 1 })
    }
    if let indent, count > 0 { text += "\n" + String(repeating: " ", count: 2 * indent) }
    text += closing
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// Appends `string` with quotes; control characters, quotes and backslashes escaped (RFC 8259 section 7).
  private static func quote(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  package static func == (left: JSONValue, right: JSONValue) -> Bool { left.line == right.line }
}
