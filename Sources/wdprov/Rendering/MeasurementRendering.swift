// What was measured of the drivers of a name, for people and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import WarpDrive

/// The part of `wdprov info` that tells measurements.
enum MeasurementRendering {
  /// Who serves which sizes and why, then each driver's figures at each size.
  static func text(_ reports: [MeasurementReport], _ request: RequestShape) -> String {
    reports.map { report in
      var text = "\n\(report.operation.rawValue): \(report.reason)\n"
      guard let plan = report.plan else { return text }
      var first = 0
      for segment in plan.segments {
        let range = segment.upTo == .max ? "\(first) bytes and more" : "\(first) to \(segment.upTo) bytes"
        text += "  \(range): \(segment.driver)\(segment.level.map { " at its level \($0)" } ?? "")\n"
        first = segment.upTo == .max ? .max : segment.upTo + 1
      }
      return text + "\n" + table(report).text
        + (request.size.map { "\n" + self.request(report, $0, request.depth) } ?? "")
    }.joined()
  }

  private static func table(_ report: MeasurementReport) -> TextTable {
    var table = TextTable([
      .init(heading: ""), .init(heading: "BYTES", isNumeric: true), .init(heading: "DRIVER"),
      .init(heading: "LEVEL", isNumeric: true), .init(heading: "ns", isNumeric: true),
      .init(heading: "MB/s", isNumeric: true), .init(heading: "RATIO", isNumeric: true),
    ])
    for size in report.measuredSizes {
      let serving = report.plan?.segment(for: size)?.driver
      for estimate in report.estimates(bytes: size) {
        table.add([
          estimate.driver == serving ? "*" : estimate.givesRatio ? "" : "-", String(size), estimate.driver,
          estimate.level.map { String($0) } ?? "-", Decimals.text(estimate.nanoseconds, 0),
          Decimals.text(Double(size) * 1000 / max(estimate.nanoseconds, 1), 1),
          report.operation == .digest ? "-" : Decimals.text(estimate.ratio, 3),
        ])
      }
    }
    return table
  }

  /// One sentence on a request of a size and depth.
  private static func request(_ report: MeasurementReport, _ size: Int, _ depth: Int?) -> String {
    let estimates = report.estimates(bytes: size, depth: depth ?? 1, processors: Processor.onlineCount)
    guard let best = estimates.first(where: \.givesRatio) else { return "" }
    let together = depth.map { $0 > 1 ? " for \($0) requests at once" : "" } ?? ""
    let others = estimates.dropFirst().map { other in
      other.givesRatio
        ? "\(other.driver) \(Decimals.text(other.nanoseconds, 0)) ns" : "\(other.driver) gives a lower ratio"
    }
    return "At \(size) bytes: \(best.driver), \(Decimals.text(best.nanoseconds, 0)) ns\(together)"
      + (others.isEmpty ? "\n" : "; \(others.joined(separator: ", "))\n")
  }

  /// The member `measurement` of `wdprov info --json`.
  static func json(_ reports: [MeasurementReport], _ request: RequestShape) -> JSONValue {
    .array(
      reports.map { report in
        var members: [(key: String, value: JSONValue)] = [
          ("operation", .string(report.operation.rawValue)), ("why", .string(report.reason)),
          ("competitors", .array(report.competitors.map { .string($0) })),
          ("reference", JSONValue(report.reference)), ("level", JSONValue(report.level)),
          ("serving", .array(serving(report.plan))),
          ("crossovers", .array((report.plan?.crossovers ?? []).map { .integer($0) })),
          ("cells", .array(report.table.cells.map { cell($0, report.operation) })),
        ]
        if let size = request.size, report.plan != nil {
          let estimates = report.estimates(
            bytes: size, depth: request.depth ?? 1, processors: Processor.onlineCount)
          members.append(("estimates", .array(estimates.map(estimate))))
        }
        return .object(members)
      })
  }

  private static func serving(_ plan: SelectionPlan?) -> [JSONValue] {
    var first = 0
    return (plan?.segments ?? []).map { segment in
      let from = first
      first = segment.upTo == .max ? .max : segment.upTo + 1
      return .object([
        ("from", .integer(from)), ("to", segment.upTo == .max ? .null : .integer(segment.upTo)),
        ("driver", .string(segment.driver)), ("level", JSONValue(segment.level)),
      ])
    }
  }

  private static func cell(_ cell: MeasurementCell, _ operation: MeasuredOperation) -> JSONValue {
    .object([
      ("driver", .string(cell.driver)), ("version", .string(cell.version)),
      ("level", operation == .compress ? .integer(cell.level) : .null), ("size", .integer(cell.size)),
      ("input", .number(cell.inputBytes)), ("output", .number(cell.outputBytes)),
      ("nanoseconds", .number(cell.nanoseconds)), ("ratio", .number(cell.ratio)),
    ])
  }

  private static func estimate(_ estimate: MeasurementReport.Estimate) -> JSONValue {
    .object([
      ("driver", .string(estimate.driver)), ("level", JSONValue(estimate.level)),
      ("nanoseconds", .number(estimate.nanoseconds)), ("ratio", .number(estimate.ratio)),
      ("givesRatio", .bool(estimate.givesRatio)),
    ])
  }
}
