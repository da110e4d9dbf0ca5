// What the conformance kit found, for people and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive
import WarpDriveConformance

/// The output of `wdprov test`.
enum ReportRendering {
  /// One line for a driver, and one for its first failing case.
  static func line(_ report: DriverReport) -> String {
    let verdict = report.failed > 0 ? "FAILED" : report.isPassed ? "passed" : "not applicable"
    var text = "\(report.driver): \(verdict): \(report.passed) checks passed, \(report.failed) failed, "
    text += "\(report.notApplicable) not applicable (\(report.cases) cases, \(report.rounds) round(s))\n"
    if let failure = report.firstFailure { text += "  first failing case: \(failure)\n" }
    return text
  }

  /// One line for all drivers.
  static func summary(_ reports: [DriverReport]) -> String {
    let failed = reports.count { $0.failed > 0 }
    return "\(reports.count - failed) driver(s) passed, \(failed) failed\n"
  }

  /// The contract's JSON.
  static func json(_ reports: [DriverReport], seed: UInt64) -> JSONValue {
    .object([
      ("schema", 1), ("seed", JSONValue(seed)), ("passed", .bool(reports.allSatisfy { $0.failed == 0 })),
      ("drivers", .array(reports.map(driver))),
    ])
  }

  private static func driver(_ report: DriverReport) -> JSONValue {
    .object([
      ("name", .string(report.algorithm)), ("driver", .string(report.driver)), ("kind", .string(report.kind.rawValue)),
      ("passed", .bool(report.isPassed)), ("rounds", .integer(report.rounds)), ("cases", .integer(report.cases)),
      ("firstFailure", report.firstFailure.map(failure) ?? .null), ("checks", .array(report.results.map(check))),
    ])
  }

  private static func failure(_ failure: FailingCase) -> JSONValue {
    .object([
      ("check", .string(failure.check)), ("message", .string(failure.message)), ("seed", JSONValue(failure.seed)),
      ("parameters", .object(failure.parameters.map { ($0.name, .string($0.value)) })),
      ("expected", JSONValue(failure.expected)), ("actual", JSONValue(failure.actual)),
      ("error", JSONValue(failure.error?.code.description)),
    ])
  }

  private static func check(_ result: CheckResult) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("check", .string(result.check.name)), ("outcome", .string(result.outcome.word)),
      ("cases", .integer(result.cases)), ("nanoseconds", JSONValue(result.nanoseconds)),
    ]
    if case .notApplicable(let reason) = result.outcome { members.append(("reason", .string(reason))) }
    return .object(members)
  }
}
