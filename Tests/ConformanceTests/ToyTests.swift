// The checks are checked: a right driver passes all of them, and each finds the driver that is wrong in its way.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveConformance
import WarpDriveCore

@Suite("The checks of the kit")
struct ToyTests {
  /// A toy of each kind, and what it is compared with.
  private static func drivers(_ kind: AlgorithmKind, _ defect: Defect? = nil) -> [any AlgorithmDriver] {
    switch kind {
    case .hash: [ToyHash(defect), ToyHash(as: "toyhash-other")]
    case .mac: [ToyMAC(defect), ToyMAC(as: "toymac-other", isReference: true)]
    case .cipher: [ToyCipher(defect), ToyCipher(as: "toycipher-other", isReference: true)]
    case .aead: [ToyAEAD(defect), ToyAEAD(as: "toyaead-other", isReference: true)]
    case .compression: [ToyCompression(defect), ToyCompression(as: "toyrle-other", isReference: true)]
    case .random: [ToyRandom(defect)]
    case .keyAgreement: [ToyKeyAgreement(defect)]
    case .signature: [ToySignature(defect)]
    case .asymmetricCipher: [ToyAsymmetricCipher(defect)]
    case .keyDerivation: [ToyKeyDerivation(defect)]
    }
  }

  private static func report(
    _ drivers: [any AlgorithmDriver], only checks: Set<String>? = nil
  ) throws -> DriverReport {
    let registry = Registry()
    try registry.register(DriverSet("toys", drivers))
    let conformance = Conformance(registry: registry, effort: .quick)
    let algorithm = try #require(registry.algorithms.first { $0.driverName == drivers[0].descriptor.driverName })
    return conformance.check(algorithm, only: checks)
  }

  @Test("a right driver passes every check of its kind", arguments: AlgorithmKind.allCases)
  func rightDriver(_ kind: AlgorithmKind) throws {
    let report = try Self.report(Self.drivers(kind))
    #expect(report.firstFailure == nil, "\(report.firstFailure?.description ?? "")")
    #expect(report.passed + report.notApplicable == Conformance.checks(for: kind).count)
    #expect(report.notApplicable <= 3)
  }

  @Test("right drivers of other shapes pass too: a stream cipher, an extendable hash")
  func rightShapes() throws {
    for driver in [ToyCipher(isStream: true), ToyHash(as: "toyxof-toy", isExtendable: true)] as [any AlgorithmDriver] {
      let report = try Self.report([driver])
      #expect(report.firstFailure == nil, "\(report.firstFailure?.description ?? "")")
      #expect(report.passed > 10)
    }
  }

  /// A kind, what is wrong with its driver, and the check that has to find it.
  struct Case: Sendable, CustomTestStringConvertible {
    let kind: AlgorithmKind
    let defect: Defect
    let check: String
    var testDescription: String { "\(kind.rawValue): \(defect.rawValue) by \(check)" }

    init(_ kind: AlgorithmKind, _ defect: Defect, _ check: String) {
      self.kind = kind
      self.defect = defect
      self.check = check
    }
  }

