// Timing one driver at one level and one size: the least of several runs over the same messages.
// SPDX-License-Identifier: Apache-2.0

/// The messages of one size, and how one of their requests is timed.
struct Stopwatch {
  /// What one run of all messages came to, for each message on average.
  struct Reading {
    var nanoseconds: Double
    var inputBytes: Double
    var outputBytes: Double
  }

  let operation: MeasuredOperation
  let messages: [[UInt8]]
  /// Bytes that each message has to come to; nil where that is the driver's choice.
  let expected: Int?
  let settings: MeasurementSettings
  let isStopped: () -> Bool

  /// The runs after which the least is taken, and those that a request above the time of a run gets.
  private static let (runs, fewRuns) = (5, 2)

  /// A measurement of `algorithm`; nil where it failed, did something else than asked, or measuring was stopped.
  ///
  /// - Parameters:
  ///   - algorithm: a driver that was tested.
  ///   - level: its level; nil where the operation has none.
  ///   - isWorthIt: told the first run; what says no is not run again.
  func read(_ algorithm: Algorithm, level: Int?, isWorthIt: (Reading) -> Bool) -> Reading? {
    do throws(ProviderError) {
      let isDevice = algorithm.isDevice
      let clock = isDevice ? settings.wallClock : settings.workClock
      switch operation {
      case .digest:
        var transform = try algorithm.hashDriver().makeTransform()
        guard case .hash(let properties) = algorithm.descriptor.properties else { return nil }
        let count = properties.digestSize
        return try read(clock, room: count, isWorthIt) { (message, output) throws(ProviderError) in
          try transform.digest(message, count, into: &output)
          return output.byteCount == count
        }
      case .compress, .decompress:
        guard case .compression(let properties) = algorithm.descriptor.properties else { return nil }
        let direction: CompressionDirection = operation == .compress ? .compress : .decompress
        let longest = messages.map(\.count).max() ?? 0
        let room = expected ?? properties.bound(longest)
        var transform = try algorithm.makeCompressionTransform(direction, CompressionOptions(level: level))
        var isFirst = true
        return try read(clock, room: room, isWorthIt) { (message, output) throws(ProviderError) in
          if !isFirst { try transform.reset() }
          isFirst = false
          return try run(&transform, message, &output)
        }
      }
    } catch {
      // A driver that cannot do the sample takes no part; its own requests will say why.
      return nil
    }
  }

  private func run(
    _ transform: inout any CompressionTransform & ~Copyable, _ message: RawSpan, _ output: inout OutputRawSpan
  ) throws(ProviderError) -> Bool {
    var used = 0
    while true {
      let progress = try transform.step(message.extracting(droppingFirst: used), into: &output, .finish)
      used += progress.consumed
      if progress.finished { return expected.map { $0 == output.byteCount } ?? true }
      if progress.consumed == 0, progress.produced == 0 { return false }
    }
  }

  /// Runs all messages several times; `body` does one and says whether it did what it should.
  private func read(
    _ clock: () -> UInt64, room: Int, _ isWorthIt: (Reading) -> Bool,
    _ body: (RawSpan, inout OutputRawSpan) throws(ProviderError) -> Bool
  ) throws(ProviderError) -> Reading? {
    var buffer = [UInt8](repeating: 0, count: max(room, 1))
    var best: Reading?
    var repeats = 1
    var run = 0
    while run < Self.runs, !isStopped() {
      let start = clock()
      var produced = 0
      for _ in 0..<repeats {
        produced = 0
        for message in messages {
          guard let count = try Self.fill(&buffer, message, body) else { return nil }
          produced += count
        }
      }
      let elapsed = clock() &- start
      let share = 1 / Double(messages.count)
      let reading = Reading(
        // A clock too coarse to see a request must not make it free.
        nanoseconds: max(Double(elapsed) / Double(repeats), 1) * share,
        inputBytes: Double(messages.reduce(0) { $0 + $1.count }) * share, outputBytes: Double(produced) * share)
      if best == nil {
        guard isWorthIt(reading) else { return reading }
        // The first run may have fetched memory and code: it only says how many make a run long enough.
        let passes = Double(settings.runTime) / (reading.nanoseconds * Double(messages.count))
        repeats = Int(min(max(passes.rounded(.up), 1), 10_000))
        best = reading
      } else if let least = best?.nanoseconds, reading.nanoseconds < least {
        best = reading
      }
      run += 1
      if run >= Self.fewRuns, elapsed > 20 * settings.runTime { break }
    }
    return isStopped() ? nil : best
  }

  private static func fill(
    _ buffer: inout [UInt8], _ message: [UInt8],
    _ body: (RawSpan, inout OutputRawSpan) throws(ProviderError) -> Bool
  ) throws(ProviderError) -> Int? {
    var span = buffer.mutableRawSpan
    // The buffer is borrowed exclusively and its bytes stay initialised whatever the body writes.
    return try unsafe span.withUnsafeMutableBytes { (memory) throws(ProviderError) -> Int? in
      var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
      let isRight = try body(message.rawSpan, &output)
      let count = unsafe output.finalize(for: memory)
      return isRight ? count : nil
    }
  }
}

extension Algorithm {
  /// Whether requests wait in a device's queue rather than run on the caller's processor.
  var isDevice: Bool { !descriptor.flags.intersection([.hardware, .asynchronous]).isEmpty }
}
