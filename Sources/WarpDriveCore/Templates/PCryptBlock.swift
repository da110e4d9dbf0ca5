// One block of a stream through `pcrypt`: its input, what it is compressed to, and the work between the two.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// How each block of a stream is compressed: the same for all.
struct PCryptWork: Sendable {
  let base: any CompressionDriver
  let joining: CompressionJoining
  /// Where a member's index goes; nil where the format has no room for one, or parts are no members.
  let format: MemberFormat?
  /// Whether the fields of a gzip header are written here, since the base writes none.
  let writesHeader: Bool
  /// Whether a block may refer back to the one before it.
  let carriesWindow: Bool
  /// Bytes of input in a block.
  let blockSize: Int
  /// Bytes for what a block is compressed to; a header's text comes on top.
  let outputSize: Int

  init(_ base: any CompressionDriver, _ properties: CompressionProperties) {
    self.base = base
    joining = properties.joining
    format = joining == .members ? MemberFormat(magic: properties.memberMagic) : nil
    writesHeader = format == .gzip && !properties.headers
    carriesWindow = properties.dictionaries && joining == .blocks
    blockSize = joining.blockSize
    // A sync flush adds 5 bytes (RFC 1951 section 3.2.4).
    outputSize = properties.bound(blockSize) + Self.overhead
  }

  /// Bytes that a part has beyond what the base's bound allows for its data.
  static let overhead = MemberFormat.indexSize + 5

  /// How one block differs from the others.
  struct Part: Sendable {
    var options: CompressionOptions
    /// The header, of which the base writes nothing where an index goes into it.
    var header: GzipHeader?
    var flush: CompressionFlush
    /// Whether the member is told its sizes: not the only one of a stream, which needs no finding.
    var isIndexed: Bool
  }
}

extension CompressionJoining {
  /// Bytes of input in a part that `pcrypt` cuts off.
  ///
  /// Members begin without a window, and are long for that: with 256 KiB what they lose is less than libdeflate gains on
  /// zlib, and four of them with what they become are 1.3 MiB. Of a block the next knows the last 32 KiB: it is as pigz's.
  package var blockSize: Int { self == .members ? 1 << 18 : 1 << 17 }
}

/// The memory of one block, which goes from the stream to a thread and back.
final class PCryptBlock: Sendable {
  private struct Content: ~Copyable {
    var input: AnonymousMapping
    var filled = 0
    var output: AnonymousMapping
    /// What the block was compressed to, within the output, as far as it was not handed out.
    var result = 0..<0
    var failure: ProviderError?
  }

  private let content: Guarded<Content>
  private let size: Int

  init(_ work: PCryptWork, headerSize: Int) throws(ProviderError) {
    size = work.blockSize
    do throws(SystemError) {
      let input = try AnonymousMapping(byteCount: work.blockSize)
      let output = try AnonymousMapping(byteCount: work.outputSize + headerSize)
      content = Guarded(Content(input: input, output: output))
    } catch {
      throw ProviderError(
        .resourceExhausted, "there is no memory for a block of \(work.blockSize) bytes: \(error.message)")
    }
  }

  /// Takes what there is room for; returns how much that was, and whether the block is full.
  func fill(_ bytes: RawSpan) -> (count: Int, isFull: Bool) {
    content.withLock { content in
      let count = min(bytes.byteCount, size - content.filled)
      content.input.copy(bytes.extracting(first: count), at: content.filled)
      content.filled += count
      return (count, content.filled == size)
    }
  }

  /// Empties the block for other input.
  func clear() {
    content.withLock { content in
      content.filled = 0
      content.result = 0..<0
      content.failure = nil
    }
  }

  /// The last `count` bytes of `earlier` and this block's input.
  func window(_ count: Int, after earlier: [UInt8]) -> [UInt8] {
    content.withLock { content in
      let own = content.input.bytes.extracting(first: content.filled)
      let rest = earlier.suffix(max(0, count - own.byteCount))
      return Array(rest) + [UInt8](copying: own.extracting(last: count))
    }
  }

