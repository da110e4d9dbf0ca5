// The Canterbury corpus there and back at every level, by the library, by zlib and by gzip.
// SPDX-License-Identifier: Apache-2.0

import TestVectors
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("The Canterbury corpus")
struct CanterburyTests {
  private static let registry = Result { try ZlibProviderTests.registry() }

  /// The files, or those of less than 200,000 bytes.
  private func files(_ all: Bool) throws -> [CorpusFile] {
    try Vectors.canterbury().filter { all || $0.bytes.count < 200_000 }
  }

  /// The compressed files, which must be zlib's to the byte, and come back.
  private func compress(_ files: [CorpusFile], _ format: String, _ level: Int) throws -> [[UInt8]] {
    var handle = try Self.registry.get().compression(format, CompressionOptions(level: level))
    let parameters = ZlibOracle.Parameters(level: Int32(level), windowBits: ZlibOracle.windowBits(format))
    return try files.map { file in
      let compressed = try handle.compress(file.bytes)
      #expect(compressed == ZlibOracle.compress(file.bytes, parameters), "\(file.name)")
      #expect(try handle.decompress(compressed) == file.bytes, "\(file.name)")
      return compressed
    }
  }

  @Test(
    "compresses to zlib's very bytes at every level, from contexts used before, and back",
    arguments: ["deflate", "zlib-deflate"], Array(0...9))
  func roundTrip(format: String, level: Int) throws {
    // The large files differ from those of the test of gzip in their container alone.
    #expect(try compress(files(false), format, level).count == 7)
  }

  @Test(
    "compresses to zlib's very bytes as gzip at every level, and back, by the library and by gzip",
    arguments: Array(0...9))
  func toGzip(level: Int) throws {
    let workspace = try Workspace()
    let files = try files(true)
    let names = files.map { "\($0.name).gz" }
    for (name, compressed) in zip(names, try compress(files, "gzip", level)) {
      try workspace.write(compressed, to: name)
    }
    #expect(try workspace.run("gzip", ["-t"] + names).isEmpty)
    #expect(try workspace.run("gzip", ["-dc"] + names) == files.flatMap(\.bytes))
  }

  @Test("comes back whatever the chunking, at every level", arguments: formats, [0, 1, 4, 6, 9])
  func chunks(format: String, level: Int) throws {
    let registry = try Self.registry.get()
    for file in try files(false) {
      let seed = Chunking.random(seed: UInt64(level))
      var compressor = try registry.compressor(format, CompressionOptions(level: level))
      let compressed = compressor.pump(file.bytes, seed, seed)
      #expect(compressed.error == nil && compressed.trailing == 0, "\(file.name)")
      var decompressor = try registry.decompressor(format)
      #expect(decompressor.pump(compressed.bytes, seed, seed) == Outcome(bytes: file.bytes), "\(file.name)")
    }
  }

  @Test("is decompressed from gzip's files, each a member", arguments: Array(1...9))
  func fromGzip(level: Int) throws {
    let workspace = try Workspace()
    let files = try files(true)
    for file in files { try workspace.write(file.bytes, to: file.name) }
    let members = try workspace.run("gzip", ["-c", "--no-name", "-\(level)"] + files.map(\.name))
    var handle = try Self.registry.get().compression("gzip")
    #expect(try handle.decompress(members) == files.flatMap(\.bytes))
  }
}
