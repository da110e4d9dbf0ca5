// A stream over the engine: header, requests that each go on where the last one stopped, and what does not fit yet.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import WarpDriveQueue

/// What is to be done with what a compression holds back.
public enum ZipFlush: Hashable, Sendable {
  /// Nothing: it may hold back as much as it likes.
  case none
  /// Everything so far comes out and ends at a byte boundary.
  case sync
  /// As `sync`, and what follows does not refer back.
  case full
  /// The input ends here.
  case finish
}

/// How far a step came.
public struct ZipProgress: Hashable, Sendable {
  /// Bytes of the step's input that were used.
  public var consumed = 0
  /// Bytes that were appended to the output.
  public var produced = 0
  /// Whether the stream is complete.
  public var isFinished = false

  /// No progress.
  public init() {}
}

/// How a stream is compressed or decompressed.
public struct ZipStreamOptions: Hashable, Sendable {
  /// The history that a compression may refer back to; the largest that a zlib stream to be decompressed may ask for.
  public var window: ZipWindow
  /// The header of a gzip stream that is written.
  public var fields: GzipFields
  /// The most nanoseconds that one request may take.
  public var timeLimit: UInt64
  /// Bytes of input that go into one request of a stream, 1 KiB to 4 MiB.
  public var chunkSize: Int

  /// Makes options; by default requests take 256 KiB each and 10 seconds at most.
  public init(
    window: ZipWindow = .largest, fields: GzipFields = GzipFields(), timeLimit: UInt64 = 10_000_000_000,
    chunkSize: Int = 1 << 18
  ) {
    self.window = window
    self.fields = fields
    self.timeLimit = timeLimit
    self.chunkSize = min(max(chunkSize, 1 << 10), 1 << 22)
  }
}

/// One stream being compressed or decompressed piece by piece, on one thread at a time.
///
/// Input that is there whole, and not more than 4 MiB, is one request without state; everything else is a sequence of
/// requests of a stream, each of which ends, in compression, at a byte boundary: whoever goes on with the stream
/// elsewhere can do so behind any of them. Memory of the queue's is held only while there is something in it.
public struct ZipStream: ~Copyable, Sendable {
  /// Which way it runs.
  public let direction: ZipDirection
  /// The container.
  public let format: ZipFormat
  let options: ZipStreamOptions
  private let request: @Sendable () throws(QueueError) -> any ZipExecutor
  /// The queue, while there is something of the stream's there.
  private var executor: (any ZipExecutor)?
  /// Output that found no room yet.
  var staged = ZipStagedBytes()
  /// Input that is held back, in compression.
  var held = ZipStagedBytes()
  var context: ZipContextLease?
  /// Whether the next request begins a new history at the engine.
  var isContextFresh = true
  var words = ZipStreamWords()
  var isFinished = false
  /// Whether no request of the stream has ended well.
  var isUntouched = true
  var compression = CompressionState()
  var decompression: DecompressionState
  /// The most input that is tried as a whole: it is copied for that, which would be wasted where many short streams
  /// follow one another.
  var wholeLimit = ZipMessage.largestWhole
  /// Why the data or the queue is not fit for another step; the output before it comes first.
  var failure: ZipError?

  /// What only compression has.
  struct CompressionState: Sendable {
    /// The tally of what older histories covered.
    var earlier: ZipTally?
    /// The tally of what this one covers.
    var current: ZipTally?
    /// The last plain bytes of this history, at most 32 KiB.
    var history: [UInt8] = []
  }

  /// What only decompression has.
  struct DecompressionState: Sendable {
    var reader: ZipHeaderReader
    /// Whether the last request stopped for want of room.
    var hasMore = false
    /// Whether the body has begun.
    var hasBegun = false
    /// Bytes of the next part of the input.
    var partSize = 0
  }

