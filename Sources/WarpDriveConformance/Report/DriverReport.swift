// What the checks found, one by one and for a driver as a whole.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// How one check of one driver ended.
public struct CheckResult: Sendable {
  /// The driver's name.
  public let driver: String
  /// The check.
  public let check: Check
  /// How it ended.
  public let outcome: CheckOutcome
  /// How many cases it ran; over all rounds in a ``DriverReport``.
  public let cases: Int
  /// How long it took, in nanoseconds; over all rounds in a ``DriverReport``.
  public let nanoseconds: UInt64

  /// The result of a check that was not run.
  init(skipping check: Check, of algorithm: Algorithm, _ reason: String) {
    self.init(
      driver: algorithm.driverName, check: check, outcome: .notApplicable(reason), cases: 0, nanoseconds: 0)
  }

  init(driver: String, check: Check, outcome: CheckOutcome, cases: Int, nanoseconds: UInt64) {
    self.driver = driver
    self.check = check
    self.outcome = outcome
    self.cases = cases
    self.nanoseconds = nanoseconds
  }

  /// The result with another round's added; that round's outcome counts.
  func adding(_ other: CheckResult) -> CheckResult {
    CheckResult(
      driver: driver, check: check, outcome: other.outcome, cases: cases + other.cases,
      nanoseconds: nanoseconds + other.nanoseconds)
  }
}

/// What all checks found about one driver.
public struct DriverReport: Sendable {
  /// The algorithm's name.
  public let algorithm: String
  /// The driver's name.
  public let driver: String
  /// The kind, whose checks were run.
  public let kind: AlgorithmKind
  /// The seed of the first round.
  public let seed: UInt64
  /// How often the checks were run, each time with another seed; at least 1.
  public let rounds: Int
  /// The results in the order of the checks; the sum over all rounds.
  public let results: [CheckResult]

  /// How many checks passed.
  public var passed: Int { results.count { if case .passed = $0.outcome { true } else { false } } }
  /// How many checks failed.
  public var failed: Int { results.count { if case .failed = $0.outcome { true } else { false } } }
  /// How many checks had nothing to look at; each result has the reason.
  public var notApplicable: Int { results.count { if case .notApplicable = $0.outcome { true } else { false } } }
  /// How many cases were run.
  public var cases: Int { results.reduce(0) { $0 + $1.cases } }
  /// Whether no check failed and at least one passed.
  public var isPassed: Bool { failed == 0 && passed > 0 }

  /// The first case that failed.
  public var firstFailure: FailingCase? {
    for result in results { if case .failed(let failing) = result.outcome { return failing } }
    return nil
  }
}
