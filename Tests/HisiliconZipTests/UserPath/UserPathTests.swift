// The user path's drivers in a registry, on a model in this process.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import SDMDEV
import Testing
import WarpDriveCore
import WarpDriveQueue
import ZlibProvider

@testable import HisiliconZip

/// A model with its driver, mediated devices and a registry.
final class UserPathRig: Sendable {
  let registry = Registry()
  let device: ZipDevice
  let source: InProcessSource
  let provider: WarpDriveZipProvider

  /// What the provider's closure shares with the rig.
  private final class Shared: Sendable {
    let refusal = Guarded<QueueError?>(nil)
    let requests = Guarded(0)
  }
  private let shared: Shared

  init(limits: UserPath.Limits = .init(), options: Accelerator.Options = .init()) throws {
    var limits = limits
    limits.firstPause = 0
    device = try ZipDevice(ModelFunction(Accelerator(options)))
    let sdmdevs = SDMDEVClass()
    _ = try sdmdevs.register(device)
    let source = InProcessSource(sdmdevs)
    self.source = source
    let shared = Shared()
    self.shared = shared
    let zlib = ZlibProvider()
    try registry.register(zlib)
    provider = WarpDriveZipProvider(
      source: "a test", isEmulated: true, software: ZipSoftware(driversOf: zlib), timeLimit: 60_000_000_000,
      limits: limits
    ) { (capability) throws(QueueError) in
      if let refusal = shared.refusal.withLock({ $0 }) { throw refusal }
      shared.requests.withLock { $0 += 1 }
      return try Queue.request(capability, from: [source], adapters: AdapterTable([HisiliconAdapter()]))
    }
    try registry.register(provider)
  }

  var requestCount: Int { shared.requests.withLock { $0 } }

  /// Has the next requests for queues fail; nil: work again.
  func refuse(_ error: QueueError?) { shared.refusal.withLock { $0 = error } }
}

/// The drivers of the user path.
private let userDrivers = ["wd-hisi-deflate", "wd-hisi-zlib", "wd-hisi-gzip"]

@Suite("User path drivers") struct UserPathTests {
  @Test("every driver passes every check of its kind", arguments: userDrivers)
  func conformance(_ name: String) throws {
    try expectConformance(of: name, in: UserPathRig().registry)
  }

  @Test("one queue for each direction serves all streams")
  func queues() throws {
    var limits = UserPath.Limits()
    // None goes back between two streams, however busy the machine is.
    limits.idle = 600_000_000_000
    let rig = try UserPathRig(limits: limits)
    #expect(rig.requestCount == 0)
    let bytes = sampleBytes(50_000)
    for _ in 0..<20 {
      var stream = try rig.registry.compression("wd-hisi-gzip")
      let back = try stream.decompress(stream.compress(bytes))
      #expect(back == bytes)
    }
    let taken = rig.requestCount
    #expect(taken == 2)
  }

  @Test("queues go back when they are idle, and are requested again")
  func idle() throws {
    var limits = UserPath.Limits()
    limits.idle = 20_000_000
    let rig = try UserPathRig(limits: limits)
    let before = rig.device.attributes.availableInstances
    var stream = try rig.registry.compression("wd-hisi-gzip")
    let bytes = sampleBytes(50_000)
    for _ in 0..<2 {
      let back = try stream.decompress(stream.compress(bytes))
      #expect(back == bytes)
      // Nobody holds a queue between messages.
      let deadline = MonotonicClock.deadline(after: 60_000_000_000)
      while rig.provider.path.count > 0 || rig.device.attributes.availableInstances < before,
        MonotonicClock.now() < deadline
      { _ = TimedSemaphore(value: 0).wait(nanoseconds: 5_000_000) }
      #expect(rig.provider.path.count == 0)
      #expect(rig.device.attributes.availableInstances == before)
    }
  }