  /// Begins a stream; nothing is taken of a queue yet.
  ///
  /// - Parameters:
  ///   - direction: which way it runs.
  ///   - format: the container; raw deflate exists at hardware revision 0x30 and later.
  ///   - options: how.
  ///   - request: gives a queue of that direction; asked when there is something to do, and again for the next stream.
  public init(
    _ direction: ZipDirection, _ format: ZipFormat, _ options: ZipStreamOptions = .init(),
    on request: @escaping @Sendable () throws(QueueError) -> any ZipExecutor
  ) {
    self.direction = direction
    self.format = format
    self.options = options
    self.request = request
    decompression = DecompressionState(reader: ZipHeaderReader(format, windowBits: options.window.bits))
  }

  /// Begins a stream on one queue, whose direction is the stream's.
  public init(_ format: ZipFormat, _ options: ZipStreamOptions = .init(), on executor: any ZipExecutor) {
    self.init(executor.direction, format, options, on: { executor })
  }

  /// The header of the gzip member that is being decompressed, once it has been read.
  public var gzipFields: GzipFields? { decompression.reader.gzipFields }

  /// Uses what it can of `input` and appends what fits to `output`.
  ///
  /// In decompression it stops behind the end of the stream, with the rest of the input unused. A full output and input
  /// that ends early are no errors: no progress says both.
  ///
  /// - Parameter progress: how far it came, also where it throws.
  /// - Throws: `ZipError`; the stream is then fit for `reset` alone, and after an error of the queue for `abandon`.
  public mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: ZipFlush, progress: inout ZipProgress
  ) throws(ZipError) {
    switch direction {
    case .compress: try compress(input, &output, flush, &progress)
    case .decompress: try decompress(input, &output, flush, &progress)
    }
  }

  /// Ready for the first byte of another stream with the same options, on the same queue.
  public mutating func reset() {
    staged = ZipStagedBytes()
    held = ZipStagedBytes()
    letGo()
    isContextFresh = true
    words = ZipStreamWords()
    isFinished = false
    isUntouched = true
    failure = nil
    compression = CompressionState()
    decompression = DecompressionState(reader: ZipHeaderReader(format, windowBits: options.window.bits))
  }

  /// Lets go of the queue.
  mutating func letGo() {
    context = nil
    executor = nil
  }

  /// The queue.
  mutating func queue() throws(ZipError) -> any ZipExecutor {
    if let executor { return executor }
    do throws(QueueError) {
      let executor = try request()
      self.executor = executor
      return executor
    } catch {
      throw fail(.queue(error))
    }
  }

  /// Appends staged output that fits; whether all of it did.
  mutating func handOut(_ output: inout OutputRawSpan, _ progress: inout ZipProgress) -> Bool {
    progress.produced += staged.handOut(&output)
    if staged.isEmpty {
      staged = ZipStagedBytes()
      if isFinished { letGo() }
    }
    return staged.isEmpty
  }

  /// Executes a request, and keeps its memory where the queue fails under it.
  mutating func execute(
    _ message: ZipMessage, keeping buffers: [any ZipBuffer]
  ) throws(ZipError) -> ZipOutcome {
    let executor = try queue()
    do throws(QueueError) {
      let answer = try executor.execute(message.sqe, timeLimit: options.timeLimit)
      return try ZipOutcome(answer, of: message.sqe)
    } catch {
      var buffers = buffers
      if let context = context.take() { buffers.append(context.lose()) }
      executor.keep(buffers)
      throw fail(.queue(error))
    }
  }

  /// Takes memory of the queue's.
  mutating func allocate(_ byteCount: Int) throws(ZipError) -> any ZipBuffer {
    let executor = try queue()
    do throws(QueueError) { return try executor.allocate(byteCount) } catch { throw fail(.queue(error)) }
  }

  /// The part of the stream that the next request is.
  mutating func nextPart(finishes: Bool) throws(ZipError) -> ZipStreamPart {
    let lease: ZipContextLease
    if let context {
      lease = context
    } else {
      let executor = try queue()
      do throws(QueueError) { lease = try executor.takeContext() } catch { throw fail(.queue(error)) }
      context = lease
    }
    return ZipStreamPart(contextAddress: lease.address, isFirst: isContextFresh, finishes: finishes, words: words)
  }

  /// Builds a request between two flat buffers.
  mutating func message(
    from source: (any ZipBuffer)?, _ range: Range<Int>, to destination: any ZipBuffer, offset: Int, room: Int,
    part: ZipStreamPart?
  ) throws(ZipError) -> ZipMessage {
    // Input of no bytes has an address all the same, which nobody reads.
    let executor = try queue()
    let from = source.map { $0.deviceAddress + UInt64(range.lowerBound) } ?? destination.deviceAddress
    do throws(QueueError) {
      return try ZipMessage(
        format, from: ZipBufferReference(address: from, byteCount: range.count),
        to: ZipBufferReference(address: destination.deviceAddress + UInt64(offset), byteCount: room),
        sqeType: executor.sqeType, window: options.window, part: part)
    } catch {
      throw fail(.queue(error))
    }
  }

  /// Remembers why the stream ended.
  mutating func fail(_ error: ZipError) -> ZipError {
    failure = error
    return error
  }
}

