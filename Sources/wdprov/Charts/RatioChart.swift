// The chart of speed against ratio: a mark for each driver and level.
// SPDX-License-Identifier: Apache-2.0

/// Speed against the ratio of compression.
struct RatioChart {
  /// A ceiling that many times above the fastest mark would press all marks together at the bottom.
  private static let farCeiling = 5.0

  let id: String
  let title: String
  let series: [ChartSeries]
  /// The speed of a plain copy in 10^6 bytes a second, the ceiling; nil where it was not measured.
  let ceiling: Double?

  init(id: String, title: String, series: [ChartSeries], ceiling: Double?) {
    self.id = id
    self.title = title
    self.series = series.filter { !$0.points.isEmpty }
    self.ceiling = ceiling
  }

  /// The chart as SVG.
  var svg: String {
    var drawing = ChartDrawing(labelRoom: 16)
    let plot = drawing.plot
    let points = series.flatMap(\.points)
    let x = ChartScale.ratios(points.map(\.x), plot.left, plot.right)
    let fastest = points.map(\.y).max() ?? 1
    let isFar = (ceiling ?? 0) > fastest * Self.farCeiling
    let scaled = points.map(\.y) + (isFar ? [] : ceiling.map { [$0] } ?? [])
    // A far ceiling has a line of its own above the scale.
    let y = ChartScale.speeds(scaled, plot.bottom, isFar ? plot.top + 26 : plot.top)
    func place(_ point: ChartPoint) -> (x: Double, y: Double) { (x.position(point.x), y.position(point.y)) }
    drawing.axes(x, "ratio: plain bytes for each compressed byte", y, "MB/s")
    var obstacles: [(box: ChartBox, weight: Double)] = []
    if let ceiling {
      let at = isFar ? plot.top : y.position(ceiling)
      drawing.line(plot.left, at, plot.right, at, isFar ? "line ceiling far" : "line ceiling")
      let words = "memcpy, \(ChartText.speed(ceiling))\(isFar ? ", far above this scale" : "")"
      // Below the line: above it there may be no room.
      drawing.text(words, plot.left + 6, at + 16, "label quiet")
      obstacles.append((ChartBox(left: plot.left, top: at - 2, width: plot.width, height: 4), 3))
      obstacles.append((ChartBox(left: plot.left, top: at, width: ChartText.width(words) + 8, height: 20), 10))
    }
    for one in series {
      let places = one.points.map(place)
      drawing.path(places, "line thin \(one.style.colorClass)", dashes: one.style.dashes)
      obstacles += places.map { (ChartBox(left: $0.x - 7, top: $0.y - 7, width: 14, height: 14), 8) }
      obstacles += ChartDrawing.samples(of: places).map { ($0, 2) }
    }
    for one in series {
      for point in one.points { drawing.mark(point, one.style, at: place(point)) }
    }
    let labelled = points.filter { !$0.label.isEmpty }
    // The long ones first: they find no place between others.
    for point in labelled.sorted(by: { ($1.label.count, $0.y) < ($0.label.count, $1.y) }) {
      let at = place(point)
      let box = LabelPlacement.beside(
        at, width: ChartText.width(point.label), height: ChartDrawing.lineHeight - 1, obstacles: obstacles, in: plot)
      obstacles.append((box, 10))
      lead(at, to: box, &drawing)
      drawing.text(point.label, box.left + 1, box.top + 12.5, "label")
    }
    return drawing.document(id: id, title: title, description: description, kind: "ratios")
  }

  /// A thin line from a mark to a label that is not right beside it.
  private func lead(_ point: (x: Double, y: Double), to box: ChartBox, _ drawing: inout ChartDrawing) {
    let end = (
      x: min(max(point.x, box.left), box.right), y: min(max(point.y, box.top + 2), box.bottom - 2)
    )
    let (dx, dy) = (end.x - point.x, end.y - point.y)
    let distance = (dx * dx + dy * dy).squareRoot()
    guard distance > 15 else { return }
    let start = 7 / distance
    drawing.line(point.x + dx * start, point.y + dy * start, end.x, end.y, "leader")
  }

  /// The chart in words.
  var description: String {
    var text = series.flatMap { one in
      one.points.map { point in
        "\(point.words)\(one.points.count == 1 ? " (\(one.style.shapeName))" : "")."
      }
    }
    if let ceiling { text.append("A plain copy of memory: \(ChartText.speed(ceiling)).") }
    return text.joined(separator: " ")
  }
}
