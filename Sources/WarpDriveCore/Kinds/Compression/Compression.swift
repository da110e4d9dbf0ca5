// The handle of the compression kind: whole messages, both ways.
// SPDX-License-Identifier: Apache-2.0

/// A compression algorithm in use for whole messages, both ways, on one thread at a time.
///
/// The two directions' contexts are made when first needed and kept. For data that does not fit into memory use
/// ``CompressionStream``.
public struct Compression: ~Copyable, Sendable {
  private let registry: Registry
  private let options: CompressionOptions
  private let properties: CompressionProperties
  private var compressor: CompressionStream?
  private var decompressor: CompressionStream?
  private var lastFallback: String?
  /// The algorithm that serves this handle.
  public let algorithm: Algorithm

  init(_ algorithm: Algorithm, _ options: CompressionOptions, in registry: Registry) throws(ProviderError) {
    guard case .compression(let properties) = algorithm.descriptor.properties else {
      throw algorithm.mismatch(.compression)
    }
    try properties.check(options, of: algorithm.driverName)
    self.algorithm = algorithm
    self.options = options
    self.registry = registry
    self.properties = properties
  }

  /// The driver that answered the last request: the chosen one, or the one that stood in for it.
  public var lastDriverName: String {
    lastFallback ?? algorithm.driverName
  }

  /// The most bytes that `count` bytes compress to, header fields included.
  public func bound(_ count: Int) -> Int {
    let (sum, overflow) = properties.bound(count).addingReportingOverflow(options.header?.extraSize ?? 0)
    return overflow ? .max : sum
  }

  /// Appends the compressed form of `input`, a complete stream.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` with nothing written past the end; `output` then holds the first
  ///   part, the error's progress says how much of `input` was used, and ``resumeCompress(_:into:)`` goes on from there.
  public mutating func compress(
    _ input: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    if compressor == nil { compressor = try CompressionStream(.compress, algorithm, options, in: registry) }
    guard let result = try compressor?.whole(input, into: &output) else { throw algorithm.mismatch(.compression) }
    if result.usedFallback || lastFallback != nil {
      lastFallback = result.usedFallback ? compressor?.lastDriverName : nil
    }
    return result
  }

  /// Goes on with a compression whose output was too small; `rest` is the input behind what was used.
  public mutating func resumeCompress(
    _ rest: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    guard let result = try compressor?.resume(rest, into: &output) else { throw Self.nothingToResume }
    return result
  }

  /// Appends the plain form of `input`, which holds a complete stream.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput``, ``ProviderError/Code/truncatedInput``, ``ProviderError/Code/limitExceeded``;
  ///   ``ProviderError/Code/outputTooSmall`` as in ``compress(_:into:)-(RawSpan,_)``, to be followed by
  ///   ``resumeDecompress(_:into:)``.
  public mutating func decompress(
    _ input: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    if decompressor == nil { decompressor = try CompressionStream(.decompress, algorithm, options, in: registry) }
    guard let result = try decompressor?.whole(input, into: &output) else { throw algorithm.mismatch(.compression) }
    if result.usedFallback || lastFallback != nil {
      lastFallback = result.usedFallback ? decompressor?.lastDriverName : nil
    }
    return result
  }

  /// Goes on with a decompression whose output was too small; `rest` is the input behind what was used.
  public mutating func resumeDecompress(
    _ rest: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) -> RequestResult {
    guard let result = try decompressor?.resume(rest, into: &output) else { throw Self.nothingToResume }
    return result
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
      if let end {
        guard end.trailing == 0 else {
          throw ProviderError(
            .corruptInput,
            "\(end.trailing) bytes follow the \(algorithm.name) data; decompress into a span to have them counted",
            driver: algorithm.driverName)
        }
        return result
      }
      consumed += grown?.progress?.consumed ?? 0
      room = min(max(room, result.count), 1 << 26)
      isFirst = false
    }
  }

  /// Compresses the segments of `input` as one message into the segments of `output`, without gathering either.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` where the segments do not suffice.
  public mutating func compress(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    var stream = try CompressionStream(.compress, algorithm, options, in: registry)
    return try stream.run(input, into: &output)
  }

  /// Decompresses the segments of `input`, one message, into the segments of `output`.
  ///
  /// - Throws: ``ProviderError/Code/outputTooSmall`` where the segments do not suffice, and as ``decompress(_:into:)``.
  public mutating func decompress(
    _ input: borrowing ScatterList, into output: inout ScatterList
  ) throws(ProviderError) -> RequestResult {
    var stream = try CompressionStream(.decompress, algorithm, options, in: registry)
    return try stream.run(input, into: &output)
  }

  private static var nothingToResume: ProviderError {
    ProviderError(.invalidState, "there is no request to resume: begin one first")
  }
}
