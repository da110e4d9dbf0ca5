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

  /// Bytes that are read at once: large enough that a system call's cost does not show, small enough for the cache.
  static let inputSize = 1 << 17
  private static let outputSize = 1 << 18

  private var input: AnonymousMapping
  private var output: AnonymousMapping
  /// What was read into the input buffer and not used.
  private var unread = 0..<0
  /// When the first bytes of the file were asked for.
  private(set) var start: UInt64 = 0

  init() throws(CommandFailure) {
    // Both are made before either is stored: a value whose parts cannot be copied begins whole.
    let input = try AnonymousMapping(buffer: Self.inputSize)
    let output = try AnonymousMapping(buffer: Self.outputSize)
    self.input = input
    self.output = output
  }

  /// Reads the first bytes of `file`, up to `count`, and keeps them for ``run(_:through:to:_:)``.
  mutating func peek(_ count: Int, of file: borrowing InputFile) throws(CommandFailure) -> [UInt8] {
    unread = 0..<0
    start = MonotonicClock.now()
    while unread.count < count, try read(file) > 0 {}
    return [UInt8](copying: input.bytes.extracting(first: min(count, unread.count)))
  }

  /// Moves all of `file` through `stream`.
  ///
  /// What was decoded before an error was found has been written when the error is thrown, except past a limit.
  mutating func run<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, through stream: inout CompressionStream, to destination: borrowing Target,
    _ meter: inout ProgressMeter
  ) throws(CommandFailure) -> Outcome {
    var trailingZeros = 0
    try finish(file, &stream, destination, &meter, &trailingZeros)
    return Outcome(stream, trailingZeros: trailingZeros)
  }

  /// Moves all of `file` through `stream`, but for the members that `decoder` can decode from its start on.
  ///
  /// The bytes that are written and the error that is thrown are those of the stream alone.
  mutating func run<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, through stream: inout CompressionStream, to destination: borrowing Target,
    _ meter: inout ProgressMeter, _ decoder: consuming MemberDecoder
  ) throws(CommandFailure) -> Outcome {
    var trailingZeros = 0
    let rest = try decoder.decode(through: &stream, to: destination, &meter) { (space) throws(CommandFailure) in
      try move(file, into: &space)
    } isReady: {
      !unread.isEmpty || file.isReady
    }
    for slot in rest {
      trailingZeros += try slot.withStored { (stored, count) throws(CommandFailure) in
        try Self.use(stored, 0..<count, isLast: false, file.name, &stream, &output, destination, &meter)
      }
    }
    try finish(file, &stream, destination, &meter, &trailingZeros)
    return Outcome(stream, trailingZeros: trailingZeros)
  }

  /// Moves what is left of `file` through `stream`.
  private mutating func finish<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, _ stream: inout CompressionStream, _ destination: borrowing Target,
    _ meter: inout ProgressMeter, _ trailingZeros: inout Int
  ) throws(CommandFailure) {
    var isAtEnd = false
    while !isAtEnd {
      if unread.isEmpty { isAtEnd = try read(file) == 0 }
      trailingZeros += try Self.use(
        input, unread, isLast: isAtEnd, file.name, &stream, &output, destination, &meter)
      unread = 0..<0
    }
  }

  /// Moves bytes of `file` into `space`, as many as one step gives; none at the end.
  private mutating func move(_ file: borrowing InputFile, into space: inout OutputRawSpan) throws(CommandFailure) {
    guard unread.isEmpty else {
      let count = min(unread.count, space.freeCapacity)
      space.append(copying: input.bytes.extracting(unread.prefix(count)))
      unread = unread.dropFirst(count)
      return
    }
    do throws(SystemError) {
      _ = try file.descriptor.read(into: &space)
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
  }

  /// Appends to what is unread; returns the number of bytes, 0 at the end.
  private mutating func read(_ file: borrowing InputFile) throws(CommandFailure) -> Int {
    if unread.isEmpty { unread = 0..<0 }
    let room = Self.inputSize - unread.upperBound
    do throws(SystemError) {
      let count = try input.withOutput(of: room, at: .upper) { (space) throws(SystemError) in
        try file.descriptor.read(into: &space)
      }
      unread = unread.lowerBound..<unread.upperBound + count
      return count
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
  }

  /// Gives what is in `range` of `input` to the stream; returns how many bytes of it lie behind the data's end and are
  /// zero.
  private static func use<Target: Destination & ~Copyable>(
    _ input: borrowing AnonymousMapping, _ range: Range<Int>, isLast: Bool, _ name: String,
    _ stream: inout CompressionStream, _ output: inout AnonymousMapping, _ destination: borrowing Target,
    _ meter: inout ProgressMeter
  ) throws(CommandFailure) -> Int {
    var rest = range
    while true {
      let step = step(&stream, input, rest, isLast: isLast, into: &output)
      if step.written > 0 { try destination.write(output.bytes.extracting(first: step.written)) }
      if let failure = step.failure { throw CommandFailure(failure, about: name) }
      rest = rest.dropFirst(step.progress.consumed)
      meter.update(bytesIn: stream.totalIn, bytesOut: stream.totalOut)
      if step.progress.finished { return zeros(input.bytes.extracting(rest)) }
      // A full output may hold more back; else all that could be used is.
      if step.written < outputSize, rest.isEmpty, !isLast { return 0 }
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

  /// How many of `bytes` are zero.
  private static func zeros(_ bytes: RawSpan) -> Int {
    // Within the span; every pattern of bits is a byte.
    (0..<bytes.byteCount).count { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == 0 }
  }
}

extension StreamPump.Outcome {
  /// What a stream did that is at its end.
  fileprivate init(_ stream: borrowing CompressionStream, trailingZeros: Int) {
    bytesIn = stream.totalIn
    bytesOut = stream.totalOut
    trailing = stream.trailing == trailingZeros ? 0 : UInt64(stream.trailing)
  }
}

extension InputFile {
  /// Whether reading would not wait: for a file always, for a pipe where something is in it or its writer is gone.
  fileprivate var isReady: Bool {
    if status.kind == .regular { return true }
    var entries = [PollEntry(descriptor, for: .readable)]
    return (try? Polling.wait(for: &entries, nanoseconds: 0)) != 0
  }
}