  /// Appends what fits of the result; returns whether all of it is handed out.
  ///
  /// - Throws: why there is no result.
  func handOut(into output: inout OutputRawSpan) throws(ProviderError) -> Bool {
    try content.withLock { (content) throws(ProviderError) in
      if let failure = content.failure { throw failure }
      let count = min(content.result.count, output.freeCapacity)
      let start = content.result.lowerBound
      output.append(copying: content.output.bytes.extracting(start..<start + count))
      content.result = start + count..<content.result.upperBound
      return content.result.isEmpty
    }
  }

  /// Compresses the input.
  func compress(_ work: PCryptWork, _ part: PCryptWork.Part) {
    content.withLock { content in
      do throws(ProviderError) {
        content.result = try Self.compress(&content, work, part)
      } catch {
        content.failure = error
      }
    }
  }

  private static func compress(
    _ content: inout Content, _ work: PCryptWork, _ part: PCryptWork.Part
  ) throws(ProviderError) -> Range<Int> {
    // A caller's extra field leaves no room for an index.
    let isIndexed = part.isIndexed && part.header?.extra == nil
    guard let format = work.format, isIndexed || (work.writesHeader && part.header != nil) else {
      return try run(&content, work, part, header: part.header, from: 0)
    }
    // The sizes are known only behind the work: room is left for what the start grows by.
    let none = isIndexed ? MemberIndex(storedSize: 0, plainSize: 0) : nil
    let plainest = [UInt8](repeating: 0, count: format.replacedSize)
    let size = try format.start(none, replacing: plainest, part.header).count
    let result = try run(&content, work, part, header: nil, from: size - format.replacedSize)
    let head = [UInt8](copying: content.output.bytes.extracting(result.prefix(MemberFormat.gzipHeaderSize)))
    guard format.canReplace(head) else {
      // A header of the driver's own making stays what it is.
      return part.header == nil ? result : try run(&content, work, part, header: part.header, from: 0)
    }
    let whole = 0..<result.upperBound
    let index = MemberIndex(storedSize: whole.count - format.prefixSize, plainSize: content.filled)
    let start = try format.start(isIndexed ? index : nil, replacing: head, part.header)
    content.output.copy(start.rawSpan, at: 0)
    return whole
  }

  private static func run(
    _ content: inout Content, _ work: PCryptWork, _ part: PCryptWork.Part, header: GzipHeader?, from start: Int
  ) throws(ProviderError) -> Range<Int> {
    var options = part.options
    options.header = header
    let count = content.filled
    let progress = try run(
      work.base.makeTransform(.compress, options), content.input, count, into: &content.output, from: start, part.flush)
    guard progress.consumed == count, part.flush != .finish || progress.finished else {
      let driver = work.base.descriptor.driverName
      throw ProviderError(.backendFailure, "\(driver) exceeded its own output bound", driver: driver)
    }
    return start..<start + progress.produced
  }

  private static func run(
    _ transform: consuming any CompressionTransform & ~Copyable, _ input: borrowing AnonymousMapping, _ count: Int,
    into output: inout AnonymousMapping, from start: Int, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    let bytes = input.bytes.extracting(first: count)
    return try output.withOutput(of: output.byteCount - start, at: .upper) { (space) throws(ProviderError) in
      try transform.step(bytes, into: &space, flush)
    }
  }
}

extension AnonymousMapping {
  /// Copies all of `bytes`, for which there is room, to `offset`.
  fileprivate mutating func copy(_ bytes: RawSpan, at offset: Int) {
    precondition(offset >= 0 && bytes.byteCount <= byteCount - offset, "copy past the end of a block")
    guard bytes.byteCount > 0 else { return }
    // Bounds-checked above, and exclusive access keeps both sides apart.
    unsafe bytes.withUnsafeBytes { source in
      unsafe withUnsafeMutableBytes { target in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
      }
    }
  }
}
