// Messages and outcomes word by word, headers byte by byte, checksums of parts.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import Testing
import WarpDriveQueue

@testable import HisiliconQueue

@Suite("Messages of the ZIP engine") struct ZipMessageTests {
  @Test("every field lies where the specification has it")
  func fields() throws {
    let part = ZipStreamPart(
      contextAddress: 0x0102_0304_0506_0708, isFirst: true, finishes: true, words: ZipStreamWords())
    let message = try ZipMessage(
      .gzip, from: ZipBufferReference(address: 0x1111_2222_3333_4444, byteCount: 0x1234, isList: true, listOffset: 5),
      to: ZipBufferReference(address: 0x5555_6666_7777_8888, byteCount: 0x8_0000, isList: true, listOffset: 6),
      window: try #require(ZipWindow(bits: 14)), part: part, tag: 0xaaaa_bbbb_cccc_dddd)
    var sqe = message.sqe
    let words = unsafe withUnsafeBytes(of: &sqe) { unsafe Array($0.bindMemory(to: UInt32.self)) }
    #expect(words.count == 32)
    #expect(words[4] == 0x1234 && words[14] == 0x8_0000)
    #expect(words[7] == 0x3e00_0005)
    #expect(words[8] == 6)
    #expect(words[9] == 0x2103)
    #expect(words[18] == 0x3333_4444 && words[19] == 0x1111_2222)
    #expect(words[20] == 0x7777_8888 && words[21] == 0x5555_6666)
    #expect(words[22] == 0x0506_0708 && words[23] == 0x0102_0304)
    #expect(words[26] == 0xcccc_dddd && words[27] == 0xaaaa_bbbb)
    #expect(message.tag == 0xaaaa_bbbb_cccc_dddd)
    let old = try ZipMessage(
      .zlib, from: ZipBufferReference(address: 0, byteCount: 1), to: ZipBufferReference(address: 0, byteCount: 1),
      sqeType: 0, tag: 0xaaaa_bbbb_cccc_dddd)
    #expect(old.sqe.tag == 0xcccc_dddd && old.sqe.tag_l == 0 && old.sqe.dw7 == 0 && old.sqe.dw9 == 0x4002)
  }

  @Test("what the engine cannot take is refused")
  func limits() {
    let small = ZipBufferReference(address: 0, byteCount: 1)
    for (source, destination) in [
      (ZipBufferReference(address: 0, byteCount: ZipMessage.largest + 1), small),
      (small, ZipBufferReference(address: 0, byteCount: ZipMessage.largest + 1)),
      (ZipBufferReference(address: 0, byteCount: 1, isList: true, listOffset: 1 << 24), small),
      (ZipBufferReference(address: 0, byteCount: -1), small),
      (ZipBufferReference(address: 0, byteCount: 1, isList: true), small),
    ] {
      #expect(throws: QueueError.self) { _ = try ZipMessage(.gzip, from: source, to: destination) }
    }
    #expect(ZipWindow(bits: 12) == nil && ZipWindow(bits: 16) == nil)
  }

  @Test("a status is read as what it means")
  func statuses() throws {
    var request = hisi_zip_sqe()
    (request.input_data_length, request.dest_avail_out) = (10, 20)
    func outcome(_ status: UInt32) throws -> ZipOutcome {
      var sqe = request
      sqe.dw3 = status | HISI_ZIP_DW3_LAST_BLOCK
      (sqe.consumed, sqe.produced, sqe.ctx_dw0) = (10, 20, 0x84)
      return try ZipOutcome(sqe, of: request)
    }
    #expect(try outcome(0).failure == nil && outcome(0x0d).status == .done)
    #expect(try outcome(0x13).status == .streamEnd && outcome(0x0e).status == .outputFull)
    #expect(try outcome(0).streamState == .needsTrailer && outcome(0).isLastBlock)
    for (status, isData) in [(0x10, true), (0xf3, true), (0xf0, false), (0xf1, false), (0xf2, false), (0x42, false)] {
      guard let failure = try outcome(UInt32(status)).failure else {
        Issue.record("status \(status) is no failure")
        continue
      }
      if case .corrupt = failure { #expect(isData) } else { #expect(!isData) }
    }
    var lie = request
    lie.consumed = 11
    #expect(throws: QueueError.self) { _ = try ZipOutcome(lie, of: request) }
  }

  @Test("checksums are zlib's, of wholes and of parts that were joined", arguments: [ZipFormat.zlib, .gzip])
  func checksums(_ format: ZipFormat) {
    var random = TestRandom(3)
    for round in 0..<60 {
      let bytes = TestData.noise.bytes(Int.random(in: 0...20_000, using: &random), seed: UInt64(round))
      let expected = unsafe UInt32(
        format == .gzip ? crc32_z(0, bytes, bytes.count) : adler32_z(1, bytes, bytes.count))
      var whole = ZipTally(format)
      unsafe whole.add(bytes.span.bytes)
      #expect(whole.checksum == expected && whole.size == UInt32(bytes.count))
      let cut = Int.random(in: 0...bytes.count, using: &random)
      var (first, second) = (ZipTally(format), ZipTally(format))
      unsafe first.add(bytes.span.bytes.extracting(first: cut))
      unsafe second.add(bytes.span.bytes.extracting(droppingFirst: cut))
      first.append(second)
      #expect(first == whole)
    }
    // More than 2^32 bytes of zeros behind one byte, by squaring.
    var (zeros, sum) = (ZipTally(format), ZipTally(format))
    unsafe zeros.add([UInt8](repeating: 0, count: 1 << 13).span.bytes)
    for _ in 13..<33 { zeros.append(zeros) }
    unsafe sum.add([7 as UInt8].span.bytes)
    sum.append(zeros)
    let (one, checksum) = (uLong(sumOfOne(format)), uLong(zeros.checksum))
    let rest = format == .gzip ? crc32_combine(one, checksum, 1 << 33) : adler32_combine(one, checksum, 1 << 33)
    #expect(sum.checksum == UInt32(rest) && sum.byteCount == 1 << 33 + 1 && sum.size == 1)
  }
}

/// The checksum of a byte of 7.
private func sumOfOne(_ format: ZipFormat) -> UInt32 {
  var tally = ZipTally(format)
  unsafe tally.add([7 as UInt8].span.bytes)
  return tally.checksum
}

@Suite("Headers of deflate data") struct ZipFramingTests {
  @Test("the plain headers are the series' own")
  func plain() {
    #expect(ZipFraming.header(.deflate) == [])
    #expect(ZipFraming.header(.zlib) == [0x78, 0x9c])
    #expect(ZipFraming.header(.gzip) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
  }

  private static let headers = [
    GzipFields(), GzipFields(name: Array("file".utf8)), GzipFields(comment: [0xff, 0x20]),
    GzipFields(extra: [1, 2, 3]), GzipFields(name: [], comment: [], extra: []),
    GzipFields(modificationTime: 0x1234_5678, operatingSystem: 255, isText: true, hasChecksum: true),
    GzipFields(
      name: Array(repeating: 0x6e, count: 3000), comment: Array(repeating: 0x63, count: 5000),
      extra: Array(repeating: 0, count: 65_535), hasChecksum: true),
  ]

  @Test("a header comes back as it was written, however it is cut, and zlib reads it", arguments: headers)
  func roundTrip(_ fields: GzipFields) throws {
    let header = ZipFraming.header(.gzip, fields: fields)
    let body = ZlibReference.compressed([1, 2, 3], .deflate)
    var tally = ZipTally(.gzip)
    unsafe tally.add([1, 2, 3 as UInt8].span.bytes)
    expectSame(ZlibReference.decompressed(header + body + tally.trailer, .gzip), [1, 2, 3])
    for largest in [1, 7, 100_000] {
      var reader = ZipHeaderReader(.gzip)
      var position = 0
      while !reader.isComplete {
        let end = min(position + largest, header.count + 2)
        let used = try unsafe reader.read((header + [0x55, 0x66]).span.bytes.extracting(position..<end))
        guard used > 0 else { break }
        position += used
        #expect(reader.isComplete == (position == header.count))
      }
      #expect(position == header.count)
      #expect(reader.gzipFields == fields)
    }
  }

  @Test("every changed bit of a header with a checksum shows")
  func headerChecksum() {
    let header = ZipFraming.header(.gzip, fields: GzipFields(name: Array("name".utf8), hasChecksum: true))
    for bit in 0..<header.count * 8 {
      var changed = header
      changed[bit / 8] ^= 1 << (bit % 8)
      var reader = ZipHeaderReader(.gzip)
      let used = try? unsafe reader.read(changed.span.bytes)
      #expect(used == nil || !reader.isComplete || used != header.count)
    }
  }

  @Test("a reader judges every pair of first bytes as zlib does", arguments: [ZipFormat.zlib, .gzip])
  func firstBytes(_ format: ZipFormat) {
    let body = Array(ZlibReference.compressed([], format).dropFirst(2))
    for value in 0..<65_536 {
      let stream = [UInt8(value >> 8), UInt8(value & 0xff)] + body
      // A dictionary that is needed is an error of its own.
      if format == .zlib, stream[1] & 0x20 != 0 { continue }
      var reader = ZipHeaderReader(format)
      let used = try? unsafe reader.read(stream.span.bytes)
      let isGood = ZlibReference.decompressed(stream, format) != nil
      #expect((used != nil) == isGood)
    }
  }

  @Test("flags that do not exist, other methods and dictionaries are refused")
  func refusals() {
    for byte in 2..<4 {
      for value in 0..<256 {
        var header = ZipFraming.header(.gzip)
        header[byte] = UInt8(value)
        var reader = ZipHeaderReader(.gzip)
        let isRead = (try? unsafe reader.read(header.span.bytes)) != nil
        #expect(isRead == (byte == 2 ? value == 8 : value & 0xe0 == 0))
      }
    }
    var reader = ZipHeaderReader(.zlib)
    #expect(throws: ZipError.dictionaryNeeded(0x0102_0304)) {
      _ = try unsafe reader.read([0x78, 0xbb, 1, 2, 3, 4 as UInt8].span.bytes)
    }
  }
}
