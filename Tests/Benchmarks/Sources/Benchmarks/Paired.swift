// Two sides of a comparison in turn, so that a change of the machine's speed meets both.
// SPDX-License-Identifier: Apache-2.0

/// Nanoseconds an operation, and the ratio between the two sides.
struct Comparison {
  let name: String
  let peer: String
  let ours: Double
  let theirs: Double
  /// The median of the ratios of neighbouring measurements.
  let ratio: Double
  /// The ratio that the project set itself; nil for a figure without a goal.
  let goal: Double?

  var holds: Bool? { goal.map { ratio <= $0 } }
}

enum Paired {
  /// Measures `ours` and `theirs`, each a loop of the given number of operations, in turn.
  ///
  /// - Parameter span: how long one measurement is to take, in nanoseconds.
  nonisolated static func compare(
    _ name: String, to peer: String, goal: Double?, rounds: Int = 61, span: Double = 2_000_000,
    ours: (Int) throws -> Void, theirs: (Int) throws -> Void
  ) rethrows -> Comparison {
    let count = try calibrate(theirs, span)
    let pair = try measure(rounds: rounds, ours: { try time(count, ours) }, theirs: { try time(count, theirs) })
    return Comparison(name: name, peer: peer, ours: pair.ours, theirs: pair.theirs, ratio: pair.ratio, goal: goal)
  }

  /// Takes figures of two sides in turn, each a function that returns its own.
  nonisolated static func measure(
    rounds: Int, ours: () throws -> Double, theirs: () throws -> Double
  ) rethrows -> Comparison {
    var mine: [Double] = []
    var peers: [Double] = []
    var ratios: [Double] = []
    for round in 0..<rounds {
      // Who goes first alternates, since the second finds the caches warm.
      var (a, b) = (0.0, 0.0)
      if round.isMultiple(of: 2) {
        a = try ours()
        b = try theirs()
      } else {
        b = try theirs()
        a = try ours()
      }
      mine.append(a)
      peers.append(b)
      ratios.append(a / b)
    }
    return Comparison(
      name: "", peer: "", ours: median(mine), theirs: median(peers), ratio: median(ratios), goal: nil)
  }

  /// Operations that take about the given time.
  private nonisolated static func calibrate(_ body: (Int) throws -> Void, _ span: Double) rethrows -> Int {
    // The first call of a library may open files; it is not what is measured.
    try body(1)
    var count = 1
    while true {
      let nanoseconds = try time(count, body) * Double(count)
      if nanoseconds > span / 2 { return max(1, Int(Double(count) * span / nanoseconds)) }
      count *= 4
    }
  }

  /// Nanoseconds an operation, of `count` operations.
  nonisolated static func time(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body(count)
    let elapsed = (clock.now - start).components
    return (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(count)
  }

  nonisolated static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }
}
