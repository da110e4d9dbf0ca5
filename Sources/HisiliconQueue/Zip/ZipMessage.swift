// A request to the ZIP engine: building its SQE, and reading what came of it.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
public import WarpDriveQueue

/// A buffer of a request.
public struct ZipBufferReference: Hashable, Sendable {
  /// Where it is, as the device knows it: of a list, the first table.
  public var address: UInt64
  /// Bytes of input, or room for output; at most 8 MiB.
  public var byteCount: Int
  /// Whether `address` is a scatter/gather list's.
  public var isList: Bool
  /// Bytes of a list to skip; less than 16 MiB.
  public var listOffset: Int

  /// Names a buffer.
  public init(address: UInt64, byteCount: Int, isList: Bool = false, listOffset: Int = 0) {
    self.address = address
    self.byteCount = byteCount
    self.isList = isList
    self.listOffset = listOffset
  }
}

/// What the engine wants back with a stream's next request.
public struct ZipStreamWords: Hashable, Sendable {
  var contextWords: HardwareWords = .init()
  var size: UInt32 = 0
  var checksum: UInt32 = 0

  /// The words of a stream that begins.
  public init() {}

  /// The words that a request came back with.
  public init(_ sqe: hisi_zip_sqe) {
    contextWords = .init(sqe.ctx_dw0, sqe.ctx_dw1, sqe.ctx_dw2)
    size = sqe.isize
    checksum = sqe.checksum
  }

  /// The checksum as the container has it: a gzip stream's is the register of the hardware, reversed and inverted.
  public func checksum(_ format: ZipFormat) -> UInt32 {
    format == .gzip ? ~checksum.bitReversed : checksum
  }

  /// Three words that belong to the hardware's own bookkeeping.
  struct HardwareWords: Hashable, Sendable {
    var first: UInt32 = 0
    var second: UInt32 = 0
    var third: UInt32 = 0

    init() {}

    init(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
      self.first = first
      self.second = second
      self.third = third
    }
  }
}

/// A request that is a part of a stream.
public struct ZipStreamPart: Hashable, Sendable {
  /// Where the hardware keeps the stream's state: 64 KiB, and what names the stream in its queue.
  public var contextAddress: UInt64
  /// Whether it is the stream's first request.
  public var isFirst: Bool
  /// Whether the stream is to end with this input.
  public var finishes: Bool
  /// What the request before came back with.
  public var words: ZipStreamWords

  /// Describes a part of a stream.
  public init(contextAddress: UInt64, isFirst: Bool, finishes: Bool, words: ZipStreamWords) {
    self.contextAddress = contextAddress
    self.isFirst = isFirst
    self.finishes = finishes
    self.words = words
  }
}

/// A request to the ZIP engine.
public struct ZipMessage: Sendable {
  /// The most bytes of a request's input and of its output: 8 MiB.
  public static let largest = Int(HISI_ZIP_LENGTH_MAX)
  /// The most input of a request that is a stream of its own, so that its output fits whatever it is.
  public static let largestWhole = largest / 2

  /// The request as the device reads it.
  public private(set) var sqe = hisi_zip_sqe()

