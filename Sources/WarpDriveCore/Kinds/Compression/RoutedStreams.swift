// The streams that a handle runs whole messages on, in one direction: one, or one for each choice of a plan.
// SPDX-License-Identifier: Apache-2.0

/// Whole messages on the driver that a lookup chose, or on the one that was measured to be the fastest for their size.
struct RoutedStreams: ~Copyable, Sendable {
  private let registry: Registry
  private let algorithm: Algorithm
  private let options: CompressionOptions
  private let direction: CompressionDirection
  /// Nil where nothing competes.
  private let route: Route?
  /// The stream of the driver that the lookup chose.
  private var own: CompressionStream?
  private var lanes = Lanes<CompressionStream>()
  /// The place of the choice that had the last request; -1 for the driver that the lookup chose.
  private var last = -1
  private var gauge = DriftGauge()

  init(
    _ direction: CompressionDirection, _ algorithm: Algorithm, _ options: CompressionOptions, _ route: Route?,
    in registry: Registry
  ) {
    self.direction = direction
    self.algorithm = algorithm
    self.options = options
    self.route = route
    self.registry = registry
  }

  /// The driver that answered the last request.
  var lastDriverName: String {
    if let name = lanes.read(last, { $0.lastDriverName }) { return name }
    switch own {
    case .some(let stream): return stream.lastDriverName
    case .none: return algorithm.driverName
    }
  }

  /// Whether the last request was answered by another driver than the one it was given to.
  var lastUsedFallback: Bool {
    if let usedFallback = lanes.read(last, { $0.lastUsedFallback }) { return usedFallback }
    switch own {
    case .some(let stream): return stream.lastUsedFallback
    case .none: return false
    }
  }

  /// Runs a whole message through.
  @inline(__always)
  mutating func whole(_ input: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) -> RequestResult {
    guard route != nil else { return try wholeOnOwn(input, &output) }
    return try wholeByPlan(input, &output)
  }

  private mutating func wholeOnOwn(
    _ input: RawSpan, _ output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    last = -1
    if own == nil { own = try CompressionStream(direction, algorithm, options, in: registry) }
    guard let result = try own?.whole(input, into: &output) else { throw algorithm.mismatch(.compression) }
    return result
  }

  private mutating func wholeByPlan(
    _ input: RawSpan, _ output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    guard let route else { throw algorithm.mismatch(.compression) }
    let choice = try prepared(input.byteCount, route)
    guard choice >= 0 else { return try wholeOnOwn(input, &output) }
    last = choice
    let start = gauge.begin(route)
    let result = try lanes.with(choice) { (stream) throws(ProviderError) in try stream?.whole(input, into: &output) }
    guard let result else { throw algorithm.mismatch(.compression) }
    if start != 0, gauge.end(start, route, input.byteCount, choice) {
      registry.measured?.schedule(route, in: registry, isForced: true)
    }
    return result
  }

  /// Goes on with a message whose output was too small, where it is.
  mutating func resume(_ rest: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) -> RequestResult {
    let result =
      last >= 0
      ? try lanes.with(last) { (stream) throws(ProviderError) in try stream?.resume(rest, into: &output) }
      : try own?.resume(rest, into: &output)
    guard let result else {
      throw ProviderError(.invalidState, "there is no request to resume: begin one first")
    }
    return result
  }

  /// Runs a message in segments through.
  mutating func run(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    var choice = -1
    if let route { choice = try prepared(input.byteCount, route) }
    last = choice
    if choice < 0, own == nil { own = try CompressionStream(direction, algorithm, options, in: registry) }
    let result =
      choice >= 0
      ? try lanes.with(choice) { (stream) throws(ProviderError) in try stream?.run(input, into: &output) }
      : try own?.run(input, into: &output)
    guard let result else { throw algorithm.mismatch(.compression) }
    return result
  }

  /// The place of the choice for a message of `bytes`, with its stream; -1 where the lookup's choice stands.
  @inline(__always)
  private mutating func prepared(_ bytes: Int, _ route: Route) throws(ProviderError) -> Int {
    let choice = lanes.place(for: bytes, on: route)
    return choice == .min ? try prepare(bytes, route) : choice
  }

  /// Makes the stream of a choice.
  private mutating func prepare(_ bytes: Int, _ route: Route) throws(ProviderError) -> Int {
    let (direction, options, registry) = (direction, options, registry)
    return try lanes.prepare(bytes, route, in: registry) { (choice) throws(ProviderError) in
      var own = options
      if direction == .compress { own.level = choice.level }
      return try CompressionStream(direction, choice.algorithm, own, in: registry, standInLevel: options.level)
    }
  }
}
