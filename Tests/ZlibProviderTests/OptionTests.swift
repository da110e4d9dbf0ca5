// Windows, strategies, levels and the output bound; and what is refused.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Options")
struct OptionTests {
  private static let strategies: [(CompressionStrategy, Int32)] = [
    (.automatic, Z_DEFAULT_STRATEGY), (.filtered, Z_FILTERED), (.huffmanOnly, Z_HUFFMAN_ONLY), (.runLength, Z_RLE),
    (.fixed, Z_FIXED),
  ]

  @Test("every window and strategy gives what zlib gives, and comes back", arguments: formats, Array(9...15))
  func windowsAndStrategies(format: String, bits: Int) throws {
    let registry = try registry()
    let text = prose(40_000)
    for (strategy, number) in Self.strategies {
      let options = CompressionOptions(level: 7, strategy: strategy, windowBits: bits)
      var handle = try registry.compression(format, options)
      let parameters = ZlibOracle.Parameters(
        level: 7, windowBits: ZlibOracle.windowBits(format, Int32(bits)),
        memoryLevel: strategy == .fixed && bits < 15 ? Int32(bits - 8) : 8, strategy: number)
      let compressed = try handle.compress(text)
      #expect(compressed == ZlibOracle.compress(text, parameters), "\(strategy)")
      #expect(try handle.decompress(compressed) == text, "\(strategy)")
      // CINFO of RFC 1950 section 2.2.
      if format == "zlib-deflate" { #expect(Int(compressed[0] >> 4) == bits - 8) }
    }
  }

  @Test("data that refers farther back than the window allowed is refused", arguments: formats)
  func smallerWindow(format: String) throws {
    let registry = try registry()
    var random = SplitMix64(seed: 3)
    let noise = random.bytes(5000)
    var large = try registry.compression(format)
    var small = try registry.compression(format, CompressionOptions(windowBits: 9))
    let compressed = try large.compress(noise + noise)
    // zlib data says how large a window it needs. zlib notices of others what is not in the window it kept.
    var stream = try registry.decompressor(format, CompressionOptions(windowBits: 9))
    let room: Chunking = format == "zlib-deflate" ? .whole : .firstBytes(10_000)
    #expect(stream.pump(compressed, .whole, room).error == .corruptInput)
    #expect(try small.decompress(small.compress(noise + noise)) == noise + noise)
  }

  @Test(
    "an option that a driver does not have is refused",
    arguments: [
      ("gzip", CompressionOptions(level: 10), ProviderError.Code.invalidArgument),
      ("gzip", CompressionOptions(level: -1), .invalidArgument),
      ("deflate", CompressionOptions(windowBits: 8), .invalidArgument),
      ("zlib-deflate", CompressionOptions(windowBits: 8), .invalidArgument),
      ("gzip", CompressionOptions(windowBits: 16), .invalidArgument),
      ("gzip", CompressionOptions(dictionary: [1]), .unsupported),
      ("deflate", CompressionOptions(header: GzipHeader()), .unsupported),
      ("zlib-deflate", CompressionOptions(header: GzipHeader()), .unsupported),
      ("gzip", CompressionOptions(header: GzipHeader(name: "a\0b")), .invalidArgument),
      ("gzip", CompressionOptions(header: GzipHeader(comment: "5 €")), .invalidArgument),
      ("gzip", CompressionOptions(header: GzipHeader(extra: [UInt8](repeating: 0, count: 65_536))), .invalidArgument),
    ])
  func refused(format: String, options: CompressionOptions, expected: ProviderError.Code) throws {
    let registry = try registry()
    #expect(code { _ = try registry.compressor(format, options) } == expected)
    #expect(
      code {
        var handle = try registry.compression(format, options)
        _ = try handle.compress([1])
      } == expected)
  }

  @Test("a dictionary beyond zlib's counters is refused", arguments: ["deflate", "zlib-deflate"])
  func longDictionary(format: String) throws {
    let registry = try registry(ZlibProvider(idleContexts: 1, slice: 99))
    let options = CompressionOptions(dictionary: prose(100))
    #expect(code { _ = try registry.compressor(format, options) } == .invalidArgument)
    #expect(code { _ = try registry.decompressor(format, options) } == .invalidArgument)
  }

  private static let small = [0, 1, 5, 60, 250, 513, 780, 1100, 2200, 2400, 4100, 17_000].flatMap {
    incompressible($0, seed: UInt64($0))
  }
  private static let large = [65_535, 300_000].flatMap { incompressible($0, seed: 5) }

  /// Inputs that deflate makes longer: no byte says anything of another, and fixed codes have 9 bits for the larger ones.
  private static func incompressible(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var random = SplitMix64(seed: seed)
    let noise = random.bytes(count)
    let large = noise.map { 144 + $0 % 112 }
    // Every 40th byte repeats three earlier ones, far back: matches that cost as much as they save.
    var mixed = noise
    for index in stride(from: 300, to: max(300, count - 3), by: 40) {
      let distance = 260 + Int(mixed[index]) % (index - 262)
      for offset in 0..<3 where index > distance { mixed[index + offset] = mixed[index + offset - distance] }
    }
    return [noise, large, mixed]
  }

  @Test("nothing grows past the bound, at any window, strategy and level", arguments: Array(9...15))
  func bound(bits: Int) throws {
    let registry = try registry()
    for (strategy, _) in Self.strategies {
      for level in [0, 1, 3, 4, 9] {
        let options = CompressionOptions(level: level, strategy: strategy, windowBits: bits)
        // gzip's container is the largest.
        var handle = try registry.compression("gzip", options)
        for input in Self.small {
          #expect(code { _ = try handle.compress(input) } == nil, "\(input.count) bytes, \(options)")
        }
      }
    }
  }

  @Test("nothing grows past the bound, at every level and several hundred kilobytes", arguments: Array(0...9))
  func boundOfLargeInputs(level: Int) throws {
    let registry = try registry()
    for (strategy, bits) in [(CompressionStrategy.automatic, 15), (.fixed, 9), (.automatic, 9), (.fixed, 15)] {
      let options = CompressionOptions(level: level, strategy: strategy, windowBits: bits)
      var handle = try registry.compression("gzip", options)
      for input in Self.large {
        #expect(code { _ = try handle.compress(input) } == nil, "\(input.count) bytes, \(options)")
      }
      var stream = try registry.compressor("gzip", options)
      let outcome = stream.pump(Self.large[0], .random(seed: UInt64(level)), .random(seed: UInt64(level)))
      #expect(outcome.error == nil && outcome.bytes.count <= handle.bound(Self.large[0].count), "\(options)")
    }
  }
}
