// A line of a list of digests, in the format of sha256sum and its relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// `DIGEST  NAME`, where a name with a backslash or a line break is escaped and the line begins with a backslash.
struct ChecksumLine: Equatable {
  let digest: [UInt8]
  let name: String

  init(digest: [UInt8], name: String) {
    self.digest = digest
    self.name = name
  }

  /// Reads a line, in text or binary notation (`DIGEST *NAME`); nil where it is neither.
  init?(parsing bytes: [UInt8]) {
    var line = bytes[...]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    let isEscaped = line.first == UInt8(ascii: "\\")
    if isEscaped { line.removeFirst() }
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      let digest = Hexadecimal.decode(String(decoding: line[..<space], as: UTF8.self)), !digest.isEmpty
    else { return nil }
    let mark = line.index(after: space)
    guard mark < line.endIndex, line[mark] == UInt8(ascii: " ") || line[mark] == UInt8(ascii: "*") else { return nil }
    let field = Array(line[line.index(after: mark)...])
    guard let name = String(validating: isEscaped ? Self.unescape(field) ?? [] : field, as: UTF8.self), !name.isEmpty
    else { return nil }
    self.digest = digest
    self.name = name
  }

  /// The line as it is printed, with its line feed.
  var text: String {
    let escaped = Self.escaped(name)
    return (escaped == name ? "" : "\\") + Hexadecimal.encode(digest) + "  " + escaped + "\n"
  }

  /// `name` with backslash, line feed and carriage return escaped, as coreutils 9 has them.
  static func escaped(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func unescape(_ bytes: [UInt8]) -> [UInt8]? {
    var plain: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        plain.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "\\"): plain.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): plain.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): plain.append(UInt8(ascii: "\r"))
      default: return nil
      }
    }
    return plain
  }
}
