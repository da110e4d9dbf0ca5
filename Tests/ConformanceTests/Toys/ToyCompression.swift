// Run-length compression with a checksum, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveConformance
import WarpDriveCore

/// The toy format: `TY`, pairs of a length from 1 to 255 and a byte, a zero, and four bytes of checksum.
struct ToyCompression: CompressionDriver {
  static let magic: [UInt8] = [0x54, 0x59]
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let thread = ToyThread()

  init(_ defect: Defect? = nil, as driverName: String = "toyrle-toy", isReference: Bool = false) {
    self.defect = defect
    var properties = CompressionProperties(
      levels: 1...3, defaultLevel: 2, windowBits: 9...10, strategies: [.fixed], joining: .members,
      memberMagic: Self.magic,
      bound: OutputBound(shift: 0, constant: 16))
    if defect == .understatesBound { properties.bound = OutputBound(shift: 1, constant: 3000) }
    properties.dictionaries = defect == .ignoresDictionary
    properties.headers = defect == .ignoresHeader
    descriptor = AlgorithmDescriptor(
      name: "toyrle", driverName: driverName, priority: defect == nil ? 100 : 50, properties: .compression(properties),
      flags: isReference ? .reference : [])
  }

  var knownAnswers: [KnownAnswer] {
    // Three times a, and the sum of a message is its toy state's lower half.
    let sum = ToyState().taking([0x61, 0x61, 0x61]).sum
    let stream = Self.magic + [3, 0x61, 0] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt64($0 * 8)) }
    return [KnownAnswer(.compression(stream: Hexadecimal.encode(stream), plain: "616161"), source: "the toy itself")]
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    let differs = defect == .boundToThread && thread.difference() != 0
    return direction == .compress
      ? ToyCompressor(defect: defect, level: options.level ?? 2, differs: differs)
      : ToyDecompressor(defect: defect, differs: differs)
  }
}

private struct ToyCompressor: CompressionTransform, ~Copyable {
  let defect: Defect?
  let level: Int
  let differs: Bool
  private var pending: [UInt8] = ToyCompression.magic
  private var sent = 0
  private var run: (byte: UInt8, length: Int) = (0, 0)
  private var state = ToyState()
  private var isClosed = false

  init(defect: Defect?, level: Int, differs: Bool) {
    self.defect = defect
    self.level = level
    self.differs = differs
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    if defect == .standsStill, output.freeCapacity < 2 { return progress }
    let before = output.byteCount
    drain(&output)
    if sent == pending.count, !isClosed {
      repeat {
        progress.consumed += take(input.extracting(droppingFirst: progress.consumed))
        drain(&output)
      } while progress.consumed < input.byteCount && output.freeCapacity > 0
      let isAll = progress.consumed == input.byteCount
      if isAll, flush != .none, defect != .ignoresFlush || flush == .finish { endRun() }
      if isAll, defect == .losesPendingRun, flush == .none, state.count > 100 { run.length = 0 }
      if isAll, flush == .finish { close() }
      if defect == .endsEarly, state.count > 5000, flush == .none {
        close()
        progress.finished = true
      }
    }
    drain(&output)
    progress.produced = output.byteCount - before
    if defect == .countsTooMuch, progress.produced > 100 { progress.produced += 1 }
    if isClosed, sent == pending.count { progress.finished = true }
    return progress
  }

  /// Takes bytes until a few KiB wait to be written; returns how many.
  private mutating func take(_ input: RawSpan) -> Int {
    var taken = 0
    unsafe input.withUnsafeBytes { buffer in
      for index in 0..<buffer.count {
        let byte = unsafe buffer[index]
        if pending.count > 1 << 12 { break }
        if run.length > 0, run.byte != byte || run.length == 255 { endRun() }
        run.byte = byte
        run.length += 1
        taken += 1
      }
    }
    state.take(input.extracting(first: taken))
    return taken
  }

