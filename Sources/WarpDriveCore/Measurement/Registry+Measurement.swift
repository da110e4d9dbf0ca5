// What was measured of a name, for people and tools, and measuring it now.
// SPDX-License-Identifier: Apache-2.0

/// What a registry knows by measurement of the requests of one name.
public struct MeasurementReport: Sendable {
  /// The algorithm's name.
  public let name: String
  /// The operation.
  public let operation: MeasuredOperation
  /// The drivers that compete, as priority ranks them; empty where none do.
  public let competitors: [String]
  /// The driver that says the ratio asked for; nil where nothing competes.
  public let reference: String?
  /// The level that is asked for, one of the reference's; nil where the operation has none.
  public let level: Int?
  /// What was measured of the competitors.
  public let table: MeasurementTable
  /// Which driver serves which sizes; nil where priority is the rule.
  public let plan: SelectionPlan?
  /// Why there is a plan, or why there is none, as a sentence without its full stop.
  public let reason: String
  /// What estimates are made from; nil where nothing was measured.
  let maker: PlanMaker?
}

extension Registry {
  /// What was measured of the requests that a handle with these options would make; measures nothing.
  ///
  /// - Parameters:
  ///   - name: an algorithm's name or alias; a driver's name has no competition.
  ///   - operation: what the requests do; one of the name's kind.
  ///   - options: the options; of a hash, none.
  ///   - constraints: flags and properties that are required or preferred.
  /// - Throws: what the lookup throws.
  public func measurement(
    of name: String, _ operation: MeasuredOperation, _ options: CompressionOptions = .init(),
    matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> MeasurementReport {
    try report(name, operation, options, constraints, measures: false)
  }

  /// Measures, on this thread, the drivers that compete for such requests, and tells what came out.
  ///
  /// Handles of the name follow it from their next request on, and the store keeps it. A measurement takes at most about
  /// ``MeasurementSettings/budget``.
  ///
  /// - Throws: what the lookup throws.
  public func measure(
    _ name: String, _ operation: MeasuredOperation, _ options: CompressionOptions = .init(),
    matching constraints: LookupConstraints = .none
  ) throws(ProviderError) -> MeasurementReport {
    try report(name, operation, options, constraints, measures: true)
  }

  /// Has the drivers that compete for such requests measured in the background, as a handle with these options would.
  ///
  /// For who has the work done in parts by ``measurement(of:_:_:matching:)`` and not by a handle of the name. It does
  /// nothing where there is a measurement, or where ``MeasurementSettings/startsFrom`` and
  /// ``CompressionOptions/sizeHint`` say that this use is not worth one.
  ///
  /// - Throws: what the lookup throws.
  public func startMeasurement(
    of name: String, _ operation: MeasuredOperation, _ options: CompressionOptions = .init(),
    matching constraints: LookupConstraints = .none
  ) throws(ProviderError) {
    _ = route(name, try measuredAlgorithm(name, operation, constraints), operation, options, constraints)
  }

  private func measuredAlgorithm(
    _ name: String, _ operation: MeasuredOperation, _ constraints: LookupConstraints
  ) throws(ProviderError) -> Algorithm {
    try algorithm(name, operation == .digest ? .hash : .compression, matching: constraints)
  }

  private func report(
    _ name: String, _ operation: MeasuredOperation, _ options: CompressionOptions, _ constraints: LookupConstraints,
    measures: Bool
  ) throws(ProviderError) -> MeasurementReport {
    let chosen = try measuredAlgorithm(name, operation, constraints)
    switch competition(name, chosen, operation, options, constraints, isStream: false) {
    case .none(let reason):
      return MeasurementReport(
        name: chosen.name, operation: operation, competitors: [], reference: nil, level: nil,
        table: MeasurementTable(name: chosen.name, operation: operation), plan: nil,
        reason: "priority is the rule: \(reason)", maker: nil)
    case .competition(let competition):
      // The configuration has settings, or nothing would compete.
      guard let measured else { throw ProviderError(.unavailable, "this registry does not measure drivers") }
      let route = measured.route(competition.key, competition.drivers, baseline: competition.baseline)
      if measures {
        for driver in competition.drivers { _ = try? ensureTested(driver.algorithm) }
        measured.measure(route)
      }
      let plan = route.plan
      let identities = Set(competition.drivers.map(\.identity))
      let table = measured.table(chosen.name, operation)
      let reference = competition.drivers[competition.baseline.driver].algorithm.driverName
      let level = operation == .compress ? competition.baseline.level : nil
      return MeasurementReport(
        name: chosen.name, operation: operation, competitors: competition.drivers.map(\.algorithm.driverName),
        reference: reference, level: level,
        table: MeasurementTable(
          name: table.name, operation: operation,
          cells: table.cells.filter { identities.contains("\($0.driver) \($0.version)") }),
        plan: plan.choices.isEmpty ? nil : plan.value,
        reason: plan.choices.isEmpty
          ? "priority is the rule: the drivers have not been measured yet"
          : level.map { "the fastest driver whose output is no larger than that of \(reference) at level \($0)" }
            ?? "the fastest driver",
        maker: plan.choices.isEmpty
          ? nil
          : PlanMaker(
            table, competition.drivers.map(\.contender), baseline: competition.baseline,
            sizes: measured.settings.sizes))
    }
  }
}

extension SelectionPlan {
  /// The ranges of sizes that a driver serves, as text: `64 to 4095 bytes at level 3 and from 65536 bytes at level 1`.
  func ranges(of driver: String) -> String? {
    var texts: [String] = []
    var first = 0
    for segment in segments {
      if segment.driver == driver {
        let level = segment.level.map { " at level \($0)" } ?? ""
        let range =
          segment.upTo == .max
          ? first == 0 ? "any size" : "\(first) bytes and more" : "\(first) to \(segment.upTo) bytes"
        texts.append(range + level)
      }
      first = segment.upTo == .max ? .max : segment.upTo + 1
    }
    return texts.isEmpty ? nil : texts.joined(separator: ", ")
  }
}
