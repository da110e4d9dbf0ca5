// The compression kind: what a driver implements.
// SPDX-License-Identifier: Apache-2.0

/// Which way a compression transform runs.
public enum CompressionDirection: String, Sendable, Equatable {
  /// Plain bytes to the format.
  case compress
  /// The format to plain bytes.
  case decompress
}

/// What is to be done with what the compressor holds back.
public enum CompressionFlush: Sendable, Equatable {
  /// Nothing: it may hold back as much as it likes.
  case none
  /// Everything so far comes out and ends at a byte boundary.
  case sync
  /// As ``sync``, and what follows does not refer back, so that it can be decoded on its own.
  case full
  /// The input ends here: the stream is completed. In decompression: no more input follows.
  case finish
}

/// How far one step of a stream came.
public struct CompressionProgress: Sendable, Equatable {
  /// Bytes of the step's input that were used.
  public var consumed: Int
  /// Bytes that were appended to the output.
  public var produced: Int
  /// Whether the stream is complete; for a transform, one member of it.
  public var finished: Bool

  /// Makes a record of progress, in bytes.
  public init(consumed: Int = 0, produced: Int = 0, finished: Bool = false) {
    self.consumed = consumed
    self.produced = produced
    self.finished = finished
  }
}

/// The fields of a gzip member's header (RFC 1952 section 2.3).
public struct GzipHeader: Sendable, Equatable {
  /// The original file's name, ISO 8859-1 without a zero byte; nil for none.
  public var name: String?
  /// A comment, ISO 8859-1 without a zero byte; nil for none.
  public var comment: String?
  /// The extra field, at most 65,535 bytes; nil for none.
  public var extra: [UInt8]?
  /// Modification time in seconds since 1970, 0 for none.
  public var modificationTime: UInt32
  /// The file system of origin: 3 Unix, 255 unknown (RFC 1952 section 2.3.1).
  public var operatingSystem: UInt8
  /// Whether the data is probably text.
  public var isText: Bool
  /// Whether the header carries a CRC-16 of itself.
  public var hasChecksum: Bool

  /// Makes header fields.
  public init(
    name: String? = nil, comment: String? = nil, extra: [UInt8]? = nil, modificationTime: UInt32 = 0,
    operatingSystem: UInt8 = 3, isText: Bool = false, hasChecksum: Bool = false
  ) {
    self.name = name
    self.comment = comment
    self.extra = extra
    self.modificationTime = modificationTime
    self.operatingSystem = operatingSystem
    self.isText = isText
    self.hasChecksum = hasChecksum
  }
}

extension GzipHeader {
  /// Bytes that the fields add to a header of 10 (RFC 1952 section 2.3): strings end with a zero, extra begins with its length.
  var extraSize: Int {
    (name.map { $0.unicodeScalars.count + 1 } ?? 0) + (comment.map { $0.unicodeScalars.count + 1 } ?? 0)
      + (extra.map { $0.count + 2 } ?? 0) + (hasChecksum ? 2 : 0)
  }
}

/// How a stream is to be compressed or decompressed.
public struct CompressionOptions: Sendable, Equatable {
  /// The level; nil for the default.
  ///
  /// In handles by a driver's name it is that driver's. By an algorithm's name it is the level of the driver flagged
  /// ``AlgorithmFlags/reference`` (zlib's 1 to 9, for gzip) where drivers were measured: it asks for the ratio that the
  /// reference gives there, and each driver that serves gets the level of its own that gives no less.
  public var level: Int?
  /// The strategy.
  public var strategy: CompressionStrategy
  /// The window as a power of two; nil for the driver's default.
  public var windowBits: Int?
  /// A preset dictionary that both sides know; nil for none.
  public var dictionary: [UInt8]?
  /// The gzip header to write; nil for the plainest.
  public var header: GzipHeader?
  /// Whether decompression goes on with the members that follow the first, as gzip does.
  public var allMembers: Bool
  /// The most bytes that decompression may produce; nil for no limit.
  public var outputLimit: UInt64?
  /// The most output bytes for each input byte, judged once 64 KiB are out; nil for no limit.
  ///
  /// Deflate reaches 1032.
  public var ratioLimit: Double?
  /// Threads that may work on one stream, for drivers that use several (`pcrypt`); nil for one for each processor.
  public var threads: Int?
  /// The bytes that the whole stream is expected to have, so that a driver can be chosen; nil where nobody knows.
  ///
  /// A hint: more or less may come.
  public var sizeHint: Int?