  private mutating func endRun() {
    guard run.length > 0 else { return }
    let length = defect == .losesLongRuns && run.length > 200 ? run.length - 1 : run.length
    pending += [UInt8(length), run.byte]
    run.length = 0
  }

  private mutating func close() {
    var sum = state.sum
    if defect == .breaksHighestLevel, level == 3 { sum ^= 1 }
    if defect == .wrongWhenLong, state.count > 1 << 16 { sum ^= 1 }
    if defect == .otherFormatWhenLong, state.count > 3000 { sum = ~sum }
    if differs { sum ^= 1 }
    pending.append(0)
    pending += (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt64($0 * 8)) }
    if defect == .wrongWhenEmpty, state.count == 0 { pending = [] }
    isClosed = true
  }

  private mutating func drain(_ output: inout OutputRawSpan) {
    let count = min(output.freeCapacity, pending.count - sent)
    output.append(copying: pending.rawSpan.extracting(sent..<sent + count))
    sent += count
    if sent == pending.count, !isClosed {
      pending = []
      sent = 0
    }
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }

  mutating func reset() throws(ProviderError) {
    pending = ToyCompression.magic
    sent = 0
    state = ToyState()
    isClosed = false
    if defect != .resetsHalf { run = (0, 0) }
  }
}

private struct ToyDecompressor: CompressionTransform, ~Copyable {
  private enum Place: Equatable {
    case magic(Int)
    case length
    case byte(Int)
    case run(UInt8, Int)
    case sum(Int)
    case done
  }

  let defect: Defect?
  let differs: Bool
  private var place = Place.magic(0)
  private var state = ToyState()
  private var sum: UInt64 = 0

  init(defect: Defect?, differs: Bool) {
    self.defect = defect
    self.differs = differs
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    let before = output.byteCount
    defer { if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) } }
    let address = defect == .dependsOnAddress && ToyMachine.alignment(of: input) == 5
    while place != .done {
      if case .run(let byte, let rest) = place {
        guard output.freeCapacity > 0 else { break }
        let count = min(rest, output.freeCapacity)
        for _ in 0..<count {
          state.take(byte)
          unsafe output.append(address ? byte ^ 1 : byte, as: UInt8.self)
        }
        place = count == rest ? .length : .run(byte, rest - count)
        continue
      }
      guard progress.consumed < input.byteCount else { break }
      try take(input.byte(progress.consumed))
      progress.consumed += 1
    }
    progress.produced = output.byteCount - before
    progress.finished = place == .done
    if !progress.finished, flush == .finish, progress.consumed == input.byteCount, output.freeCapacity > 0 {
      if defect == .takesCutStreams, state.count > 20 { progress.finished = true }
      if defect == .throwsAtEarlyEnd { throw ProviderError(.truncatedInput, "the toy stream ends early") }
    }
    if defect == .usesTail, progress.finished { progress.consumed = input.byteCount }
    return progress
  }

  private mutating func take(_ byte: UInt8) throws(ProviderError) {
    switch place {
    case .magic(let index):
      guard byte == ToyCompression.magic[index] else { throw ProviderError(.corruptInput, "this is no toy stream") }
      place = index == 1 ? .length : .magic(index + 1)
    case .length: place = byte == 0 ? .sum(0) : .byte(Int(byte))
    case .byte(let length): place = .run(byte, length)
    case .sum(let index):
      sum |= UInt64(byte) << UInt64(index * 8)
      guard index == 3 else {
        place = .sum(index + 1)
        return
      }
      var right = state.sum
      if defect == .otherFormatWhenLong, state.count > 3000 { right = ~right }
      if differs { right ^= 1 }
      guard defect == .ignoresChecksum || sum == right & 0xFFFF_FFFF else {
        throw ProviderError(.corruptInput, "the toy stream's sum is wrong")
      }
      place = .done
    case .run, .done: break
    }
  }

  mutating func reset() throws(ProviderError) {
    place = .magic(0)
    if defect == .resetsHalf, state.count > 100 { return }
    state = ToyState()
    sum = 0
  }
}
