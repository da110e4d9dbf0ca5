// Which driver serves which sizes, computed from a table: a pure function of what was measured.
// SPDX-License-Identifier: Apache-2.0

/// Which driver, at which of its levels, serves requests of which sizes.
public struct SelectionPlan: Sendable, Equatable {
  /// A range of sizes and what serves it.
  public struct Segment: Sendable, Equatable {
    /// The largest request in bytes; the last segment's is `Int.max`.
    public let upTo: Int
    /// The driver.
    public let driver: String
    /// The driver's level; nil where the operation has none.
    public let level: Int?
  }

  /// Ascending; empty where nothing was measured.
  public internal(set) var segments: [Segment] = []
  /// The same among the drivers that are no devices, for requests that a device has no room for.
  public internal(set) var software: [Segment] = []

  /// What serves a request of `bytes`; nil where nothing was measured.
  public func segment(for bytes: Int) -> Segment? { segments.first { bytes <= $0.upTo } }

  /// The sizes in bytes from which another driver or level serves.
  public var crossovers: [Int] { segments.dropLast().map { $0.upTo + 1 } }
}

/// A driver that competes.
struct Contender: Sendable, Equatable {
  let driver: String
  let version: String
  var maximumRequest: Int?
  /// Whether requests may wait in a queue, and spill to software.
  var isDevice = false
}

/// A driver's cells at one level, by the size of the request; between two sizes everything is taken to grow evenly.
struct CostCurve: Sendable, Equatable {
  struct Point: Sendable, Equatable {
    let bytes: Double
    let nanoseconds: Double
    let output: Double
  }
  /// One for each measured size, nil where this was not measured at it.
  let points: [Point?]

  /// The costs of a request of `bytes`; nil where they were not measured on both sides.
  func at(_ bytes: Int, _ sizes: [Double]) -> Point? {
    let size = Double(bytes)
    guard let first = sizes.first, let last = sizes.last else { return nil }
    if size <= first { return points[0] }
    if size >= last { return points[sizes.count - 1] }
    let upper = sizes.firstIndex { size <= $0 } ?? sizes.count - 1
    guard let above = points[upper] else { return nil }
    if size == sizes[upper] { return above }
    guard let below = points[upper - 1] else { return nil }
    let part = (size - below.bytes) / max(above.bytes - below.bytes, 1)
    func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * part }
    return Point(
      bytes: size, nanoseconds: between(below.nanoseconds, above.nanoseconds),
      output: between(below.output, above.output))
  }

  /// The nanoseconds that a request of `bytes` is expected to take; beyond what was measured, in proportion.
  func expected(_ bytes: Int) -> Double? {
    let known = points.compactMap { $0 }
    guard let first = known.first, let last = known.last else { return nil }
    let size = Double(bytes)
    if size <= first.bytes { return first.nanoseconds }
    if size >= last.bytes { return last.nanoseconds * size / last.bytes }
    let upper = known.firstIndex { size <= $0.bytes } ?? known.count - 1
    let (below, above) = (known[upper - 1], known[upper])
    return below.nanoseconds
      + (above.nanoseconds - below.nanoseconds) * (size - below.bytes) / max(above.bytes - below.bytes, 1)
  }
}

/// Everything that a plan is computed from.
struct PlanMaker: Sendable {
  /// A driver at one of its levels.
  struct Option: Sendable, Equatable {
    let contender: Int
    let level: Int
    let curve: CostCurve
  }

  /// How much larger than the reference's an output may be: a thousandth, less than samples differ by themselves.
  static let tolerance = 1.001
  /// Of two that are so near in time the one that ranks first serves.
  static let tie = 1.01
  /// How many times as fast another one has to be to serve in the place of the one that serves most sizes.
  ///
  /// Each is timed by itself. A handle that changes its driver from request to request finds less of either's code and
  /// tables in the cache, and is not to be slower than one that keeps the favourite.
  static let change = 1.03
  /// The nanoseconds that a change of streams costs a request.
  ///
  /// `Benchmarks selection gzip` lost as much to each short message that went to zlib or ISA-L among libdeflate's. A hash has
  /// no tables.
  static let streamChange = 400.0
  /// The most contexts that a handle keeps for one direction.
  static let mostChoices = 4

  let operation: MeasuredOperation
  let contenders: [Contender]
  /// The contender that says what ratio is asked for, at this level.
  let baseline: (driver: Int, level: Int)
  let sizes: [Double]
  private(set) var options: [Option] = []
  private let target: CostCurve

  /// Nil where the one that says the ratio was not measured.
  init?(
    _ table: MeasurementTable, _ contenders: [Contender], baseline: (driver: Int, level: Int), sizes: [Int]
  ) {
    operation = table.operation
    self.contenders = contenders
    self.baseline = baseline
    let reference = contenders[baseline.driver]
    let level = table.operation == .compress ? baseline.level : 0
    // Sizes count from the smallest on without a gap, as they are measured.
    let measured = sizes.prefix { table.cell(reference.driver, reference.version, level, $0) != nil }
    let points = measured.compactMap { table.cell(reference.driver, reference.version, level, $0)?.inputBytes }
    guard !points.isEmpty else { return nil }
    self.sizes = points
    var found: [Option] = []
    for (index, contender) in contenders.enumerated() {
      let cells = table.cells.filter { $0.driver == contender.driver && $0.version == contender.version }
      for level in Set(cells.map(\.level)).sorted() {
        let points = measured.map { size -> CostCurve.Point? in
          guard let cell = cells.first(where: { $0.level == level && $0.size == size }) else { return nil }
          return .init(bytes: cell.inputBytes, nanoseconds: cell.nanoseconds, output: cell.outputBytes)
        }
        found.append(Option(contender: index, level: level, curve: CostCurve(points: points)))
      }
    }
    guard let target = found.first(where: { $0.contender == baseline.driver && $0.level == level }) else {
      return nil
    }
    options = found
    self.target = target.curve
  }

