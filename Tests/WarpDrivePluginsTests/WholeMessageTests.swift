// Formats that take whole messages alone, where the rest of the program expects that it can stop anywhere.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Whole messages")
struct WholeMessageTests {
  private static let whole = Result { try ToyPlugins.compile(["whole.c"]) }
  private static let both = Result { try ToyPlugins.compile(["whole.c"], ["-DALSO_STREAMING"]) }

  private func registry(_ plugin: Result<[UInt8], any Error> = whole) throws -> Registry {
    let place = try PluginPlace()
    try place.write(try plugin.get(), to: "plugins/whole.so")
    let registry = Registry()
    registry.register(loader: place.loader())
    registry.loadAll()
    return registry
  }

  private let zeros = [UInt8](repeating: 0, count: 100_000)

  @Test("a stream by the algorithm's name is made by a driver that can, a message by the best")
  func streams() throws {
    let registry = try registry(Self.both)
    let message = try registry.compression("toyrun").algorithm.driverName
    #expect(message == "toyrun-whole")
    var compressor = try registry.compressor("toyrun")
    let name = compressor.algorithm.driverName
    #expect(name == "toyrun-pieces")
    let packed = try [UInt8](capacity: 100) { (output) throws(ProviderError) in
      for byte in [1, 1, 2] as [UInt8] { _ = try compressor.step([byte].rawSpan, into: &output) }
      _ = try compressor.step(RawSpan(), into: &output, flush: .finish)
    }
    #expect(packed == [82, 76, 1, 1, 1, 1, 1, 2, 0])
    var handle = try registry.compression("toyrun")
    let plain = try handle.decompress(packed)
    #expect(plain == [1, 1, 2])
    let decompressor = try registry.decompressor("toyrun").algorithm.driverName
    #expect(decompressor == "toyrun-pieces")
  }

  @Test("where no driver can there is none, and the error says why")
  func noStream() throws {
    let registry = try registry()
    for failure in [
      error { _ = try registry.compressor("toyrun") }, error { _ = try registry.decompressor("toyrun") },
    ] {
      #expect(failure?.code == .notFound)
      #expect(failure?.message == "no driver of toyrun fits: toyrun-whole: takes whole messages alone")
    }
  }

  @Test("who names the driver gets it, and is told when a request is none that it can do")
  func named() throws {
    let registry = try registry()
    var compressor = try registry.compressor("toyrun-whole")
    let packed = try [UInt8](capacity: 100) { (output) throws(ProviderError) in
      _ = try compressor.step([7, 7].rawSpan, into: &output, flush: .finish)
    }
    #expect(packed == [82, 76, 2, 7, 0])
    try compressor.reset()
    let failure = error {
      _ = try [UInt8](capacity: 100) { (output) throws(ProviderError) in
        _ = try compressor.step([7].rawSpan, into: &output)
      }
    }
    #expect(failure?.code == .unsupported)
    #expect(failure?.message.contains("takes whole messages alone") == true)
  }

  @Test("an output that is too small is no end: the request is resumed with more room")
  func resumed() throws {
    var handle = try registry().compression("toyrun")
    let plain: [UInt8] = [1, 1, 2, 3]
    var failure: ProviderError?
    let nothing = [UInt8](capacity: 8) { output in
      failure = error { _ = try handle.compress(plain.rawSpan, into: &output) }
    }
    #expect(failure?.code == .outputTooSmall)
    #expect(failure?.progress == .init(consumed: 0, produced: 0))
    #expect(nothing.isEmpty)
    let packed = try [UInt8](capacity: 9) { (output) throws(ProviderError) in
      _ = try handle.resumeCompress(plain.rawSpan, into: &output)
    }
    #expect(packed == [82, 76, 2, 1, 1, 2, 1, 3, 0])
    for room in 0..<4 {
      let early = [UInt8](capacity: room) { output in
        failure = error { _ = try handle.decompress(packed.rawSpan, into: &output) }
      }
      #expect(failure?.code == .outputTooSmall)
      #expect(early.isEmpty)
    }
    let back = try [UInt8](capacity: 4) { (output) throws(ProviderError) in
      _ = try handle.resumeDecompress(packed.rawSpan, into: &output)
    }
    #expect(back == plain)
  }

