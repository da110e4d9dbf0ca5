// Runs the checks of its kind on a driver and reports what they find.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveCore

/// The checks that every driver must pass, over one registry.
///
/// A driver is used as a program uses it: through handles that are looked up by its driver name. Where the registry
/// would let another driver answer, that is a failure here. The driver runs in this process, and buffers lie beside
/// pages that nobody may touch: one that reads or writes outside its buffers ends the process.
///
///     let conformance = Conformance(registry: registry)
///     for algorithm in registry.algorithms {
///       let report = conformance.check(algorithm)
///       if let failure = report.firstFailure { print(failure) }
///     }
public struct Conformance: Sendable {
  /// The seed where none is asked for: the same cases in every run.
  public static let defaultSeed: UInt64 = 1

  /// Where the drivers are registered, and the references that they are compared with.
  public let registry: Registry
  /// The seed of the first round's cases.
  public let seed: UInt64
  /// How many cases there are, and how large.
  public let effort: Effort
  /// Data of the caller's, a corpus for example; the compression checks use it besides their own.
  public var samples: [Sample] = []

  /// Prepares checks over `registry`; equal seeds and efforts give equal cases.
  public init(registry: Registry, seed: UInt64 = Conformance.defaultSeed, effort: Effort = .normal) {
    self.registry = registry
    self.seed = seed
    self.effort = effort
  }

  /// The checks of a kind, in the order in which they are run: the simple ones first.
  public static func checks(for kind: AlgorithmKind) -> [Check] {
    let own =
      switch kind {
      case .hash: HashChecks.all
      case .mac: MACChecks.all
      case .cipher: CipherChecks.all
      case .aead: AEADChecks.all
      case .compression: CompressionChecks.all
      case .random: RandomChecks.all
      case .keyAgreement: KeyAgreementChecks.all
      case .signature: SignatureChecks.all
      case .asymmetricCipher: AsymmetricCipherChecks.all
      case .keyDerivation: KeyDerivationChecks.all
      }
    return [selfTest(kind), knownAnswers(kind)] + own
  }

  /// Runs the checks of its kind on a driver.
  ///
  /// - Parameters:
  ///   - algorithm: a driver of ``registry``.
  ///   - names: the checks to run; nil for all.
  ///   - seconds: further rounds with other seeds follow until this time is up or a round fails; 0 for one round.
  ///   - report: called with each result as it comes.
  ///   - begin: called before each check, so that who watches knows which one crashed or hangs.
  public func check(
    _ algorithm: Algorithm, only names: Set<String>? = nil, seconds: Double = 0,
    report: (CheckResult) -> Void = { _ in }, begin: (Check) -> Void = { _ in }
  ) -> DriverReport {
    let checks = Self.checks(for: algorithm.kind).filter { names?.contains($0.name) ?? true }
    // At most some thirty years, which is also what keeps the conversion in its range.
    let deadline = MonotonicClock.deadline(after: seconds > 0 ? UInt64(min(seconds, 1e9) * 1e9) : 0)
    var results: [CheckResult] = []
    var rounds = 0
    var seed = seed
    var state = seed
    repeat {
      var obstacle: String?
      let round = checks.map { check in
        begin(check)
        let why = obstacle ?? Self.exemption(of: algorithm, from: check)
        let result =
          why.map { CheckResult(skipping: check, of: algorithm, $0) } ?? run(check, on: algorithm, seed: seed)
        // Every further check would fail for the same reason.
        if case .failed = result.outcome, algorithm.state == .quarantined {
          obstacle = obstacle ?? "the driver is out of service since the check \(check.name)"
        }
        report(result)
        return result
      }
      results = results.isEmpty ? round : zip(results, round).map { $0.adding($1) }
      rounds += 1
      seed = RandomSource.splitMix(&state)
      if round.contains(where: { if case .failed = $0.outcome { true } else { false } }) { break }
    } while MonotonicClock.now() < deadline
    return DriverReport(
      algorithm: algorithm.name, driver: algorithm.driverName, kind: algorithm.kind, seed: self.seed, rounds: rounds,
      results: results)
  }

  /// Why a check has nothing to say about a driver, whatever that does; nil where it has.
  private static func exemption(of algorithm: Algorithm, from check: Check) -> String? {
    guard case .compression(let properties) = algorithm.descriptor.properties, !properties.isDelimited,
      CompressionChecks.needingEnd.contains(check.name)
    else { return nil }
    return "the format has no mark of its end"
  }

  func run(_ check: Check, on algorithm: Algorithm, seed: UInt64) -> CheckResult {
    let start = MonotonicClock.now()
    var trial = Trial(check, of: algorithm, in: self, seed: seed)
    let outcome: CheckOutcome
    do {
      try check.run(&trial)
      outcome = trial.cases > 0 ? .passed : .notApplicable("there was no case to run")
    } catch {
      outcome = Self.outcome(of: error, in: trial)
    }
    return CheckResult(
      driver: algorithm.driverName, check: check, outcome: outcome, cases: trial.cases,
      nanoseconds: MonotonicClock.now() - start)
  }

  /// What an error that ended a trial says.
  static func outcome(of error: any Error, in trial: Trial) -> CheckOutcome {
    let interruption: Interruption
    switch error {
    case let error as Interruption: interruption = error
    case let error as ProviderError where error.code == .denied:
      interruption = .notApplicable("policy: \(error.message)")
    case let error as ProviderError: interruption = trial.failure("an error where there should be none", error: error)
    case let error as SystemError:
      interruption = trial.failure("the machine has no room for the check: \(error.description)")
    default: interruption = trial.failure("an error that is not the library's: \(error)")
    }
    switch interruption {
    case .failed(let failing): return .failed(failing)
    case .notApplicable(let reason): return .notApplicable(reason)
    }
  }
}
