// Software that goes on with a member behind the last byte that the engine made.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import WarpDriveCore

/// The rest of a member in software.
///
/// `@unchecked Sendable`: one transform has it, which is used by one thread at a time.
final class ZipSuccessor: @unchecked Sendable {
  /// The driver.
  let driverName: String
  private var transform: any CompressionTransform & ~Copyable
  /// Output that comes before the software's.
  private var pending: [UInt8] = []
  /// Input that comes before the caller's.
  private var waiting: [UInt8]
  /// What was compressed so far, for the trailer; nil in decompression, where the software reads it.
  private var tally: ZipTally?
  private var isComplete = false

  /// Completes a compression: raw deflate behind the engine's last byte, then the trailer of everything.
  init(
    completing remainder: ZipRemainder, _ options: CompressionOptions, _ driver: any CompressionDriver
  ) throws(ProviderError) {
    driverName = driver.descriptor.driverName
    var level = options.level
    if case .compression(let properties) = driver.descriptor.properties, let wanted = level {
      level = min(max(wanted, properties.levels.lowerBound), properties.levels.upperBound)
    }
    transform = try driver.makeTransform(
      .compress,
      CompressionOptions(
        level: level, windowBits: options.windowBits,
        dictionary: remainder.history.isEmpty ? nil : remainder.history))
    pending = remainder.output
    waiting = remainder.input
    tally = remainder.tally
    isComplete = remainder.isFinished
  }

  /// Does a decompression again from its first byte, without what was delivered.
  init(
    replaying input: [UInt8], delivered: UInt64, _ options: CompressionOptions, _ driver: any CompressionDriver
  ) throws(ProviderError) {
    driverName = driver.descriptor.driverName
    transform = try driver.makeTransform(.decompress, CompressionOptions(windowBits: options.windowBits))
    waiting = input
    var left = delivered
    while left > 0 {
      var step = CompressionProgress()
      let room = Int(min(left, 1 << 16))
      let input = waiting
      let dropped = try [UInt8](capacity: room) { (output) throws(ProviderError) in
        step = try transform.step(input.rawSpan, into: &output, .none)
      }
      waiting.removeFirst(step.consumed)
      left -= UInt64(dropped.count)
      guard step.consumed + step.produced > 0 || left == 0 else {
        throw ProviderError(
          .backendFailure, "the software decompresses less than the device did: one of them is out of order")
      }
    }
  }

  /// Does a whole member, of which `input` has come already.
  init(
    beginning input: [UInt8], _ direction: CompressionDirection, _ options: CompressionOptions,
    _ driver: any CompressionDriver
  ) throws(ProviderError) {
    driverName = driver.descriptor.driverName
    transform = try driver.makeTransform(direction, options)
    waiting = input
  }

  /// The header of the member, once it has been read.
  var header: GzipHeader? { transform.header() }

  /// One step; see ``CompressionTransform/step(_:into:_:)``.
  func step(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    while true {
      let count = min(pending.count, output.freeCapacity)
      if count > 0 {
        let first = pending
        output.append(copying: first.rawSpan.extracting(first: count))
        pending.removeFirst(count)
        progress.produced += count
      }
      guard pending.isEmpty else { return progress }
      if isComplete {
        progress.finished = true
        return progress
      }
      if !waiting.isEmpty {
        let first = waiting
        let step = try transform.step(first.rawSpan, into: &output, .none)
        tally?.add(first.rawSpan.extracting(first: step.consumed))
        waiting.removeFirst(step.consumed)
        progress.produced += step.produced
        if step.finished { complete() }
        guard step.consumed + step.produced > 0 || step.finished else { return progress }
        continue
      }
      let rest = input.extracting(droppingFirst: progress.consumed)
      let step = try transform.step(rest, into: &output, flush)
      tally?.add(rest.extracting(first: step.consumed))
      progress.consumed += step.consumed
      progress.produced += step.produced
      guard step.finished else { return progress }
      complete()
    }
  }

  private func complete() {
    isComplete = true
    if let tally { pending += tally.trailer }
  }
}