  /// The fastest option for a request of `bytes` that gives the ratio asked for; `favourite` where that is about as fast.
  func winner(_ bytes: Int, softwareOnly: Bool = false, favourite: Int? = nil) -> Int? {
    let asked = target.at(bytes, sizes)?.output
    var fit: [(option: Int, point: CostCurve.Point)] = []
    var least = Double.infinity
    for (index, option) in options.enumerated() {
      let contender = contenders[option.contender]
      if softwareOnly, contender.isDevice { continue }
      if let limit = contender.maximumRequest, bytes > limit { continue }
      guard let point = option.curve.at(bytes, sizes) else { continue }
      if operation == .compress, let asked, point.output > asked * Self.tolerance { continue }
      fit.append((index, point))
      least = min(least, point.nanoseconds)
    }
    let near = max(least * Self.change, operation == .digest ? 0 : least + Self.streamChange)
    if fit.contains(where: { $0.option == favourite && $0.point.nanoseconds <= near }) { return favourite }
    fit.removeAll { $0.point.nanoseconds > least * Self.tie }
    // Options are in the order of the contenders, which is their rank; of one driver's the smallest output is the best.
    guard let first = fit.first else { return nil }
    return fit.prefix { options[$0.option].contender == options[first.option].contender }
      .min { $0.point.output < $1.point.output }?.option
  }

  /// What a request of `bytes` costs each option that was measured at such sizes, and whether it gives the ratio.
  func judged(_ bytes: Int) -> [(contender: Int, level: Int, point: CostCurve.Point, givesRatio: Bool)] {
    let asked = target.at(bytes, sizes)?.output
    return options.compactMap { option in
      if let limit = contenders[option.contender].maximumRequest, bytes > limit { return nil }
      guard let point = option.curve.at(bytes, sizes) else { return nil }
      let isWorse = operation == .compress && asked.map { point.output > $0 * Self.tolerance } ?? false
      return (option.contender, option.level, point, !isWorse)
    }
  }

  /// Takes drivers out of the competition; the ratio that one of them says still counts.
  mutating func withdraw(_ gone: Set<Int>) { options.removeAll { gone.contains($0.contender) } }

  /// The plan.
  mutating func plan() -> SelectionPlan {
    var plan = SelectionPlan()
    while true {
      let (segments, weights) = segments(softwareOnly: false)
      let hasDevice = options.contains { contenders[$0.contender].isDevice }
      plan.segments = segments.map(segment)
      plan.software = hasDevice ? self.segments(softwareOnly: true).segments.map(segment) : plan.segments
      guard weights.count > Self.mostChoices else { return plan }
      // Too many contexts for one handle: the one that serves the fewest sizes goes; the reference can serve them all.
      let gone = weights.filter { options[$0.key] != reference }.min { ($0.value, $0.key) < ($1.value, $1.key) }
      guard let gone else { return plan }
      options.remove(at: gone.key)
    }
  }

  private var reference: Option? {
    options.first { $0.contender == baseline.driver && $0.level == (operation == .compress ? baseline.level : 0) }
  }

  private func segment(_ part: (upTo: Int, option: Int)) -> SelectionPlan.Segment {
    let option = options[part.option]
    return .init(
      upTo: part.upTo, driver: contenders[option.contender].driver,
      level: operation == .compress ? option.level : nil)
  }

  /// The winners from the smallest size to the largest, each with its last size, and how many sizes each one won.
  private func segments(
    softwareOnly: Bool
  ) -> (segments: [(upTo: Int, option: Int)], weights: [Int: Int]) {
    let first = segments(softwareOnly: softwareOnly, favourite: nil)
    let favourite = first.weights.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    return segments(softwareOnly: softwareOnly, favourite: favourite)
  }

  private func segments(
    softwareOnly: Bool, favourite: Int?
  ) -> (segments: [(upTo: Int, option: Int)], weights: [Int: Int]) {
    var parts: [(upTo: Int, option: Int)] = []
    var weights: [Int: Int] = [:]
    var last: (size: Int, option: Int)?
    for size in grid {
      guard let option = winner(size, softwareOnly: softwareOnly, favourite: favourite) else { continue }
      weights[option, default: 0] += 1
      if let last, last.option != option {
        parts.append((crossover(last.size, size, last.option, softwareOnly, favourite), last.option))
      }
      last = (size, option)
    }
    if let last { parts.append((.max, last.option)) }
    return (parts, weights)
  }

  /// The last size at which `option` still wins, between one where it does and one where it does not.
  private func crossover(
    _ low: Int, _ high: Int, _ option: Int, _ softwareOnly: Bool, _ favourite: Int?
  ) -> Int {
    var (low, high) = (low, high)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      let winner = winner(middle, softwareOnly: softwareOnly, favourite: favourite)
      if winner == option { low = middle } else { high = middle }
    }
    return low
  }

  /// Sizes at which winners are sought: the measured ones, quarter octaves between them, and drivers' limits.
  private var grid: [Int] {
    guard let first = sizes.first, let last = sizes.last else { return [] }
    var grid = sizes.map { Int($0) }
    var octave = Int(first)
    while octave < Int(last) {
      for quarter in 0..<4 { grid.append(octave + octave / 4 * quarter) }
      octave *= 2
    }
    for limit in contenders.compactMap(\.maximumRequest) { grid += [limit, limit < .max ? limit + 1 : limit] }
    // A request above the largest measured size is judged as that one, unless a driver does not take it.
    return Set(grid).filter { $0 > 0 }.sorted()
  }
}
