// Who competes by measurement for the requests of a handle, and who says what ratio is asked for.
// SPDX-License-Identifier: Apache-2.0

/// The drivers that a measurement chooses among.
struct Competition {
  /// The drivers, as a lookup ranks them; at least two.
  let drivers: [MeasuredDriver]
  /// The driver that says the ratio asked for, and its level.
  let baseline: (driver: Int, level: Int)
  let key: Route.Key
}

/// Either a competition or why there is none.
enum CompetitionOutcome {
  case competition(Competition)
  /// Why priority is the rule, as part of a sentence.
  case none(String)
}

extension Registry {
  /// Who competes for requests that are asked for by `asked`, of which a lookup chose `chosen`.
  ///
  /// Only what no rule has decided is left to measurement: a driver that was named, a pin, an order and preferred
  /// properties come first.
  ///
  /// - Parameter isStream: whether only drivers that work piece by piece can serve.
  func competition(
    _ asked: String, _ chosen: Algorithm, _ operation: MeasuredOperation, _ options: CompressionOptions,
    _ constraints: LookupConstraints, isStream: Bool
  ) -> CompetitionOutcome {
    guard measured != nil else { return .none("this program does not measure drivers") }
    let policy = policy
    guard policy.selection == .measured else { return .none("the policy chooses by priority") }
    let name = dealias(asked).name
    guard chosen.name == name, chosen.driverName != name else { return .none("the driver was asked for by its name") }
    if let pin = policy.pins[name] { return .none("the policy pins \(name) to \(pin)") }
    let query = constraints.query.over(policy.query)
    let fitting = candidates(name, constraints).filter { other in
      other.kind == chosen.kind && other.canBeMeasured && other.takes(options, isStream: isStream)
    }
    // What an order or preferred properties put first is not measured against what they put behind.
    guard let first = fitting.first else { return .none("no driver that can be measured takes these options") }
    let best = (policy.rank(of: first), query.score(of: first))
    let rivals = fitting.filter { (policy.rank(of: $0), query.score(of: $0)) == best }
    guard rivals.count > 1 else {
      return .none(
        fitting.count > 1
          ? "the policy's order or the query puts \(first.driverName) first"
          : "\(first.driverName) is the only driver that competes")
    }
    let versions = Dictionary(providers.map { ($0.name, $0.version) }) { first, _ in first }
    let drivers = rivals.map { MeasuredDriver(algorithm: $0, version: versions[$0.providerName] ?? "") }
    func says(_ driver: MeasuredDriver) -> Bool { options.level.map { driver.levels.contains($0) } ?? true }
    let reference =
      drivers.firstIndex { $0.algorithm.descriptor.flags.contains(.reference) && says($0) }
      ?? drivers.firstIndex(where: says)
    guard let reference else { return .none("no driver has level \(options.level ?? 0)") }
    // The ratio matters in compression alone: all else shares one route.
    var level = 0
    if operation == .compress, case .compression(let properties) = drivers[reference].algorithm.descriptor.properties {
      level = options.level ?? properties.defaultLevel
    }
    let key = Route.Key(
      name: name, operation: operation, baseline: ObjectIdentifier(drivers[reference].algorithm), level: level,
      candidates: rivals.map { ObjectIdentifier($0) })
    return .competition(Competition(drivers: drivers, baseline: (reference, level), key: key))
  }

  /// The route of a handle's requests; nil where nothing competes.
  ///
  /// Starts a measurement where there is none and the settings let this use start one.
  func route(
    _ asked: String, _ chosen: Algorithm, _ operation: MeasuredOperation, _ options: CompressionOptions,
    _ constraints: LookupConstraints, isStream: Bool = false
  ) -> Route? {
    guard let measured, withSnapshot({ $0.index[chosen.name]?.isContested == true }),
      case .competition(let competition) = competition(
        asked, chosen, operation, options, constraints, isStream: isStream)
    else { return nil }
    let route = measured.route(competition.key, competition.drivers, baseline: competition.baseline)
    if let least = measured.settings.startsFrom, (options.sizeHint ?? 0) >= least {
      measured.schedule(route, in: self)
    }
    return route
  }

  /// The driver for a stream or a message by name: `chosen`, or the next that takes the options where `chosen` does not.
  func suited(
    _ asked: String, _ chosen: Algorithm, _ options: CompressionOptions, _ constraints: LookupConstraints,
    isStream: Bool
  ) -> Algorithm {
    guard !chosen.accepts(options, isStream: isStream), chosen.driverName != dealias(asked).name else { return chosen }
    for other in candidates(chosen.name, constraints)
    where other.canBeMeasured && other.accepts(options, isStream: isStream) {
      if (try? ensureTested(other)) != nil { return other }
    }
    return chosen
  }
}

extension Algorithm {
  /// Whether it can be in a competition at all: a model of a device is right but says nothing of a device's speed, and
  /// instances are of other names.
  var canBeMeasured: Bool {
    (state == .live || state == .untested) && descriptor.flags.isDisjoint(with: [.emulated, .instance, .internalOnly])
  }

  /// Whether it takes what options ask for besides a level, which by name is the reference's.
  fileprivate func takes(_ options: CompressionOptions, isStream: Bool) -> Bool {
    var options = options
    options.level = nil
    return accepts(options, isStream: isStream)
  }

  fileprivate func accepts(_ options: CompressionOptions, isStream: Bool) -> Bool {
    guard case .compression(let properties) = descriptor.properties else { return true }
    if isStream, !properties.streaming { return false }
    return (try? properties.check(options, of: driverName)) != nil
  }
}