  /// Makes options.
  public init(
    level: Int? = nil, strategy: CompressionStrategy = .automatic, windowBits: Int? = nil, dictionary: [UInt8]? = nil,
    header: GzipHeader? = nil, allMembers: Bool = true, outputLimit: UInt64? = nil, ratioLimit: Double? = nil,
    threads: Int? = nil, sizeHint: Int? = nil
  ) {
    self.level = level
    self.strategy = strategy
    self.windowBits = windowBits
    self.dictionary = dictionary
    self.header = header
    self.allMembers = allMembers
    self.outputLimit = outputLimit
    self.ratioLimit = ratioLimit
    self.threads = threads
    self.sizeHint = sizeHint
  }
}

/// A driver of a compression format.
public protocol CompressionDriver: AlgorithmDriver {
  /// Makes a transform for one direction, ready for the first byte of a member.
  ///
  /// Core has checked the options against the descriptor's properties. Limits and members are Core's business.
  ///
  /// - Throws: ``ProviderError/Code/unavailable``, ``ProviderError/Code/resourceExhausted``.
  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable
}

/// The state of one member being compressed or decompressed; at most three words.
public protocol CompressionTransform: ~Copyable, Sendable {
  /// Uses what it can of `input`, appends what fits to `output`.
  ///
  /// In decompression it stops behind the end of the member, with ``CompressionProgress/finished`` and the rest of the
  /// input unused. It neither throws for a full output nor for input that ends early: no progress says both.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput``, ``ProviderError/Code/dictionaryNeeded``, and what the library
  ///   reports; the transform is then only fit for ``reset()``.
  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress

  /// Ready for the first byte of another member with the same options.
  mutating func reset() throws(ProviderError)

  /// The header of the member that is being decompressed, once it has been read; nil where the format has none.
  mutating func header() -> GzipHeader?

  /// The driver that the transform went over to by itself in the middle of its member, as its own failed; nil: none.
  ///
  /// Only what has begun is gone on with so: before its first byte a transform throws, and the registry chooses.
  var standIn: String? { get }
}

extension CompressionTransform where Self: ~Copyable {
  /// No header.
  public mutating func header() -> GzipHeader? { nil }
  /// None.
  public var standIn: String? { nil }
}

extension CompressionProperties {
  /// Checks options against what the driver can do.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a level or window out of range, ``ProviderError/Code/unsupported``
  ///   for a strategy, dictionary or header that the driver does not have: nothing is ignored silently.
  func check(_ options: CompressionOptions, of driver: String) throws(ProviderError) {
    if let level = options.level, !levels.contains(level) {
      throw ProviderError(
        .invalidArgument, "level \(level) is outside \(levels.lowerBound) to \(levels.upperBound)", driver: driver)
    }
    if let bits = options.windowBits {
      guard let windowBits else {
        throw ProviderError(.unsupported, "this driver has no window size to choose", driver: driver)
      }
      guard windowBits.contains(bits) else {
        throw ProviderError(
          .invalidArgument, "window bits \(bits) are outside \(windowBits.lowerBound) to \(windowBits.upperBound)",
          driver: driver)
      }
    }
    if options.strategy != .automatic, !strategies.contains(options.strategy) {
      throw ProviderError(.unsupported, "this driver has no strategy \(options.strategy.rawValue)", driver: driver)
    }
    if options.dictionary != nil, !dictionaries {
      throw ProviderError(.unsupported, "this driver takes no preset dictionary", driver: driver)
    }
    if options.header != nil, !headers {
      throw ProviderError(.unsupported, "this driver writes no gzip header fields", driver: driver)
    }
  }
}
