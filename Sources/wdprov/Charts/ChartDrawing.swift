// The parts that both charts have in common, as SVG: the frame, axes, marks, lines and labels.
// SPDX-License-Identifier: Apache-2.0

/// An SVG document that grows, with the area in which values are drawn.
struct ChartDrawing {
  /// The whole, in the units of the `viewBox`; on a page of two columns a unit is about a pixel.
  static let width = 480.0
  static let height = 350.0
  static let lineHeight = 17.0

  let plot: ChartBox
  private var body = ""

  /// - Parameter labelRoom: the width of what stands to the right of the plot.
  init(labelRoom: Double) {
    let (left, top) = (64.0, 34.0)
    plot = ChartBox(
      left: left, top: top, width: Self.width - left - max(labelRoom, 14), height: Self.height - top - 52)
  }

  /// The document: an image with a name and a description for those who do not see it.
  func document(id: String, title: String, description: String, kind: String) -> String {
    """
    <svg class="chart \(kind)" id="\(id)" viewBox="0 0 \(Self.number(Self.width)) \(Self.number(Self.height))" \
    role="img" aria-labelledby="\(id)-title \(id)-desc">
    <title id="\(id)-title">\(ChartText.escaped(title))</title>
    <desc id="\(id)-desc">\(ChartText.escaped(description))</desc>
    \(body)</svg>

    """
  }

  /// Draws both axes with their grid, ticks and titles.
  mutating func axes(_ x: ChartScale, _ xTitle: String, _ y: ChartScale, _ yTitle: String) {
    for tick in y.ticks {
      let at = y.position(tick.value)
      let isMinor = tick.label.isEmpty
      line(plot.left, at, plot.right, at, isMinor ? "rule minor" : "rule")
      text(tick.label, plot.left - 8, at + 4.5, "tick end")
    }
    for tick in x.ticks {
      let at = x.position(tick.value)
      line(at, plot.top, at, plot.bottom, "rule minor")
      line(at, plot.bottom, at, plot.bottom + 5, "axis")
      text(tick.label, at, plot.bottom + 19, "tick middle")
    }
    line(plot.left, plot.bottom, plot.right, plot.bottom, "axis")
    text(yTitle, 4, 18, "title")
    text(xTitle, plot.left + plot.width / 2, plot.bottom + 42, "title middle")
  }

  /// Draws a straight line of a class.
  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) {
    body += "<line class=\"\(kind)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\""
    body += " x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>\n"
  }

  /// Draws a series' line through points; nothing where there are fewer than two.
  mutating func path(_ points: [(x: Double, y: Double)], _ kind: String, dashes: String?) {
    guard points.count > 1 else { return }
    let steps = points.map { "\(Self.number($0.x)) \(Self.number($0.y))" }.joined(separator: "L")
    let dash = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    body += "<path class=\"\(kind)\"\(dash) d=\"M\(steps)\"/>\n"
  }

  /// Draws a mark, with its figure in words.
  mutating func mark(_ point: ChartPoint, _ style: MarkStyle, at place: (x: Double, y: Double)) {
    let data = point.data.map { " data-\($0.name)=\"\(ChartText.escaped($0.value))\"" }.joined()
    body += "<path class=\"mark \(style.colorClass)\"\(data)"
    body += " transform=\"translate(\(Self.number(place.x)) \(Self.number(place.y)))\" d=\"\(style.outline)\">"
    body += "<title>\(ChartText.escaped(point.words))</title></path>\n"
  }

  /// Draws a numbered ring, which the list below the chart explains.
  mutating func ring(_ number: Int, at place: (x: Double, y: Double), label: ChartBox) {
    let (x, y) = (Self.number(place.x), Self.number(place.y))
    body += "<circle class=\"crossing\" cx=\"\(x)\" cy=\"\(y)\" r=\"7\"/>\n"
    text(String(number), label.left + label.width / 2, label.top + label.height / 2 + 4.5, "number middle")
  }

  /// Draws text on a base line; nothing where it is empty.
  mutating func text(_ words: String, _ x: Double, _ y: Double, _ kind: String) {
    guard !words.isEmpty else { return }
    body +=
      "<text class=\"\(kind)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">\(ChartText.escaped(words))</text>\n"
  }

  /// Small boxes along a line, for those who look for free places.
  static func samples(of points: [(x: Double, y: Double)]) -> [ChartBox] {
    zip(points, points.dropFirst()).flatMap { from, to in
      (0...12).map { step in
        let part = Double(step) / 12
        return ChartBox(
          left: from.x + part * (to.x - from.x) - 2, top: from.y + part * (to.y - from.y) - 2, width: 4, height: 4)
      }
    }
  }

  /// A coordinate, to a tenth of a unit.
  static func number(_ value: Double) -> String {
    let text = Decimals.text(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
