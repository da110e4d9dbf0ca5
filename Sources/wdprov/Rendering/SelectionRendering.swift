// What a lookup considered, for people and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive

/// The output of `wdprov info`.
enum SelectionRendering {
  /// Facts of the chosen driver, then the candidates with their reasons, then what was measured.
  static func text(
    _ selection: Selection, _ reports: [MeasurementReport], _ request: RequestShape, _ obstacles: [String: String]
  ) -> String {
    var facts: [(heading: String, text: String)] = []
    if let chosen = selection.chosen { facts += Self.facts(chosen, request) }
    var text =
      selection.chosen.map { "\($0.name) (\($0.kind.rawValue)), served by \($0.driverName)\n" }
      ?? "\(selection.name): no driver can be used\n"
    text += FactList.text(facts, indent: "  ")
    var table = TextTable([
      .init(heading: ""), .init(heading: "DRIVER"), .init(heading: "PRIO", isNumeric: true), .init(heading: "STATE"),
      .init(heading: "SELFTEST"), .init(heading: "PROVIDER"), .init(heading: "REASON"),
    ])
    var notes = ""
    for candidate in selection.candidates {
      let algorithm = candidate.algorithm
      if let obstacle = obstacles[algorithm.providerName] { notes += "\(algorithm.driverName): \(obstacle)\n" }
      table.add([
        candidate.isChosen ? "*" : "", algorithm.driverName, String(algorithm.descriptor.priority),
        algorithm.state.word, algorithm.selfTest.word, algorithm.providerName, candidate.reason,
      ])
    }
    return text + "\n" + table.text + (notes.isEmpty ? "" : "\n" + notes)
      + MeasurementRendering.text(reports, request)
  }

  private static func facts(_ chosen: Algorithm, _ request: RequestShape) -> [(heading: String, text: String)] {
    let descriptor = chosen.descriptor
    var facts: [(heading: String, text: String)] = []
    if !descriptor.aliases.isEmpty {
      facts.append(("aliases", descriptor.aliases.map(\.name).joined(separator: ", ")))
    }
    facts.append(("flags", descriptor.flags.names.isEmpty ? "none" : descriptor.flags.names.joined(separator: ", ")))
    facts.append(("block", "\(descriptor.blockSize) bytes, fastest at \(descriptor.alignment)-byte alignment"))
    facts.append(("limit", descriptor.maximumRequest.map { "\($0) bytes a request" } ?? "none"))
    facts += descriptor.properties.facts
    if let size = request.size {
      facts.append(("at \(size) bytes", sizeFact(descriptor, size)))
    }
    if let depth = request.depth { facts.append(("at depth \(depth)", depthFact(descriptor, depth))) }
    let counters = chosen.statistics.snapshot
    let counts = "\(counters.requests) requests, \(counters.bytesIn) bytes in, \(counters.bytesOut) out"
    facts.append(
      ("statistics", "\(counts), \(counters.errors) errors, \(counters.fallbacks) fallbacks, in this process"))
    return facts
  }

  private static func sizeFact(_ descriptor: AlgorithmDescriptor, _ size: Int) -> String {
    if let limit = descriptor.maximumRequest, size > limit { return "more than a request may have" }
    guard case .compression(let properties) = descriptor.properties else { return "one request" }
    return "compresses to at most \(properties.bound(size)) bytes"
  }

  private static func depthFact(_ descriptor: AlgorithmDescriptor, _ depth: Int) -> String {
    if depth == 1 { return "one request after the other" }
    return descriptor.flags.contains(.asynchronous)
      ? "the driver takes them all and answers later" : "the driver is synchronous: each needs a thread and a handle"
  }

  /// The contract's JSON.
  static func json(
    _ selection: Selection, _ reports: [MeasurementReport], _ request: RequestShape, _ obstacles: [String: String]
  ) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("schema", 1), ("name", .string(selection.name)), ("chosen", JSONValue(selection.chosen?.driverName)),
    ]
    if let descriptor = selection.chosen?.descriptor {
      if let size = request.size {
        var shape: [(key: String, value: JSONValue)] = [
          ("size", .integer(size)), ("accepted", .bool(size <= descriptor.maximumRequest ?? .max)),
        ]
        if case .compression(let properties) = descriptor.properties {
          shape.append(("outputBound", .integer(properties.bound(size))))
        }
        members.append(("request", .object(shape)))
      }
      if let depth = request.depth {
        let together = descriptor.flags.contains(.asynchronous)
        members.append(("depth", .object([("requests", .integer(depth)), ("asynchronous", .bool(together))])))
      }
    }
    let candidates = selection.candidates.map { candidate in
      JSONValue.object(
        candidate.algorithm.members(isChosen: candidate.isChosen, obstacles[candidate.algorithm.providerName])
          + [("why", .string(candidate.reason))])
    }
    return .object(
      members + [
        ("candidates", .array(candidates)), ("measurement", MeasurementRendering.json(reports, request)),
      ])
  }
}
