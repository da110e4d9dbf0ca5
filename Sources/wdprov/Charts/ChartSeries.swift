// What charts draw: series of points, each with a look that does not depend on colour alone.
// SPDX-License-Identifier: Apache-2.0

/// A point of a series.
struct ChartPoint: Equatable {
  /// Bytes of a request, or a ratio of compression.
  let x: Double
  /// 10^6 plain bytes a second.
  let y: Double
  /// What stands beside the point, such as a level; empty for nothing.
  var label = ""
  /// The whole figure in words, for who points at it.
  var words = ""
  /// What the page's test looks for: names and values of `data-` attributes.
  var data: [(name: String, value: String)] = []

  static func == (one: ChartPoint, other: ChartPoint) -> Bool {
    one.x == other.x && one.y == other.y && one.label == other.label && one.words == other.words
  }
}

/// Points that belong together.
struct ChartSeries {
  let name: String
  let style: MarkStyle
  var points: [ChartPoint]
}

/// The look of a series: colour, shape and dashes.
///
/// Any two of the first 56 differ in shape or colour, and those near each other in all three.
struct MarkStyle: Equatable {
  let index: Int

  /// The class that gives the colour.
  var colorClass: String { "s\(index % ChartPalette.light.series.count)" }

  /// `stroke-dasharray`; none for an unbroken line.
  var dashes: String? {
    [nil, "7 4", "2 3", "10 3 2 3", "14 4", "5 2 1 2 1 2", "1 5", "9 6 4 6"][index % 8]
  }

  /// The word for the shape, for those who hear the page.
  var shapeName: String {
    ["circle", "square", "triangle", "diamond", "inverted triangle", "cross", "bar"][index % 7]
  }

  /// The outline about the origin, about 10 units wide; every shape has about the same area.
  var outline: String {
    [
      "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", "M-4.5 -4.5h9v9h-9z", "M0 -6L5.8 4.4H-5.8z",
      "M0 -6.4L6.4 0L0 6.4L-6.4 0z",
      "M0 6L5.8 -4.4H-5.8z", "M-2 -6h4v4h4v4h-4v4h-4v-4h-4v-4h4z", "M-7 -2.8h14v5.6h-14z",
    ][index % 7]
  }
}

/// The colours of a page, as `#rrggbb`.
struct ChartPalette {
  let paper: String
  let panel: String
  let ink: String
  let muted: String
  let rule: String
  let series: [String]

  /// For light surroundings and for paper.
  static let light = ChartPalette(
    paper: "#ffffff", panel: "#f6f7f9", ink: "#16191f", muted: "#525a66", rule: "#d5d9e0",
    series: ["#0b5cad", "#c2410c", "#0a7a4b", "#8b2fb0", "#8a6100", "#b5175f", "#0b7285", "#4a4f58"])

  /// For dark surroundings.
  static let dark = ChartPalette(
    paper: "#14171c", panel: "#1c2027", ink: "#eceff4", muted: "#a9b1be", rule: "#363c47",
    series: ["#6cb4ff", "#ff9a5c", "#4dd39a", "#d59cf5", "#e8c34d", "#ff8fbf", "#5ad1e6", "#c3c8d1"])
}
