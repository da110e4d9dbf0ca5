// One algorithm on one set of data, and the charts that show what was measured of it.
// SPDX-License-Identifier: Apache-2.0

/// What was measured of one algorithm on the same data.
struct BenchSection {
  /// The most levels of several drivers that get a chart of speed against size; the table has all.
  private static let mostLevels = 3
  /// The most lines of a chart: more cannot be told apart.
  private static let mostSeries = 12

  let name: String
  /// Where the data came from.
  let data: String
  let rows: [BenchReport.Row]
  /// Plain copies of the same sizes.
  let copies: [BenchReport.Row]

  /// The sections of a report, in the order of their first rows.
  static func all(_ rows: [BenchReport.Row]) -> [BenchSection] {
    var sections: [BenchSection] = []
    for row in rows where row.operation != .copy {
      if sections.contains(where: { $0.name == row.name && $0.data == row.data }) { continue }
      sections.append(
        BenchSection(
          name: row.name, data: row.data,
          rows: rows.filter { $0.operation != .copy && $0.name == row.name && $0.data == row.data },
          copies: rows.filter { $0.operation == .copy && $0.data == row.data }))
    }
    return sections
  }

  var drivers: [String] { Self.distinct(rows.map(\.driver)) }
  var levels: [Int?] { Self.distinct(rows.map(\.level)) }
  private var operations: [BenchOperation] { Self.distinct(rows.map(\.operation)) }
  private var largest: Int { rows.map(\.size).max() ?? 0 }

  /// Whether the levels of a single driver are what is compared.
  var isByLevel: Bool { drivers.count == 1 && levels.count > 1 }

  /// The levels that charts of speed against size show where several drivers are compared: the first, the middle and
  /// the last.
  var drawnLevels: [Int?] {
    guard !isByLevel, levels.count > Self.mostLevels else { return levels }
    return [levels[0], levels[levels.count / 2], levels[levels.count - 1]]
  }

  /// A name of a line and the rows that make it.
  private struct Line {
    let name: String
    let style: MarkStyle
    let rows: [BenchReport.Row]
  }

  private var lines: [Line] {
    if isByLevel {
      return levels.enumerated().prefix(Self.mostSeries).map { index, level in
        Line(
          name: level.map { "level \($0)" } ?? "default", style: MarkStyle(index: index),
          rows: rows.filter { $0.level == level })
      }
    }
    return drivers.enumerated().prefix(Self.mostSeries).map { index, driver in
      Line(name: driver, style: MarkStyle(index: index), rows: rows.filter { $0.driver == driver })
    }
  }

  /// The names and looks of the lines, for a key.
  var key: [(name: String, style: MarkStyle)] { lines.map { ($0.name, $0.style) } }

  /// How many lines there would be beyond those that are drawn.
  var hiddenLines: Int { max(0, (isByLevel ? levels.count : drivers.count) - Self.mostSeries) }

  /// Speed against ratio at the largest size, one chart for each direction; none for other kinds than compression.
  func ratioCharts(id: String) -> [RatioChart] {
    let packed = rows.filter { $0.operation == .compress && $0.size == largest && $0.ratio != nil }
    guard !packed.isEmpty else { return [] }
    return operations.map { operation in
      let series = lines.map { line in
        let points = line.rows.filter { $0.operation == operation && $0.size == largest }.compactMap { row in
          packed.first { $0.driver == row.driver && $0.level == row.level }.flatMap(\.ratio).map { ratio in
            Self.point(row, x: ratio, ratio: ratio)
          }
        }
        return ChartSeries(name: line.name, style: line.style, points: labelled(points, line.name, line.rows))
      }
      return RatioChart(
        id: "\(id)-ratio-\(operation.rawValue)",
        title: "\(name), \(operation.rawValue): speed against ratio, \(Self.size(largest))",
        series: series, ceiling: copies.first { $0.size == largest }?.megabytesPerSecond)
    }
  }

  /// A driver's first mark has its name, and every mark its level.
  private func labelled(_ points: [ChartPoint], _ name: String, _ rows: [BenchReport.Row]) -> [ChartPoint] {
    points.enumerated().map { index, point in
      var point = point
      let level = point.data.first { $0.name == "level" }?.value ?? ""
      point.label = isByLevel || level.isEmpty ? name : index == 0 ? "\(name) \(level)" : level
      return point
    }
  }

  /// Speed against size, one chart for each operation and drawn level.
  func sizeCharts(id: String) -> [SizeChart] {
    let levels = isByLevel ? [nil] : drawnLevels
    return levels.flatMap { level in
      operations.map { operation in
        let series = lines.map { line in
          let points = line.rows.filter { $0.operation == operation && (isByLevel || $0.level == level) }
            .sorted { $0.size < $1.size }.map { Self.point($0, x: Double($0.size), ratio: $0.ratio) }
          return ChartSeries(name: line.name, style: line.style, points: points)
        }
        let copy = copies.sorted { $0.size < $1.size }.map {
          ChartPoint(x: Double($0.size), y: $0.megabytesPerSecond)
        }
        return SizeChart(
          id: "\(id)-size-\(operation.rawValue)\(level.map { "-level\($0)" } ?? "")",
          title: "\(name), \(operation.rawValue)\(level.map { ", level \($0)" } ?? ""): speed against size",
          series: series, ceiling: ChartSeries(name: "memcpy", style: MarkStyle(index: lines.count), points: copy),
          hasCrossovers: !isByLevel)
      }
    }
  }

  private static func point(_ row: BenchReport.Row, x: Double, ratio: Double?) -> ChartPoint {
    let level = row.level.map { " level \($0)" } ?? ""
    let ratioWords = ratio.map { ", ratio \(ChartText.number($0, digits: 4))" } ?? ""
    return ChartPoint(
      x: x, y: row.megabytesPerSecond,
      words: "\(row.driver)\(level), \(row.operation.rawValue), \(size(row.size)): "
        + "\(ChartText.speed(row.megabytesPerSecond))\(ratioWords)",
      data: [
        ("driver", row.driver), ("operation", row.operation.rawValue), ("size", String(row.size)),
        ("level", row.level.map { String($0) } ?? ""),
      ])
  }

  /// A sentence for each operation: which was the fastest at the largest size, and how it compares.
  var findings: [String] {
    operations.map { operation in
      let own = rows.filter { $0.operation == operation && $0.size == largest }
      guard let best = own.max(by: { $0.megabytesPerSecond < $1.megabytesPerSecond }) else { return "" }
      var text = "\(operation.rawValue): at \(Self.size(largest)) \(best.driver)"
      text += best.level.map { " at level \($0)" } ?? ""
      text += own.count > 1 ? " is the fastest with " : " reaches "
      text += ChartText.speed(best.megabytesPerSecond)
      if let ratio = best.ratio { text += " at a ratio of \(ChartText.number(ratio))" }
      let slowest = own.min { $0.megabytesPerSecond < $1.megabytesPerSecond }
      if let slowest, own.count > 1, slowest.megabytesPerSecond > 0 {
        let factor = ChartText.number(best.megabytesPerSecond / slowest.megabytesPerSecond, digits: 2)
        text += ", \(factor)\u{A0}× \(slowest.driver)\(slowest.level.map { " at level \($0)" } ?? "")"
      }
      return text + "."
    }
  }

  /// A size in words: `64 B`, `4 KiB`.
  static func size(_ bytes: Int) -> String {
    let text = ByteCount.exact(UInt64(bytes))
    return text.last.map { "KMGT".contains($0) } == true ? "\(text.dropLast()) \(text.suffix(1))iB" : "\(text) B"
  }

  private static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }
}
