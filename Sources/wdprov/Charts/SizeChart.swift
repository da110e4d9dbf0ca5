// The chart of speed against size: a line for each series, and where one overtakes another.
// SPDX-License-Identifier: Apache-2.0

/// Speed against the size of a request.
struct SizeChart {
  /// The most crossovers that are marked: with more of them nothing is to be seen.
  private static let mostCrossovers = 6

  let id: String
  let title: String
  let series: [ChartSeries]
  /// A plain copy, the ceiling.
  let ceiling: ChartSeries?
  let crossovers: [Crossover]

  init(id: String, title: String, series: [ChartSeries], ceiling: ChartSeries?, hasCrossovers: Bool = true) {
    self.id = id
    self.title = title
    let series = series.filter { !$0.points.isEmpty }
    self.series = series
    self.ceiling = ceiling.flatMap { $0.points.isEmpty ? nil : $0 }
    var crossovers = hasCrossovers ? Crossover.all(series) : []
    // Of many only those count where the lead itself changes.
    if crossovers.count > Self.mostCrossovers { crossovers = crossovers.filter { $0.isOfLead(among: series) } }
    self.crossovers = Array(crossovers.prefix(Self.mostCrossovers))
  }

  /// The chart as SVG.
  var svg: String {
    let lines = series + (ceiling.map { [$0] } ?? [])
    let labelRoom = min(lines.map { ChartText.width($0.name) }.max() ?? 0, 190)
    var drawing = ChartDrawing(labelRoom: labelRoom + 22)
    let plot = drawing.plot
    let points = lines.flatMap(\.points)
    let x = ChartScale.sizes(points.map { Int($0.x) }, plot.left, plot.right)
    let y = ChartScale.speeds(points.map(\.y), plot.bottom, plot.top)
    func place(_ point: ChartPoint) -> (x: Double, y: Double) { (x.position(point.x), y.position(point.y)) }
    drawing.axes(x, "bytes of a request", y, "MB/s")
    if let ceiling {
      var places = ceiling.points.map(place)
      // At a single size it is a level.
      if places.count == 1 { places = [(plot.left, places[0].y), (plot.right, places[0].y)] }
      drawing.path(places, "line ceiling", dashes: nil)
    }
    for one in series {
      drawing.path(one.points.map(place), "line \(one.style.colorClass)", dashes: one.style.dashes)
    }
    for one in series {
      for point in one.points { drawing.mark(point, one.style, at: place(point)) }
    }
    label(lines, place, labelRoom, &drawing)
    mark(crossovers, x, y, place, &drawing)
    return drawing.document(id: id, title: title, description: description, kind: "sizes")
  }

  /// Writes each series' name at the end of its line, with a thin line to it where it had to move.
  private func label(
    _ lines: [ChartSeries], _ place: (ChartPoint) -> (x: Double, y: Double), _ room: Double,
    _ drawing: inout ChartDrawing
  ) {
    let ends = lines.compactMap { line in line.points.last.map(place) }
    let plot = drawing.plot
    let middles = LabelPlacement.column(
      ends.map(\.y), height: ChartDrawing.lineHeight, in: plot.top - 8...plot.bottom + 8)
    for (index, line) in lines.enumerated() {
      let kind = line.style == ceiling?.style && index >= series.count ? "label quiet" : "label"
      let left = plot.right + 18
      drawing.line(ends[index].x + (index < series.count ? 7 : 0), ends[index].y, left - 3, middles[index], "leader")
      drawing.text(ChartText.fitted(line.name, room), left, middles[index] + 4.5, kind)
    }
  }

  private func mark(
    _ crossovers: [Crossover], _ x: ChartScale, _ y: ChartScale,
    _ place: (ChartPoint) -> (x: Double, y: Double),
    _ drawing: inout ChartDrawing
  ) {
    var obstacles = series.flatMap(\.points).map { point in
      let at = place(point)
      return (box: ChartBox(left: at.x - 7, top: at.y - 7, width: 14, height: 14), weight: 4.0)
    }
    let places = crossovers.map { (x: x.position($0.size), y: y.position($0.speed)) }
    obstacles += places.map { (box: ChartBox(left: $0.x - 8, top: $0.y - 8, width: 16, height: 16), weight: 4.0) }
    for one in series {
      obstacles += ChartDrawing.samples(of: one.points.map(place)).map { (box: $0, weight: 1.5) }
    }
    for (index, at) in places.enumerated() {
      let box = LabelPlacement.beside(
        at, width: 12, height: 14, obstacles: obstacles, in: drawing.plot)
      obstacles.append((box, 10))
      drawing.ring(index + 1, at: at, label: box)
    }
  }

  /// The chart in words.
  var description: String {
    var text = series.map { one in
      let first = one.points.first?.y ?? 0
      let last = one.points.last?.y ?? 0
      return "\(one.name) (\(one.style.shapeName)): \(ChartText.speed(first)) at the smallest size, "
        + "\(ChartText.speed(last)) at the largest."
    }
    if let ceiling, let last = ceiling.points.last {
      text.append("A plain copy of memory: \(ChartText.speed(last.y)) at the largest size.")
    }
    return (text + sentences).joined(separator: " ")
  }

  /// Each crossover in words, in the order of the rings' numbers.
  var sentences: [String] {
    crossovers.map { "From about \($0.sizeText) on \($0.winner) is faster than \($0.loser)." }
  }
}
