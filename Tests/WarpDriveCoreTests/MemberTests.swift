// Frames with an index before them, frames to be skipped, and what an index may say.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

/// A format with zstd's magic: the magic, a length of four bytes and so many bytes, and a byte that ends it.
struct ToyFrames: CompressionDriver {
  static let end: UInt8 = 0xED
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  let descriptor = AlgorithmDescriptor(
    name: "toyframes", driverName: "toyframes-a", priority: 100,
    properties: .compression(
      .init(
        levels: 0...9, defaultLevel: 6, joining: .members, memberMagic: ToyFrames.magic,
        bound: .init(shift: 24, constant: 16))))
  let knownAnswers: [KnownAnswer] = [
    KnownAnswer(.compression(stream: "28b52ffd020000006869ed", plain: "6869"), source: "hi")
  ]

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    if direction == .compress { return Compressor() }
    return Decompressor()
  }

  static func frame(_ plain: [UInt8]) -> [UInt8] {
    magic + bytes(plain.count) + plain + [end]
  }
  static func isStart(_ head: [UInt8]) -> Bool {
    let count = min(head.count, 4)
    return head.prefix(count) == magic.prefix(count)
  }
  static func bytes(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  static func number(_ bytes: some Sequence<UInt8>) -> Int { Array(bytes).reversed().reduce(0) { $0 << 8 | Int($1) } }

  struct Compressor: CompressionTransform, ~Copyable {
    var plain: [UInt8] = []
    var isFramed = false
    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      plain += [UInt8](copying: input)
      guard flush == .finish else { return .init(consumed: input.byteCount) }
      if !isFramed { plain = ToyFrames.frame(plain) }
      isFramed = true
      let count = min(plain.count, output.freeCapacity)
      let piece = Array(plain.prefix(count))
      output.append(copying: piece.rawSpan)
      plain.removeFirst(count)
      return .init(consumed: input.byteCount, produced: count, finished: plain.isEmpty)
    }
    mutating func reset() throws(ProviderError) {
      plain = []
      isFramed = false
    }
  }

  struct Decompressor: CompressionTransform, ~Copyable {
    var head: [UInt8] = []
    var left = 0
    mutating func step(
      _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
    ) throws(ProviderError) -> CompressionProgress {
      var progress = CompressionProgress()
      while head.count < 8, progress.consumed < input.byteCount {
        head.append(Self.byte(input, progress.consumed))
        progress.consumed += 1
        // It does not know frames that are to be skipped: whoever uses it has to.
        guard ToyFrames.isStart(head) else { throw ProviderError(.corruptInput, "no frame") }
        if head.count == 8 { left = ToyFrames.number(head[4...]) }
      }
      guard head.count == 8 else { return progress }
      let count = min(left, input.byteCount - progress.consumed, output.freeCapacity)
      let piece = [UInt8](copying: input.extracting(progress.consumed..<progress.consumed + count))
      output.append(copying: piece.rawSpan)
      progress.consumed += count
      progress.produced = count
      left -= count
      guard left == 0, progress.consumed < input.byteCount else { return progress }
      guard Self.byte(input, progress.consumed) == ToyFrames.end else {
        throw ProviderError(.corruptInput, "no end")
      }
      progress.consumed += 1
      progress.finished = true
      return progress
    }
    private static func byte(_ input: RawSpan, _ offset: Int) -> UInt8 {
      unsafe input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
    mutating func reset() throws(ProviderError) {
      head = []
      left = 0
    }
  }
}

@Suite("Members and their indexes")
struct MemberTests {
  /// What a stream makes of `input` in pieces of `size`.
  private func decompress(
    _ input: [UInt8], _ size: Int, _ options: CompressionOptions = .init()
  ) throws -> (plain: [UInt8], used: UInt64, trailing: Int) {
    var stream = try Registry.of(ToyFrames()).decompressor("toyframes", options)
    var (plain, offset): ([UInt8], Int) = ([], 0)
    while true {
      let piece = Array(input[offset..<min(offset + size, input.count)])
      let flush: CompressionFlush = offset + piece.count == input.count ? .finish : .none
      var progress = CompressionProgress()
      plain += try [UInt8](capacity: 1 << 16) { (space: inout OutputRawSpan) throws(ProviderError) in
        progress = try stream.step(piece.rawSpan, into: &space, flush: flush)
      }
      offset += progress.finished ? piece.count : progress.consumed
      // What lies behind the end was counted in this piece; the rest is for the stream to count.
      if progress.finished, offset >= input.count { return (plain, stream.totalIn, stream.trailing) }
    }
  }

