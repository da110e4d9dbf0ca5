// Bad input: damaged, cut short, followed by something else, or larger than allowed.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Bad input")
struct CorruptionTests {
  @Test("a stream that is cut short anywhere is truncated, and goes on when the rest comes", arguments: formats)
  func truncated(format: String) throws {
    let registry = try registry()
    var handle = try registry.compression(format)
    let text = prose(400)
    let compressed = try handle.compress(text)
    for count in 0..<compressed.count {
      let part = Array(compressed.prefix(count))
      #expect(code { _ = try handle.decompress(part) } == .truncatedInput, "\(count) bytes")
      var stream = try registry.decompressor(format)
      var plain: [UInt8] = []
      #expect(try !stream.step(part, room: 500, appendingTo: &plain).finished)
      let rest = Array(compressed.dropFirst(count))
      #expect(try stream.step(rest, room: 500, .finish, appendingTo: &plain).finished)
      #expect(plain == text)
    }
  }

  @Test("no flipped bit gives other data without an error", arguments: ["zlib-deflate", "gzip"])
  func flippedBits(format: String) throws {
    var handle = try registry().compression(format)
    let text = prose(200)
    let compressed = try handle.compress(text)
    var errors = 0
    for bit in 0..<compressed.count * 8 {
      var damaged = compressed
      damaged[bit / 8] ^= 1 << (bit % 8)
      do throws(ProviderError) {
        // Bits of gzip's header that say nothing of the data: time, file system, text.
        #expect(try handle.decompress(damaged) == text, "bit \(bit)")
      } catch {
        errors += 1
        #expect([.corruptInput, .truncatedInput, .dictionaryNeeded].contains(error.code), "bit \(bit): \(error)")
      }
    }
    #expect(errors >= (compressed.count - 7) * 8)
  }

  @Test("an error says what zlib said, its number and the driver", arguments: ["zlib-deflate", "gzip"])
  func report(format: String) throws {
    var handle = try registry().compression(format)
    var damaged = try handle.compress(prose(100))
    // The last four bytes are the Adler-32, or the length behind the CRC-32.
    let position = damaged.count - (format == "gzip" ? 8 : 4)
    damaged[position] ^= 1
    let error = #expect(throws: ProviderError.self) { _ = try handle.decompress(damaged) }
    #expect(error?.code == .corruptInput)
    #expect(error?.driver == "\(format)-zlib")
    #expect(error?.backend == .init(library: "zlib", number: -3, stack: ["incorrect data check"]))
    #expect(error?.message.contains("incorrect data check") == true)
    damaged[position] ^= 1
    if format == "gzip" {
      damaged[damaged.count - 1] ^= 1
      let error = #expect(throws: ProviderError.self) { _ = try handle.decompress(damaged) }
      #expect(error?.backend?.stack == ["incorrect length check"])
    }
  }

  @Test(
    "bytes behind the end are counted and not used", arguments: formats, [Chunking.whole, .bytes, .random(seed: 6)])
  func trailing(format: String, chunking: Chunking) throws {
    let registry = try registry()
    var handle = try registry.compression(format)
    let text = prose(300)
    let compressed = try handle.compress(text)
    for tail in [[0], [0x1f], [0x1f, 0x8c, 8], Array(repeating: UInt8(0), count: 512)] {
      var stream = try registry.decompressor(format)
      let expected = Outcome(bytes: text, trailing: tail.count)
      #expect(stream.pump(compressed + tail, chunking, chunking) == expected, "\(tail.count) bytes")
      #expect(code { _ = try handle.decompress(compressed + tail) } == .corruptInput)
    }
  }

  @Test(
    "gzip's members follow one another, or are trailing data", arguments: [Chunking.whole, .bytes, .random(seed: 7)])
  func members(chunking: Chunking) throws {
    let registry = try registry()
    var handle = try registry.compression("gzip")
    let texts = [prose(100, seed: 1), [], prose(40_000, seed: 2), prose(1, seed: 3)]
    let members = try texts.map { try handle.compress($0) }
    let joined = members.flatMap { $0 }
    var all = try registry.decompressor("gzip")
    #expect(all.pump(joined + [0, 0], chunking, chunking) == Outcome(bytes: texts.flatMap { $0 }, trailing: 2))
    var first = try registry.decompressor("gzip", CompressionOptions(allMembers: false))
    #expect(
      first.pump(joined, chunking, chunking) == Outcome(bytes: texts[0], trailing: joined.count - members[0].count))
    var damaged = try registry.decompressor("gzip")
    // A member's magic and another method: more than trailing data.
    #expect(damaged.pump(joined + [0x1f, 0x8b, 7, 0], chunking, chunking).error == .corruptInput)
    var cut = try registry.decompressor("gzip")
    #expect(cut.pump(joined + [0x1f, 0x8b], chunking, chunking).error == .truncatedInput)
  }

  @Test("limits hold to the byte", arguments: formats)
  func limits(format: String) throws {
    let registry = try registry()
    var handle = try registry.compression(format)
    let zeros = [UInt8](repeating: 0, count: 200_000)
    let bomb = try handle.compress(zeros)
    func end(_ options: CompressionOptions) throws -> ProviderError.Code? {
      var stream = try registry.decompressor(format, options)
      return stream.pump(bomb, .random(seed: 8), .random(seed: 9)).error
    }
    #expect(try end(CompressionOptions(outputLimit: 200_000)) == nil)
    #expect(try end(CompressionOptions(outputLimit: 199_999)) == .limitExceeded)
    #expect(try end(CompressionOptions(outputLimit: 0)) == .limitExceeded)
    #expect(try end(CompressionOptions(ratioLimit: 1032)) == nil)
    #expect(try end(CompressionOptions(ratioLimit: 100)) == .limitExceeded)
  }
}
