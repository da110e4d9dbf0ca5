// pcrypt(gzip) over zlib: headers with an index in them, as zlib reads them.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Members of pcrypt(gzip)")
struct ParallelMemberTests {
  private func registry() throws -> Registry {
    let registry = Registry()
    try registry.register(ZlibProvider())
    return registry
  }

  private let long = (0..<(1 << 20 + 100)).map { UInt8(truncatingIfNeeded: $0 >> 7) }

  private func header(of stream: [UInt8], _ registry: Registry) throws -> GzipHeader? {
    var decoder = try registry.decompressor("gzip-zlib")
    _ = try [UInt8](capacity: 0) { (output: inout OutputRawSpan) throws(ProviderError) in
      _ = try decoder.step(stream.rawSpan, into: &output)
    }
    return decoder.header()
  }

  @Test(
    "all fields of the first member's header are kept beside the index, and its checksum holds",
    arguments: [false, true])
  func fields(hasChecksum: Bool) throws {
    let registry = try registry()
    var header = GzipHeader(
      name: "caf\u{E9}", comment: "a comment", modificationTime: 1_234_567_890, operatingSystem: 7, isText: true,
      hasChecksum: hasChecksum)
    var handle = try registry.compression("pcrypt(gzip-zlib)", .init(level: 9, header: header, threads: 2))
    let stream = try handle.compress(long)
    let read = try #require(try self.header(of: stream, registry))
    let extra = try #require(read.extra)
    #expect(extra.count == 12)
    #expect(extra.starts(with: Array("WD".utf8) + [8, 0]))
    header.extra = extra
    #expect(read == header)
    #expect(stream[8] == 2, "XFL is the driver's: its slowest level")
    var decoder = try registry.compression("gzip-zlib")
    #expect(try decoder.decompress(stream) == long)
    // A short one is as the driver writes it.
    var plain = try registry.compression("gzip-zlib", .init(level: 9, header: header))
    header.extra = nil
    var short = try registry.compression("pcrypt(gzip-zlib)", .init(level: 9, header: header, threads: 2))
    plain = try registry.compression("gzip-zlib", .init(level: 9, header: header))
    #expect(try short.compress([1, 2, 3]) == plain.compress([1, 2, 3]))
  }

  @Test("a caller's own extra field stays as it is, without an index")
  func ownExtra() throws {
    let registry = try registry()
    let header = GzipHeader(name: "n", extra: [1, 2, 3, 4])
    var handle = try registry.compression("pcrypt(gzip-zlib)", .init(header: header, threads: 2))
    let stream = try handle.compress(long)
    #expect(try self.header(of: stream, registry) == header)
    var decoder = try registry.compression("gzip-zlib")
    #expect(try decoder.decompress(stream) == long)
  }

  @Test("text that a header cannot hold is refused")
  func refusedText() throws {
    var handle = try registry().compression(
      "pcrypt(gzip-zlib)", .init(header: GzipHeader(name: "\u{20AC}"), threads: 2))
    let error = #expect(throws: ProviderError.self) { try handle.compress(long) }
    #expect(error?.code == .invalidArgument)
  }
}
