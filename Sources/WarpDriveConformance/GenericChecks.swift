// The checks that every kind begins with: the registry's own verdict, and the published answers.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Conformance {
  /// The driver is usable: its self-test passed.
  static func selfTest(_ kind: AlgorithmKind) -> Check {
    Check("self-test", kind, "the registry's self-test passed, and its own name leads to the driver") { trial in
      trial.begin([:])
      try trial.registry.ensureTested(trial.algorithm)
      try trial.requireOwn(trial.registry.algorithm(trial.driver, kind, matching: trial.constraints))
    }
  }

  /// The driver computes the published answers of its name, and its own.
  static func knownAnswers(_ kind: AlgorithmKind) -> Check {
    Check("known-answers", kind, "the published answers of the name come out") { trial in
      // What a template made of a format writes that format: its answers are the base's.
      let names = [trial.algorithm.name, trial.format.name].prefix(kind == .compression ? 2 : 1)
      let published = names.lazy.map { KnownAnswers.answers(for: $0) }.first { !$0.isEmpty } ?? []
      let answers = published + (trial.ownDriver()?.knownAnswers ?? [])
      guard !answers.isEmpty else { throw trial.notApplicable("nobody published answers for \(trial.algorithm.name)") }
      for answer in answers { try Vector(answer).check(&trial) }
    }
  }
}
