// Contexts are kept within bounds, used again, and nobody finds what another left in them.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Pools of contexts")
struct PoolTests {
  @Test("no more contexts of a class wait than allowed", arguments: [0, 1, 3])
  func bounded(limit: Int) throws {
    let provider = ZlibProvider(idleContexts: limit)
    let driver = try #require(provider.drivers[2] as? any CompressionDriver)
    #expect(provider.idleContexts == 0)
    func hold(_ count: Int, _ direction: CompressionDirection, _ options: CompressionOptions) throws {
      guard count > 0 else { return }
      let transform = try driver.makeTransform(direction, options)
      try hold(count - 1, direction, options)
      _ = consume transform
    }
    try hold(5, .compress, CompressionOptions())
    #expect(provider.idleContexts == limit)
    // Levels share a class, windows do not; nor do fixed codes with a small window.
    try hold(5, .compress, CompressionOptions(level: 9, strategy: .fixed))
    #expect(provider.idleContexts == limit)
    try hold(5, .compress, CompressionOptions(windowBits: 9))
    #expect(provider.idleContexts == 2 * limit)
    try hold(5, .compress, CompressionOptions(strategy: .fixed, windowBits: 9))
    #expect(provider.idleContexts == 3 * limit)
    try hold(5, .decompress, CompressionOptions())
    try hold(5, .decompress, CompressionOptions(windowBits: 9))
    #expect(provider.idleContexts == 4 * limit)
  }

  @Test("a handle takes a waiting context and gives it back")
  func reuse() throws {
    let provider = ZlibProvider()
    let registry = try registry(provider)
    registry.testAll()
    let idle = provider.idleContexts
    #expect(idle > 0)
    do {
      var handle = try registry.compression("gzip")
      _ = try handle.decompress(handle.compress([1]))
      #expect(provider.idleContexts == idle - 2)
    }
    #expect(provider.idleContexts == idle)
  }

  @Test("a handle made with bad options takes no context with it")
  func refusedOptions() throws {
    let provider = ZlibProvider(idleContexts: 4)
    let driver = try #require(provider.drivers[2] as? any CompressionDriver)
    _ = try driver.makeTransform(.compress, CompressionOptions())
    for _ in 1...3 {
      let header = GzipHeader(name: "\0")
      #expect(code { _ = try driver.makeTransform(.compress, CompressionOptions(header: header)) } == .invalidArgument)
    }
    #expect(provider.idleContexts == 1)
  }

  @Test("a context that served another level, strategy, dictionary or ended in the middle serves like a new one")
  func hygiene() throws {
    let registry = try registry(ZlibProvider(idleContexts: 1))
    let text = prose(3000)
    var random = SplitMix64(seed: 1)
    for round in 0..<60 {
      let format = formats[round % 3]
      let level = Int(random.next() % 10)
      let strategy = CompressionStrategy.allCases[Int(random.next() % 5)]
      let dictionary = round % 3 < 2 && random.next() % 2 == 0 ? prose(100, seed: random.next()) : nil
      do {
        let options = CompressionOptions(level: level, strategy: strategy, dictionary: dictionary)
        var abandoned = try registry.compressor(format, options)
        var bytes: [UInt8] = []
        _ = try abandoned.step(text, room: Int(random.next() % 500), .sync, appendingTo: &bytes)
        var reader = try registry.decompressor(format, options)
        var plain: [UInt8] = []
        _ = try reader.step(bytes, room: Int(random.next() % 500), appendingTo: &plain)
      }
      var handle = try registry.compression(format, CompressionOptions(level: 9 - level))
      let parameters = ZlibOracle.Parameters(level: Int32(9 - level), windowBits: ZlibOracle.windowBits(format))
      let compressed = try handle.compress(text)
      #expect(compressed == ZlibOracle.compress(text, parameters), "\(format), level \(level), \(strategy)")
      #expect(try handle.decompress(compressed) == text)
    }
  }

  @Test("a handle outlives the provider and its registry")
  func outlives() throws {
    func handle() throws -> CompressionStream { try registry(ZlibProvider()).compressor("gzip") }
    var stream = try handle()
    let compressed = stream.pump(prose(500), .whole, .whole)
    var reader = try registry().decompressor("gzip")
    #expect(reader.pump(compressed.bytes, .whole, .whole) == Outcome(bytes: prose(500)))
  }

  @Test("many handles in many threads do not disturb one another")
  func concurrency() async throws {
    let registry = try registry(ZlibProvider(idleContexts: 2))
    try await withThrowingTaskGroup(of: Int.self) { group in
      for worker in 0..<8 {
        group.addTask {
          var random = SplitMix64(seed: UInt64(worker))
          var wrong = 0
          for _ in 0..<40 {
            let format = formats[Int(random.next() % 3)]
            let text = prose(Int(random.next() % 5000), seed: random.next())
            let options = CompressionOptions(
              level: Int(random.next() % 10), windowBits: random.next() % 2 == 0 ? nil : 9 + Int(random.next() % 7))
            var writer = try registry.compressor(format, options)
            let compressed = writer.pump(text, .random(seed: random.next()), .random(seed: random.next()))
            var handle = try registry.compression(format, options)
            if try handle.decompress(compressed.bytes) != text { wrong += 1 }
            if try handle.decompress(handle.compress(text)) != text { wrong += 1 }
          }
          return wrong
        }
      }
      for try await wrong in group { #expect(wrong == 0) }
    }
  }
}
