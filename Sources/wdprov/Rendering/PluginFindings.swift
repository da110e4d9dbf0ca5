// What the checks of a plugin found, for people and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl

/// What is known of a plugin after its checks.
struct PluginFindings {
  /// One check.
  struct Finding {
    /// The driver; nil for the plugin as a whole.
    let driver: String?
    let check: String
    /// `passed`, `failed` or `not applicable`.
    let outcome: String
    let message: String?
  }

  let path: String
  var provider = ""
  var version = ""
  var drivers: [String] = []
  /// Why a loader would refuse the file where it lies.
  var note: String?
  private var findings: [Finding] = []
  /// The check that has begun.
  private var current: (driver: String?, check: String)?

  init(path: String) { self.path = path }

  mutating func add(_ finding: Finding) { findings.append(finding) }

  /// Takes a line of the process that checks; one that is none is the plugin's own output.
  mutating func take(_ line: JSONValue?) {
    guard let line, let check = line["check"]?.text else { return }
    let driver = line["driver"]?.text
    guard let outcome = line["outcome"]?.text else {
      current = (driver, check)
      return
    }
    current = nil
    findings.append(Finding(driver: driver, check: check, outcome: outcome, message: line["message"]?.text))
  }

  /// Notes that the process has ended in the middle of its checks.
  mutating func end(_ why: String) {
    findings.append(
      Finding(driver: current?.driver, check: current?.check ?? "process", outcome: "failed", message: why))
  }

  /// Whether nothing failed and every driver was checked.
  var isPassed: Bool { !findings.contains { $0.outcome == "failed" } }

  var text: String {
    var text = "\(path)\n"
    if !provider.isEmpty { text += "  \(provider) \(version): \(drivers.joined(separator: ", "))\n" }
    if let note { text += "  note: where it lies now it would be refused: \(note)\n" }
    for finding in findings where finding.driver == nil {
      text += "\(finding.check): \(finding.outcome)\(finding.message.map { ": \($0)" } ?? "")\n"
    }
    for driver in drivers {
      let own = findings.filter { $0.driver == driver }
      guard !own.isEmpty else { continue }
      let failed = own.filter { $0.outcome == "failed" }
      let passed = own.count { $0.outcome == "passed" }
      text += "\(driver): \(failed.isEmpty ? "passed" : "FAILED"): \(passed) checks passed, \(failed.count) failed, "
      text += "\(own.count - passed - failed.count) not applicable\n"
      for finding in failed { text += "  \(finding.check): \(finding.message ?? "failed")\n" }
    }
    return text + (isPassed ? "nothing is wrong\n" : "something is wrong\n")
  }

  var json: JSONValue {
    .object([
      ("schema", 1), ("path", .string(path)), ("provider", .string(provider)), ("version", .string(version)),
      ("drivers", JSONValue(drivers)), ("note", JSONValue(note)), ("passed", .bool(isPassed)),
      (
        "checks",
        .array(
          findings.map { finding in
            .object([
              ("driver", JSONValue(finding.driver)), ("check", .string(finding.check)),
              ("outcome", .string(finding.outcome)), ("message", JSONValue(finding.message)),
            ])
          })
      ),
    ])
  }
}