  static let cases: [Case] = [
    Case(.hash, .wrongAlways, "self-test"), Case(.hash, .wrongAlways, "known-answers"),
    Case(.hash, .wrongWhenEmpty, "empty-input"), Case(.hash, .mixesPieces, "chunking"),
    Case(.hash, .dependsOnAddress, "misaligned"), Case(.hash, .writesPastEnd, "guard-pages"),
    Case(.hash, .writesPastEnd, "misaligned"), Case(.hash, .restartsAtEmptyPiece, "scatter-list"),
    Case(.hash, .writesPastEnd, "output-limits"), Case(.hash, .sharesClones, "clone"),
    Case(.hash, .importsAnything, "state-export"), Case(.hash, .exportsUnflagged, "state-export"),
    Case(.hash, .keepsFinished, "reuse-after-error"), Case(.hash, .keepsDropped, "reuse-after-error"),
    Case(.hash, .boundToThread, "concurrency"), Case(.hash, .wrongWhenLong, "large-input"),
    Case(.hash, .wrongAboveHundred, "cross-check"), Case(.hash, .fillsAllRoom, "transform-contract"),
    Case(.mac, .wrongAlways, "self-test"), Case(.mac, .wrongWhenEmpty, "empty-input"),
    Case(.mac, .mixesPieces, "chunking"), Case(.mac, .dependsOnAddress, "misaligned"),
    Case(.mac, .writesPastEnd, "guard-pages"), Case(.mac, .restartsAtEmptyPiece, "scatter-list"),
    Case(.mac, .writesPastEnd, "output-limits"), Case(.mac, .ignoresPartOfKey, "key-lengths"),
    Case(.mac, .takesTooManyKeys, "key-lengths"), Case(.mac, .refusesStatedKey, "key-lengths"),
    Case(.mac, .shortTag, "tag-lengths"), Case(.mac, .ignoresLastByte, "corruption"),
    Case(.mac, .keepsFinished, "reuse-after-error"), Case(.mac, .boundToThread, "concurrency"),
    Case(.mac, .wrongWhenLong, "large-input"), Case(.mac, .wrongAboveHundred, "cross-check"),
    Case(.mac, .fillsAllRoom, "transform-contract"),
    Case(.cipher, .wrongAlways, "self-test"), Case(.cipher, .changesIVWhenEmpty, "empty-input"),
    Case(.cipher, .decryptsWrongly, "round-trip"), Case(.cipher, .keepsIV, "iv-chaining"),
    Case(.cipher, .differsInPlace, "in-place"), Case(.cipher, .dependsOnAddress, "misaligned"),
    Case(.cipher, .writesPastEnd, "guard-pages"), Case(.cipher, .restartsAtEmptyPiece, "scatter-list"),
    Case(.cipher, .writesPastEnd, "output-limits"), Case(.cipher, .ignoresPartOfKey, "key-lengths"),
    Case(.cipher, .takesTooManyKeys, "key-lengths"), Case(.cipher, .ignoresPartOfIV, "iv-lengths"),
    Case(.cipher, .remembersDirection, "reuse-after-error"), Case(.cipher, .boundToThread, "concurrency"),
    Case(.cipher, .wrongWhenLong, "large-input"), Case(.cipher, .wrongAboveHundred, "cross-check"),
    Case(.cipher, .fillsAllRoom, "transform-contract"),
    Case(.aead, .wrongAlways, "self-test"), Case(.aead, .wrongWhenEmpty, "empty-input"),
    Case(.aead, .shortTag, "round-trip"), Case(.aead, .differsInPlace, "in-place"),
    Case(.aead, .dependsOnAddress, "misaligned"), Case(.aead, .writesPastEnd, "guard-pages"),
    Case(.aead, .writesPastEnd, "output-limits"), Case(.aead, .ignoresPartOfKey, "key-lengths"),
    Case(.aead, .takesTooManyKeys, "key-lengths"), Case(.aead, .ignoresPartOfIV, "iv-lengths"),
    Case(.aead, .shortTag, "tag-lengths"), Case(.aead, .ignoresTag, "corruption"),
    Case(.aead, .comparesPartOfTag, "corruption"), Case(.aead, .ignoresAAD, "corruption"),
    Case(.aead, .ignoresTag, "truncation"), Case(.aead, .leavesPlaintext, "wiped-output"),
    Case(.aead, .leavesPlaintext, "transform-contract"), Case(.aead, .breaksAfterForgery, "reuse-after-error"),
    Case(.aead, .boundToThread, "concurrency"), Case(.aead, .wrongWhenLong, "large-input"),
    Case(.aead, .wrongAboveHundred, "cross-check"), Case(.aead, .fillsAllRoom, "transform-contract"),
    Case(.random, .shortOutput, "lengths"), Case(.random, .constant, "repetition"),
    Case(.random, .seedsAlike, "repetition"), Case(.random, .biased, "distribution"),
    Case(.random, .writesPastEnd, "misaligned"), Case(.random, .writesPastEnd, "guard-pages"),
    Case(.random, .fillsAllRoom, "output-limits"), Case(.random, .repeatsSeed, "reseed"),
    Case(.random, .constant, "reuse-after-error"), Case(.random, .seedsAlike, "concurrency"),
    Case(.random, .wrongWhenLong, "large-output"), Case(.random, .fillsAllRoom, "transform-contract"),
    Case(.keyAgreement, .disagrees, "round-trip"), Case(.keyAgreement, .writesPastEnd, "guard-pages"),
    Case(.keyAgreement, .takesAnyPeer, "corruption"), Case(.keyAgreement, .takesEmptyKey, "reuse-after-error"),
    Case(.keyAgreement, .disagrees, "concurrency"),
    Case(.signature, .takesAnySignature, "corruption"), Case(.signature, .signsWithoutMessage, "corruption"),
    Case(.signature, .takesEmptyKey, "reuse-after-error"),
    Case(.asymmetricCipher, .losesTail, "round-trip"), Case(.asymmetricCipher, .ignoresChecksum, "corruption"),
    Case(.asymmetricCipher, .takesEmptyKey, "reuse-after-error"),
    Case(.keyDerivation, .ignoresPartOfKey, "determinism"), Case(.keyDerivation, .wrongLength, "lengths"),
    Case(.keyDerivation, .writesPastEnd, "guard-pages"),
    Case(.compression, .wrongWhenEmpty, "empty-input"), Case(.compression, .losesLongRuns, "round-trip"),
    Case(.compression, .breaksHighestLevel, "levels"), Case(.compression, .understatesBound, "output-bound"),
    Case(.compression, .losesPendingRun, "chunking"), Case(.compression, .endsEarly, "chunking"),
    Case(.compression, .standsStill, "progress"), Case(.compression, .dependsOnAddress, "misaligned"),
    Case(.compression, .writesPastEnd, "guard-pages"), Case(.compression, .losesPendingRun, "scatter-list"),
    Case(.compression, .countsTooMuch, "output-limits"), Case(.compression, .ignoresFlush, "flush-points"),
    Case(.compression, .ignoresDictionary, "dictionaries"), Case(.compression, .ignoresHeader, "headers"),
    Case(.compression, .usesTail, "trailing"), Case(.compression, .resetsHalf, "members"),
    Case(.compression, .takesCutStreams, "truncation"), Case(.compression, .ignoresChecksum, "corruption"),
    Case(.compression, .otherFormatWhenLong, "cross-decoding"), Case(.compression, .resetsHalf, "reuse-after-error"),
    Case(.compression, .boundToThread, "concurrency"), Case(.compression, .wrongWhenLong, "large-input"),
    Case(.compression, .throwsAtEarlyEnd, "transform-contract"), Case(.compression, .usesTail, "transform-contract"),
  ]

