// decompress on bad, strange and hostile input.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Bad input is an error with its code, and leaves nothing")
struct DecompressionTests {
  let folder: TemporaryFolder
  let tool: Tool
  let good: Data

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    good = try tool.run("compress", input: Sample.text).output
  }

  /// Runs the file through decompress in the three ways that a user may, and expects corruption.
  private func expectCorrupt(_ data: Data, _ message: String, arguments: [String] = []) throws {
    try folder.create("bad.gz", data)
    for (way, left) in [
      (["bad.gz"], ["bad.gz"]), (["-o", "out", "bad.gz"], ["bad.gz"]), (["-c", "bad.gz"], ["bad.gz"]),
    ] {
      let outcome = try tool.run(["decompress"] + arguments + way)
      #expect(outcome.status == 65, "\(way): \(outcome)")
      #expect(outcome.errors.hasPrefix("wdprov: "), "\(way): \(outcome)")
      #expect(outcome.errors.contains(message), "\(way): \(outcome)")
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "one line: \(outcome)")
      #expect(try folder.names == left, "\(way)")
    }
    #expect(try folder.contents("bad.gz") == data)
  }

  @Test("a corrupt file")
  func corrupt() throws {
    var data = good
    data[data.count / 2] ^= 0x55
    try expectCorrupt(data, "bad.gz")
  }

  @Test("a wrong checksum")
  func checksum() throws {
    var data = good
    data[data.count - 6] ^= 1
    try expectCorrupt(data, "gzip-zlib")
  }

  @Test("a truncated file", arguments: [4, 9, 11, 100, -1, -8, -9])
  func truncated(count: Int) throws {
    try expectCorrupt(good.prefix(count < 0 ? good.count + count : count), "ends in the middle")
  }

  @Test("what was decoded before the end of a truncated file was found stands on standard output")
  func truncatedOutput() throws {
    let outcome = try tool.run("decompress", input: good.dropLast(20))
    #expect(outcome.status == 65)
    #expect(!outcome.output.isEmpty)
    #expect(Sample.text.starts(with: outcome.output))
  }

  @Test("an empty file")
  func empty() throws { try expectCorrupt(Data(), "is empty") }

  @Test("an empty file whose format is named")
  func emptyNamed() throws { try expectCorrupt(Data(), "ends in the middle", arguments: ["-a", "gzip"]) }

  @Test("a file in no format")
  func unknown() throws { try expectCorrupt(Sample.text, "is not in gzip, zlib, zstd or lz4 format") }

  @Test(
    "zstd and lz4 are told, and need a plugin (69)",
    arguments: [
      ("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x00]), ("lz4", [0x04, 0x22, 0x4D, 0x18, 0x64, 0x40]),
      // Behind an index, which is a frame to be skipped.
      ("zstd", [0x57, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9, 0x28, 0xB5, 0x2F, 0xFD, 0x20]),
      ("lz4", [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0, 0x04, 0x22, 0x4D, 0x18]),
    ] as [(String, [UInt8])])
  func pluginFormats(name: String, magic: [UInt8]) throws {
    let outcome = try tool.run("decompress", input: Data(magic))
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("is in \(name) format"))
    #expect(outcome.output.isEmpty)
  }

  @Test("zlib is told by its first bytes, raw deflate by its suffix or its name")
  func formats() throws {
    for name in ["zlib-deflate", "deflate"] {
      let data = try tool.run("compress", "-a", name, input: Sample.text).output
      #expect(try tool.run("decompress", "-a", name, input: data).output == Sample.text)
      if name == "zlib-deflate" { #expect(try tool.run("decompress", input: data).output == Sample.text) }
      #expect(try tool.run("decompress", "-a", "gzip", input: data).status == 65)
    }
  }

  @Test("members that follow one another are one file")
  func members() throws {
    let more = try tool.run("compress", input: Data("more".utf8)).output
    #expect(try tool.run("decompress", input: good + more + more).output == Sample.text + Data("moremore".utf8))
  }

  @Test("--single stops behind the first member and counts the rest")
  func single() throws {
    let outcome = try tool.run("decompress", "--single", input: good + good)
    #expect(outcome.status == 0)
    #expect(outcome.output == Sample.text)
    #expect(outcome.errors == "wdprov: standard input: \(good.count) bytes follow the first member and were ignored\n")
  }

  @Test("bytes behind the data are ignored with a warning, and corruption for --strict")
  func trailing() throws {
    let data = good + Data("rubbish".utf8)
    let outcome = try tool.run("decompress", input: data)
    #expect(outcome.status == 0)
    #expect(outcome.output == Sample.text)
    #expect(outcome.errors == "wdprov: standard input: 7 bytes follow the data and were ignored\n")
    try expectCorrupt(data, "7 bytes follow the data", arguments: ["--strict"])
  }

  @Test("a byte that could begin a member and does not is trailing too")
  func trailingMagic() throws {
    let outcome = try tool.run("decompress", input: good + Data([0x1F]))
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains(": 1 bytes follow the data"))
  }

  @Test("zeros behind the data are padding, however many")
  func padding() throws {
    let outcome = try tool.run("decompress", input: good + Data(count: 300_000))
    #expect(outcome.status == 0)
    #expect(outcome.output == Sample.text)
    #expect(outcome.errors.isEmpty)
    #expect(try tool.run("decompress", "--strict", input: good + Data(count: 512)).status == 0)
    let mixed = try tool.run("decompress", input: good + Data(count: 300_000) + Data([1]))
    #expect(mixed.errors.contains("300001 bytes follow the data"))
  }

  @Test("a later member that is corrupt makes the file corrupt")
  func corruptMember() throws {
    var second = good
    second[second.count - 6] ^= 1
    try expectCorrupt(good + second, "gzip-zlib")
  }

  // MARK: Limits

  /// 16 MiB of zeros in 16 KiB.
  private func bomb() throws -> Data { try tool.run("compress", "-9", input: Data(count: 1 << 24)).output }

  @Test("--limit stops a bomb, and nothing past it is written")
  func limit() throws {
    let bomb = try bomb()
    #expect(bomb.count < 20_000)
    try expectCorrupt(bomb, "passes the limit of 1048576 bytes", arguments: ["--limit", "1M"])
    let outcome = try tool.run("decompress", "--limit", "1M", input: bomb)
    #expect(outcome.output.count <= 1 << 20)
  }

  @Test("--ratio-limit stops a bomb")
  func ratioLimit() throws {
    try expectCorrupt(bomb(), "passes 100.0 times the input", arguments: ["--ratio-limit", "100"])
  }

  @Test("a limit that is met exactly is not passed")
  func exactLimit() throws {
    let outcome = try tool.run("decompress", "--limit", "16M", "--ratio-limit", "1033", input: bomb())
    #expect(outcome.status == 0)
    #expect(outcome.output.count == 1 << 24)
  }

  @Test(
    "limits that are none are wrong usage", arguments: [["--limit", "x"], ["--limit", "-1"], ["--ratio-limit", "0"]])
  func wrongLimits(arguments: [String]) throws {
    #expect(try tool.run(["decompress"] + arguments, input: good).status == 64)
  }
}
