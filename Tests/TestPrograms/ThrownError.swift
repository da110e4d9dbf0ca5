// What a test's body throws, as the error that the test is about.
// SPDX-License-Identifier: Apache-2.0

/// The error of one type that a body throws; nil if it throws none, or another kind.
public func thrown<Failure: Error>(_ type: Failure.Type, by body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}
