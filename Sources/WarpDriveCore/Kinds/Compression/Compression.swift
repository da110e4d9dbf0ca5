// The handle of the compression kind: whole messages, both ways.
// SPDX-License-Identifier: Apache-2.0

/// A compression algorithm in use for whole messages, both ways, on one thread at a time.
///
/// The two directions' contexts are made when first needed and kept. For data that does not fit into memory use
/// ``CompressionStream``.
public struct Compression: ~Copyable, Sendable {
  private let options: CompressionOptions
  private let properties: CompressionProperties
  private let route: Route?
  private var compressor: RoutedStreams
  private var decompressor: RoutedStreams
  private var lastDirection = CompressionDirection.compress
  /// The algorithm that a lookup of the name leads to.
  ///
  /// Where drivers were measured, each request goes to the fastest for its size: ``lastDriverName`` tells which.
  public let algorithm: Algorithm

  /// A handle over `algorithm`, or by name over those that compete: `routes` are nil where nothing does.
  init(
    _ algorithm: Algorithm, _ options: CompressionOptions, compress: Route? = nil, decompress: Route? = nil,
    in registry: Registry
  ) throws(ProviderError) {
    guard case .compression(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.compression)
    }
    try properties.check(options, of: algorithm.driverName)
    self.algorithm = algorithm
    self.options = options
    self.properties = properties
    route = compress
    compressor = RoutedStreams(.compress, algorithm, options, compress, in: registry)
    decompressor = RoutedStreams(.decompress, algorithm, options, decompress, in: registry)
  }

  /// The driver that answered the last request: the one that was chosen for it, or the one that stood in for it.
  public var lastDriverName: String {
    lastDirection == .compress ? compressor.lastDriverName : decompressor.lastDriverName
  }

  /// Whether the last request was answered by a stand-in because the driver that was chosen for it failed.
  public var lastUsedFallback: Bool {
    lastDirection == .compress ? compressor.lastUsedFallback : decompressor.lastUsedFallback
  }

  /// The most bytes that `count` bytes compress to, header fields included.
  public func bound(_ count: Int) -> Int {
    let bound = max(properties.bound(count), route?.bound(count) ?? 0)
    let (sum, overflow) = bound.addingReportingOverflow(options.header?.extraSize ?? 0)
    return overflow ? .max : sum
  }

  /// Appends the compressed form of `input`, a complete stream.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written past the end; `output` then holds the first
  ///   part, the error's progress says how much of `input` was used, and ``resumeCompress(_:into:)`` goes on from there.
  public mutating func compress(
    _ input: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    lastDirection = .compress
    return try compressor.whole(input, into: &output)
  }

  /// Goes on with a compression whose output was too small; `rest` is the input behind what was used.
  public mutating func resumeCompress(
    _ rest: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    try compressor.resume(rest, into: &output)
  }

  /// Appends the plain form of `input`, which holds a complete stream.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput``, ``ProviderError/Code/truncatedInput``, ``ProviderError/Code/limitExceeded``;
  ///   ``ProviderError/Code/outputTooSmall`` as in ``compress(_:into:)-(RawSpan,_)``, to be followed by
  ///   ``resumeDecompress(_:into:)``.
  public mutating func decompress(
    _ input: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    lastDirection = .decompress
    return try decompressor.whole(input, into: &output)
  }

  /// Goes on with a decompression whose output was too small; `rest` is the input behind what was used.
  public mutating func resumeDecompress(
    _ rest: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    try decompressor.resume(rest, into: &output)
  }

  /// Returns the compressed form of `input`.
  public mutating func compress(_ input: [UInt8]) throws(ProviderError) -> [UInt8] {
    try [UInt8](capacity: bound(input.count)) { (output) throws(ProviderError) in
      _ = try compress(input.rawSpan, into: &output)
    }
  }

  /// Returns the plain form of `input`; the array grows with the data, so set a limit for data of strangers.
  ///
  /// Trailing bytes behind the stream are an error here, where nobody could see their count.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput`` also for trailing bytes.
  public mutating func decompress(_ input: [UInt8]) throws(ProviderError) -> [UInt8] {
    let (plain, trailing) = try decompressStart(of: input)
    guard trailing == 0 else {
      throw ProviderError(
        .corruptInput,
        "\(trailing) bytes follow the \(algorithm.name) data; decompress into a span to have them counted",
        driver: algorithm.driverName)
    }
    return plain
  }

  /// Returns the plain form of the stream that `input` begins with, and the number of bytes behind that stream.
  package mutating func decompressStart(
    of input: [UInt8]
  ) throws(ProviderError) -> (plain: [UInt8], trailing: Int) {
    var result: [UInt8] = []
    var consumed = 0
    var room = max(256, min(input.count, 1 << 24) * 4)
    var isFirst = true
    while true {
      var end: RequestResult?
      var grown: ProviderError?
      let piece = try [UInt8](capacity: room) { (output) throws(ProviderError) in
        do throws(ProviderError) {
          let rest = input.rawSpan.extracting(droppingFirst: consumed)
          end = isFirst ? try decompress(rest, into: &output) : try resumeDecompress(rest, into: &output)
        } catch {
          guard error.code == .outputTooSmall else { throw error }
          grown = error
        }
      }
      if result.isEmpty { result = piece } else { result += piece }
      if let end { return (result, end.trailing) }
      let progress = grown?.progress
      consumed += progress?.consumed ?? 0
      if piece.isEmpty, progress?.consumed ?? 0 == 0 {
        // The driver takes whole messages alone, and starts again with more room.
        room = try doubled(room, for: input.count - consumed)
      } else {
        room = min(max(room, result.count), 1 << 26)
      }
      isFirst = false
    }
  }

  /// More than any format makes of a byte: zstd's blocks of one repeated byte have 128 KiB in 4 bytes (RFC 8878
  /// section 3.1.1.2).
  private static let greatestRatio = 1 << 17

  /// Twice the room for a result of which nothing is there yet, unless that passes the caller's limit or any sense.
  private func doubled(_ room: Int, for count: Int) throws(ProviderError) -> Int {
    if let limit = options.outputLimit, UInt64(room) > limit {
      throw ProviderError(
        .limitExceeded, "the output passes the limit of \(limit) bytes: raise it if the input is trusted",
        driver: algorithm.driverName)
    }
    let (most, overflow) = max(count, 8).multipliedReportingOverflow(by: Self.greatestRatio)
    guard overflow || room <= most else {
      throw ProviderError(
        .backendFailure, "\(algorithm.driverName) finds \(room) bytes too few for what \(count) bytes decompress to",
        driver: algorithm.driverName)
    }
    guard room <= Int.max / 2 else { throw ProviderError(.resourceExhausted, "the output does not fit into memory") }
    return room * 2
  }

  /// Compresses the segments of `input` as one message into the segments of `output`, without gathering either.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` where the segments do not suffice.
  public mutating func compress(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    lastDirection = .compress
    return try compressor.run(input, into: &output)
  }

  /// Decompresses the segments of `input`, one message, into the segments of `output`.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` where the segments do not suffice, and as ``decompress(_:into:)``.
  public mutating func decompress(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    lastDirection = .decompress
    return try decompressor.run(input, into: &output)
  }
}
