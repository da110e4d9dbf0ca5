// Where one series overtakes another: the sizes from which on another driver is the faster one.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A size at which one driver overtakes another.
struct Crossover: Equatable {
  /// The driver that is slower below and faster above, and the other.
  let winner: String
  let loser: String
  /// Where, in bytes; between two sizes that were measured, by straight lines through the logarithms.
  let size: Double
  /// The speed of both there, in 10^6 bytes a second.
  let speed: Double

  /// The least difference that is no mere noise of the measurement: a twentieth.
  private static let leastDifference = log(1.05)

  /// Every crossover among the series, by size; points count where both series have the size.
  static func all(_ series: [ChartSeries]) -> [Crossover] {
    var found: [Crossover] = []
    for (index, first) in series.enumerated() {
      for second in series.dropFirst(index + 1) { found += between(first, second) }
    }
    return found.sorted { ($0.size, $0.winner) < ($1.size, $1.winner) }
  }

  private static func between(_ first: ChartSeries, _ second: ChartSeries) -> [Crossover] {
    let speeds = Dictionary(second.points.map { ($0.x, $0.y) }) { old, _ in old }
    /// A size that both have, with both speeds, by logarithms.
    var common: [(x: Double, y: Double, lead: Double)] = []
    for point in first.points.sorted(by: { $0.x < $1.x }) {
      guard let other = speeds[point.x], point.x > 0, point.y > 0, other > 0 else { continue }
      common.append((log(point.x), log(point.y), log(point.y / other)))
    }
    var found: [Crossover] = []
    var clear: Int?
    for index in common.indices where abs(common[index].lead) >= leastDifference {
      defer { clear = index }
      guard let before = clear, (common[before].lead < 0) != (common[index].lead < 0) else { continue }
      // Sizes where both are alike may lie between: the last change of the lead counts.
      let later =
        (before + 1...index).last { (common[$0 - 1].lead < 0) != (common[index].lead < 0) } ?? index
      let (low, high) = (common[later - 1], common[later])
      let fraction = low.lead / (low.lead - high.lead)
      let firstWins = common[index].lead > 0
      found.append(
        Crossover(
          winner: firstWins ? first.name : second.name, loser: firstWins ? second.name : first.name,
          size: exp(low.x + fraction * (high.x - low.x)), speed: exp(low.y + fraction * (high.y - low.y))))
    }
    return found
  }

  /// Whether no other series is clearly faster there.
  func isOfLead(among series: [ChartSeries]) -> Bool {
    !series.contains { one in
      guard one.name != winner, one.name != loser else { return false }
      return zip(one.points, one.points.dropFirst()).contains { below, above in
        guard below.x <= size, size <= above.x, below.x < above.x, below.y > 0, above.y > 0 else { return false }
        let part = log(size / below.x) / log(above.x / below.x)
        return log(below.y) + part * log(above.y / below.y) > log(speed) + Self.leastDifference
      }
    }
  }

  /// The size in words; what lies between two measured sizes is not known to the byte.
  var sizeText: String {
    var (scaled, unit) = (size, "B")
    for next in ["KiB", "MiB", "GiB"] where scaled >= 1024 { (scaled, unit) = (scaled / 1024, next) }
    return "\(ChartText.number(scaled, digits: 2)) \(unit)"
  }
}
