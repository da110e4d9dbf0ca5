// The adapter of compression: options, pieces, members, headers, dictionaries.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Compression by plugins")
struct StreamTests {
  private let toys: ToyKinds
  private let plain: [UInt8] = [97, 98, 99]

  init() throws { toys = try ToyKinds() }

  @Test("options reach the plugin: level, strategy, window, dictionary, header")
  func options() throws {
    do {
      var usual = try toys.registry.compression("toystream")
      let first = try usual.compress(plain)
      #expect(first == [84, 89, 5, 0, 0, 0, 0, 0, 1, 97, 1, 98, 1, 99, 0])
      var options = CompressionOptions(level: 9)
      options.strategy = .fixed
      options.windowBits = 12
      options.dictionary = [3, 4]
      options.header = GzipHeader(name: "na\u{E4}", comment: nil)
      var special = try toys.registry.compression("toystream", options)
      let second = try special.compress(plain)
      #expect(second == [84, 89, 9, 4, 12, 1, 0, 3, 110, 97, 0xE4, 1, 100, 1, 101, 1, 102, 0])
      let back = try special.decompress(second)
      #expect(back == plain)
      let missing = error { _ = try usual.decompress(second) }
      #expect(missing?.code == .dictionaryNeeded)
      for level in [0, 10] {
        let refusal = error { _ = try toys.registry.compression("toystream", .init(level: level)) }
        #expect(refusal?.code == .invalidArgument)
      }
    }
    toys.expectBalance()
  }

  @Test("a stream goes on byte by byte, with outputs of two bytes")
  func pieces() throws {
    do {
      var compressor = try toys.registry.compressor("toystream")
      var packed: [UInt8] = []
      for byte in plain { packed += try run(&compressor, [byte], .none) }
      packed += try run(&compressor, [], .finish)
      #expect(packed == [84, 89, 5, 0, 0, 0, 0, 0, 1, 97, 1, 98, 1, 99, 0])
      var decompressor = try toys.registry.decompressor("toystream")
      var unpacked: [UInt8] = []
      #expect(decompressor.header() == nil)
      for byte in packed { unpacked += try run(&decompressor, [byte], .none) }
      #expect(decompressor.header() == GzipHeader(name: ""))
      unpacked += try run(&decompressor, [], .finish)
      #expect(unpacked == plain)
      let isFinished = decompressor.isFinished
      #expect(isFinished)
      // The same streams again, from the start.
      try compressor.reset()
      try decompressor.reset()
      let again = try run(&decompressor, run(&compressor, plain, .finish), .finish)
      #expect(again == plain)
    }
    toys.expectBalance()
  }

  @Test("members that follow one another are one stream, also when a magic comes in two parts")
  func members() throws {
    var handle = try toys.registry.compression("toystream")
    let packed = try handle.compress(plain)
    let both = try handle.decompress(packed + packed)
    #expect(both == plain + plain)
    var decompressor = try toys.registry.decompressor("toystream")
    var unpacked: [UInt8] = []
    for byte in packed + packed { unpacked += try run(&decompressor, [byte], .none) }
    unpacked += try run(&decompressor, [], .finish)
    #expect(unpacked == plain + plain)
    let total = decompressor.totalIn
    #expect(total == UInt64(2 * packed.count))
    let trailing = error { _ = try handle.decompress(packed + [84, 1]) }
    #expect(trailing?.code == .corruptInput)
  }

  @Test("input that ends early and input that is malformed are told apart")
  func damage() throws {
    var handle = try toys.registry.compression("toystream")
    let packed = try handle.compress(plain)
    for count in 0..<packed.count {
      let failure = error { _ = try handle.decompress(Array(packed.prefix(count))) }
      #expect(failure?.code == .truncatedInput, "\(count) bytes")
    }
    for place in [0, 1, 8, 14] {
      var wrong = packed
      wrong[place] = 0xFF
      let failure = error { _ = try handle.decompress(wrong) }
      #expect(failure?.code == .corruptInput, "byte \(place)")
      #expect(failure?.driver == "toystream-a")
    }
    let right = try handle.decompress(packed)
    #expect(right == plain)
  }

  private func run(
    _ stream: inout CompressionStream, _ input: [UInt8], _ flush: CompressionFlush
  ) throws -> [UInt8] {
    var result: [UInt8] = []
    var consumed = 0
    while true {
      var progress = CompressionProgress()
      result += try [UInt8](capacity: 2) { (output) throws(ProviderError) in
        progress = try stream.step(input.rawSpan.extracting(droppingFirst: consumed), into: &output, flush: flush)
      }
      consumed += progress.consumed
      if progress.finished || (flush == .none && consumed == input.count && progress.produced == 0) { return result }
    }
  }
}
