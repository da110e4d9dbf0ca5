// Handles: output limits, fallback, statistics, streams and limits.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore

@Suite("Handles")
struct HandleTests {
  @Test("a digest into too little room writes nothing and can be asked for again")
  func resumableFinish() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    var handle = try registry.hash("toy")
    try handle.update([1, 2, 3])
    var code: ProviderError.Code?
    let short = [UInt8](capacity: 7) { (output: inout OutputRawSpan) in
      do throws(ProviderError) { try handle.finish(into: &output) } catch { code = error.code }
    }
    #expect(code == .outputTooSmall)
    #expect(short.isEmpty)
    #expect(try handle.finish() == [0, 0, 0, 0, 0, 0, 0, 6])
  }

  @Test("a driver's failure is answered by another driver, once")
  func fallback() throws {
    let failure = Switch()
    let spare = Switch()
    let registry = try Registry.of(
      ToyHash(driver: "toy-hw", priority: 300, flags: [.hardware, .needsFallback], failure: failure),
      ToyHash(driver: "toy-sw", priority: 100, failure: spare))
    var handle = try registry.hash("toy")
    #expect(try handle.digest([5]) == [0, 0, 0, 0, 0, 0, 0, 5])
    #expect(handle.lastUsedFallback == false)
    failure.fail(with: .deviceLost)
    #expect(try handle.digest([6]) == [0, 0, 0, 0, 0, 0, 0, 6])
    #expect(handle.lastUsedFallback == true)
    #expect(handle.lastDriverName == "toy-sw")
    #expect(handle.algorithm.statistics.snapshot.fallbacks == 1)
    failure.fail(with: nil)
    #expect(try handle.digest([7]) == [0, 0, 0, 0, 0, 0, 0, 7])
    #expect(handle.lastUsedFallback == false)
    // Where the fallback fails too, there is no third attempt.
    failure.fail(with: .busy)
    spare.fail(with: .timedOut)
    let error = #expect(throws: ProviderError.self) { try handle.digest([8]) }
    #expect(error?.code == .timedOut)
  }

  @Test("a caller's mistake is not sent to a fallback")
  func noFallbackForCallers() throws {
    let failure = Switch()
    let spare = Switch()
    let registry = try Registry.of(
      ToyHash(driver: "toy-hw", priority: 300, failure: failure), ToyHash(driver: "toy-sw", failure: spare))
    var handle = try registry.hash("toy")
    let before = spare.calls
    failure.fail(with: .corruptInput)
    let error = #expect(throws: ProviderError.self) { try handle.digest([1]) }
    #expect(error?.code == .corruptInput)
    #expect(error?.driver == "toy-hw")
    #expect(spare.calls == before)
  }

  @Test("a message falls back at its first byte and not later")
  func streamFallback() throws {
    let failure = Switch()
    let registry = try Registry.of(
      ToyHash(driver: "toy-hw", priority: 300, failure: failure), ToyHash(driver: "toy-sw"))
    var handle = try registry.hash("toy")
    failure.fail(with: .busy)
    try handle.update([1])
    failure.fail(with: nil)
    try handle.update([2])
    #expect(try handle.finish() == [0, 0, 0, 0, 0, 0, 0, 3])
    #expect(handle.lastDriverName == "toy-sw")
    try handle.reset()
    try handle.update([1])
    failure.fail(with: .busy)
    let error = #expect(throws: ProviderError.self) { try handle.update([2]) }
    #expect(error?.code == .busy)
  }

  @Test("requests, bytes, errors and latency are counted, live and after the handle ended")
  func statistics() throws {
    let failure = Switch()
    let registry = try Registry.of(ToyHash(driver: "toy-a", failure: failure))
    let algorithm = try registry.algorithm("toy")
    let before = algorithm.statistics.snapshot
    do {
      var handle = try registry.hash("toy")
      for _ in 0..<128 { _ = try handle.digest([1, 2, 3]) }
      failure.fail(with: .corruptInput)
      #expect(throws: ProviderError.self) { try handle.digest([1]) }
      let live = algorithm.statistics.snapshot
      #expect(live.requests - before.requests == 129)
      #expect(live.bytesIn - before.bytesIn == 385)
      #expect(live.bytesOut - before.bytesOut == 1024)
      #expect(live.errors - before.errors == 1)
      // Two of 128: every 64th is timed.
      #expect(live.latency.reduce(0, +) - before.latency.reduce(0, +) == 2)
      #expect(live.latency(percentile: 0.5) != nil)
    }
    #expect(algorithm.statistics.snapshot.requests - before.requests == 129)
  }

  @Test("members follow one another and trailing bytes are counted")
  func members() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let stream: [UInt8] = [0x54, 1, 7, 0x54, 2, 8, 9, 0x55, 0x56]
    for (all, plain, trailing) in [(true, [7, 8, 9] as [UInt8], 2), (false, [7], 6)] {
      var handle = try registry.compression("toyzip", .init(allMembers: all))
      var result: RequestResult?
      let output = try [UInt8](capacity: 16) { (output: inout OutputRawSpan) throws(ProviderError) in
        result = try handle.decompress(stream.rawSpan, into: &output)
      }
      #expect(output == plain)
      #expect(result?.trailing == trailing)
    }
  }

  @Test("whatever the cuts, a stream comes out the same")
  func cuts() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let stream: [UInt8] = [0x54, 1, 7, 0x54, 0, 0x54, 2, 8, 9, 0x00]
    for cut in 0...stream.count {
      var handle = try registry.decompressor("toyzip")
      var output: [UInt8] = []
      for (piece, flush) in [(stream[..<cut], CompressionFlush.none), (stream[cut...], .finish)] {
        output += try [UInt8](capacity: 16) { (space: inout OutputRawSpan) throws(ProviderError) in
          _ = try handle.step(Array(piece).rawSpan, into: &space, flush: flush)
        }
      }
      #expect(output == [7, 8, 9])
      #expect(handle.trailing == 1)
      #expect(handle.isFinished == true)
    }
  }

  @Test("input that ends early is truncated, and nothing goes on after that until a reset")
  func truncated() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    for stream in [[], [0x54], [0x54, 3, 1]] as [[UInt8]] {
      var handle = try registry.compression("toyzip")
      let error = #expect(throws: ProviderError.self) { try handle.decompress(stream) }
      #expect(error?.code == .truncatedInput)
      #expect(try handle.decompress([0x54, 1, 9]) == [9])
    }
  }

  @Test("a full output stops a request, which can be resumed")
  func resume() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    var handle = try registry.compression("toyzip")
    let stream: [UInt8] = [0x54, 5, 1, 2, 3, 4, 5]
    var error: ProviderError?
    let first = [UInt8](capacity: 3) { (output: inout OutputRawSpan) in
      do throws(ProviderError) { _ = try handle.decompress(stream.rawSpan, into: &output) } catch let caught {
        error = caught
      }
    }
    #expect(error?.code == .outputTooSmall)
    #expect(first == [1, 2, 3])
    let used = try #require(error?.progress?.consumed)
    let rest = try [UInt8](capacity: 3) { (output: inout OutputRawSpan) throws(ProviderError) in
      _ = try handle.resumeDecompress(stream.rawSpan.extracting(droppingFirst: used), into: &output)
    }
    #expect(rest == [4, 5])
    let again = #expect(throws: ProviderError.self) {
      try [UInt8](capacity: 3) { (output: inout OutputRawSpan) throws(ProviderError) in
        _ = try handle.resumeDecompress(RawSpan(), into: &output)
      }
    }
    #expect(again?.code == .invalidState)
  }

  @Test("a driver that throws in the middle of a stream ends it with its error")
  func midStream() throws {
    let failure = Switch()
    let registry = try Registry.of(
      ToyCompression(driver: "toyzip-a", priority: 300, failure: failure), ToyCompression(driver: "toyzip-b"))
    var stream = try registry.decompressor("toyzip")
    _ = try [UInt8](capacity: 8) { (output: inout OutputRawSpan) throws(ProviderError) in
      _ = try stream.step(([0x54, 4, 1] as [UInt8]).rawSpan, into: &output)
    }
    failure.fail(with: .deviceLost)
    for code in [ProviderError.Code.deviceLost, .invalidState] {
      let error = #expect(throws: ProviderError.self) {
        try [UInt8](capacity: 8) { (output: inout OutputRawSpan) throws(ProviderError) in
          _ = try stream.step(([2] as [UInt8]).rawSpan, into: &output)
        }
      }
      #expect(error?.code == code)
      #expect(error?.driver == "toyzip-a")
    }
  }

  @Test("limits on size and ratio stop a bomb")
  func limits() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    var small = try registry.compression("toyzip", .init(outputLimit: 2))
    let error = #expect(throws: ProviderError.self) { try small.decompress([0x54, 3, 1, 2, 3]) }
    #expect(error?.code == .limitExceeded)
    #expect(try small.decompress([0x54, 2, 1, 2]) == [1, 2])
  }

  @Test("options that a driver lacks are refused, not ignored")
  func options() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    for (options, code) in [
      (CompressionOptions(level: 10), ProviderError.Code.invalidArgument), (.init(strategy: .fixed), .unsupported),
      (.init(windowBits: 15), .unsupported), (.init(dictionary: [1]), .unsupported),
      (.init(header: GzipHeader()), .unsupported),
    ] {
      let error = #expect(throws: ProviderError.self) { _ = try registry.compression("toyzip", options) }
      #expect(error?.code == code)
    }
  }

  @Test("scatter lists are worked through segment by segment")
  func scatter() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"), ToyCompression(driver: "toyzip-a"))
    var hash = try registry.hash("toy")
    #expect(try hash.digest(ScatterList(copying: [[1], [], [2, 3]])) == [0, 0, 0, 0, 0, 0, 0, 6])
    var zip = try registry.compression("toyzip")
    let input = ScatterList(copying: [[1, 2], [], [3]])
    var packed = ScatterList()
    for _ in 0..<4 { packed.append(zeros: 3) }
    let count = try zip.compress(input, into: &packed).produced
    #expect(try zip.decompress(Array(packed.joined().prefix(count))) == [1, 2, 3])
    var tooSmall = ScatterList(copying: [[0], [0]])
    let error = #expect(throws: ProviderError.self) { try zip.compress(input, into: &tooSmall) }
    #expect(error?.code == .outputTooSmall)
  }
}
