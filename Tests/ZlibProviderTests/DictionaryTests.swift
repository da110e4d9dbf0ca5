// Preset dictionaries of raw deflate and zlib.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Preset dictionaries")
struct DictionaryTests {
  private static let formats = ["deflate", "zlib-deflate"]
  private static let dictionary = prose(2000, seed: 9)
  private static let message = Array(dictionary[500..<900]) + prose(100, seed: 10)

  @Test(
    "both sides use the dictionary, message after message, whatever its length", arguments: formats,
    [1, 2, 3, 2000, 32_768, 70_000])
  func roundTrip(format: String, length: Int) throws {
    var random = SplitMix64(seed: 1)
    let dictionary = random.bytes(length)
    // The end of a dictionary is what a window of 32 KiB holds of it.
    let message = Array(dictionary.suffix(200)) + prose(50)
    let registry = try registry()
    var handle = try registry.compression(format, CompressionOptions(dictionary: dictionary))
    let parameters = ZlibOracle.Parameters(windowBits: ZlibOracle.windowBits(format))
    for _ in 1...3 {
      let compressed = try handle.compress(message)
      #expect(compressed == ZlibOracle.compress(message, parameters, dictionary: dictionary))
      #expect(try handle.decompress(compressed) == message)
      for chunking in [Chunking.bytes, .random(seed: 1)] {
        var stream = try registry.decompressor(format, CompressionOptions(dictionary: dictionary))
        #expect(stream.pump(compressed, chunking, chunking) == Outcome(bytes: message))
      }
    }
  }

  @Test("a dictionary shortens what resembles it", arguments: formats)
  func gain(format: String) throws {
    let registry = try registry()
    var with = try registry.compression(format, CompressionOptions(dictionary: Self.dictionary))
    var without = try registry.compression(format)
    #expect(try with.compress(Self.message).count < without.compress(Self.message).count / 2)
  }

  @Test("zlib data without its dictionary, or with another, says which one it needs", arguments: [nil, [1, 2, 3]])
  func missing(dictionary: [UInt8]?) throws {
    let registry = try registry()
    var with = try registry.compression("zlib-deflate", CompressionOptions(dictionary: Self.dictionary))
    let compressed = try with.compress(Self.message)
    var other = try registry.compression("zlib-deflate", CompressionOptions(dictionary: dictionary))
    // DICTID of RFC 1950 section 2.2.
    let identifier = Hexadecimal.encode(Array(compressed[2..<6]))
    for _ in 1...2 {
      let error = #expect(throws: ProviderError.self) { _ = try other.decompress(compressed) }
      #expect(error?.code == .dictionaryNeeded)
      #expect(error?.message.contains(identifier) == true)
      #expect(error?.backend?.number == 2)
    }
    #expect(try other.decompress(other.compress(Self.message)) == Self.message)
  }

  @Test("raw deflate without its dictionary refers to bytes that are not there")
  func missingInRawDeflate() throws {
    let registry = try registry()
    var with = try registry.compression("deflate", CompressionOptions(dictionary: Self.dictionary))
    var without = try registry.compression("deflate")
    let compressed = try with.compress(Self.message)
    #expect(code { _ = try without.decompress(compressed) } == .corruptInput)
  }

  @Test("zlib data that needs no dictionary takes no notice of one")
  func unneeded() throws {
    let registry = try registry()
    var without = try registry.compression("zlib-deflate")
    var with = try registry.compression("zlib-deflate", CompressionOptions(dictionary: Self.dictionary))
    #expect(try with.decompress(without.compress(Self.message)) == Self.message)
  }

  @Test("an empty dictionary is none", arguments: formats)
  func empty(format: String) throws {
    let registry = try registry()
    var handle = try registry.compression(format, CompressionOptions(dictionary: []))
    let parameters = ZlibOracle.Parameters(windowBits: ZlibOracle.windowBits(format))
    let compressed = try handle.compress(Self.message)
    #expect(compressed == ZlibOracle.compress(Self.message, parameters))
    #expect(try handle.decompress(compressed) == Self.message)
  }
}