  @Test("pcrypt writes an index before each frame, and the frames decode", arguments: [1, 2, 5])
  func frames(threads: Int) throws {
    let registry = try Registry.of(ToyFrames())
    var input = [UInt8](repeating: 1, count: 1 << 20)
    input += [UInt8](repeating: 2, count: 1 << 20)
    input += [3, 4, 5]
    var handle = try registry.compression("pcrypt(toyframes)", .init(threads: threads))
    let output = try handle.compress(input)
    #expect(output.count <= handle.bound(input.count))
    let format = try #require(MemberFormat(magic: ToyFrames.magic))
    var (start, plain) = (0, 0)
    while start < output.count {
      let head = Array(output[start..<start + 24])
      #expect(Array(head[0..<12]) == [0x57, 0x2A, 0x4D, 0x18, 12, 0, 0, 0, 0x57, 0x44, 0x69, 0x78])
      let found = format.index(in: head.rawSpan)
      let index = try #require(found)
      #expect(index.storedSize == ToyFrames.number(head[12..<16]))
      #expect(index.plainSize == ToyFrames.number(head[16..<20]))
      #expect(ToyFrames.number(output[start + 24..<start + 28]) == index.plainSize)
      start += 20 + index.storedSize
      plain += index.plainSize
    }
    #expect(start == output.count)
    #expect(plain == input.count)
    #expect(try decompress(output, 100_000).plain == input)
    // One block has no need of an index.
    #expect(try handle.compress([1, 2, 3]) == ToyFrames.frame([1, 2, 3]))
  }

  private static func skippable(_ nibble: UInt8, _ count: Int) -> [UInt8] {
    [0x50 | nibble, 0x2A, 0x4D, 0x18] + ToyFrames.bytes(count) + [UInt8](repeating: 0x28, count: count)
  }

  @Test("frames to be skipped are, before, between and behind others", arguments: [1, 2, 3, 7, 1000])
  func skipping(size: Int) throws {
    let (one, two) = (ToyFrames.frame([1, 2, 3]), ToyFrames.frame([4]))
    let skipped = [Self.skippable(0, 0), Self.skippable(7, 12), Self.skippable(15, 300)]
    for skip in skipped + [skipped[1] + skipped[0], []] {
      for tail in skipped + [[]] {
        let data = skip + one + skip + two + tail
        let result = try decompress(data, size)
        #expect(result.plain == [1, 2, 3, 4])
        #expect(result.used == UInt64(data.count))
        #expect(result.trailing == 0)
        #expect(try decompress(skip + one + tail, size, .init(allMembers: false)).plain == [1, 2, 3])
        let trailing = try decompress(data + [0x51, 0x2A, 0, 0, 9], size)
        #expect(trailing.plain == [1, 2, 3, 4])
        #expect(trailing.used == UInt64(data.count))
        #expect(trailing.trailing == 5)
      }
    }
  }

  @Test("a frame to be skipped that ends early, and a file of nothing else, are truncated", arguments: [1, 5, 1000])
  func truncated(size: Int) throws {
    let skip = Self.skippable(3, 40)
    for data in [Array(skip.dropLast()), Array(skip.prefix(6)), ToyFrames.frame([1]) + skip.dropLast(), skip, []] {
      let error = #expect(throws: ProviderError.self) { try decompress(data, size) }
      #expect(error?.code == .truncatedInput)
    }
    let error = #expect(throws: ProviderError.self) { try decompress([9, 9, 9, 9, 9], size) }
    #expect(error?.code == .corruptInput)
  }

  @Test("what is no index, or of no member that there could be, is none")
  func noIndex() throws {
    let gzip = try #require(MemberFormat(magic: [0x1F, 0x8B]))
    let head: [UInt8] = [31, 139, 8, 4, 0, 0, 0, 0, 0, 3, 12, 0, 0x57, 0x44, 8, 0, 0, 1, 0, 0, 0, 2, 0, 0]
    #expect(gzip.index(in: head.rawSpan) == MemberIndex(storedSize: 256, plainSize: 512))
    let short = Array(head.dropLast())
    #expect(gzip.index(in: short.rawSpan) == nil)
    // Method, flags without the field and with a reserved one, length, letters, their length, a member of no size.
    for (offset, byte) in [(0, 30), (2, 7), (3, 0), (3, 0x24), (10, 11), (12, 0x58), (13, 0x45), (14, 9), (17, 0)] {
      var other = head
      other[offset] = UInt8(byte)
      #expect(gzip.index(in: other.rawSpan) == nil, "\(offset)")
    }
    var long = head
    long[11] = 1
    long[3] |= 0x1B
    #expect(gzip.index(in: long.rawSpan) != nil, "other fields may follow")
    #expect(MemberFormat(magic: []) == nil)
    #expect(MemberFormat(magic: [0x54]) == nil)
  }
}
