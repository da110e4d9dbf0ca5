// Columns for people: as wide as their widest cell, numbers to the right, nothing behind the last cell.
// SPDX-License-Identifier: Apache-2.0

/// A table with a heading.
struct TextTable {
  /// A column's heading and side.
  struct Column {
    let heading: String
    var isNumeric = false
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing cells at its end are empty.
  mutating func add(_ cells: [String]) {
    rows.append(cells + Array(repeating: "", count: max(0, columns.count - cells.count)))
  }

  /// The lines, each with a line feed.
  var text: String {
    let lines = [columns.map(\.heading)] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      var line = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        line += columns[index].isNumeric ? padding + cell : cell + padding
        if index + 1 < cells.count { line += "  " }
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// Facts for people, a line each: headings to the left, texts below each other.
enum FactList {
  static func text(_ facts: [(heading: String, text: String)], indent: String = "") -> String {
    let width = facts.map(\.heading.count).max() ?? 0
    return facts.map { fact in
      "\(indent)\(fact.heading)\(String(repeating: " ", count: width - fact.heading.count))  \(fact.text)\n"
    }.joined()
  }
}
