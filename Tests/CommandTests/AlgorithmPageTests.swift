// Docs/Algorithms.md is what the registry has, and what is registered is tested with published answers.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WarpDrive
import WarpDriveCore

@Suite("The page of algorithms")
struct AlgorithmPageTests {
  private static let page = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Docs/Algorithms.md")

  let made: AlgorithmPage

  init() throws {
    made = AlgorithmPage(registry: try Registry.standard(configuration: MachineConfiguration(), device: .model()))
  }

  @Test("the page is what would be made now")
  func page() throws {
    let text = try made.text()
    if ProcessInfo.processInfo.environment["WDPROV_RECORD_SNAPSHOTS"] == "1" {
      try Data(text.utf8).write(to: Self.page)
    }
    let written = try String(contentsOf: Self.page, encoding: .utf8)
    let (old, new) = (Set(written.split(separator: "\n")), Set(text.split(separator: "\n")))
    // Apart, since a failed comparison would print both pages.
    let isCurrent = written == text
    #expect(
      isCurrent,
      "make it anew with WDPROV_RECORD_SNAPSHOTS=1; new: \(new.subtracting(old)), gone: \(old.subtracting(new))")
  }

  @Test("every algorithm has a published answer and a standard that defines it")
  func completeness() {
    for algorithm in made.algorithms {
      // A generator's own output has no answer; what it is made of has: see the drivers of SP 800-90A.
      let published = AlgorithmPage.answers(of: algorithm).filter {
        if case .random = $0.problem { false } else { true }
      }
      #expect(!published.isEmpty || algorithm.driverName == "stdrng-openssl", "\(algorithm.driverName) has no answer")
      for answer in published {
        #expect(
          AlgorithmPage.publishers.contains { answer.source.hasPrefix($0) },
          "\(algorithm.name): nobody is known to have published '\(answer.source)'")
      }
      #expect(
        AlgorithmPage.standard(of: algorithm.name) != nil, "add the standard of \(algorithm.name) to the page's table")
    }
    #expect(made.algorithms.count >= 50)
  }

  @Test("every algorithm for which a table has an answer is there")
  func tables() throws {
    let names = try AlgorithmPage.answered()
    #expect(names.count > 25)
    for name in names {
      #expect((try? made.registry.algorithm(name)) != nil, "nothing serves \(name), of which there are vectors")
    }
  }
}
