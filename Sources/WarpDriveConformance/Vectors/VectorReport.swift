// Runs known answers and files of vectors on one driver, and counts what came of them.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// What came of many vectors on one driver.
public struct VectorReport: Sendable {
  /// How many failures are kept; more are only counted.
  public static let keptFailures = 10

  /// The driver's name.
  public let driver: String
  /// How many vectors came out right.
  public fileprivate(set) var passed = 0
  /// How many did not.
  public fileprivate(set) var failed = 0
  /// How many were not run, by reason.
  public fileprivate(set) var notApplicable: [String: Int] = [:]
  /// The first failures, at most ``keptFailures``.
  public fileprivate(set) var failures: [FailingCase] = []

  /// How many vectors there were.
  public var total: Int { passed + failed + notApplicable.values.reduce(0, +) }
}

extension Conformance {
  /// Runs known answers on a driver.
  ///
  /// - Throws: `ProviderError.Code.invalidArgument` for an answer that is not hexadecimal.
  public func run(_ answers: [KnownAnswer], on algorithm: Algorithm) throws(ProviderError) -> VectorReport {
    var vectors: [Vector] = []
    for answer in answers { vectors.append(try Vector(answer)) }
    var report = VectorReport(driver: algorithm.driverName)
    for vector in vectors { run(vector, on: algorithm, &report) }
    return report
  }

  /// Runs the vectors of a file on a driver; those for other algorithms are counted as not applicable.
  public func run(_ table: VectorTable, on algorithm: Algorithm) -> VectorReport {
    var report = VectorReport(driver: algorithm.driverName)
    for row in table.rows {
      if row.algorithm == algorithm.name {
        run(row.vector, on: algorithm, &report)
      } else {
        report.notApplicable["for \(row.algorithm)", default: 0] += 1
      }
    }
    return report
  }

  private func run(_ vector: Vector, on algorithm: Algorithm, _ report: inout VectorReport) {
    var trial = Trial(Self.vectors(algorithm.kind), of: algorithm, in: self, seed: seed)
    let outcome: CheckOutcome
    do {
      try vector.check(&trial)
      outcome = .passed
    } catch {
      outcome = Self.outcome(of: error, in: trial)
    }
    switch outcome {
    case .passed: report.passed += 1
    case .notApplicable(let reason): report.notApplicable[reason, default: 0] += 1
    case .failed(let failing):
      report.failed += 1
      if report.failures.count < VectorReport.keptFailures { report.failures.append(failing) }
    }
  }

  /// The name under which failures of single vectors are reported.
  private static func vectors(_ kind: AlgorithmKind) -> Check {
    Check("vectors", kind, "published vectors come out") { trial in
      throw trial.notApplicable("vectors are run one by one")
    }
  }
}
