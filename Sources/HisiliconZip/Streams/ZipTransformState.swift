// A member on the engine, and in software from where the engine failed.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import WarpDriveCore
import WarpDriveQueue

/// The state of a transform.
///
/// `@unchecked Sendable`: one transform has it, which is used by one thread at a time.
final class ZipTransformState: @unchecked Sendable {
  private let format: ZipFormat
  private let direction: CompressionDirection
  private let options: CompressionOptions
  private let path: ZipPath
  private var stream: ZipStream
  private var successor: ZipSuccessor?
  /// Bytes that earlier steps of this member used and wrote.
  private var totalIn: UInt64 = 0
  private var totalOut: UInt64 = 0
  /// Whether nothing of any member was used yet: then the registry chooses who answers instead.
  private var isUntouched = true
  /// What a decompression has used, for doing it again; nil beyond the limit.
  private var replay: [UInt8]? = []

  init(
    _ direction: CompressionDirection, _ format: ZipFormat, _ streamOptions: ZipStreamOptions,
    _ options: CompressionOptions, _ path: ZipPath
  ) {
    self.format = format
    self.direction = direction
    self.options = options
    self.path = path
    let way: ZipDirection = direction == .compress ? .compress : .decompress
    let queue = path.queue
    stream = ZipStream(way, format, streamOptions, on: { () throws(QueueError) in try queue(way, format) })
  }

  /// The driver that went on with the member.
  var standIn: String? { successor?.driverName }

  /// The header of a member that is decompressed.
  var header: GzipHeader? {
    if let successor { return successor.header }
    return stream.gzipFields.map { GzipHeader($0) }
  }

  /// Ready for the next member, which goes to the device again.
  func reset() {
    stream.reset()
    successor = nil
    totalIn = 0
    totalOut = 0
    replay = []
  }

  /// One step of a member; see ``CompressionTransform/step(_:into:_:)``.
  func step(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    if let successor { return try successor.step(input, &output, flush) }
    let before = output.byteCount
    var progress = ZipProgress()
    do throws(ZipError) {
      try stream.step(input, into: &output, ZipFlush(flush), progress: &progress)
    } catch {
      guard case .queue(let failure) = error else { throw ProviderError(error, format) }
      if isUntouched, output.byteCount == before { throw ProviderError(failure) }
      return try goOn(after: ProviderError(failure), input, &output, flush, progress)
    }
    note(input, progress)
    return CompressionProgress(
      consumed: progress.consumed, produced: progress.produced, finished: progress.isFinished)
  }

  private func note(_ input: RawSpan, _ progress: ZipProgress) {
    totalIn += UInt64(progress.consumed)
    totalOut += UInt64(progress.produced)
    if progress.consumed + progress.produced > 0 { isUntouched = false }
    guard direction == .decompress, progress.consumed > 0 else { return }
    if progress.isFinished || (replay?.count ?? 0) + progress.consumed > ZipSoftware.replayLimit {
      replay = progress.isFinished ? [] : nil
    } else {
      replay?.append(contentsOf: [UInt8](copying: input.extracting(first: progress.consumed)))
    }
  }

  /// Goes on in software where the device failed, behind what the failed step has done.
  private func goOn(
    after error: ProviderError, _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush,
    _ progress: ZipProgress
  ) throws(ProviderError) -> CompressionProgress {
    note(input, progress)
    let successor: ZipSuccessor
    switch direction {
    case .compress:
      guard let driver = path.software.driver(.deflate) else { throw error }
      successor = try ZipSuccessor(completing: stream.takeRemainder(), options, driver)
    case .decompress:
      guard let driver = path.software.driver(format) else { throw error }
      guard let replay else {
        throw error.saying(
          "\(error.message); \(totalIn) bytes of the stream were used, too many to begin anew in software: "
            + "decompress it again from its start")
      }
      successor = try ZipSuccessor(replaying: replay, delivered: totalOut, options, driver)
    }
    stream.reset()
    replay = []
    self.successor = successor
    let rest = try successor.step(input.extracting(droppingFirst: progress.consumed), &output, flush)
    return CompressionProgress(
      consumed: progress.consumed + rest.consumed, produced: progress.produced + rest.produced,
      finished: rest.finished)
  }
}

extension ZipFlush {
  /// The engine's flush for one of the registry's.
  init(_ flush: CompressionFlush) {
    switch flush {
    case .none: self = .none
    case .sync: self = .sync
    case .full: self = .full
    case .finish: self = .finish
    }
  }
}
