// Scales of charts: how values become positions, and at which values ticks stand.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value at which an axis has a line, and its words; a tick without words is a minor one.
struct ChartTick: Equatable {
  let value: Double
  let label: String
}

/// A mapping of values to positions along one axis.
struct ChartScale {
  /// Values are proportional to positions, or their logarithms are.
  enum Kind: Equatable { case linear, logarithmic }

  let kind: Kind
  /// The values at both ends; above 0 where logarithmic, and never the same.
  let domain: ClosedRange<Double>
  /// The positions of the domain's ends, in the chart's units; the first may be the greater one.
  let ends: (first: Double, last: Double)
  let ticks: [ChartTick]

  /// The position of a value; outside the ends where the value is outside the domain.
  func position(_ value: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    let fraction: Double =
      switch kind {
      case .linear: (value - low) / (high - low)
      // A value that has no logarithm lies at the beginning.
      case .logarithmic: value > 0 ? log(value / low) / log(high / low) : 0
      }
    return ends.first + fraction * (ends.last - ends.first)
  }
}

extension ChartScale {
  /// From where on a ratio of the greatest to the smallest value is better seen by logarithms.
  private static let logarithmicFrom = 8.0

  /// A scale for speeds: from 0 where they are alike, else by logarithms, with ticks at 1, 2 and 5 or at powers of ten.
  static func speeds(_ values: [Double], _ first: Double, _ last: Double) -> ChartScale {
    let values = values.filter { $0 > 0 && $0.isFinite }
    let (low, high) = (values.min() ?? 1, values.max() ?? 1)
    guard high / low >= logarithmicFrom else {
      let step = niceStep(high / 4)
      let top = (high * 1.02 / step).rounded(.up) * step
      return ChartScale(kind: .linear, domain: 0...top, ends: (first, last), ticks: ticks(0...top, step))
    }
    let domain = niceBelow(low / 1.05)...niceAbove(high * 1.05)
    let decades = log10(domain.upperBound / domain.lowerBound)
    let labelled: Set<Int> = decades <= 2.2 ? [1, 2, 5] : decades <= 3.2 ? [1, 3] : [1]
    var ticks: [ChartTick] = []
    var decade = pow(10, log10(domain.lowerBound).rounded(.down))
    while decade <= domain.upperBound * 1.001 {
      for digit in 1...9 where decades <= 4 || digit == 1 {
        let value = decade * Double(digit)
        guard value >= domain.lowerBound * 0.999, value <= domain.upperBound * 1.001 else { continue }
        ticks.append(ChartTick(value: value, label: labelled.contains(digit) ? ChartText.number(value) : ""))
      }
      decade *= 10
    }
    return ChartScale(kind: .logarithmic, domain: domain, ends: (first, last), ticks: ticks)
  }

  /// A linear scale that need not begin at 0, with some room on both sides: for the ratios of compression.
  static func ratios(_ values: [Double], _ first: Double, _ last: Double) -> ChartScale {
    let values = values.filter { $0 > 0 && $0.isFinite }
    let (low, high) = (values.min() ?? 1, values.max() ?? 1)
    let room = max((high - low) * 0.08, high * 0.01)
    let step = niceStep((high - low + 2 * room) / 4)
    let domain = max(0, ((low - room) / step).rounded(.down) * step)...((high + room) / step).rounded(.up) * step
    return ChartScale(kind: .linear, domain: domain, ends: (first, last), ticks: ticks(domain, step))
  }

  /// A scale for sizes in bytes, by logarithms, with ticks at the sizes themselves as far as their words have room.
  static func sizes(_ sizes: [Int], _ first: Double, _ last: Double) -> ChartScale {
    let sizes = Set(sizes.filter { $0 > 0 }).sorted()
    let (low, high) = (Double(sizes.first ?? 1), Double(sizes.last ?? 1))
    // A single size stands in the middle.
    let domain = low < high ? low...high : low / 2...high * 2
    let bare = ChartScale(kind: .logarithmic, domain: domain, ends: (first, last), ticks: [])
    var ticks: [ChartTick] = []
    var taken = -Double.infinity
    for size in sizes {
      let label = ByteCount.exact(UInt64(size))
      let (at, half) = (bare.position(Double(size)), ChartText.width(label, ChartText.small) / 2)
      let fits = at - half > taken + 6
      if fits { taken = at + half }
      ticks.append(ChartTick(value: Double(size), label: fits ? label : ""))
    }
    return ChartScale(kind: .logarithmic, domain: domain, ends: (first, last), ticks: ticks)
  }

  /// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
  static func niceStep(_ least: Double) -> Double { niceAbove(least > 0 ? least : 1) }

  private static func niceAbove(_ value: Double) -> Double {
    let power = pow(10, log10(value).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= value * 0.999_999 } ?? 10) * power
  }

  private static func niceBelow(_ value: Double) -> Double {
    let power = pow(10, log10(value).rounded(.down))
    return ([5, 2, 1].first { $0 * power <= value * 1.000_001 } ?? 1) * power
  }

  private static func ticks(_ domain: ClosedRange<Double>, _ step: Double) -> [ChartTick] {
    let count = Int(((domain.upperBound - domain.lowerBound) / step).rounded())
    return (0...max(count, 0)).map { index in
      let value = domain.lowerBound + Double(index) * step
      return ChartTick(value: value, label: ChartText.number(value, step: step))
    }
  }
}
