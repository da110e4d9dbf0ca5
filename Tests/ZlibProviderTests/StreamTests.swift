// What a step promises: flushes, full outputs, slices, the end of a stream, and starting again.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Streams")
struct StreamTests {
  @Test("nothing compresses to an empty stream, and back", arguments: formats, Array(0...9))
  func empty(format: String, level: Int) throws {
    var handle = try registry().compression(format, CompressionOptions(level: level))
    let compressed = try handle.compress([])
    #expect(!compressed.isEmpty)
    #expect(try handle.decompress(compressed).isEmpty)
  }

  @Test(
    "a flush ends however little room there is at a time, and everything so far can be decoded",
    arguments: [CompressionFlush.sync, .full], [1, 2, 4, 5, 6, 7, 63, 64, 65, 1000])
  func flushes(flush: CompressionFlush, room: Int) throws {
    let registry = try registry()
    for format in formats {
      for level in [0, 1, 6] {
        var compressor = try registry.compressor(format, CompressionOptions(level: level))
        var decompressor = try registry.decompressor(format)
        var plain: [UInt8] = []
        var decoded: [UInt8] = []
        for size in [1, 0, 5, 300, 2000] {
          let piece = prose(size, seed: UInt64(size))
          plain += piece
          var flushed: [UInt8] = []
          var offset = 0
          var isFlushed = false
          // Stored blocks take five bytes each, as do markers: far fewer steps than bytes and a hundred.
          for _ in 0..<piece.count * 2 + 100 where !isFlushed {
            let before = flushed.count
            let rest = Array(piece[offset...])
            offset += try compressor.step(rest, room: room, flush, appendingTo: &flushed).consumed
            isFlushed = flushed.count - before < room
          }
          #expect(isFlushed && offset == piece.count)
          _ = try decompressor.step(flushed, room: 4096, appendingTo: &decoded)
          #expect(decoded == plain, "\(format), level \(level), \(size) bytes")
        }
      }
    }
  }

  @Test("a repeated flush adds nothing", arguments: formats)
  func repeatedFlush(format: String) throws {
    var stream = try registry().compressor(format)
    var bytes: [UInt8] = []
    for room in [100, 100, 1, 100] { _ = try stream.step(prose(50), room: room, .sync, appendingTo: &bytes) }
    let count = bytes.count
    for room in [100, 1, 100] { _ = try stream.step([], room: room, .sync, appendingTo: &bytes) }
    #expect(bytes.count == count)
  }

  @Test("what follows a full flush can be decoded on its own")
  func fullFlush() throws {
    let registry = try registry()
    var compressor = try registry.compressor("deflate")
    let text = prose(3000)
    var bytes: [UInt8] = []
    _ = try compressor.step(text, room: 10_000, .full, appendingTo: &bytes)
    let start = bytes.count
    _ = try compressor.step(text, room: 10_000, .finish, appendingTo: &bytes)
    var handle = try registry.compression("deflate")
    #expect(try handle.decompress(Array(bytes[start...])) == text)
  }

  @Test("parts of raw deflate that end with a flush join to one stream")
  func joinedBlocks() throws {
    let registry = try registry()
    var joined: [UInt8] = []
    let parts = (1...5).map { prose(700, seed: $0) }
    for (index, part) in parts.enumerated() {
      var compressor = try registry.compressor("deflate")
      let flush: CompressionFlush = index == parts.count - 1 ? .finish : .sync
      _ = try compressor.step(part, room: 4096, flush, appendingTo: &joined)
    }
    var handle = try registry.compression("deflate")
    #expect(try handle.decompress(joined) == parts.flatMap { $0 })
  }