/// A part of a buffer that has bytes for somebody.
struct ZipStagedBytes: Sendable {
  private(set) var buffer: (any ZipBuffer)?
  private(set) var range = 0..<0

  /// Nothing.
  init() {}

  /// Bytes of a buffer.
  init(_ buffer: any ZipBuffer, _ range: Range<Int>) {
    self.buffer = buffer
    self.range = range
  }

  var isEmpty: Bool { range.isEmpty }
  var count: Int { range.count }
  /// Room behind the bytes.
  var room: Int { unsafe (buffer?.bytes.count ?? 0) - range.upperBound }

  /// The bytes, copied.
  var copy: [UInt8] {
    guard let buffer else { return [] }
    return unsafe Array(buffer.bytes[range])
  }

  /// The first bytes, copied.
  func prefix(_ count: Int) -> [UInt8] {
    guard let buffer, count > 0 else { return [] }
    return unsafe Array(buffer.bytes[range.prefix(count)])
  }

  /// Appends what fits, and returns how much that is.
  mutating func handOut(_ output: inout OutputRawSpan) -> Int {
    guard let buffer, !range.isEmpty else { return 0 }
    let count = min(range.count, output.freeCapacity)
    let part = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[range.lowerBound..<range.lowerBound + count])
    unsafe output.append(copying: part)
    range = range.lowerBound + count..<range.upperBound
    return count
  }

  /// Adds a copy of bytes behind the others; the caller has checked that there is room.
  mutating func append(_ bytes: RawSpan) {
    guard let buffer else { return }
    let place = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[range.upperBound...])
    unsafe bytes.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
    range = range.lowerBound..<range.upperBound + bytes.byteCount
  }

  /// Drops bytes in front, and starts over where none is left.
  mutating func drop(_ count: Int) {
    range = range.lowerBound + count..<range.upperBound
    if range.isEmpty { range = 0..<0 }
  }

  /// Overwrites the last bytes.
  func replaceEnd(by bytes: [UInt8]) {
    guard let buffer, bytes.count <= range.count else { return }
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[range.upperBound - bytes.count..<range.upperBound])
      .copyBytes(from: bytes)
  }
}

extension OutputRawSpan {
  /// Appends bytes; the caller has checked that they fit.
  mutating func append(copying bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    precondition(bytes.count <= freeCapacity, "append past the end of an output span")
    unsafe withUnsafeMutableBytes { target, count in
      guard let start = target.baseAddress else { return }
      unsafe (start + count).copyMemory(from: source, byteCount: bytes.count)
      count += bytes.count
    }
  }
}
