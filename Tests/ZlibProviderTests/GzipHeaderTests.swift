// The fields of gzip's header (RFC 1952 section 2.3), written and read.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("gzip header fields")
struct GzipHeaderTests {
  private static let full = GzipHeader(
    name: "Überschrift.txt", comment: "two\nlines, ÿ", extra: [1, 2, 3, 0, 255], modificationTime: 1_700_000_000,
    operatingSystem: 11, isText: true, hasChecksum: true)

  private func write(_ header: GzipHeader?, _ text: [UInt8]) throws -> [UInt8] {
    var stream = try registry().compressor("gzip", CompressionOptions(header: header))
    return stream.pump(text, .whole, .whole).bytes
  }

  @Test(
    "come back as they were written, whatever the chunking",
    arguments: [
      full, GzipHeader(), GzipHeader(name: ""), GzipHeader(comment: ""), GzipHeader(extra: []),
      GzipHeader(extra: [UInt8](repeating: 7, count: 65_535)), GzipHeader(name: "n", hasChecksum: true),
      GzipHeader(modificationTime: .max, operatingSystem: 255),
    ],
    [Chunking.whole, .bytes, .random(seed: 11)])
  func roundTrip(header: GzipHeader, chunking: Chunking) throws {
    let compressed = try write(header, prose(100))
    var stream = try registry().decompressor("gzip")
    #expect(stream.header() == nil)
    #expect(stream.pump(compressed, chunking, .whole) == Outcome(bytes: prose(100)))
    #expect(stream.header() == header)
  }

  @Test("lie where RFC 1952 puts them")
  func layout() throws {
    let bytes = try write(Self.full, [])
    // ID1, ID2, CM 8, FLG: FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT; MTIME, XFL 0, OS, XLEN.
    var expected: [UInt8] = [0x1f, 0x8b, 8, 0b1_1111, 0x00, 0xf1, 0x53, 0x65, 0, 11, 5, 0, 1, 2, 3, 0, 255]
    expected += [0xdc] + Array("berschrift.txt".utf8) + [0]
    expected += Array("two\nlines, ".utf8) + [0xff, 0]
    #expect(Array(bytes.prefix(expected.count)) == expected)
  }

  @Test("are what zlib writes of its own where none are given")
  func plain() throws {
    let parameters = ZlibOracle.Parameters(windowBits: ZlibOracle.windowBits("gzip"))
    #expect(try write(nil, prose(10)) == ZlibOracle.compress(prose(10), parameters))
  }

  @Test("are read by gzip, which restores the name")
  func toGzip() throws {
    let workspace = try Workspace()
    var header = Self.full
    header.name = "restored.txt"
    try workspace.write(write(header, prose(1000)), to: "other.gz")
    _ = try workspace.run("gzip", ["-dN", "other.gz"])
    let restored = workspace.folder.appending(path: "restored.txt")
    #expect(try [UInt8](Data(contentsOf: restored)) == prose(1000))
    let date = try FileManager.default.attributesOfItem(atPath: restored.path)[.modificationDate] as? Date
    #expect(date == Date(timeIntervalSince1970: 1_700_000_000))
  }

  @Test("are read from gzip's files")
  func fromGzip() throws {
    let workspace = try Workspace()
    try workspace.write(prose(1000), to: "original.txt")
    let file = workspace.folder.appending(path: "original.txt")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_600_000_000)], ofItemAtPath: file.path)
    let compressed = try workspace.run("gzip", ["-cN", "original.txt"])
    var stream = try registry().decompressor("gzip")
    #expect(stream.pump(compressed, .whole, .whole) == Outcome(bytes: prose(1000)))
    #expect(stream.header() == GzipHeader(name: "original.txt", modificationTime: 1_600_000_000, operatingSystem: 3))
  }

  @Test("are those of the member being read, as soon as its header has been read")
  func members() throws {
    let names = ["first", nil, "third"]
    var stream = try registry().decompressor("gzip")
    var plain: [UInt8] = []
    for name in names {
      let member = try write(GzipHeader(name: name), prose(50))
      // The magic of a member that follows is read once it is there in full.
      let length = 10 + (name.map { $0.utf8.count + 1 } ?? 0)
      _ = try stream.step(Array(member[..<length]), room: 100, appendingTo: &plain)
      #expect(stream.header()?.name == name)
      _ = try stream.step(Array(member[length...]), room: 100, appendingTo: &plain)
    }
    #expect(plain == prose(50) + prose(50) + prose(50))
  }

  @Test("are written in every member that a handle makes, and in no other handle's")
  func reuse() throws {
    let registry = try registry(ZlibProvider(idleContexts: 1))
    let text = prose(20)
    do {
      var handle = try registry.compression("gzip", CompressionOptions(header: Self.full))
      let first = try handle.compress(text)
      #expect(try first == write(Self.full, text))
      #expect(try handle.compress(text) == first)
    }
    var next = try registry.compression("gzip")
    #expect(try next.compress(text) == write(nil, text))
  }

  @Test("that are longer than 65,535 bytes are cut, and the data is whole")
  func longName() throws {
    let header = GzipHeader(name: String(repeating: "n", count: 70_000), comment: String(repeating: "c", count: 65_535))
    let compressed = try write(header, prose(100))
    var stream = try registry().decompressor("gzip")
    #expect(stream.pump(compressed, .random(seed: 12), .whole) == Outcome(bytes: prose(100)))
    #expect(stream.header()?.name?.utf8.count == 65_535)
    #expect(stream.header()?.comment == header.comment)
  }

  @Test("with a wrong checksum of their own are corrupt")
  func headerChecksum() throws {
    var bytes = try write(GzipHeader(name: "a", hasChecksum: true), prose(10))
    bytes[10] ^= 1
    var stream = try registry().decompressor("gzip")
    #expect(stream.pump(bytes, .whole, .whole).error == .corruptInput)
    #expect(stream.header() == nil)
  }

  @Test("are none in other formats", arguments: ["deflate", "zlib-deflate"])
  func otherFormats(format: String) throws {
    let registry = try registry(ZlibProvider(idleContexts: 1))
    var gzip = try registry.decompressor("gzip")
    _ = try gzip.pump(write(Self.full, prose(9)), .whole, .whole)
    _ = consume gzip
    // The context that read gzip reads this too.
    var handle = try registry.compression(format)
    var stream = try registry.decompressor(format)
    #expect(try stream.pump(handle.compress(prose(9)), .whole, .whole) == Outcome(bytes: prose(9)))
    #expect(stream.header() == nil)
  }
}