  @Test(
    "an output of the exact size is enough; one byte less is refused, and the request can be resumed",
    arguments: formats, Array(0...9))
  func exactRoom(format: String, level: Int) throws {
    var handle = try registry().compression(format, CompressionOptions(level: level))
    var random = SplitMix64(seed: UInt64(level))
    for input in [[], [7], prose(100), prose(5000), random.bytes(3000), random.bytes(70_000)] {
      let compressed = try handle.compress(input)
      #expect(try compress(&handle, input, room: compressed.count) == compressed)
      for short in [1, 2, 7, 8, 9, compressed.count] where short <= compressed.count {
        let (first, rest) = try compressShort(&handle, input, room: compressed.count - short)
        #expect(first.count == compressed.count - short)
        // zlib cuts stored blocks to the room, so that at level 0 the bytes may differ.
        if level > 0 { #expect(first + rest == compressed, "\(input.count) bytes, \(short) short") }
        #expect(try handle.decompress(first + rest) == input)
      }
      let exact = try [UInt8](capacity: input.count) { (output) throws(ProviderError) in
        _ = try handle.decompress(compressed.rawSpan, into: &output)
      }
      #expect(exact == input)
      guard !input.isEmpty else { continue }
      let error = code {
        _ = try [UInt8](capacity: input.count - 1) { (output) throws(ProviderError) in
          _ = try handle.decompress(compressed.rawSpan, into: &output)
        }
      }
      #expect(error == .outputTooSmall)
    }
  }

  private func compress(_ handle: inout Compression, _ input: [UInt8], room: Int) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: room) { (output) throws(ProviderError) in
      _ = try handle.compress(input.rawSpan, into: &output)
    }
  }

  /// The two parts of a request whose first output was too small.
  private func compressShort(
    _ handle: inout Compression, _ input: [UInt8], room: Int
  ) throws -> (first: [UInt8], rest: [UInt8]) {
    var refusal: ProviderError?
    let first = [UInt8](capacity: room) { output in
      do throws(ProviderError) { _ = try handle.compress(input.rawSpan, into: &output) } catch { refusal = error }
    }
    let error = try #require(refusal)
    #expect(error.code == .outputTooSmall)
    let progress = try #require(error.progress)
    #expect(progress.produced == first.count)
    let remaining = Array(input.dropFirst(progress.consumed))
    let rest = try [UInt8](capacity: handle.bound(input.count)) { (output) throws(ProviderError) in
      _ = try handle.resumeCompress(remaining.rawSpan, into: &output)
    }
    return (first, rest)
  }

  @Test("a step without room or without input is no error and no progress", arguments: formats)
  func nothingToDo(format: String) throws {
    let registry = try registry()
    var compressor = try registry.compressor(format)
    var bytes: [UInt8] = []
    #expect(try compressor.step([], room: 0, appendingTo: &bytes) == CompressionProgress())
    #expect(try compressor.step([1, 2, 3], room: 0, appendingTo: &bytes) == CompressionProgress())
    #expect(try compressor.step([], room: 100, appendingTo: &bytes).consumed == 0)
    while try !compressor.step([], room: 10, .finish, appendingTo: &bytes).finished {}
    var decompressor = try registry.decompressor(format)
    var plain: [UInt8] = []
    #expect(try decompressor.step([], room: 0, appendingTo: &plain) == CompressionProgress())
    #expect(try decompressor.step([], room: 10, appendingTo: &plain) == CompressionProgress())
    // A stream of no bytes needs no room at all.
    #expect(try decompressor.step(bytes, room: 0, .finish, appendingTo: &plain).finished)
    #expect(plain.isEmpty)
  }

  @Test("buffers larger than zlib's counters go through in slices", arguments: formats, [1, 2, 7, 100, 4096])
  func slices(format: String, slice: Int) throws {
    let registry = try registry(ZlibProvider(idleContexts: 1, slice: slice))
    var handle = try registry.compression(format)
    for input in [[], prose(1), prose(99), prose(9000)] {
      let compressed = try handle.compress(input)
      let parameters = ZlibOracle.Parameters(windowBits: ZlibOracle.windowBits(format))
      #expect(compressed == ZlibOracle.compress(input, parameters))
      #expect(try handle.decompress(compressed) == input)
      var stream = try registry.decompressor(format)
      #expect(
        stream.pump(compressed + [9, 9], .random(seed: 4), .random(seed: 5)) == Outcome(bytes: input, trailing: 2))
    }
  }

  @Test("a complete transform uses nothing more until it is reset", arguments: formats)
  func afterTheEnd(format: String) throws {
    let provider = ZlibProvider()
    let driver = try #require(
      provider.drivers.first { $0.descriptor.name == format } as? any CompressionDriver)
    var compressor = try driver.makeTransform(.compress, CompressionOptions())
    var decompressor = try driver.makeTransform(.decompress, CompressionOptions())
    for round in 1...3 {
      let text = prose(500, seed: UInt64(round))
      var end = CompressionProgress()
      let compressed = try [UInt8](capacity: 1000) { (output) throws(ProviderError) in
        _ = try compressor.step(text.rawSpan, into: &output, .finish)
        end = try compressor.step(text.rawSpan, into: &output, .finish)
      }
      #expect(end == CompressionProgress(finished: true))
      let plain = try [UInt8](capacity: 1000) { (output) throws(ProviderError) in
        _ = try decompressor.step(compressed.rawSpan, into: &output, .none)
        end = try decompressor.step(compressed.rawSpan, into: &output, .none)
      }
      #expect(end == CompressionProgress(finished: true))
      #expect(plain == text)
      try compressor.reset()
      try decompressor.reset()
    }
  }

  @Test("a handle serves again after each kind of error", arguments: formats)
  func reuse(format: String) throws {
    var handle = try registry().compression(format)
    let text = prose(2000)
    let compressed = try handle.compress(text)
    let damaged = [compressed[0] ^ 0xff] + compressed.dropFirst()
    for _ in 1...3 {
      #expect(code { _ = try handle.decompress(damaged) } == .corruptInput)
      #expect(try handle.decompress(compressed) == text)
      #expect(code { _ = try handle.decompress(Array(compressed.dropLast())) } == .truncatedInput)
      #expect(try handle.decompress(compressed) == text)
      #expect(code { _ = try compress(&handle, text, room: 10) } == .outputTooSmall)
      #expect(try handle.compress(text) == compressed)
    }
  }
}
