// What one run of one check works with: the driver, the random cases, and the ways to say that a case failed.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// One run of one check of one driver.
struct Trial {
  let registry: Registry
  let algorithm: Algorithm
  let check: String
  let seed: UInt64
  let effort: Effort
  /// Data of the caller's for the compression checks.
  let samples: [Sample]
  /// Draws this trial's cases.
  var random: RandomSource
  /// The cases begun so far.
  private(set) var cases = 0
  private var parameters: KeyValuePairs<String, any CustomStringConvertible & Sendable> = [:]

  init(_ check: Check, of algorithm: Algorithm, in conformance: Conformance, seed: UInt64) {
    registry = conformance.registry
    self.algorithm = algorithm
    self.check = check.name
    self.seed = seed
    effort = conformance.effort
    samples = conformance.samples
    random = RandomSource(seed: seed, purpose: algorithm.driverName + "/" + check.name)
  }

  /// The driver's name.
  var driver: String { algorithm.driverName }
  /// Constraints under which a lookup finds the driver, internal ones too.
  var constraints: LookupConstraints {
    algorithm.descriptor.flags.contains(.internalOnly)
      ? LookupConstraints(type: .internalOnly, mask: .internalOnly) : .none
  }

  /// Begins a case; a failure from here on is reported with `parameters`.
  mutating func begin(_ parameters: KeyValuePairs<String, any CustomStringConvertible & Sendable>) {
    self.parameters = parameters
    cases += 1
  }

  /// Ends the trial as one with nothing to look at.
  func notApplicable(_ reason: String) -> Interruption { .notApplicable(reason) }

  /// A failure of the present case.
  func failure(
    _ message: String, expected: String? = nil, actual: String? = nil, error: ProviderError? = nil
  ) -> Interruption {
    .failed(
      FailingCase(
        algorithm: algorithm.name, driver: driver, check: check, seed: seed,
        parameters: parameters.map { .init(name: $0.key, value: $0.value.description) }, message: message,
        expected: expected, actual: actual, error: error))
  }

  /// Fails the case unless `condition` holds.
  func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw failure(message()) }
  }

  /// Fails the case unless two byte strings are equal.
  func expect(_ actual: [UInt8], equals expected: [UInt8], _ message: @autoclosure () -> String) throws {
    // Not `==`, which a debug build runs byte by byte.
    guard !SecureMemory.equal(actual.rawSpan, expected.rawSpan) else { return }
    let difference = FailingCase.difference(expected, actual)
    throw failure(message(), expected: difference.expected, actual: difference.actual)
  }

  /// Fails the case unless two byte strings differ.
  func expect(_ actual: [UInt8], differsFrom other: [UInt8], _ message: @autoclosure () -> String) throws {
    guard SecureMemory.equal(actual.rawSpan, other.rawSpan) else { return }
    throw failure(message())
  }

  /// Fails the case unless two numbers are equal.
  func expect<Number: BinaryInteger>(_ actual: Number, is expected: Number, _ message: @autoclosure () -> String) throws
  {
    guard actual != expected else { return }
    throw failure(message(), expected: "\(expected)", actual: "\(actual)")
  }

  /// Fails the case unless `error` has one of `codes`.
  @discardableResult
  func expect(
    _ error: ProviderError?, is codes: ProviderError.Code..., when what: @autoclosure () -> String
  ) throws -> ProviderError {
    let wanted = codes.map(\.description).joined(separator: " or ")
    guard let error else { throw failure("\(what()) was accepted", expected: wanted, actual: "no error") }
    guard codes.contains(error.code) else {
      throw failure("\(what()) gave the wrong error", expected: wanted, actual: "\(error.code)", error: error)
    }
    return error
  }

  /// Fails the case where another driver answered: its answer says nothing about this one.
  func refuseFallback(_ usedFallback: Bool, _ answered: @autoclosure () -> String) throws {
    guard usedFallback else { return }
    throw failure("the driver did not answer itself: \(answered()) stood in for it")
  }

  /// Fails the case unless the lookup came to the driver under test.
  func requireOwn(_ found: Algorithm) throws {
    guard found === algorithm else { throw failure("its own driver name leads to \(found.driverName)") }
  }
}

/// The error that `body` throws; nil where it returns.
func errorOf(_ body: () throws(ProviderError) -> Void) -> ProviderError? {
  do throws(ProviderError) {
    try body()
    return nil
  } catch {
    return error
  }
}
