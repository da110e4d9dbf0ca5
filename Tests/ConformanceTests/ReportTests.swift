// The reports: what they count, what they say, and that a failing case can be seen again.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import WarpDriveConformance

@Suite("Reports and seeds")
struct ReportTests {
  private static func registry(_ driver: any AlgorithmDriver) throws -> Registry {
    let registry = Registry()
    try registry.register(DriverSet("toys", [driver]))
    return registry
  }

  @Test("the same seed leads to the same failing case, whatever else is run")
  func reproducible() throws {
    let registry = try Self.registry(ToyHash(.mixesPieces))
    func failure(_ seed: UInt64, only: Set<String>?) throws -> FailingCase {
      let report = Conformance(registry: registry, seed: seed, effort: .quick).check(registry.algorithms[0], only: only)
      return try #require(
        report.results.lazy.compactMap { result -> FailingCase? in
          guard case .failed(let failing) = result.outcome, failing.check == "chunking" else { return nil }
          return failing
        }.first)
    }
    let all = try failure(7, only: nil)
    let alone = try failure(7, only: ["chunking"])
    #expect(all.description == alone.description)
    #expect(all.seed == 7)
    #expect(try failure(8, only: ["chunking"]).parameters != all.parameters)
  }

  @Test("a failing case says everything in one line")
  func description() throws {
    let registry = try Self.registry(ToyCipher(.keepsIV))
    let report = Conformance(registry: registry, seed: 0x2A, effort: .quick).check(
      registry.algorithms[0], only: ["iv-chaining"])
    let failing = try #require(report.firstFailure)
    #expect(failing.algorithm == "toycipher")
    #expect(failing.driver == "toycipher-toy")
    #expect(failing.parameters.map(\.name) == ["direction", "length", "pieces"])
    #expect(failing.expected != nil && failing.actual != nil && failing.expected != failing.actual)
    let text = failing.description
    #expect(text.hasPrefix("toycipher-toy: iv-chaining: "))
    #expect(text.contains("direction encrypt"))
    #expect(text.contains("seed 0x2a"))
    #expect(!text.contains("\n"))
  }

  @Test("a report counts checks and cases, and gives a reason for what was not looked at")
  func counts() throws {
    let registry = try Self.registry(ToyHash())
    var seen: [String] = []
    let report = Conformance(registry: registry, effort: .quick).check(registry.algorithms[0]) {
      seen.append($0.check.name)
    }
    #expect(seen == Conformance.checks(for: .hash).map(\.name))
    #expect(report.passed + report.failed + report.notApplicable == seen.count)
    #expect(report.cases > 100)
    #expect(report.rounds == 1)
    #expect(report.isPassed)
    for result in report.results {
      if case .notApplicable(let reason) = result.outcome { #expect(reason.count > 10) }
      #expect(["passed", "failed", "not applicable"].contains(result.outcome.word))
    }
    let cross = try #require(report.results.first { $0.check.name == "cross-check" })
    #expect(cross.outcome.word == "not applicable")
    let none = Conformance(registry: registry, effort: .quick).check(registry.algorithms[0], only: [])
    #expect(!none.isPassed)
  }

  @Test("with time to spend, further rounds use further seeds and find what one round misses")
  func rounds() throws {
    let registry = try Self.registry(ToyRandom())
    let report = Conformance(registry: registry, seed: 3, effort: .quick).check(
      registry.algorithms[0], only: ["lengths"], seconds: 0.2)
    #expect(report.rounds > 1)
    #expect(report.seed == 3)
    #expect(report.results.count == 1)
    #expect(report.cases >= 2 * 20)
    // A fault that the first round's calls do not reach.
    let faults = Faults()
    let faulty = try Self.registry(try faults.wrap(ToyHash(), as: "rare"))
    faulty.testAll()
    faults.arm([Fault(.wrongBytes, at: .oneShot, call: 1000)])
    let later = Conformance(registry: faulty, seed: 3, effort: .quick).check(
      faulty.algorithms[0], only: ["chunking"], seconds: 60)
    #expect(later.rounds > 1)
    #expect(later.failed == 1)
    #expect(later.firstFailure?.seed != 3)
  }

  @Test("a driver that the policy denies is not looked at, with that reason")
  func denied() throws {
    let registry = try Self.registry(ToyHash())
    registry.testAll()
    registry.setPolicy(Policy(denied: ["toyhash-toy"]))
    let report = Conformance(registry: registry, effort: .quick).check(registry.algorithms[0], only: ["chunking"])
    let result = try #require(report.results.first)
    guard case .notApplicable(let reason) = result.outcome else {
      Issue.record("\(result.outcome)")
      return
    }
    #expect(reason.hasPrefix("policy: "))
  }

  @Test("an internal driver is checked too, though no lookup finds it by accident")
  func internalDriver() throws {
    struct Internal: HashDriver {
      let base = ToyHash()
      var descriptor: AlgorithmDescriptor {
        var descriptor = base.descriptor
        descriptor.flags.insert(.internalOnly)
        return descriptor
      }
      func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { try base.makeTransform() }
    }
    let registry = try Self.registry(Internal())
    #expect(throws: ProviderError.self) { try registry.algorithm("toyhash") }
    let report = Conformance(registry: registry, effort: .quick).check(
      registry.algorithms[0], only: ["chunking", "clone"])
    #expect(report.passed == 2, "\(report.firstFailure?.description ?? "")")
  }

  @Test("the generator is the published one: xoshiro256** behind SplitMix64")
  func generator() {
    // The first outputs of the authors' splitmix64.c for the state 1234567.
    var state: UInt64 = 1_234_567
    let words = (0..<5).map { _ in RandomSource.splitMix(&state) }
    #expect(
      words == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
    // The first outputs of the authors' xoshiro256starstar.c for the state 1, 2, 3, 4.
    var source = RandomSource(state: (1, 2, 3, 4))
    #expect((0..<4).map { _ in source.next() } == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
  }

  @Test("equal seeds give equal bytes, and every number drawn is in its range")
  func drawing() {
    var one = RandomSource(seed: 5)
    var other = RandomSource(seed: 5)
    for count in [0, 1, 7, 8, 9, 100] {
      let bytes = one.bytes(count)
      #expect(bytes.count == count)
      #expect(bytes == other.bytes(count))
    }
    for range in [0...0, -3...3, 0...255, Int.min...Int.max] {
      for _ in 0..<100 { #expect(range.contains(one.number(in: range))) }
    }
    for (count, largest, unit) in [(0, 5, 1), (1, 1, 1), (1000, 7, 1), (1000, 64, 16), (37, 16, 8)] {
      let pieces = one.split(count, largest: largest, multipleOf: unit)
      #expect(pieces.reduce(0, +) == count)
      #expect(!pieces.isEmpty)
      #expect(pieces.allSatisfy { $0 <= largest || $0 < unit })
      #expect(pieces.dropLast().allSatisfy { $0.isMultiple(of: unit) })
    }
  }

  @Test("the environment chooses the effort, and what it says is understood")
  func effort() {
    #expect(Effort(rawValue: "normal") == .normal)
    #expect(Effort.allCases.count == 3)
    #expect(Effort.quick.cases(10) < Effort.normal.cases(10))
    #expect(Effort.normal.size(10) < Effort.soak.size(10))
    #expect(Effort.allCases.contains(Effort.environment))
  }
}
