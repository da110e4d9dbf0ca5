// Drivers of a few lines, so that the registry's rules can be tested without any library.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import WarpDriveCore

/// What a toy driver is told to do wrong.
final class Switch: Sendable {
  private let code = Guarded<ProviderError.Code?>(nil)
  private let count = Atomic<Int>(0)
  /// How often the driver was asked to work.
  var calls: Int { count.load(ordering: .relaxed) }
  func fail(with code: ProviderError.Code?) { self.code.withLock { $0 = code } }
  func check() throws(ProviderError) {
    count.wrappingAdd(1, ordering: .relaxed)
    if let code = code.withLock({ $0 }) { throw ProviderError(code, "the toy was told to fail") }
  }
}

/// A hash of eight bytes: a sum of bytes by position, salted so that drivers can be told apart when they should be.
struct ToyHash: HashDriver {
  var descriptor: AlgorithmDescriptor
  var knownAnswers: [KnownAnswer]
  let failure: Switch
  let delay: UInt64
  let hold: Gate?

  init(
    _ name: String = "toy", driver: String, priority: Int = 100, flags: AlgorithmFlags = [],
    aliases: [AlgorithmAlias] = [], answer: String = "0000000000000126", blockSize: Int = 16,
    failure: Switch = Switch(), delay: UInt64 = 0, hold: Gate? = nil
  ) {
    descriptor = AlgorithmDescriptor(
      name: name, driverName: driver, priority: priority, properties: .hash(.init(digestSize: 8)), flags: flags,
      aliases: aliases, blockSize: blockSize)
    knownAnswers = [KnownAnswer(.hash(message: "616263", digest: answer), source: "97 + 98 + 99 = 0x126")]
    self.failure = failure
    self.delay = delay
    self.hold = hold
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    Transform(sum: 0, failure: failure, delay: delay, hold: hold)
  }

  struct Transform: HashTransform, ~Copyable {
    var sum: UInt64
    let failure: Switch
    let delay: UInt64
    let hold: Gate?

    mutating func update(_ bytes: RawSpan) throws(ProviderError) {
      try failure.check()
      for index in 0..<bytes.byteCount {
        sum &+= UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
    }
    mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      let digest = (0..<8).map { UInt8(truncatingIfNeeded: sum >> (56 - 8 * UInt64($0))) }
      output.append(copying: digest.rawSpan)
      sum = 0
    }
    mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      if delay > 0 { Pause.nanoseconds(delay) }
      _ = hold?.wait(nanoseconds: Pause.limit)
      sum = 0
      try update(bytes)
      try finish(count, into: &output)
    }
    mutating func reset() throws(ProviderError) { sum = 0 }
    mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
      Transform(sum: sum, failure: failure, delay: delay, hold: hold)
    }
  }
}

/// A format of its own: each member is the magic `T`, a length of one byte and so many bytes.
struct ToyCompression: CompressionDriver {
  var descriptor: AlgorithmDescriptor
  var knownAnswers: [KnownAnswer] {
    [KnownAnswer(.compression(stream: "54026869", plain: "6869"), source: "T, 2, hi")]
  }
  let failure: Switch

  init(
    _ name: String = "toyzip", driver: String, priority: Int = 100, flags: AlgorithmFlags = [],
    joining: CompressionJoining = .members, failure: Switch = Switch()
  ) {
    descriptor = AlgorithmDescriptor(
      name: name, driverName: driver, priority: priority,
      properties: .compression(
        .init(
          levels: 0...9, defaultLevel: 6, joining: joining, memberMagic: [0x54], bound: .init(shift: 0, constant: 64))),
      flags: flags)
    self.failure = failure
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    if direction == .compress { return Compressor(failure: failure) }
    return Decompressor(failure: failure)
  }

  struct Compressor: CompressionTransform, ~Copyable {
    let failure: Switch
    var ready: [UInt8] = []
    var isDone = false
    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      try failure.check()
      var rest = [UInt8](copying: input)[...]
      while rest.count > 255 {
        ready += [0x54, 255] + rest.prefix(255)
        rest = rest.dropFirst(255)
      }
      if !rest.isEmpty || (flush == .finish && !isDone) { ready += [0x54, UInt8(rest.count)] + rest }
      if flush == .finish { isDone = true }
      let count = min(output.freeCapacity, ready.count)
      let piece = Array(ready.prefix(count))
      output.append(copying: piece.rawSpan)
      ready.removeFirst(count)
      return .init(consumed: input.byteCount, produced: count, finished: isDone && ready.isEmpty)
    }
    mutating func reset() throws(ProviderError) {
      ready = []
      isDone = false
    }
  }

  struct Decompressor: CompressionTransform, ~Copyable {
    let failure: Switch
    var header: [UInt8] = []
    var left: Int?
    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      try failure.check()
      var progress = CompressionProgress()
      while left == nil, progress.consumed < input.byteCount {
        header.append(unsafe input.unsafeLoad(fromByteOffset: progress.consumed, as: UInt8.self))
        progress.consumed += 1
        guard header[0] == 0x54 else { throw ProviderError(.corruptInput, "not a toy stream") }
        if header.count == 2 { left = Int(header[1]) }
      }
      guard let left else { return progress }
      let count = min(left, input.byteCount - progress.consumed, output.freeCapacity)
      output.append(copying: input.extracting(progress.consumed..<progress.consumed + count))
      progress.consumed += count
      progress.produced = count
      self.left = left - count
      progress.finished = left == count
      return progress
    }
    mutating func reset() throws(ProviderError) {
      header = []
      left = nil
    }
  }
}

/// A provider of whatever drivers it is given.
struct ToyProvider: Provider {
  let name: String
  let version = "1"
  let drivers: [any AlgorithmDriver]
  init(_ name: String, _ drivers: [any AlgorithmDriver]) {
    self.name = name
    self.drivers = drivers
  }
}

extension Registry {
  /// A registry with one provider, `toy`, of these drivers.
  static func of(_ drivers: any AlgorithmDriver...) throws -> Registry {
    let registry = Registry()
    try registry.register(ToyProvider("toy", drivers))
    return registry
  }
}
