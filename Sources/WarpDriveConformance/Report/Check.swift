// What a check is, and how one ended.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// One property that every driver of a kind must have, and the code that looks for a case where it has not.
public struct Check: Sendable, Identifiable {
  /// The property in a word, unique for its kind: `chunking`, `guard-pages`, `cross-decoding`.
  public let name: String
  /// The property in one sentence, for people.
  public let summary: String
  /// The kind of algorithm that has it.
  public let kind: AlgorithmKind
  /// Runs the cases of one trial; throws an ``Interruption`` where one fails or where there is nothing to check.
  let run: @Sendable (inout Trial) throws -> Void

  /// The name; unique only together with the kind.
  public var id: String { name }

  init(
    _ name: String, _ kind: AlgorithmKind, _ summary: String, _ run: @escaping @Sendable (inout Trial) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.kind = kind
    self.run = run
  }
}

/// How a check of a driver ended.
public enum CheckOutcome: Sendable {
  /// Every case came out right.
  case passed
  /// This case did not, and the check ended with it.
  case failed(FailingCase)
  /// The driver has nothing that this check could look at, for the reason given.
  case notApplicable(String)

  /// `passed`, `failed` or `not applicable`.
  public var word: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .notApplicable: "not applicable"
    }
  }
}

/// What ends a trial before its last case.
enum Interruption: Error {
  case failed(FailingCase)
  case notApplicable(String)
}