  @Test("a driver that is wrong in one way is found by the check for it", arguments: cases)
  func wrongDriver(_ wrong: Case) throws {
    let report = try Self.report(Self.drivers(wrong.kind, wrong.defect), only: [wrong.check])
    let failing = try #require(report.firstFailure, "\(wrong.check) did not find it")
    #expect(failing.check == wrong.check)
    #expect(failing.driver == Self.drivers(wrong.kind)[0].descriptor.driverName)
    #expect(failing.seed == Conformance.defaultSeed)
    #expect(!failing.message.isEmpty)
    // Found by this check, and not because the self-test had found it before.
    if !["self-test", "known-answers"].contains(wrong.check) { #expect(failing.error?.code != .unusable) }
    #expect(!report.isPassed)
  }

  @Test("a driver whose output depends on the length asked for, or that loses a short block, is found")
  func wrongShapes() throws {
    let extendable = try Self.report(
      [ToyHash(.mixesLength, as: "toyxof-toy", isExtendable: true)], only: ["extendable-output"])
    #expect(extendable.failed == 1)
    let stream = try Self.report([ToyCipher(.losesTail, isStream: true)], only: ["block-sizes"])
    #expect(stream.failed == 1)
  }

  @Test("every check but those that look at the registry alone has a driver that it finds")
  func everyCheckIsNeeded() {
    // What these look at is the registry's work, whichever driver is behind it.
    let registrys: [AlgorithmKind: Set<String>] = [
      .keyAgreement: ["missing-key", "output-limits"], .signature: ["round-trip", "missing-key", "concurrency"],
      .asymmetricCipher: ["missing-key", "concurrency"],
      .keyDerivation: ["output-limits", "reuse-after-error", "concurrency"], .aead: ["scatter-list", "request-limit"],
      .cipher: ["request-limit"],
      // Faulty queues are plugins' (PluginCommandTests).
      .compression: ["limits", "queue"],
    ]
    for kind in AlgorithmKind.allCases {
      let found = Set(Self.cases.filter { $0.kind == kind }.map(\.check))
        .union(["extendable-output", "block-sizes", "self-test", "known-answers"]).union(registrys[kind] ?? [])
      for check in Conformance.checks(for: kind) {
        #expect(found.contains(check.name), "nothing shows that \(check.name) of \(kind.rawValue) finds anything")
      }
    }
  }
}