  @Test("many threads share queues, and each gets its own answers")
  func threads() throws {
    var limits = UserPath.Limits()
    limits.streamsPerQueue = 2
    limits.queueCount = 2
    let rig = try UserPathRig(limits: limits)
    _ = try rig.registry.algorithm("wd-hisi-gzip")
    let failures = Guarded<[String]>([])
    let done = TimedSemaphore(value: 0)
    for thread in 0..<6 {
      _ = try Thread(name: "test-\(thread)") {
        defer { done.signal() }
        do {
          var handle = try rig.registry.compression("wd-hisi-gzip")
          for round in 0..<12 {
            let bytes = sampleBytes(1000 + 3000 * round, seed: UInt64(thread * 100 + round))
            let back = try handle.decompress(handle.compress(bytes))
            let driver = handle.lastDriverName
            if back != bytes || driver != "wd-hisi-gzip" {
              failures.withLock { $0.append("\(thread) \(round) \(driver)") }
            }
          }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    for _ in 0..<6 { #expect(done.wait(nanoseconds: 60_000_000_000)) }
    #expect(failures.withLock { $0 } == [])
    #expect(rig.provider.path.count <= 4)
  }

  @Test("a refused queue is the driver's fault, and software answers once")
  func refusal() throws {
    let rig = try UserPathRig()
    _ = try rig.registry.algorithm("wd-hisi-gzip")
    try rig.device.reset()
    for code in [QueueError.Code.busy, .notFound, .denied, .version, .deviceLost] {
      rig.refuse(QueueError(code, "the test refuses"))
      var handle = try rig.registry.compression("wd-hisi-gzip")
      let bytes = sampleBytes(3000)
      let back = try handle.decompress(handle.compress(bytes))
      #expect(back == bytes)
      let driver = handle.lastDriverName
      #expect(driver == "gzip-zlib")
    }
    rig.refuse(nil)
    var handle = try rig.registry.compression("wd-hisi-gzip")
    _ = try handle.compress([1, 2, 3])
    let driver = handle.lastDriverName
    #expect(driver == "wd-hisi-gzip")
  }

  @Test("a driver that was asked for by name has software answer while every queue is taken", arguments: userDrivers)
  func exhausted(_ name: String) throws {
    var limits = UserPath.Limits()
    limits.idle = 20_000_000
    let rig = try UserPathRig(limits: limits)
    _ = try rig.registry.algorithm(name)
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while rig.provider.path.count > 0, MonotonicClock.now() < deadline {
      _ = TimedSemaphore(value: 0).wait(nanoseconds: 5_000_000)
    }
    var taken: [any QueueTransport] = []
    var refusal: QueueError.Code?
    while refusal == nil, taken.count < 5000 {
      do throws(QueueError) { taken.append(try rig.source.open(device: "hisi_zip-0")) } catch { refusal = error.code }
    }
    #expect(refusal == .busy)
    let bytes = sampleBytes(30_000)
    var handle = try rig.registry.compression(name)
    let back = try handle.decompress(handle.compress(bytes))
    let driver = handle.lastDriverName
    #expect(back == bytes)
    #expect(["deflate-zlib", "zlib-deflate-zlib", "gzip-zlib"].contains(driver))
    for transport in taken { transport.close() }
    taken = []
    let again = try handle.decompress(handle.compress(bytes))
    let next = handle.lastDriverName
    #expect(again == bytes && next == name)
  }

  @Test("streams go on in software over a reset, and the next ones on the device again", arguments: userDrivers)
  func resets(_ name: String) throws {
    let rig = try UserPathRig()
    let bytes = sampleBytes(1_200_000)
    var reference = try rig.registry.compression(try rig.registry.algorithm(name).name)
    for _ in 0..<3 {
      var stream = try rig.registry.compressor(name)
      var made = try feed(Array(bytes[..<700_000]), &stream, .sync)
      try rig.device.reset()
      made += try feed(Array(bytes[700_000...]), &stream, .finish)
      let (usedFallback, driver) = (stream.lastUsedFallback, stream.lastDriverName)
      #expect(usedFallback && driver == "deflate-zlib")
      let isSame = try reference.decompress(made) == bytes
      #expect(isSame)
      var back = try rig.registry.decompressor(name)
      var plain = try feed(Array(made[..<(made.count / 2)]), &back, .none)
      #expect(!plain.isEmpty)
      try rig.device.reset()
      plain += try feed(Array(made[(made.count / 2)...]), &back, .finish)
      let goesOn = back.lastUsedFallback
      #expect(goesOn)
      let isBack = plain == bytes
      #expect(isBack)
    }
  }

  private func feed(
    _ input: [UInt8], _ stream: inout CompressionStream, _ flush: CompressionFlush
  ) throws -> [UInt8] {
    var made: [UInt8] = []
    var used = 0
    while true {
      var step = CompressionProgress()
      let part = try [UInt8](capacity: 1 << 16) { (output) throws(ProviderError) in
        step = try stream.step(input.rawSpan.extracting(droppingFirst: used), into: &output, flush: flush)
      }
      made += part
      used += step.consumed
      if step.finished || used == input.count && part.count < 1 << 16 && flush != .finish { return made }
    }
  }
}
