// Replays what the fuzzers have learnt: every input of Tests/Fuzz/corpus, and inputs of no learning at all.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import FuzzTargets
import LinuxSystem
import TestPrograms
import Testing

@Suite("The fuzzers' corpora")
struct CorpusTests {
  /// Tests/Fuzz/corpus of the sources that this was built from.
  private static let folder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/Fuzz/corpus"
  }()
  private static let names = FuzzTarget.all.map(\.name)

  private func target(_ name: String) throws -> FuzzTarget {
    try #require(FuzzTarget.all.first { $0.name == name })
  }

  @Test("there is one for each entry point and none for anything else")
  func folders() throws {
    #expect(try DirectoryListing.names(in: Self.folder) == Self.names.sorted())
  }

  @Test("no input crashes or breaks an invariant", arguments: names)
  func replay(name: String) throws {
    let target = try target(name)
    let files = try DirectoryListing.names(in: "\(Self.folder)/\(name)")
    #expect(!files.isEmpty)
    for file in files {
      let input = try FileDescriptor.contents(of: "\(Self.folder)/\(name)/\(file)", limit: 1 << 16)
      #expect(throws: Never.self, "\(name)/\(file)") { try target.run(input) }
    }
  }

  @Test("the seeds that fuzzing begins with are made, and break no invariant either")
  func seeds() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "wdprov-seeds-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let maker = try ChildProcess("python3", ["\(Self.folder)/../seeds.py", folder.path])
    #expect(try maker.wait(seconds: 60) == .exit(0))
    let names = try DirectoryListing.names(in: folder.path)
    #expect(names.count > 10)
    for name in names {
      let target = try target(name)
      for file in try DirectoryListing.names(in: "\(folder.path)/\(name)") {
        let input = try FileDescriptor.contents(of: "\(folder.path)/\(name)/\(file)", limit: 1 << 20)
        #expect(throws: Never.self, "\(name)/\(file)") { try target.run(input) }
      }
    }
  }

  @Test("neither does an empty input, a single byte or noise", arguments: names)
  func noise(name: String) throws {
    let target = try target(name)
    var state: UInt64 = 1
    var inputs: [[UInt8]] = [[]] + (0...255).map { [$0] }
    for _ in 0..<100 {
      var input: [UInt8] = []
      for _ in 0..<Int(state >> 59) * 8 {
        // Knuth's linear congruential generator of MMIX; its upper bits are the random ones.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        input.append(UInt8(truncatingIfNeeded: state >> 56))
      }
      state &+= 0x9E37_79B9_7F4A_7C15
      inputs.append(input)
    }
    for input in inputs {
      #expect(throws: Never.self, "\(name): \(input)") { try target.run(input) }
    }
  }
}
