// The kernel path's drivers in a registry, on a model.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import HisiliconZip
import Testing
import WarpDriveCore
import WarpDriveQueue
import ZlibProvider

@Suite("Kernel path drivers") struct KernelPathTests {
  @Test("every driver passes every check of its kind", arguments: kernelDrivers)
  func conformance(_ name: String) throws {
    let rig = try KernelPathRig()
    try expectConformance(of: name, in: rig.registry)
    #expect(rig.openingCount == 1)
  }

  @Test("registering opens nothing, and software stays the choice before a model")
  func laziness() throws {
    let rig = try KernelPathRig()
    #expect(try rig.registry.algorithm("gzip").driverName == "gzip-zlib")
    #expect(rig.openingCount == 0)
    let gzip = try #require(rig.registry.algorithms.first { $0.driverName == "hisi-gzip-acomp" })
    #expect(gzip.descriptor.flags == [.asynchronous, .needsFallback, .emulated])
    #expect(gzip.descriptor.priority == 10)
    var handle = try rig.registry.compression("hisi-gzip-acomp")
    let bytes = sampleBytes(10_000)
    let back = try handle.decompress(handle.compress(bytes))
    #expect(back == bytes)
    expectDriver("hisi-gzip-acomp", handle.lastDriverName)
    #expect(rig.openingCount == 1)
  }

  @Test("a device that cannot be had is the driver's fault, and software answers once")
  func refusal() throws {
    let rig = try KernelPathRig()
    _ = try rig.registry.algorithm("hisi-gzip-acomp")
    rig.device?.shutdown()
    for code in [QueueError.Code.busy, .notFound, .denied, .deviceLost, .failed] {
      rig.refuse(QueueError(code, "the test refuses"))
      var handle = try rig.registry.compression("hisi-gzip-acomp")
      let bytes = sampleBytes(3000)
      let stream = try handle.compress(bytes)
      expectDriver("gzip-zlib", handle.lastDriverName)
      let back = try handle.decompress(stream)
      #expect(back == bytes)
    }
    let statistics = try rig.registry.algorithm("hisi-gzip-acomp").statistics.snapshot
    #expect(statistics.fallbacks == 10)
    rig.refuse(nil)
    var handle = try rig.registry.compression("hisi-gzip-acomp")
    _ = try handle.compress([1, 2, 3])
    expectDriver("hisi-gzip-acomp", handle.lastDriverName)
  }

  @Test("corrupt input is the caller's fault, and no fallback is asked")
  func corruption() throws {
    let rig = try KernelPathRig()
    var handle = try rig.registry.compression("hisi-gzip-acomp")
    var stream = try handle.compress(sampleBytes(3000))
    stream[stream.count - 6] ^= 1
    var error: ProviderError?
    do throws(ProviderError) { _ = try handle.decompress(stream) } catch let caught { error = caught }
    #expect(error?.code == .corruptInput)
    #expect(error?.driver == "hisi-gzip-acomp")
    let fallbacks = handle.algorithm.statistics.snapshot.fallbacks
    #expect(fallbacks == 0)
  }

  @Test("hardware without raw deflate hands it to software")
  func oldHardware() throws {
    var options = Accelerator.Options()
    options.revision = .v2
    let rig = try KernelPathRig(options: options)
    var zlib = try rig.registry.compression("hisi-zlib-acomp")
    let bytes = sampleBytes(3000)
    let back = try zlib.decompress(zlib.compress(bytes))
    #expect(back == bytes)
    expectDriver("hisi-zlib-acomp", zlib.lastDriverName)
    var raw = try rig.registry.compression("hisi-deflate-acomp")
    let rawBack = try raw.decompress(raw.compress(bytes))
    #expect(rawBack == bytes)
    expectDriver("deflate-zlib", raw.lastDriverName)
  }

  @Test("a compression goes on in software from where the device was lost", arguments: kernelDrivers)
  func compressionGoesOn(_ name: String) throws {
    let rig = try KernelPathRig()
    let bytes = sampleBytes(900_000)
    for lost in [1, 2, 5] {
      var stream = try rig.registry.compressor(name)
      var made: [UInt8] = []
      for (index, start) in stride(from: 0, to: bytes.count, by: 150_000).enumerated() {
        if index == lost {
          rig.refuse(QueueError(.deviceLost, "the test took the device away"))
          rig.device?.shutdown()
        }
        made += try feed(Array(bytes[start..<start + 150_000]), &stream, index == 2 ? .sync : .none)
      }
      made += try feed([], &stream, .finish)
      let (usedFallback, driver) = (stream.lastUsedFallback, stream.lastDriverName)
      #expect(usedFallback && driver == "deflate-zlib")
      var reference = try rig.registry.compression(stream.algorithm.name)
      let isSame = try reference.decompress(made) == bytes
      #expect(isSame)
      // The next stream goes to the device again.
      rig.refuse(nil)
      try stream.reset()
      let again = try feed(bytes, &stream, .finish)
      let isOwn = !stream.lastUsedFallback && stream.lastDriverName == name
      #expect(isOwn)
      let isSameAgain = try reference.decompress(again) == bytes
      #expect(isSameAgain)
    }
    #expect(try rig.registry.algorithm(name).statistics.snapshot.fallbacks == 3)
  }

  @Test("a decompression goes on in software from where the device was lost", arguments: kernelDrivers)
  func decompressionGoesOn(_ name: String) throws {
    let rig = try KernelPathRig()
    let bytes = sampleBytes(900_000)
    var reference = try rig.registry.compression(try rig.registry.algorithm(name).name)
    let whole = try reference.compress(bytes)
    let size = whole.count / 6
    for lost in [1, 3, 5] {
      var stream = try rig.registry.decompressor(name)
      var made: [UInt8] = []
      for index in 0..<6 {
        if index == lost {
          rig.refuse(QueueError(.deviceLost, "the test took the device away"))
          rig.device?.shutdown()
        }
        let end = index == 5 ? whole.count : (index + 1) * size
        made += try feed(Array(whole[index * size..<end]), &stream, index == 5 ? .finish : .none, room: 50_000)
      }
      let goesOn = stream.isFinished && stream.lastUsedFallback
      #expect(goesOn)
      let isSame = made == bytes
      #expect(isSame)
      rig.refuse(nil)
    }
  }

  private func expectDriver(_ expected: String, _ name: String) { #expect(name == expected) }

  /// Gives a piece to a stream, in as many steps as it takes.
  private func feed(
    _ input: [UInt8], _ stream: inout CompressionStream, _ flush: CompressionFlush, room: Int = 1 << 16
  ) throws -> [UInt8] {
    var made: [UInt8] = []
    var used = 0
    while true {
      var step = CompressionProgress()
      let part = try [UInt8](capacity: room) { (output) throws(ProviderError) in
        step = try stream.step(input.rawSpan.extracting(droppingFirst: used), into: &output, flush: flush)
      }
      made += part
      used += step.consumed
      if step.finished || used == input.count && part.count < room && flush != .finish { return made }
    }
  }
}
