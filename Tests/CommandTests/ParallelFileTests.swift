// compress and decompress on several threads: what comes out is what one thread would have made.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Long files are cut into members that any gunzip joins")
struct ParallelFileTests {
  let folder: TemporaryFolder
  let tool: Tool
  /// Bytes of a member.
  static let block = 1 << 18

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
  }

  /// `count` bytes of which no two blocks are alike: text, with noise between.
  static func mixture(_ count: Int) -> Data {
    var data = Data()
    while data.count < count {
      data += Sample.text
      data += Sample.noise(1000 + data.count >> 12)
    }
    return data.prefix(count)
  }

  @Test(
    "a file of any size comes back, by gunzip and by decompress",
    arguments: [0, 1, block - 1, block, block + 1, 2 * block, 3 * block + 77_777])
  func sizes(count: Int) throws {
    let plain = Self.mixture(count)
    try folder.create("plain", plain)
    #expect(try tool.run("compress", "-k", "-j", "3", "plain").status == 0)
    #expect(try tool.shell("gunzip -c plain.gz | cmp - plain").status == 0)
    for threads in ["1", "5"] {
      let outcome = try tool.run("decompress", "-c", "-j", threads, "plain.gz")
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output == plain)
    }
    // By a pipe, of which nobody knows the size.
    #expect(try tool.shell("cat plain | $wdprov compress -j 2 | gunzip | cmp - plain").status == 0)
    #expect(try tool.shell("cat plain.gz | $wdprov decompress -j 2 | cmp - plain").status == 0)
  }

  @Test("the number of threads changes nothing in the file, and one block none in what it costs")
  func deterministic() throws {
    try folder.create("plain", Self.mixture(3 * Self.block + 1))
    let reference = try tool.run("compress", "-c", "-j", "2", "plain").output
    for threads in ["3", "9"] {
      #expect(try tool.run("compress", "-c", "-j", threads, "plain").output == reference)
    }
    let long = try tool.run("compress", "-v", "-c", "-j", "2", "plain")
    #expect(long.errors.contains("(pcrypt(gzip-zlib))"))
    try folder.create("short", Self.mixture(Self.block))
    let short = try tool.run("compress", "-v", "-c", "-j", "2", "short")
    #expect(short.errors.contains("(gzip-zlib)"))
    #expect(!short.errors.contains("pcrypt"))
    let pipe = try tool.shell("head -c 100000 plain | $wdprov compress -v -j 2 >/dev/null")
    #expect(!pipe.errors.contains("pcrypt"))
    let one = try tool.run("compress", "-c", "-n", "-j", "1", "plain")
    #expect(one.output[3] == 0, "one thread writes one member without an index")
  }

  @Test("raw deflate is cut too, and a format with one checksum over the whole is not")
  func otherFormats() throws {
    let plain = Self.mixture(Self.block + 5000)
    try folder.create("plain", plain)
    for (algorithm, isCut) in [("deflate", true), ("zlib-deflate", false)] {
      // Of the standard number of threads, since two are refused where nothing can be cut.
      let outcome = try tool.run("compress", "-v", "-c", "-a", algorithm, "plain")
      #expect(outcome.status == 0)
      if isCut {
        #expect(try tool.run("compress", "-v", "-c", "-a", algorithm, "-j2", "plain").errors.contains("pcrypt"))
      }
      #expect(try tool.run("decompress", "-a", algorithm, input: outcome.output).output == plain)
    }
  }

  @Test("name and time stand in the first member's header")
  func header() throws {
    let time = Date(timeIntervalSince1970: 1_234_567_890)
    try folder.create("näme of it", Self.mixture(2 * Self.block))
    try folder.set("näme of it", modified: time)
    #expect(try tool.run("compress", "-j", "2", "näme of it").status == 0)
    #expect(try tool.shell("mv 'näme of it.gz' other.gz; gunzip -N other.gz").status == 0)
    #expect(try folder.names == ["näme of it"])
    #expect(try folder.modified("näme of it") == time)
    #expect(
      try tool.shell("$wdprov compress -j 2 näme*; mv *.gz other.gz; $wdprov decompress -N -j 2 other.gz").status == 0)
    #expect(try folder.names == ["näme of it"])
    #expect(try folder.modified("näme of it") == time)
    // Without them nothing of the file is told.
    let plainest = try tool.run("compress", "-n", "-c", "-j", "2", "näme of it").output
    #expect(plainest[3] == 4)
    #expect(plainest[4..<8] == Data([0, 0, 0, 0]))
  }

  @Test("each member tells its own sizes, at its start")
  func index() throws {
    let count = 2 * Self.block + 12_345
    let data = try tool.run("compress", "-j", "2", input: Self.mixture(count)).output
    var (start, plain) = (0, 0)
    while start < data.count {
      let head = [UInt8](data[start..<start + 24])
      #expect(head[0..<4] == [0x1F, 0x8B, 8, 4])
      #expect(head[10..<16] == [12, 0, 0x57, 0x44, 8, 0])
      let sizes = [16, 20].map { head[$0..<$0 + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
      // The last four bytes of a member are its plain size (RFC 1952 section 2.3.1).
      let end = start + sizes[0]
      try #require(end <= data.count)
      #expect(data[end - 4..<end].reversed().reduce(0) { $0 << 8 | Int($1) } == sizes[1])
      (start, plain) = (end, plain + sizes[1])
    }
    #expect(start == data.count)
    #expect(plain == count)
  }
}
