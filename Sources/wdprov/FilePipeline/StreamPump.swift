// Runs a file of any size through a compression stream in constant memory.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

extension AnonymousMapping {
  /// Memory for a buffer of `byteCount` bytes, which costs nothing until it is touched.
  init(buffer byteCount: Int) throws(CommandFailure) {
    do throws(SystemError) {
      try self.init(byteCount: byteCount)
    } catch {
      throw CommandFailure(.internalError, "there is no memory for a buffer: \(error.message)")
    }
  }
}

/// Two buffers, and the loop that moves bytes from a file through a stream to an output.
struct StreamPump: ~Copyable {
  /// What a run did.
  struct Outcome {
    /// Bytes that were read and belong to the data.
    var bytesIn: UInt64 = 0
    /// Bytes that were written.
    var bytesOut: UInt64 = 0
    /// Bytes behind the end of the data, zeros not counted where there is nothing else: padding of tapes and blocks.
    var trailing: UInt64 = 0
  }

  // Large enough that a system call's cost does not show, small enough for the cache.
  private static let inputSize = 1 << 17
  private static let outputSize = 1 << 18

  private var input: AnonymousMapping
  private var output: AnonymousMapping
  /// Bytes at the start of the input buffer that were read and not used.
  private var filled = 0

  init() throws(CommandFailure) {
    // Both are made before either is stored: a value whose parts cannot be copied begins whole.
    let input = try AnonymousMapping(buffer: Self.inputSize)
    let output = try AnonymousMapping(buffer: Self.outputSize)
    self.input = input
    self.output = output
  }

  /// Reads the first bytes of `file`, up to `count`, and keeps them for ``run(_:through:to:_:)``.
  mutating func peek(_ count: Int, of file: borrowing InputFile) throws(CommandFailure) -> [UInt8] {
    filled = 0
    while filled < count, try read(file) > 0 {}
    return [UInt8](copying: input.bytes.extracting(first: min(count, filled)))
  }

  /// Moves all of `file` through `stream`.
  ///
  /// What was decoded before an error was found has been written when the error is thrown, except past a limit.
  mutating func run<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, through stream: inout CompressionStream, to destination: borrowing Target,
    _ meter: inout ProgressMeter
  ) throws(CommandFailure) -> Outcome {
    var trailingZeros = 0
    var isAtEnd = false
    while !isAtEnd {
      if filled == 0 { isAtEnd = try read(file) == 0 }
      let behind = try use(isLast: isAtEnd, file.name, &stream, destination, &meter)
      trailingZeros += zeros(last: behind)
      filled = 0
    }
    return Outcome(
      bytesIn: stream.totalIn, bytesOut: stream.totalOut,
      trailing: stream.trailing == trailingZeros ? 0 : UInt64(stream.trailing))
  }

  /// Appends to the input buffer; returns the number of bytes, 0 at the end.
  private mutating func read(_ file: borrowing InputFile) throws(CommandFailure) -> Int {
    let room = Self.inputSize - filled
    do throws(SystemError) {
      let count = try input.withOutput(of: room, at: .upper) { (space) throws(SystemError) in
        try file.descriptor.read(into: &space)
      }
      filled += count
      return count
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
  }

  /// Gives what is in the input buffer to the stream; returns how many bytes of it lie behind the data's end.
  private mutating func use<Target: Destination & ~Copyable>(
    isLast: Bool, _ name: String, _ stream: inout CompressionStream, _ destination: borrowing Target,
    _ meter: inout ProgressMeter
  ) throws(CommandFailure) -> Int {
    var used = 0
    while true {
      let step = Self.step(&stream, input, used..<filled, isLast: isLast, into: &output)
      if step.written > 0 { try destination.write(output.bytes.extracting(first: step.written)) }
      if let failure = step.failure { throw CommandFailure(failure, about: name) }
      used += step.progress.consumed
      meter.update(bytesIn: stream.totalIn, bytesOut: stream.totalOut)
      if step.progress.finished { return filled - used }
      // A full output may hold more back; else all that could be used is.
      if step.written < Self.outputSize, used == filled, !isLast { return 0 }
      if step.written == 0, step.progress.consumed == 0 {
        throw CommandFailure(.internalError, "\(name): \(stream.algorithm.driverName) makes no progress")
      }
    }
  }

  /// One step of the stream, with what it wrote even where it failed.
  private static func step(
    _ stream: inout CompressionStream, _ input: borrowing AnonymousMapping, _ range: Range<Int>, isLast: Bool,
    into output: inout AnonymousMapping
  ) -> (progress: CompressionProgress, written: Int, failure: ProviderError?) {
    let bytes = input.bytes.extracting(range)
    return output.withOutput(of: outputSize, at: .lower) { (space) in
      do throws(ProviderError) {
        let progress = try stream.step(bytes, into: &space, flush: isLast ? .finish : .none)
        return (progress, space.byteCount, nil)
      } catch {
        // Past a limit nothing is handed out.
        return (CompressionProgress(), error.code == .limitExceeded ? 0 : space.byteCount, error)
      }
    }
  }

  /// How many of the last `count` bytes of the input are zero.
  private func zeros(last count: Int) -> Int {
    let bytes = input.bytes.extracting(filled - count..<filled)
    // Within the span; every pattern of bits is a byte.
    return (0..<count).count { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == 0 }
  }
}
