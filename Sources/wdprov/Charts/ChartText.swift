// The words and numbers of charts: how they are written, escaped, and how much room they take.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Text in a chart or a page.
enum ChartText {
  /// The size of letters, in the chart's units.
  static let size = 13.5
  /// The size of letters at ticks.
  static let small = 12.5

  /// `text` with what HTML would take for markup written as references (HTML, section 13.1.2.3 and 13.1.4).
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Control characters have no place in HTML, and a terminal's would be obeyed by who prints the source.
      case _ where scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A number with its digits in groups of three, by narrow spaces that do not break.
  static func grouped(_ value: UInt64) -> String {
    let digits = Array(String(value))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }

  /// A number with about `digits` digits that count, and none behind the point that do not.
  static func number(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return "-" }
    let magnitude = value == 0 ? 0 : Int(log10(abs(value)).rounded(.down))
    return grouped(value, places: min(max(digits - 1 - magnitude, 0), 6), trimming: true)
  }

  /// A number with as many places as a step has.
  static func number(_ value: Double, step: Double) -> String {
    let places = step >= 1 || step <= 0 ? 0 : min(6, Int((-log10(step) - 1e-9).rounded(.up)))
    return grouped(value, places: places, trimming: false)
  }

  /// A number with `places` places and its whole part in groups.
  static func grouped(_ value: Double, places: Int, trimming: Bool) -> String {
    let text = Decimals.text(value, places)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = UInt64(parts[0]) else { return text }
    var fraction = parts.count > 1 ? String(parts[1]) : ""
    while trimming, fraction.last == "0" { fraction.removeLast() }
    return grouped(whole) + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// A speed in words: `86.3 MB/s`, `9.81 GB/s`.
  static func speed(_ megabytes: Double) -> String {
    megabytes >= 1000 ? "\(number(megabytes / 1000)) GB/s" : "\(number(megabytes)) MB/s"
  }

  /// The room that `text` takes in the fonts of systems, estimated from above: no font is asked.
  static func width(_ text: String, _ size: Double = size) -> Double {
    var units = 0.0
    for character in text.unicodeScalars {
      switch character {
      case "i", "j", "l", "f", "t", "r", "I", ".", ",", "(", ")", "-", " ", "'", "|", "/", "\u{202F}": units += 0.39
      case "m", "w", "M", "W", "%", "@": units += 0.95
      case "A"..."Z": units += 0.71
      default: units += 0.615
      }
    }
    return units * size
  }

  /// `text`, with its middle left out where it is wider than `room`.
  static func fitted(_ text: String, _ room: Double) -> String {
    guard width(text) > room else { return text }
    var (head, tail) = (Array(text.prefix(text.count / 2)), Array(text.dropFirst(text.count / 2)))
    while head.count + tail.count > 2, width(String(head) + "…" + String(tail)) > room {
      if head.count >= tail.count { head.removeLast() } else { tail.removeFirst() }
    }
    return String(head) + "…" + String(tail)
  }
}
