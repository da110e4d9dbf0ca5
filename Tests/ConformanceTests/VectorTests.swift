// The runner of known answers and files of vectors: over the project's drivers, and over what is wrong.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestVectors
import Testing
import WarpDriveConformance
import WarpDriveCore

@Suite("Known answers and files of vectors")
struct VectorTests {
  private static func table(_ name: String) throws -> VectorTable {
    let content = try Data(contentsOf: Vectors.folder.appending(path: name))
    return try VectorTable(parsing: [UInt8](content), name: name)
  }

  @Test(
    "every vector of the project comes out on every driver of its algorithm",
    arguments: ["hashes", "macs", "ciphers", "aeads"])
  func projectVectors(_ kind: String) throws {
    // What the list of sources says was taken from all of them.
    let count = try Vectors.notApplicable().filter { $0.outcome == .taken && $0.reason == kind }.map(\.count)
      .reduce(0, +)
    try #require(count > 0)
    let registry = try RealDrivers.registry()
    let conformance = Conformance(registry: registry, effort: .quick)
    let table = try Self.table("\(kind).tsv")
    #expect(table.count == count)
    var run = 0
    for name in table.algorithms.sorted() {
      let drivers = registry.algorithms.filter { $0.name == name }
      for algorithm in drivers {
        let report = conformance.run(table, on: algorithm)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.failed == 0)
        #expect(report.total == table.count)
        #expect(report.notApplicable.keys.allSatisfy { $0.hasPrefix("for ") }, "\(report.notApplicable)")
        if algorithm === drivers[0] { run += report.passed }
      }
      // The one algorithm of the tables that must not exist: a request for it has to fail.
      if drivers.isEmpty {
        #expect(name == "hmac(shake128)")
        #expect(throws: ProviderError.self) { try registry.algorithm(name) }
        run += 1
      }
    }
    #expect(run == count)
  }

  @Test("known answers of the registry come out; a wrong one is a failure with its source")
  func knownAnswers() throws {
    let registry = try RealDrivers.registry()
    let conformance = Conformance(registry: registry, effort: .quick)
    let sha256 = try registry.algorithm("sha256")
    let report = try conformance.run(KnownAnswers.answers(for: "sha256"), on: sha256)
    #expect(report.failed == 0)
    #expect(report.passed == KnownAnswers.answers(for: "sha256").count)
    let wrong = [
      KnownAnswer(.hash(message: "616263", digest: String(repeating: "00", count: 32)), source: "nobody"),
      KnownAnswer(.mac(key: "00", message: "", tag: "00"), source: "of another kind"),
    ]
    let failing = try conformance.run(wrong, on: sha256)
    #expect(failing.failed == 1)
    #expect(failing.notApplicable == ["the vector is for algorithms of kind mac": 1])
    let failure = try #require(failing.failures.first)
    #expect(failure.description.contains("nobody"))
    #expect(failure.expected?.hasPrefix("0000") == true)
    #expect(failure.actual?.hasPrefix("ba78") == true)
    #expect(throws: ProviderError.self) {
      try conformance.run([KnownAnswer(.hash(message: "6", digest: ""), source: "not hexadecimal")], on: sha256)
    }
  }

  @Test("vectors that must fail and do not are failures")
  func forgedVectors() throws {
    let registry = try RealDrivers.registry()
    let conformance = Conformance(registry: registry, effort: .quick)
    let valid = try #require(
      try Vectors.aeads().first { $0.algorithm == "gcm(aes)" && $0.result == .valid && !$0.plaintext.isEmpty })
    let header = "# 2 rows\nid\talgorithm\top\tresult\tkey\tiv\taad\tplaintext\tciphertext\ttag\tcomment\n"
    func row(_ result: String) -> String {
      let fields = [valid.key, valid.iv, valid.aad, valid.plaintext, valid.ciphertext, valid.tag].map(
        Hexadecimal.encode)
      return "x\tgcm(aes)\tseal,open\t\(result)\t\(fields.joined(separator: "\t"))\t\n"
    }
    let table = try VectorTable(parsing: Array((header + row("invalid") + row("refused")).utf8), name: "forged")
    let report = conformance.run(table, on: try registry.algorithm("gcm(aes)"))
    #expect(report.failed == 2)
    #expect(report.failures.map(\.check) == ["vectors", "vectors"])
  }

  @Test(
    "a file that is no table of vectors is refused with its line",
    arguments: [
      ("", "1"), ("nothing\n", "1"), ("# 2 rows\nid\talgorithm\n", "1"), ("# x rows\nid\n", "1"),
      ("# 1 rows\nid\talgorithm\tresult\tin\tout\nx\ty\tvalid\n", "3"),
      ("# 1 rows\nid\talgorithm\tresult\tin\tout\nx\ty\tmaybe\t\t\n", "3"),
      ("# 1 rows\nid\talgorithm\tresult\tin\tout\nx\ty\tvalid\t0\t\n", "3"),
      ("# 1 rows\nid\talgorithm\tresult\tin\tout\nx\ty\tvalid\t00*0\t\n", "3"),
      ("# 1 rows\nid\talgorithm\tresult\tin\nx\ty\tvalid\t00\n", "3"),
      ("# 1 rows\nid\talgorithm\top\tresult\tin\tout\nx\ty\tfly\tvalid\t\t\n", "3"),
    ])
  func malformedTables(_ text: String, _ line: String) throws {
    let error = #expect(throws: ProviderError.self) { try VectorTable(parsing: Array(text.utf8), name: "file") }
    #expect(error?.code == .corruptInput)
    #expect(error?.message.hasPrefix("file:\(line):") == true)
  }
}