  @Test("an array grows with data that compress well, up to the caller's limit")
  func growth() throws {
    let registry = try registry()
    var handle = try registry.compression("toyrun")
    let packed = try handle.compress(zeros)
    #expect(packed.count < 1000)
    let back = try handle.decompress(packed)
    #expect(back == zeros)
    var options = CompressionOptions()
    options.outputLimit = 100_000
    var enough = try registry.compression("toyrun", options)
    let allowed = try enough.decompress(packed)
    #expect(allowed.count == 100_000)
    for limit in [99_999, 1000, 0] as [UInt64] {
      options.outputLimit = limit
      var limited = try registry.compression("toyrun", options)
      let failure = error { _ = try limited.decompress(packed) }
      #expect(failure?.code == .limitExceeded, "\(limit)")
    }
  }

  @Test("members of one buffer, small and large, come out in order")
  func members() throws {
    var handle = try registry().compression("toyrun")
    let small = try handle.compress([1])
    let none = try handle.compress([UInt8]())
    let large = try handle.compress(zeros)
    let back = try handle.decompress(small + none + large + small + large)
    #expect(back == [1] + zeros + [1] + zeros)
    let trailing = error { _ = try handle.decompress(small + [9]) }
    #expect(trailing?.code == .corruptInput)
  }

  @Test("input that ends early or is malformed ends the growth")
  func damage() throws {
    var handle = try registry().compression("toyrun")
    let packed = try handle.compress(zeros)
    for count in [0, 1, 2, 3, packed.count - 1] {
      let failure = error { _ = try handle.decompress(Array(packed.prefix(count))) }
      #expect(failure?.code == .truncatedInput, "\(count) bytes")
    }
    let failure = error { _ = try handle.decompress([82, 77] + packed) }
    #expect(failure?.code == .corruptInput)
  }

  @Test("a driver that never has enough room does not have all memory")
  func neverEnough() throws {
    let registry = try registry(Result { try ToyPlugins.compile(["whole.c"], ["-DNEVER_ENOUGH"]) })
    let failure = error { _ = try registry.compression("toyrun") }
    #expect(failure?.code == .unusable)
    #expect(
      failure?.message.contains("bytes too few for what 9 bytes decompress to") == true, "\(failure?.message ?? "")")
  }

  @Test("pcrypt cuts what the driver takes whole")
  func parallel() throws {
    let registry = try registry()
    var options = CompressionOptions()
    options.threads = 2
    var parallel = try registry.compression("pcrypt(toyrun)", options)
    let plain = [UInt8](repeating: 3, count: 1_200_000)
    let packed = try parallel.compress(plain)
    // Five members: four of 256 KiB of data, and the rest.
    #expect(packed.count(where: { $0 == 82 }) == 5)
    let back = try parallel.decompress(packed)
    #expect(back == plain)
    var handle = try registry.compression("toyrun")
    let same = try handle.decompress(packed)
    #expect(same == plain)
  }

  @Test("a stream may be given to pcrypt, whose driver is named")
  func parallelStream() throws {
    let registry = try registry()
    var compressor = try registry.compressor("pcrypt(toyrun-whole)")
    let packed = try [UInt8](capacity: 5000) { (output) throws(ProviderError) in
      for _ in 0..<3 { _ = try compressor.step(zeros.rawSpan, into: &output) }
      _ = try compressor.step(RawSpan(), into: &output, flush: .finish)
    }
    var handle = try registry.compression("toyrun")
    let back = try handle.decompress(packed)
    #expect(back == zeros + zeros + zeros)
  }
}