  /// Builds a request; whether it compresses or decompresses is the queue's type.
  ///
  /// - Parameters:
  ///   - format: the container; its header is not the engine's business.
  ///   - source: the input.
  ///   - destination: room for the output.
  ///   - sqeType: 3 for hardware revision 0x30 and later, 0 before.
  ///   - window: the history that a compression may refer back to.
  ///   - part: what part of a stream it is; nil for a whole one.
  ///   - tag: comes back with the completion; hardware before 0x30 has its low 32 bits alone.
  /// - Throws: `invalid` for more than 8 MiB, an offset of 16 MiB, or buffers of which one is a list and one is not.
  public init(
    _ format: ZipFormat, from source: ZipBufferReference, to destination: ZipBufferReference, sqeType: UInt32 = 3,
    window: ZipWindow = .largest, part: ZipStreamPart? = nil, tag: UInt64 = 0
  ) throws(QueueError) {
    guard (0...Self.largest).contains(source.byteCount), (0...Self.largest).contains(destination.byteCount) else {
      throw QueueError(
        .invalid, "\(source.byteCount) to \(destination.byteCount) bytes: the engine takes at most 8 MiB of each; split"
      )
    }
    guard
      (0...Int(HISI_ZIP_DW7_IN_OFFSET_MASK)).contains(source.listOffset),
      (0...Int(HISI_ZIP_DW8_OUT_OFFSET_MASK)).contains(destination.listOffset),
      source.isList == destination.isList
    else {
      throw QueueError(.invalid, "both buffers are lists or neither is, and a list's offset is less than 16 MiB")
    }
    sqe.input_data_length = UInt32(source.byteCount)
    sqe.dest_avail_out = UInt32(destination.byteCount)
    sqe.dw7 = sqeType << HISI_ZIP_DW7_SQE_TYPE_SHIFT | (source.isList ? UInt32(source.listOffset) : 0)
    sqe.dw8 = destination.isList ? UInt32(destination.listOffset) : 0
    sqe.dw9 = format.rawValue | window.field << HISI_ZIP_DW9_WINDOW_SHIFT
    sqe.dw9 |= (source.isList ? HISI_ZIP_BUFFER_SGL : HISI_ZIP_BUFFER_FLAT) << HISI_ZIP_DW9_BUFFER_SHIFT
    (sqe.source_addr_l, sqe.source_addr_h) = Self.halves(source.address)
    (sqe.dest_addr_l, sqe.dest_addr_h) = Self.halves(destination.address)
    if let part { set(part) }
    self.tag = tag
  }

  /// What comes back with the completion: in word 13 before revision 0x30, in words 26 and 27 from there on.
  public var tag: UInt64 {
    get { Self.tag(of: sqe) }
    set { Self.setTag(newValue, of: &sqe) }
  }

  /// Gives a request another tag.
  public static func setTag(_ tag: UInt64, of sqe: inout hisi_zip_sqe) {
    let halves = halves(tag)
    if sqe.dw7 >> HISI_ZIP_DW7_SQE_TYPE_SHIFT == 0 {
      sqe.tag = halves.low
    } else {
      (sqe.tag_l, sqe.tag_h) = halves
    }
  }

  /// The tag of a request that came back.
  public static func tag(of sqe: hisi_zip_sqe) -> UInt64 {
    if sqe.dw7 >> HISI_ZIP_DW7_SQE_TYPE_SHIFT == 0 { return UInt64(sqe.tag) }
    return UInt64(sqe.tag_h) << 32 | UInt64(sqe.tag_l)
  }

  private mutating func set(_ part: ZipStreamPart) {
    sqe.dw7 |= HISI_ZIP_DW7_STATEFUL
    if part.isFirst { sqe.dw7 |= HISI_ZIP_DW7_STREAM_NEW }
    if part.finishes { sqe.dw7 |= HISI_ZIP_DW7_FLUSH_FINISH }
    (sqe.stream_ctx_addr_l, sqe.stream_ctx_addr_h) = Self.halves(part.contextAddress)
    guard !part.isFirst else { return }
    let words = part.words
    (sqe.ctx_dw0, sqe.ctx_dw1, sqe.ctx_dw2) = (
      words.contextWords.first, words.contextWords.second, words.contextWords.third
    )
    (sqe.isize, sqe.checksum) = (words.size, words.checksum)
  }

  private static func halves(_ value: UInt64) -> (low: UInt32, high: UInt32) {
    (UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32))
  }
}

extension UInt32 {
  /// The same bits in the opposite order.
  var bitReversed: UInt32 {
    var bytes = byteSwapped
    bytes = (bytes & 0x0f0f_0f0f) << 4 | (bytes & 0xf0f0_f0f0) >> 4
    bytes = (bytes & 0x3333_3333) << 2 | (bytes & 0xcccc_cccc) >> 2
    return (bytes & 0x5555_5555) << 1 | (bytes & 0xaaaa_aaaa) >> 1
  }
}
